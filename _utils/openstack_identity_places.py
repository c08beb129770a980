"""
Places of role assignments: who holds (a user or a group) on what (a project, a domain or the system), and whether it is
for the projects below. Pure data: names are resolved by whoever has a ``Keystone``.
"""

import typing

from openstack_errors import Invalid

_HOLDERS = ("user", "group")
_SCOPES = ("project", "domain", "system")
_INHERITED = "OS-INHERIT:inherited_to"
SYSTEM = "all"


class Place(typing.NamedTuple):
    """Where roles are given; ids, and ``all`` for the system."""

    holder: str
    holder_id: str
    scope: str
    scope_id: str
    inherited: bool = False


def of(row):
    """Return the place of a row of Keystone's list of assignments."""
    scope = next(kind for kind in _SCOPES if kind in row["scope"])
    holder = next(kind for kind in _HOLDERS if kind in row)
    id = SYSTEM if scope == "system" else row["scope"][scope]["id"]
    return Place(holder, row[holder]["id"], scope, id, _INHERITED in row["scope"])


def row(place, role_id):
    """Return what Keystone's list would say of a role at a place."""
    scope = {"system": {SYSTEM: True}} if place.scope == "system" else {place.scope: {"id": place.scope_id}}
    if place.inherited:
        scope[_INHERITED] = "projects"
    return {"role": {"id": role_id}, place.holder: {"id": place.holder_id}, "scope": scope}


def query(place):
    """Return the parameters with which Keystone lists what is given at a place."""
    scope = ("scope.system", SYSTEM) if place.scope == "system" else (f"scope.{place.scope}.id", place.scope_id)
    inherited = {f"scope.{_INHERITED}": "projects"} if place.inherited else {}
    return {f"{place.holder}.id": place.holder_id, **dict([scope]), **inherited}


def check(holder, project, domain, system, inherited):
    """
    Return which of the three scopes was given: ``project``, ``domain`` or ``system``.

    holder
        ``user`` or ``group``.

    project, domain
        Names, ``None`` where not given.

    system, inherited
        ``True`` or ``False``.

    Raises :py:exc:`Invalid` unless exactly one scope was given and the rest fits to it.
    """
    if holder not in _HOLDERS:
        raise Invalid(f"holder of roles is one of {', '.join(_HOLDERS)}, not {holder!r}")
    given = [kind for kind, value in (("project", project), ("domain", domain), ("system", system)) if value]
    if len(given) != 1:
        raise Invalid(f"roles are held on exactly one of project, domain and system, not on {given or 'none of them'}")
    if inherited and given == ["system"]:
        raise Invalid("roles on the system cannot be inherited: only those on a project or a domain can")
    return given[0]


def label(name, holder, project, domain, inherited):
    """Return a place in the words of an operator: ``user glance on project service``."""
    scope = f"project {project}" if project else f"domain {domain}" if domain else "the system"
    return f"{holder} {name} on {'the projects below ' if inherited else ''}{scope}"
