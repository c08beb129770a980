"""
How much everybody may have of a resource of a service, and projects or domains that may have more or less.

.. versionadded:: 1.0.0
"""

import openstack_identity_states
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_states.loadable(__virtualname__, __salt__)


def registered_limit_present(name, service, type, limit, region=None, description=None, profile=PROFILE):
    """
    Ensure a resource has this limit for everybody who has none of its own.

    name
        Name of the resource, ``image_size_total``.

    service, type
        Name and type of the service.

    limit
        Whole number, in the service's unit; ``-1`` for no limit.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.

    description
        Free text. Default ``None``: not looked at.
    """
    attributes = {"limit": limit, "description": description}
    label, place = f"Registered limit {name}", _place(service, type, region)
    return _states(profile).present("registered_limit", label, name, place, attributes)


def registered_limit_absent(name, service, type, region=None, profile=PROFILE):
    """
    Ensure a resource is not limited. Keystone refuses while a project or a domain has a limit of its own for it.

    name
        Name of the resource, ``image_size_total``.

    service, type
        Name and type of the service.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.
    """
    label, place = f"Registered limit {name}", _place(service, type, region)
    return _states(profile).absent("registered_limit", label, name, place)


def limit_present(
    name,
    service,
    type,
    limit,
    project=None,
    project_domain="Default",
    domain=None,
    region=None,
    description=None,
    profile=PROFILE,
):
    """
    Ensure a project or a domain has this limit of its own.

    name
        Name of the resource, ``image_size_total``; it has a registered limit.

    service, type
        Name and type of the service.

    limit
        Whole number, in the service's unit; ``-1`` for no limit.

    project, project_domain
        Name of the project, and of its domain. Default ``None``, in domain ``Default``.

    domain
        Name of the domain instead of a project. Default ``None``.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.

    description
        Free text. Default ``None``: not looked at.
    """
    attributes = {"limit": limit, "description": description}
    place = _place(service, type, region, project, project_domain, domain)
    return _states(profile).present("limit", _label(name, project, domain), name, place, attributes)


def limit_absent(
    name, service, type, project=None, project_domain="Default", domain=None, region=None, profile=PROFILE
):
    """
    Ensure a project or a domain has no limit of its own.

    name
        Name of the resource, ``image_size_total``.

    service, type
        Name and type of the service.

    project, project_domain
        Name of the project, and of its domain. Default ``None``, in domain ``Default``.

    domain
        Name of the domain instead of a project. Default ``None``.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.
    """
    place = _place(service, type, region, project, project_domain, domain)
    return _states(profile).absent("limit", _label(name, project, domain), name, place)


def _place(service, type, region, project=None, project_domain=None, domain=None):
    place = {"service": service, "type": type, "region": region, "project": project, "domain": domain}
    if project:
        place["project_domain"] = project_domain
    return {key: value for key, value in place.items() if value is not None}


def _label(name, project, domain):
    return f"Limit {name} of {f'project {project}' if project else f'domain {domain}'}"


def _states(profile):
    return openstack_identity_states.States(__salt__, __opts__["test"], profile)
