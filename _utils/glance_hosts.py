"""
Which minion plays which role in a site, from the pillars of all minions.

Pure: what comes in are the ``glance`` parts of compiled pillars, what goes out are hosts and rows. A minion's grains
have no say, since a minion can forge them.
"""

import glance_report

ROLES = ("database", "messaging", "identity", "registry", "api", "client", "images")
REQUIRED = ("database", "identity", "api")
SINGLE = ("database", "messaging", "identity", "images")
NOBODY = "-"


def sites(pillars):
    """
    Return the names of all sites, sorted.

    pillars
        ``{minion id: {"glance": mapping, "errors": [text]}}``.
    """
    return sorted({str(_site(found)) for found in pillars.values() if _site(found)})


def members(site, pillars):
    """Return the pillars whose ``glance:site`` is this site."""
    return {minion: found for minion, found in sorted(pillars.items()) if str(_site(found)) == site}


def assign(pillars):
    """
    Return ``{role: [minion ids]}`` with every role in it, and all minions as ``all``.

    pillars
        Those of one site, see :py:func:`members`.
    """
    hosts = {role: [minion for minion, found in pillars.items() if role in _roles(found)] for role in ROLES}
    return {"all": list(pillars), **hosts}


def check(site, pillars):
    """
    Return rows: what is wrong with the hosts of a site, and one row for each role that is as it should be.

    site
        Name of the site.

    pillars
        Of all minions.
    """
    mine = members(site, pillars)
    if not mine:
        known = ", ".join(sites(pillars)) or "none"
        text = f"no accepted minion's pillar has glance:site: {site}; known sites: {known}"
        return [glance_report.failed(NOBODY, "site", text), *_broken(site, pillars)]
    return [*_broken(site, pillars), *_malformed(mine), *_by_role(mine)]


def _by_role(mine):
    rows = []
    hosts, needed, outside = assign(mine), required(mine), external(mine)
    for role in ROLES:
        names, label = hosts[role], f"role {role}"
        if role in outside and not names:
            text = "provided from outside (glance:external_roles)"
            rows.append(glance_report.not_checked(NOBODY, label, text))
        elif role in needed and not names:
            text = f"no minion plays it: add {role} to glance:roles of one, or to glance:external_roles"
            rows.append(glance_report.failed(NOBODY, label, text))
        elif role in SINGLE and len(names) > 1:
            text = f"glance:roles of {' and '.join(names)} name it, but only one host may play it"
            rows.append(glance_report.failed(", ".join(names), label, text))
        elif names:
            rows.append(glance_report.ok(", ".join(names), label))
    return rows


def required(mine):
    """
    Return the roles that a site cannot do without.

    mine
        Pillars of the site's minions. ``messaging`` is required when a host of the API has
        ``glance:messaging:hosts``, ``images`` when a host has ``glance:images``.
    """
    roles = set(REQUIRED)
    if any("api" in _roles(found) and (_glance(found).get("messaging") or {}).get("hosts") for found in mine.values()):
        roles.add("messaging")
    if any(_glance(found).get("images") for found in mine.values()):
        roles.add("images")
    return roles


def external(mine):
    """Return the roles that something else than these minions plays: ``glance:external_roles`` of any of them."""
    return {role for found in mine.values() for role in _list(_glance(found).get("external_roles"))}


def keeper(mine):
    """Return the minion to ask about a site's images: that with the catalogue, else an API's; ``None`` without one."""
    hosts = assign(mine)
    return next(iter([*hosts["images"], *hosts["api"]]), None)


def copiers(source, mine):
    """
    Return the minions that may copy another site's images: those with ``glance:replication:sources:SOURCE``.

    source
        Name of the other site.

    mine
        Pillars of the site's minions.
    """
    found = {minion: _mapping(_mapping(_glance(pillar), "replication"), "sources") for minion, pillar in mine.items()}
    return [minion for minion, sources in found.items() if sources.get(source)]


def clock_skew(mine, default=2):
    """Return how many seconds a clock may be off, ``glance:preflight:clock_skew``: the strictest of the site."""
    values = [(_glance(found).get("preflight") or {}).get("clock_skew") for found in mine.values()]
    return min((float(value) for value in values if value), default=default)


def _broken(site, pillars):
    """A pillar that does not render may be that of a host of this site, or of none."""
    rows = []
    for minion, found in sorted(pillars.items()):
        if found.get("errors") and _site(found) in (None, site):
            text = f"does not render: {'; '.join(found['errors'])} (salt-run pillar.show_pillar {minion})"
            result = glance_report.failed if _site(found) else glance_report.not_checked
            rows.append(result(minion, "pillar", text))
    return rows


def _malformed(mine):
    rows = []
    for minion, found in mine.items():
        roles = _glance(found).get("roles")
        if not isinstance(roles, (list, tuple)) or not roles:
            text = f"glance:roles must be a list with some of {', '.join(ROLES)}"
            rows.append(glance_report.failed(minion, "pillar", text))
            continue
        strange = [str(role) for role in roles if role not in ROLES]
        if strange:
            text = f"glance:roles has {', '.join(strange)}: the roles are {', '.join(ROLES)}"
            rows.append(glance_report.failed(minion, "pillar", text))
    return rows


def _glance(found):
    part = found.get("glance")
    return part if isinstance(part, dict) else {}


def _site(found):
    return _glance(found).get("site")


def _roles(found):
    return _list(_glance(found).get("roles"))


def _mapping(value, key):
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _list(value):
    return list(value) if isinstance(value, (list, tuple)) else []
