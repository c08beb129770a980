"""
Who has which role on what.

.. versionadded:: 1.0.0

``name`` is a user, or a group where ``holder`` says so; what the roles are held on is one of ``project``, ``domain``
and ``system``. Only roles given right there are looked at: not those of a user's groups, not those that others imply,
and those for the projects below only where ``inherited`` is set.

A role is named by its name, one that belongs to a domain by ``{"name": …, "domain": …}``.
"""

import openstack_identity_client
import openstack_identity_places as places
import openstack_identity_records as records
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_client.loadable(__virtualname__)


def assignment_list(user=None, project=None, user_domain="Default", project_domain="Default", profile=PROFILE):
    """
    Return role assignments of every sort, with names.

    user
        Only those of this user, not those of its groups. Default ``None``: of everybody.

    project
        Only those on this project. Default ``None``: on everything.

    user_domain, project_domain
        Names of their domains; default ``Default``.

    Returns a list of mappings with ``role`` (and ``role_domain``), ``user`` or ``group``, one of ``project``,
    ``domain`` and ``system``, and ``inherited: True`` where it is for the projects below.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.assignment_list user=glance
        salt '*' openstack_identity.assignment_list project=service
    """
    keystone = _keystone(profile)
    query = {}
    if user is not None:
        query["user.id"] = keystone.need("user", user, user_domain)
    if project is not None:
        query["scope.project.id"] = keystone.need("project", project, project_domain)
    with keystone.asking("the list of role assignments"):
        rows = keystone.api.named_assignments(query)
    return sorted((records.assignment(row) for row in rows), key=lambda row: str(sorted(row.items())))


def assignment_get(
    name,
    project=None,
    domain=None,
    system=False,
    holder="user",
    user_domain="Default",
    project_domain="Default",
    inherited=False,
    profile=PROFILE,
):
    """
    Return the roles that a user or group has itself somewhere, sorted; ``[]`` when it has none.

    name
        Name of the user or group.

    project
        Name of the project. Default ``None``.

    domain
        Name of the domain. Default ``None``.

    system
        ``True`` for the system. Default ``False``.

    holder
        ``user`` or ``group``. Default ``user``.

    user_domain, project_domain
        Names of the domains of the user or group, and of the project; default ``Default``.

    inherited
        Those for the projects below instead of those on the project or domain itself. Default ``False``.

    A user, group, project or domain that does not exist has no roles.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.assignment_get glance service
        salt '*' openstack_identity.assignment_get glance system=True
    """
    keystone = _keystone(profile)
    scope = places.check(holder, project, domain, system, inherited)
    who = keystone.in_domain(holder, name, user_domain)
    where = {"id": places.SYSTEM} if scope == "system" else keystone.find(scope, project or domain, project_domain)
    if who is None or where is None:
        return []
    ids = keystone.roles_at(places.Place(holder, who["id"], scope, where["id"], inherited))
    return records.references([records.reference(keystone, keystone.by_id("role", id)) for id in ids])


def assignment_add(
    name,
    roles,
    project=None,
    domain=None,
    system=False,
    holder="user",
    user_domain="Default",
    project_domain="Default",
    inherited=False,
    profile=PROFILE,
):
    """
    Give a user or group roles somewhere, beside those that it has; return all it has there then.

    name
        Name of the user or group.

    roles
        List of roles.

    project
        Name of the project. Default ``None``.

    domain
        Name of the domain. Default ``None``.

    system
        ``True`` for the system. Default ``False``.

    holder
        ``user`` or ``group``. Default ``user``.

    user_domain, project_domain
        Names of the domains of the user or group, and of the project; default ``Default``.

    inherited
        For the projects below instead of on the project or domain itself. Default ``False``.

    Nothing is changed when one of the roles, or what they are for, does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.assignment_add glance '[admin, service]' service
        salt '*' openstack_identity.assignment_add glance '[reader]' system=True
    """
    where = (project, domain, system, holder, user_domain, project_domain, inherited, profile)
    _assign("grant", name, records.references(roles), *where)
    return assignment_get(name, *where)


def assignment_remove(
    name,
    roles,
    project=None,
    domain=None,
    system=False,
    holder="user",
    user_domain="Default",
    project_domain="Default",
    inherited=False,
    profile=PROFILE,
):
    """
    Take roles from a user or group; return those it keeps there.

    name
        Name of the user or group.

    roles
        List of roles; those that it does not have are passed over.

    project
        Name of the project. Default ``None``.

    domain
        Name of the domain. Default ``None``.

    system
        ``True`` for the system. Default ``False``.

    holder
        ``user`` or ``group``. Default ``user``.

    user_domain, project_domain
        Names of the domains of the user or group, and of the project; default ``Default``.

    inherited
        Those for the projects below instead of those on the project or domain itself. Default ``False``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.assignment_remove glance '[admin]' service
    """
    where = (project, domain, system, holder, user_domain, project_domain, inherited, profile)
    held = assignment_get(name, *where)
    taken = [role for role in records.references(roles) if role in held]
    if taken:
        _assign("revoke", name, taken, *where)
    return assignment_get(name, *where)


def _assign(method, name, roles, project, domain, system, holder, user_domain, project_domain, inherited, profile):
    keystone = _keystone(profile)
    scope = places.check(holder, project, domain, system, inherited)
    role_ids = [keystone.need("role", *records.split(role)) for role in roles]
    who = keystone.need(holder, name, user_domain)
    where = places.SYSTEM if scope == "system" else keystone.need(scope, project or domain, project_domain)
    what = f"roles of {places.label(name, holder, project, domain, inherited)}"
    keystone.assign(what, method, role_ids, places.Place(holder, who, scope, where, inherited))


def _keystone(profile):
    return openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
