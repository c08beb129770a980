"""
The catalogue: services, their endpoints, and regions.

.. versionadded:: 1.0.0
"""

import openstack_identity_states
from openstack_errors import Ambiguous
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_states.loadable(__virtualname__, __salt__)


def service_present(name, type, description=None, enabled=True, profile=PROFILE):
    """
    Ensure a service is in the catalogue, once.

    name
        Name of the service, ``glance``.

    type
        Its type, by which clients look for it: ``image``.

    description
        Free text. Default ``None``: not looked at.

    enabled
        Whether it is in the catalogue that clients get. Default ``True``.

    Clients go by the type and are lost when two services have the same, so a service of this type with another name
    gets this name, and keeps its id and its endpoints. Where several have this type and none this name, or several this
    type and name, the state fails and lists their ids.
    """

    states = _states(profile)

    def read(current_name):
        return states.call("service_get", current_name, type) or _only_of_type(states, name, type)

    attributes = {"description": description, "enabled": enabled}
    return states.present("service", _service_label(name, type), name, {"type": type}, attributes, read=read)


def service_absent(name, type, profile=PROFILE):
    """
    Ensure a service is not in the catalogue; its endpoints go with it.

    name
        Name of the service.

    type
        Its type. A service of this type with another name stays.
    """
    return _states(profile).absent("service", _service_label(name, type), name, {"type": type})


def endpoint_present(name, type, interface, url, region, enabled=True, profile=PROFILE):
    """
    Ensure a service has an endpoint of one interface in one region. Endpoints of other regions are not touched, and one
    that exists keeps its id.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    url
        Where the service answers: ``http://image-node.example.org:9292``.

    region
        Id of the region; Keystone creates it along with the endpoint.

    enabled
        Whether it is in the catalogue that clients get. Default ``True``.
    """
    place = {"type": type, "interface": interface, "region": region}
    states = _states(profile)

    def read(_):
        found = states.call("endpoint_get", name, **place)
        return _endpoint_before_renaming(states, name, place) if found is None and states.test else found

    attributes = {"url": url, "enabled": enabled}
    return states.present("endpoint", _endpoint_label(name, interface, region), name, place, attributes, read=read)


def endpoint_absent(name, type, interface, region, profile=PROFILE):
    """
    Ensure a service has no endpoint of one interface in one region.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    region
        Id of the region.
    """
    place = {"type": type, "interface": interface, "region": region}
    return _states(profile).absent("endpoint", _endpoint_label(name, interface, region), name, place)


def region_present(name, description=None, parent=None, profile=PROFILE):
    """
    Ensure a region exists.

    name
        Id of the region, which is its name.

    description
        Free text. Default ``None``: not looked at.

    parent
        Id of the region that it is a part of. Default ``None``: not looked at.
    """
    attributes = {"description": description, "parent": parent}
    return _states(profile).present("region", f"Region {name}", name, {}, attributes)


def region_absent(name, profile=PROFILE):
    """
    Ensure a region does not exist. Keystone refuses to remove one that has endpoints or other regions in it.

    name
        Id of the region, which is its name.
    """
    return _states(profile).absent("region", f"Region {name}", name, {})


def _only_of_type(states, name, type):
    """The service of a type, whatever its name; fails where there are several."""
    found = states.call("service_list", type)
    if len(found) > 1:
        ids = ", ".join(f"{each['id']} ({each['name']})" for each in found)
        raise Ambiguous(f"none of the {len(found)} services of type {type} is named {name}: {ids}: remove all but one")
    return found[0] if found else None


def _endpoint_before_renaming(states, name, place):
    """Under ``test=True`` a service that ``service_present`` would rename still has its old name."""
    if states.call("service_get", name, place["type"]):
        return None
    service = _only_of_type(states, name, place["type"])
    found = service and states.call("endpoint_get", service["name"], **place)
    return found and {**found, "service": name}


def _service_label(name, type):
    return f"Service {name} of type {type}"


def _endpoint_label(name, interface, region):
    return f"{str(interface).capitalize()} endpoint of {name} in {region}"


def _states(profile):
    return openstack_identity_states.States(__salt__, __opts__["test"], profile)
