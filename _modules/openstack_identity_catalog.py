"""
The catalogue: services, their endpoints, and regions.

.. versionadded:: 1.0.0
"""

import openstack_identity_client
import openstack_identity_names as names
import openstack_identity_records as records
from openstack_errors import Invalid, OpenStackError
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"

_INTERFACES = ("public", "internal", "admin")


def __virtual__():
    return openstack_identity_client.loadable(__virtualname__)


def service_list(type=None, profile=PROFILE):
    """
    Return the services of the catalogue, disabled ones too, sorted by name.

    type
        Only those of this type. Default ``None``: of every type.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_list
    """
    keystone = _keystone(profile)
    return records.records(
        keystone, "service", [row for row in keystone.rows("service") if type in (None, row["type"])]
    )


def service_get(name, type, profile=PROFILE):
    """
    Return a service, ``None`` when there is none of that name and type.

    name
        Name of the service.

    type
        Its type, ``image``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_get glance image
    """
    keystone = _keystone(profile)
    return records.record(keystone, "service", names.service(keystone, name, type))


def service_create(name, type, description=None, enabled=True, profile=PROFILE):
    """
    Create a service and return it.

    name
        Name of the service, ``glance``.

    type
        Its type, by which clients look for it: ``image``.

    description
        Free text. Default ``None``: none.

    enabled
        Whether it is in the catalogue that clients get. Default ``True``.

    Raises ``Invalid`` when there is one of that name and type: Keystone itself would take a second.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_create glance image description='Glance Image Service'
    """
    keystone = _keystone(profile)
    what = f"service {names.named('service', name)} of type {names.named('type of service', type)}"
    if names.service(keystone, name, type):
        raise Invalid(f"{what} exists already")
    values = {"name": name, "type": type, "description": description, "enabled": enabled}
    made = keystone.create_only("service", what, lambda row: (row.get("name"), row["type"]), **values)
    return records.record(keystone, "service", made)


def service_update(name, type, new_name=None, description=None, enabled=None, profile=PROFILE):
    """
    Change a service and return it; its id and endpoints stay.

    name
        Name of the service.

    type
        Its type.

    new_name
        The name it gets. Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    enabled
        Whether it is in the catalogue that clients get. Default ``None``: as it is.

    Raises ``OpenStackError`` when the service does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_update glance image description='Glance Image Service'
    """
    keystone = _keystone(profile)
    what = f"service {name} of type {type}"
    id = names.service(keystone, name, type, needed=True)["id"]
    now = keystone.update("service", what, id, name=new_name, description=description, enabled=enabled)
    return records.record(keystone, "service", now)


def service_remove(name, type, profile=PROFILE):
    """
    Remove a service and its endpoints; return whether there was one.

    name
        Name of the service.

    type
        Its type.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_remove glance image
    """
    keystone = _keystone(profile)
    return names.removed(keystone, "service", f"service {name} of type {type}", names.service(keystone, name, type))


def endpoint_list(type=None, region=None, profile=PROFILE):
    """
    Return the endpoints, disabled ones too.

    type
        Only those of services of this type. Default ``None``: of every type.

    region
        Only those of this region. Default ``None``: of every region.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_list type=image
    """
    keystone = _keystone(profile)
    found = [records.endpoint(keystone, row) for row in keystone.rows("endpoint")]
    found = [each for each in found if type in (None, each["type"]) and region in (None, each["region"])]
    return sorted(found, key=lambda each: [str(each[key]) for key in ("type", "service", "region", "interface", "id")])


def endpoint_get(name, type, interface, region, profile=PROFILE):
    """
    Return an endpoint, ``None`` when there is none at that place or no such service.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    region
        Id of the region.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_get glance image public RegionOne
    """
    keystone = _keystone(profile)
    return records.record(keystone, "endpoint", _endpoint(keystone, name, type, interface, region))


def endpoint_create(name, type, interface, url, region, enabled=True, profile=PROFILE):
    """
    Create an endpoint and return it. Keystone creates the region along with it.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    url
        Where the service answers: ``http://image-node.example.org:9292``.

    region
        Id of the region.

    enabled
        Whether it is in the catalogue that clients get. Default ``True``.

    Raises ``OpenStackError`` when the service does not exist, and ``Invalid`` when there is an endpoint at that place:
    Keystone itself would take a second.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_create glance image public http://image-node:9292 RegionOne
    """
    keystone = _keystone(profile)
    what = f"{interface} endpoint of {name} in {names.in_url('region', region)}"
    service = names.service(keystone, name, type, needed=True)
    if _endpoint(keystone, name, type, interface, region):
        raise Invalid(f"{what} exists already")
    place = {"service": service["id"], "interface": interface, "region": region}
    made = keystone.create_only("endpoint", what, _place_of, url=url, enabled=enabled, **place)
    return records.record(keystone, "endpoint", made)


def endpoint_update(name, type, interface, region, url=None, enabled=None, profile=PROFILE):
    """
    Change an endpoint and return it; its id stays.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    region
        Id of the region.

    url
        Where the service answers. Default ``None``: as it is.

    enabled
        Whether it is in the catalogue that clients get. Default ``None``: as it is.

    Raises ``OpenStackError`` when there is no such endpoint.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_update glance image public RegionOne url=https://image.example.org
    """
    keystone = _keystone(profile)
    what = f"{interface} endpoint of {name} in {region}"
    row = _endpoint(keystone, name, type, interface, region)
    if row is None:
        raise OpenStackError(f"{what} does not exist")
    return records.record(keystone, "endpoint", keystone.update("endpoint", what, row["id"], url=url, enabled=enabled))


def endpoint_remove(name, type, interface, region, profile=PROFILE):
    """
    Remove an endpoint; return whether there was one.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    region
        Id of the region.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_remove glance image admin RegionOne
    """
    keystone = _keystone(profile)
    row = _endpoint(keystone, name, type, interface, region)
    return names.removed(keystone, "endpoint", f"{interface} endpoint of {name} in {region}", row)


def region_list(profile=PROFILE):
    """
    Return the regions, sorted by id.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_list
    """
    keystone = _keystone(profile)
    return records.records(keystone, "region", keystone.rows("region"))


def region_get(name, profile=PROFILE):
    """
    Return a region, ``None`` when there is none of that id.

    name
        Id of the region, which is its name.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_get RegionOne
    """
    keystone = _keystone(profile)
    return records.record(keystone, "region", _region(keystone, name))


def region_create(name, description=None, parent=None, profile=PROFILE):
    """
    Create a region and return it.

    name
        Id of the region, which is its name.

    description
        Free text. Default ``None``: none.

    parent
        Id of the region that it is a part of. Default ``None``: of none.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_create RegionTwo
    """
    keystone = _keystone(profile)
    values = {"id": names.in_url("region", name), "description": description, "parent_region": parent, "enabled": None}
    return records.record(keystone, "region", keystone.create("region", f"region {name}", **values))


def region_update(name, description=None, parent=None, profile=PROFILE):
    """
    Change a region and return it.

    name
        Id of the region, which is its name.

    description
        Free text. Default ``None``: as it is.

    parent
        Id of the region that it is a part of. Default ``None``: as it is.

    Raises ``OpenStackError`` when the region does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_update RegionTwo description='Second site'
    """
    keystone = _keystone(profile)
    if _region(keystone, name) is None:
        raise OpenStackError(f"region {name} does not exist")
    values = {"description": description, "parent_region": parent}
    return records.record(keystone, "region", keystone.update("region", f"region {name}", name, **values))


def region_remove(name, profile=PROFILE):
    """
    Remove a region; return whether there was one. Keystone refuses while endpoints or other regions are in it.

    name
        Id of the region, which is its name.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_remove RegionTwo
    """
    keystone = _keystone(profile)
    return names.removed(keystone, "region", f"region {name}", _region(keystone, name))


def _endpoint(keystone, name, type, interface, region):
    if interface not in _INTERFACES:
        raise Invalid(f"interface of an endpoint is one of {', '.join(_INTERFACES)}, not {interface!r}")
    service = names.service(keystone, name, type)
    if service is None:
        return None
    rows = [row for row in keystone.rows("endpoint") if records.region_of(row) == region]
    what = f"{interface} endpoint of {name} in {region}"
    return keystone.one("endpoint", what, rows, service_id=service["id"], interface=interface)


def _place_of(row):
    return row["service_id"], row["interface"], records.region_of(row)


def _region(keystone, name):
    return keystone.one("region", f"region {name}", keystone.rows("region"), id=name)


def _keystone(profile):
    return openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
