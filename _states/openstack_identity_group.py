"""
Groups and who is in them.

.. versionadded:: 1.0.0
"""

import functools

import openstack_identity_records as records
import openstack_identity_states
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_states.loadable(__virtualname__, __salt__)


def group_present(name, domain="Default", former_name=None, description=None, profile=PROFILE):
    """
    Ensure a group exists.

    name
        Name of the group.

    domain
        Name of the domain it belongs to; default ``Default``.

    former_name
        Name of a group to rename when there is none of ``name``. Default ``None``.

    description
        Free text. Default ``None``: not looked at.
    """
    attributes = {"description": description}
    return _states(profile).present("group", f"Group {name}", name, {"domain": domain}, attributes, former=former_name)


def group_absent(name, domain="Default", profile=PROFILE):
    """
    Ensure a group does not exist; its members lose the roles that they have through it.

    name
        Name of the group.

    domain
        Name of its domain; default ``Default``.
    """
    return _states(profile).absent("group", f"Group {name}", name, {"domain": domain})


def membership_present(name, users, domain="Default", exact=False, profile=PROFILE):
    """
    Ensure users are in a group.

    name
        Name of the group.

    users
        List of names, or of ``{name: …, domain: …}`` for users of another domain than the group's.

    domain
        Name of the group's domain; default ``Default``.

    exact
        Take out others who are in it. Default ``False``: they stay.
    """
    return _members(name, records.references(users, domain), domain, exact, profile)


def membership_absent(name, users=None, domain="Default", profile=PROFILE):
    """
    Ensure users are not in a group.

    name
        Name of the group.

    users
        List of names, or of ``{name: …, domain: …}`` for users of another domain than the group's. Default ``None``:
        all who are in it.

    domain
        Name of the group's domain; default ``Default``.
    """
    states = _states(profile)
    return states.unlisted(
        name,
        f"Members of group {name}",
        "users",
        None if users is None else records.references(users, domain),
        functools.partial(states.call, "membership_get", name, domain=domain),
        functools.partial(states.call, "membership_remove", name, domain=domain),
    )


def _members(name, users, domain, exact, profile):
    states = _states(profile)
    return states.listed(
        name,
        f"Members of group {name}",
        "users",
        users,
        exact,
        *(
            functools.partial(states.call, f"membership_{verb}", name, domain=domain)
            for verb in ("get", "add", "remove")
        ),
    )


def _states(profile):
    return openstack_identity_states.States(__salt__, __opts__["test"], profile)
