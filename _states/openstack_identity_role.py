"""
Roles, and which roles they imply.

.. versionadded:: 1.0.0
"""

import openstack_identity_records as records
import openstack_identity_states
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_states.loadable(__virtualname__, __salt__)


def role_present(name, domain=None, former_name=None, description=None, options=None, implies=None, profile=PROFILE):
    """
    Ensure a role exists.

    name
        Name of the role.

    domain
        Name of the domain it belongs to. Default ``None``: it belongs to none.

    former_name
        Name of a role to rename when there is none of ``name``. Default ``None``.

    description
        Free text. Default ``None``: not looked at.

    options
        Mapping of Keystone's resource options, ``{immutable: True}``, with ``None`` for one that must not be set.
        Options that are not named stay. Default ``None``: not looked at.

    implies
        List of all roles that whoever has this one has as well: names, or ``{name: …, domain: …}`` for roles that
        belong to a domain. Default ``None``: not looked at.
    """
    states = _states(profile)
    place = {} if domain is None else {"domain": domain}
    declared = None if implies is None else records.references(implies)
    attributes = {"description": description, "options": options, "implies": declared}

    def read(current_name):
        found = states.call("role_get", current_name, **place)
        if found and implies is not None:
            found["implies"] = states.call("implied_get", current_name, **place)
        return found

    def imply():
        states.call("implied_set", name, declared, **place)

    return states.present(
        "role", f"Role {name}", name, place, attributes, former=former_name, read=read, after={"implies": imply}
    )


def role_absent(name, domain=None, profile=PROFILE):
    """
    Ensure a role does not exist; whoever has it loses it.

    name
        Name of the role.

    domain
        Name of the domain it belongs to. Default ``None``: it belongs to none.
    """
    return _states(profile).absent("role", f"Role {name}", name, {} if domain is None else {"domain": domain})


def _states(profile):
    return openstack_identity_states.States(__salt__, __opts__["test"], profile)
