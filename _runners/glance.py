"""
Questions about a whole site, asked on the master.

.. versionadded:: 1.0.0

A site is all minions with the same ``glance:site`` in their pillar; ``glance:roles`` says what each of them is. Pillars
are compiled for each question, so an edited pillar counts at once.

``preflight`` asks whether the site may be deployed, ``status`` how it is, ``verify`` whether it works: each shows a
table, ``--out=json`` the same as data. The exit code is 1 when a row says ``failed``.

.. code-block:: bash

    salt-run glance.preflight site=zurich
    salt-run glance.status site=zurich --out=json

The runner needs this formula's ``_utils`` and ``_output`` on the master: ``salt-run saltutil.sync_all`` brings them.
"""

import time

import glance_hosts
import glance_master
import glance_report

__virtualname__ = "glance"


def __virtual__():
    return __virtualname__


def hosts(site, strict=True):
    """
    Return which minion plays which role: ``{role: [minion ids]}``, every role in it, and ``all`` for all minions.

    site
        The site's name, as in ``glance:site``.

    strict
        Whether a site that is not as it should be is an error, shown as a table with exit code 1: an unknown site, a
        role that nobody plays, two minions in a role for one, a pillar that does not render. Default ``True``;
        ``False`` returns what there is, empty lists for an unknown site.

    CLI Example:

    .. code-block:: bash

        salt-run glance.hosts site=zurich
    """
    started = time.monotonic()
    pillars = glance_master.pillars(__opts__)
    rows = glance_hosts.check(site, pillars) if strict else []
    if any(row["result"] == glance_report.FAILED for row in rows):
        return _shown("hosts", site, rows, started)
    return glance_hosts.assign(glance_hosts.members(site, pillars))


def sites():
    """
    Return the names of the sites that the pillars of all accepted minions describe.

    CLI Example:

    .. code-block:: bash

        salt-run glance.sites
    """
    return glance_hosts.sites(glance_master.pillars(__opts__))


def preflight(site, strict=False):
    """
    Check whether a site can be deployed. Nothing is changed on it; modules are synced and pillars reloaded.

    Asked are: the roles, that every host answers, the clocks, and of each host its pillar, Python libraries,
    credentials, connections to the other hosts, port, packages, disk space and names.

    site
        The site's name.

    strict
        Whether a check that needs a Python library fails without it. Default ``False``: it is "not checked", since the
        library is what a deployment installs first.

    CLI Example:

    .. code-block:: bash

        salt-run glance.preflight site=zurich
        salt-run glance.preflight site=zurich --out=json
    """
    return _question("preflight", site, {"strict": strict}, clocks=True)


def status(site):
    """
    Show how a site is: services, versions, schema, API, images and catalogue of each host.

    site
        The site's name.

    CLI Example:

    .. code-block:: bash

        salt-run glance.status site=zurich
    """
    return _question("status", site)


def verify(site, write=True):
    """
    Prove that a site works: an image goes up, lies where its store says, comes back bit for bit and is removed.

    On each host of the API, with that host's own API; on the host of Keystone, the catalogue is compared with pillar.

    site
        The site's name.

    write
        Whether the proof with the image is made. Default ``True``; ``False`` only asks, and changes nothing.

    CLI Example:

    .. code-block:: bash

        salt-run glance.verify site=zurich
    """
    return _question("verify", site, {"write": write})


def _question(question, site, kwarg=None, clocks=False):
    """One question: who is there, who answers, what does each say."""
    started = time.monotonic()
    glance_master.say(f"{question} of site {site}: compiling the pillars of all minions")
    pillars = glance_master.pillars(__opts__)
    mine = glance_hosts.members(site, pillars)
    rows = glance_hosts.check(site, pillars)
    if mine:
        glance_master.say(f"asking {', '.join(mine)}")
        here, answered = _present(mine, clocks)
        rows += answered
    if mine and here:
        rows += _of_hosts(here, f"glance_node.{question}", kwarg)
    return _shown(question, site, rows, started)


def _present(mine, clocks):
    """Who of the site answers, and how its clock is."""
    allowed = glance_hosts.clock_skew(mine)
    here, rows = [], []
    for minion, answer in glance_master.ask(__opts__, list(mine), "status.time", ["%s.%f"]).items():
        if not answer.returned:
            text = f"minion does not answer: is it up, is its salt-minion running? (salt {minion} test.ping)"
            rows.append(glance_report.failed(minion, "answers", text))
            continue
        here.append(minion)
        rows.append(glance_report.ok(minion, "answers"))
        if clocks:
            rows.append(_clock(minion, answer, allowed))
    return here, rows


def _clock(minion, answer, allowed):
    try:
        skew = answer.skew()
    except (TypeError, ValueError):
        return glance_report.not_checked(minion, "clock", "the minion could not tell its time")
    if abs(skew) > allowed:
        text = f"{abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} the master: tokens will be refused; run NTP"
        return glance_report.failed(minion, "clock", f"{text} (glance:preflight:clock_skew: {allowed:g})")
    return glance_report.ok(minion, "clock", f"within {allowed:g} s of the master's")


def _of_hosts(here, function, kwarg):
    """What each host says of itself, all asked at once."""
    synced = glance_master.sync(__opts__, here)
    rows = [_lost(minion, "sync") for minion, answer in synced.items() if not answer.returned]
    here = [minion for minion, answer in synced.items() if answer.returned]
    glance_master.say(f"{function} on {', '.join(here)}")
    for minion, answer in glance_master.ask(__opts__, here, function, kwarg=kwarg).items():
        if not answer.returned:
            rows.append(_lost(minion, function))
        elif isinstance(answer.value, list):
            rows += answer.value
        else:
            rows.append(glance_report.failed(minion, function, glance_master.gist(answer.value)))
    return rows


def _lost(minion, check):
    return glance_report.failed(minion, check, "the minion answered before, but did not return this (see its log)")


def _shown(question, site, rows, started):
    found = glance_report.report(question, site, rows, time.monotonic() - started)
    return glance_report.answer(found, __context__)
