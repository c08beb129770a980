"""
Who has which role on what.

.. versionadded:: 1.0.0
"""

import functools

import openstack_identity_places as places
import openstack_identity_records as records
import openstack_identity_states
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_states.loadable(__virtualname__, __salt__)


def assignment_present(
    name,
    roles,
    project=None,
    domain=None,
    system=False,
    holder="user",
    user_domain="Default",
    project_domain="Default",
    inherited=False,
    exact=False,
    profile=PROFILE,
):
    """
    Ensure a user or group has roles on a project, a domain or the system.

    name
        Name of the user or group.

    roles
        List of names of roles, or of ``{name: …, domain: …}`` for roles that belong to a domain.

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

    exact
        Take other roles that the user or group has there. Default ``False``: they stay.

    Roles that a user has through a group, through another role or from a project above are not looked at.
    """
    where = _where(project, domain, system, holder, user_domain, project_domain, inherited)
    states, label = _states(profile), _label(name, where)
    return states.listed(name, label, "roles", records.references(roles), exact, *_functions(states, name, where))


def assignment_absent(
    name,
    project=None,
    roles=None,
    domain=None,
    system=False,
    holder="user",
    user_domain="Default",
    project_domain="Default",
    inherited=False,
    profile=PROFILE,
):
    """
    Ensure a user or group does not have roles on a project, a domain or the system.

    name
        Name of the user or group.

    project
        Name of the project. Default ``None``.

    roles
        List of names of roles, or of ``{name: …, domain: …}`` for roles that belong to a domain. Default ``None``: all
        that it has there.

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
    """
    where = _where(project, domain, system, holder, user_domain, project_domain, inherited)
    states, declared = _states(profile), None if roles is None else records.references(roles)
    get, _, remove = _functions(states, name, where)
    return states.unlisted(name, _label(name, where), "roles", declared, get, remove)


def _where(project, domain, system, holder, user_domain, project_domain, inherited):
    return {
        "project": project,
        "domain": domain,
        "system": system,
        "holder": holder,
        "user_domain": user_domain,
        "project_domain": project_domain,
        "inherited": inherited,
    }


def _label(name, where):
    place = places.label(name, where["holder"], where["project"], where["domain"], where["inherited"])
    return f"Assignment of {place}"


def _functions(states, name, where):
    """How roles are read, given and taken there."""
    return [functools.partial(states.call, f"assignment_{verb}", name, **where) for verb in ("get", "add", "remove")]


def _states(profile):
    return openstack_identity_states.States(__salt__, __opts__["test"], profile)
