"""
What ``salt-run glance.replicate`` decides and shows: who copies, and a row for each image. Pure.
"""

import glance_hosts
import glance_matrix
import glance_report

PARALLEL = 2
_DONE = {"copy": "copied", "update": "updated", "remove": "removed"}


def account(source):
    """Return the pillar key of the account with which a site's images are read."""
    return f"glance:replication:sources:{source}"


def copier(source, to, mine):
    """
    Return ``(minion, None)`` of the one that copies, or ``(host, why nobody does)``.

    source, to
        Names of the sites.

    mine
        Pillars of the minions of the site that the images go to.
    """
    if not mine:
        return glance_hosts.NOBODY, f"no accepted minion's pillar has glance:site: {to}"
    if source == to:
        return glance_hosts.NOBODY, "from and to are the same site"
    minions = glance_hosts.copiers(source, mine)
    if not minions:
        host = glance_hosts.keeper(mine) or glance_hosts.NOBODY
        return host, f"{account(source)} is in no pillar of site {to}: put an account there that may read {source}"
    if len(minions) > 1:
        return ", ".join(minions), f"{account(source)} is in the pillar of each of them: leave it on one host"
    return minions[0], None


def parallel(pillar):
    """Return how many images a minion copies at a time, ``glance:replication:parallel``."""
    return (pillar["glance"].get("replication") or {}).get("parallel") or PARALLEL


def row(minion, done, test):
    """
    Return the row of an image.

    minion
        Who did it.

    done
        From ``openstack_image.replicate``.

    test
        Whether it was only planned.
    """
    facts = {key: done[key] for key in ("id", "action", "changes", "size", "seconds")}
    if done["error"]:
        return {**glance_report.failed(minion, done["name"], done["error"]), **facts}
    return {**glance_report.ok(minion, done["name"], _said(done, test)), **facts}


def _said(done, test):
    if done["action"] == "none":
        return done["detail"] or "as at the source"
    said = f"{'would be ' if test else ''}{_DONE[done['action']]}"
    return f"{said}: {'; '.join(filter(None, (*_what(done, test), done['detail'])))}"


def _what(done, test):
    """What was done, in pieces."""
    if done["action"] == "copy":
        return [_size(done["size"]) + ("" if test else f" in {done['seconds']} s")]
    if done["action"] == "update":
        return [f"{label} {old} -> {new}" for label, old, new in glance_matrix.parts(done["changes"])]
    return []


def _size(count):
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.1f} {unit}" if unit != "bytes" else f"{count} bytes"
        count /= 1024
    return None
