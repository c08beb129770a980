"""
Images across sites.

.. versionadded:: 1.0.0

``images`` shows which site offers what, ``replicate`` copies what one site offers to another. The exit code is 1 when a
row says ``failed``, for ``images`` that is when the sites are not alike.

A copy runs on a minion of the site that the images go to, the one whose pillar has an account at the other site:

.. code-block:: yaml

    glance:
      replication:
        sources:
          zurich:
            auth_url: https://auth.zurich.example.org:5000
            username: replication
            password: ...
            project_name: service

So the data goes from one site to the other without passing the master, and no password is in any argument, event or
job: the master says names only. The other site's secret is on the one host that its pillar was given to. There, an
account with role ``member`` (Glance lets no ``reader`` have the data) in a project of its own reads public images; one
in the project that owns the images reads the private and shared ones too.
"""

import time

import glance_hosts
import glance_master
import glance_matrix
import glance_replication
import glance_report
from openstack_errors import Invalid

__virtualname__ = "glance"


def __virtual__():
    return __virtualname__


def images(sites=None):
    """
    Show which site offers which image: ``present``, ``missing``, or ``differs`` and in what.

    Compared are id, name, data by hash, visibility, formats, minimums, protection, tags and properties; not owners and
    members, since projects of two Keystones have nothing in common. What an image should be is what the first site has
    that offers it.

    sites
        Names of sites, as list or separated by commas, the one that counts first. Default ``None``: all sites, by name.

    CLI Example:

    .. code-block:: bash

        salt-run glance.images
        salt-run glance.images sites=zurich,geneva --out=json
    """
    started = time.monotonic()
    pillars = glance_master.pillars(__opts__)
    names = _list(sites) or glance_hosts.sites(pillars)
    keepers = {site: glance_hosts.keeper(glance_hosts.members(site, pillars)) for site in names}
    answers = _asked([minion for minion in keepers.values() if minion], "openstack_image.catalogue")
    offers, problems = {}, []
    if not names:
        problems.append(glance_matrix.unanswered("all", [], "no accepted minion's pillar has glance:site"))
    for site, minion in keepers.items():
        offers[site], problem = _offer(minion, answers)
        problems += [glance_matrix.unanswered(site, names, problem)] if problem else []
    rows = problems + [glance_matrix.shown(row) for row in glance_matrix.matrix(offers)]
    found = glance_report.report("images", ", ".join(names), rows, time.monotonic() - started)
    found["columns"] = ["image", *(f"sites:{site}" for site in names), "result", "detail"]
    return glance_report.answer(found, __context__)


def replicate(to, images=None, test=False, parallel=None, **kwargs):
    """
    Copy what one site offers to another: ids, attributes, members and data, compared by hash.

    Nothing is copied that is there already; attributes that differ are set to those of the source; an image that only
    the target has is left alone. A copy that is interrupted is private and marked, and the next run finishes it. Each
    row says what was done with an image; see ``openstack_image.replicate`` for what cannot be done.

    to
        The site that the images go to.

    kwargs
        ``from``, the site that has them: the name of an account in ``glance:replication:sources`` of a minion of the
        target. It may be a site that this master does not know.

    images
        Names or ids, as list or separated by commas. Default ``None``: all that the source offers.

    test
        Only show what would be done. Default ``False``.

    parallel
        How many images at a time. Default ``None``: ``glance:replication:parallel`` of the minion, else 2.

    CLI Example:

    .. code-block:: bash

        salt-run glance.replicate from=zurich to=geneva test=True
        salt-run glance.replicate from=zurich to=geneva images=cirros-0.6.3,debian-12
    """
    started = time.monotonic()
    source = _source(kwargs)
    pillars = glance_hosts.members(to, glance_master.pillars(__opts__))
    minion, problem = glance_replication.copier(source, to, pillars)
    if problem:
        rows = [glance_report.failed(minion, "account", problem)]
    else:
        kwarg = {"source": glance_replication.account(source), "images": images, "test": bool(test)}
        kwarg["parallel"] = parallel or glance_replication.parallel(pillars[minion])
        with glance_master.progress(__opts__):
            answer = _asked([minion], "openstack_image.replicate", kwarg)[minion]
        rows = _of_images(minion, answer, test)
    question = "replicate, test," if test else "replicate"
    found = glance_report.report(question, f"{to} from {source}", rows, time.monotonic() - started)
    return glance_report.answer({**found, "site": to, "from": source, "test": bool(test)}, __context__)


def _source(kwargs):
    """What was given as ``from``, which Python does not allow as the name of an argument."""
    given = {key: value for key, value in kwargs.items() if not key.startswith("__")}
    source = given.pop("from", None)
    if given:
        raise Invalid(f"glance.replicate has no argument {', '.join(given)}: use from, to, images, test, parallel")
    if not source:
        raise Invalid("glance.replicate needs from=SITE, the site that has the images")
    return str(source)


def _asked(minions, function, kwarg=None):
    """What minions answer, after they got this formula's modules and their pillars again."""
    synced = glance_master.sync(__opts__, minions)
    here = [minion for minion, answer in synced.items() if answer.returned]
    glance_master.say(f"{function} on {', '.join(here) or 'nobody'}")
    return {**synced, **glance_master.ask(__opts__, here, function, kwarg=kwarg)}


def _offer(minion, answers):
    """``(images, None)``, or ``(None, why there is no answer)``."""
    if minion is None:
        return None, "no accepted minion with role images or api has this site in its pillar (glance:site)"
    answer = answers[minion]
    if not answer.returned:
        return None, f"{minion} does not answer: is it up, is its salt-minion running? (salt {minion} test.ping)"
    if not isinstance(answer.value, list):
        return None, f"{minion}: {glance_master.gist(answer.value)}"
    return answer.value, None


def _of_images(minion, answer, test):
    done, problem = _offer(minion, {minion: answer})
    if problem:
        return [glance_report.failed(minion, "replicate", problem)]
    return [glance_replication.row(minion, each, test) for each in done]


def _list(names):
    if isinstance(names, str):
        return [name.strip() for name in names.split(",") if name.strip()]
    return list(map(str, names or ()))
