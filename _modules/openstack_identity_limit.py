"""
Limits: how much of a resource of a service everybody may have (registered limits), and projects or domains that may
have more or less. Services ask Keystone for them where unified limits are on.

.. versionadded:: 1.0.0

``name`` is the service's name of the resource: ``image_size_total``. A limit of ``-1`` is none.
"""

import openstack_identity_client
import openstack_identity_names as names
import openstack_identity_records as records
from openstack_errors import Invalid, OpenStackError
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_client.loadable(__virtualname__)


def registered_limit_list(type=None, profile=PROFILE):
    """
    Return registered limits, sorted by name.

    type
        Only those of services of this type. Default ``None``: of every type.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.registered_limit_list image
    """
    keystone = _keystone(profile)
    found = records.records(keystone, "registered limit", keystone.rows("registered limit"))
    return [each for each in found if type in (None, each["type"])]


def registered_limit_get(name, service, type, region=None, profile=PROFILE):
    """
    Return a registered limit, ``None`` when there is none or no such service.

    name
        Name of the resource.

    service, type
        Name and type of the service.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.registered_limit_get image_size_total glance image
    """
    keystone = _keystone(profile)
    return records.record(keystone, "registered limit", _registered(keystone, name, service, type, region))


def registered_limit_create(name, service, type, limit, region=None, description=None, profile=PROFILE):
    """
    Create a registered limit and return it.

    name
        Name of the resource.

    service, type
        Name and type of the service.

    limit
        Whole number: how much everybody may have, in the service's unit.

    region
        Id of the region. Default ``None``: it belongs to no region.

    description
        Free text. Default ``None``: none.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.registered_limit_create image_count_total glance image 100
    """
    keystone = _keystone(profile)
    what = f"registered limit {names.named('resource', name)}"
    values = {
        "service": names.service(keystone, service, type, needed=True)["id"],
        "resource_name": name,
        "default_limit": _number(what, limit),
        "region": region,
        "description": description,
    }
    return records.record(keystone, "registered limit", keystone.create("registered limit", what, **values))


def registered_limit_update(name, service, type, region=None, limit=None, description=None, profile=PROFILE):
    """
    Change a registered limit and return it.

    name
        Name of the resource.

    service, type
        Name and type of the service.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.

    limit
        Whole number: how much everybody may have. Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.registered_limit_update image_count_total glance image limit=200
    """
    keystone = _keystone(profile)
    what = f"registered limit {name}"
    id = _there(what, _registered(keystone, name, service, type, region))
    values = {"default_limit": _number(what, limit), "description": description}
    return records.record(keystone, "registered limit", keystone.update("registered limit", what, id, **values))


def registered_limit_remove(name, service, type, region=None, profile=PROFILE):
    """
    Remove a registered limit; return whether there was one. Keystone refuses while a project or domain has a limit of
    its own for the resource.

    name
        Name of the resource.

    service, type
        Name and type of the service.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.registered_limit_remove image_count_total glance image
    """
    keystone = _keystone(profile)
    row = _registered(keystone, name, service, type, region)
    return names.removed(keystone, "registered limit", f"registered limit {name}", row)


def limit_list(type=None, profile=PROFILE):
    """
    Return the limits of all projects and domains, sorted by the name of the resource. Needs a user with a role on the
    system.

    type
        Only those of services of this type. Default ``None``: of every type.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.limit_list image
    """
    keystone = _keystone(profile)
    found = records.records(keystone, "limit", keystone.rows("limit"))
    return [each for each in found if type in (None, each["type"])]


def limit_get(name, service, type, project=None, project_domain="Default", domain=None, region=None, profile=PROFILE):
    """
    Return the limit that a project or a domain has of its own, ``None`` when it has none or does not exist.

    name
        Name of the resource.

    service, type
        Name and type of the service.

    project, project_domain
        Name of the project, and of its domain. Default ``None``, in domain ``Default``.

    domain
        Name of the domain instead of a project. Default ``None``.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.limit_get image_size_total glance image project=research
    """
    keystone = _keystone(profile)
    row = _limit(keystone, name, service, type, project, project_domain, domain, region)
    return records.record(keystone, "limit", row)


def limit_create(
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
    Give a project or a domain a limit of its own and return it. Keystone refuses it where there is no registered limit
    of the resource.

    name
        Name of the resource.

    service, type
        Name and type of the service.

    limit
        Whole number: how much it may have, in the service's unit.

    project, project_domain
        Name of the project, and of its domain. Default ``None``, in domain ``Default``.

    domain
        Name of the domain instead of a project. Default ``None``.

    region
        Id of the region. Default ``None``: it belongs to no region.

    description
        Free text. Default ``None``: none.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.limit_create image_count_total glance image 500 project=research
    """
    keystone = _keystone(profile)
    what = f"limit {names.named('resource', name)}"
    owner = _owner(project, domain)
    values = {
        "service": names.service(keystone, service, type, needed=True)["id"],
        "resource_name": name,
        "resource_limit": _number(what, limit),
        "project": keystone.need("project", project, project_domain) if owner == "project" else None,
        "domain_id": keystone.need("domain", domain) if owner == "domain" else None,
        "region": region,
        "description": description,
    }
    return records.record(keystone, "limit", keystone.create("limit", what, **values))


def limit_update(
    name,
    service,
    type,
    project=None,
    project_domain="Default",
    domain=None,
    region=None,
    limit=None,
    description=None,
    profile=PROFILE,
):
    """
    Change the limit that a project or a domain has of its own and return it.

    name
        Name of the resource.

    service, type
        Name and type of the service.

    project, project_domain
        Name of the project, and of its domain. Default ``None``, in domain ``Default``.

    domain
        Name of the domain instead of a project. Default ``None``.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.

    limit
        Whole number: how much it may have. Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.limit_update image_count_total glance image project=research limit=600
    """
    keystone = _keystone(profile)
    what = f"limit {name}"
    id = _there(what, _limit(keystone, name, service, type, project, project_domain, domain, region))
    values = {"resource_limit": _number(what, limit), "description": description}
    return records.record(keystone, "limit", keystone.update("limit", what, id, **values))


def limit_remove(
    name, service, type, project=None, project_domain="Default", domain=None, region=None, profile=PROFILE
):
    """
    Remove the limit that a project or a domain has of its own; return whether there was one.

    name
        Name of the resource.

    service, type
        Name and type of the service.

    project, project_domain
        Name of the project, and of its domain. Default ``None``, in domain ``Default``.

    domain
        Name of the domain instead of a project. Default ``None``.

    region
        Id of the region. Default ``None``: the limit that belongs to no region.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.limit_remove image_count_total glance image project=research
    """
    keystone = _keystone(profile)
    row = _limit(keystone, name, service, type, project, project_domain, domain, region)
    return names.removed(keystone, "limit", f"limit {name}", row)


def _registered(keystone, name, service, type, region):
    owner = names.service(keystone, service, type)
    if owner is None:
        return None
    place = {"resource_name": name, "service_id": owner["id"], "region_id": region}
    return keystone.one("registered limit", f"registered limit {name}", keystone.rows("registered limit"), **place)


def _limit(keystone, name, service, type, project, project_domain, domain, region):
    kind = _owner(project, domain)
    owner = names.service(keystone, service, type)
    holder = keystone.find(kind, project or domain, project_domain)
    if owner is None or holder is None:
        return None
    place = {"resource_name": name, "service_id": owner["id"], "region_id": region, f"{kind}_id": holder["id"]}
    return keystone.one("limit", f"limit {name}", keystone.rows("limit"), **place)


def _owner(project, domain):
    if bool(project) == bool(domain):
        raise Invalid("a limit is that of a project or of a domain: name one of them")
    return "project" if project else "domain"


def _number(what, limit):
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
        raise Invalid(f"{what} is a whole number, not {limit!r}")
    return limit


def _there(what, row):
    if row is None:
        raise OpenStackError(f"{what} does not exist: it must be there to be changed")
    return row["id"]


def _keystone(profile):
    return openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
