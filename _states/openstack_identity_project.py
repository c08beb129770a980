"""
Domains and projects.

.. versionadded:: 1.0.0
"""

import openstack_identity_states
from openstack_errors import Invalid
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_states.loadable(__virtualname__, __salt__)


def domain_present(name, former_name=None, description=None, enabled=True, options=None, profile=PROFILE):
    """
    Ensure a domain exists.

    name
        Name of the domain.

    former_name
        Name of a domain to rename when there is none of ``name``. Default ``None``.

    description
        Free text. Default ``None``: not looked at.

    enabled
        Whether anybody of it can log in. Default ``True``.

    options
        Mapping of Keystone's resource options, ``{immutable: True}``, with ``None`` for one that must not be set.
        Options that are not named stay. Default ``None``: not looked at.
    """
    attributes = {"description": description, "enabled": enabled, "options": options}
    return _states(profile).present("domain", f"Domain {name}", name, {}, attributes, former=former_name)


def domain_absent(name, force=False, profile=PROFILE):
    """
    Ensure a domain does not exist. Fails, also under ``test=True``, when it holds projects, users or groups.

    name
        Name of the domain.

    force
        Remove what it holds as well. Default ``False``.
    """
    states = _states(profile)

    def check(_):
        held = {kind: count for kind, count in states.call("domain_content", name).items() if count}
        if held and not force:
            raise Invalid(f"holds {held}, which would be removed along with it: set force to do so")

    return states.absent("domain", f"Domain {name}", name, {}, check, force=force)


def project_present(
    name,
    domain="Default",
    former_name=None,
    parent=None,
    description=None,
    enabled=True,
    tags=None,
    options=None,
    profile=PROFILE,
):
    """
    Ensure a project exists.

    name
        Name of the project.

    domain
        Name of the domain it belongs to; default ``Default``.

    former_name
        Name of a project to rename when there is none of ``name``. Default ``None``.

    parent
        Name of the project of the same domain that it is below, ``''`` for none. Keystone moves no project: the state
        fails when it is below another. Default ``None``: right below the domain when made, else not looked at.

    description
        Free text. Default ``None``: not looked at.

    enabled
        Whether anybody can log in to it. Default ``True``.

    tags
        List of all of its tags. Default ``None``: not looked at.

    options
        Mapping of Keystone's resource options, ``{immutable: True}``, with ``None`` for one that must not be set.
        Options that are not named stay. Default ``None``: not looked at.
    """
    attributes = {
        "parent": parent,
        "description": description,
        "enabled": enabled,
        "tags": None if tags is None else sorted({tags} if isinstance(tags, str) else set(map(str, tags))),
        "options": options,
    }
    place = {"domain": domain}
    return _states(profile).present(
        "project", f"Project {name}", name, place, attributes, former=former_name, fixed=("parent",)
    )


def project_absent(name, domain="Default", profile=PROFILE):
    """
    Ensure a project does not exist. Keystone refuses to remove one that has others below it.

    name
        Name of the project.

    domain
        Name of its domain; default ``Default``.
    """
    return _states(profile).absent("project", f"Project {name}", name, {"domain": domain})


def _states(profile):
    return openstack_identity_states.States(__salt__, __opts__["test"], profile)
