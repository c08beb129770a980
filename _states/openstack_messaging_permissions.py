"""
What the users of a RabbitMQ broker may do in a virtual host; see :py:mod:`openstack_messaging`.

.. versionadded:: 1.0.0
"""

from openstack_errors import Invalid
from openstack_rabbitmq import check_pattern
from openstack_states import converge

__virtualname__ = "openstack_messaging"

_ACTIONS = ("configure", "write", "read")


def __virtual__():
    if "openstack_messaging.permissions_list" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_messaging is not loaded: run saltutil.sync_modules"


def permissions_present(name, vhost, configure=".*", write=".*", read=".*"):
    """
    Ensure that a user has exactly these permissions in a virtual host.

    name
        Name of the user. It must exist when the state is not run under ``test=True``, and so must the virtual host.

    vhost
        Name of the virtual host.

    configure, write, read
        Regular expressions: the queues and exchanges that it may create and remove, write to, read from. Default
        ``.*``, an empty one stands for none.
    """
    given = {"configure": configure, "write": write, "read": read}

    def current():
        return __salt__["openstack_messaging.permissions_get"](name, vhost)

    def change(_current, _changes):
        __salt__["openstack_messaging.permissions_set"](name, vhost, **given)

    return converge(name, _label(name, vhost), lambda: _checked(given), current, change, __opts__["test"])


def permissions_absent(name, vhost):
    """
    Ensure that a user has no permissions in a virtual host.

    name
        Name of the user.

    vhost
        Name of the virtual host.
    """

    def read():
        return __salt__["openstack_messaging.permissions_get"](name, vhost)

    def write(_current, _changes):
        __salt__["openstack_messaging.permissions_remove"](name, vhost)

    return converge(name, _label(name, vhost), None, read, write, __opts__["test"])


def vhost_permissions_present(name, permissions):
    """
    Ensure that these users have exactly these permissions in a virtual host, and that nobody else has any.

    name
        Name of the virtual host. It must exist when the state is not run under ``test=True``, and so must the users.

    permissions
        Mapping of user to ``{configure: …, write: …, read: …}``, regular expressions as in
        :py:func:`permissions_present`; one that is left out is ``.*``. An empty mapping: nobody.
    """

    def wanted():
        if not isinstance(permissions, dict):
            raise Invalid("permissions must be a mapping of users")
        return {"permissions": {user: _complete(user, given) for user, given in permissions.items()}}

    def read():
        found = __salt__["openstack_messaging.permissions_list"](vhost=name)
        return {"permissions": {item["user"]: {key: item[key] for key in _ACTIONS} for item in found}}

    def write(current, _changes):
        there, given = current["permissions"], wanted()["permissions"]
        for user in there.keys() - given.keys():
            __salt__["openstack_messaging.permissions_remove"](user, name)
        for user in given:
            if there.get(user) != given[user]:
                __salt__["openstack_messaging.permissions_set"](user, name, **given[user])

    return converge(name, f"Access to RabbitMQ vhost {name}", wanted, read, write, __opts__["test"])


def topic_permissions_present(name, vhost, exchange, write=".*", read=".*"):
    """
    Ensure that the routing keys which a user may use at a topic exchange are limited to exactly these.

    name
        Name of the user. It must exist when the state is not run under ``test=True``, and so must the virtual host.

    vhost
        Name of the virtual host.

    exchange
        Name of the topic exchange; up to RabbitMQ 4.2 it need not exist yet, since then the state fails. The exchange
        of Glance's notifications is ``glance``; Glance declares it when it sends the first.

    write, read
        Regular expressions: the routing keys with which it may publish, and bind queues. Default ``.*``, an empty one
        stands for none.
    """
    given = {"write": write, "read": read}

    def current():
        return __salt__["openstack_messaging.topic_permissions_get"](name, vhost, exchange)

    def change(_current, _changes):
        __salt__["openstack_messaging.topic_permissions_set"](name, vhost, exchange, **given)

    return converge(name, _label(name, vhost, exchange), lambda: _checked(given), current, change, __opts__["test"])


def topic_permissions_absent(name, vhost, exchange):
    """
    Ensure that a user is not limited at a topic exchange beyond its permissions.

    name
        Name of the user.

    vhost
        Name of the virtual host.

    exchange
        Name of the topic exchange.
    """

    def read():
        return __salt__["openstack_messaging.topic_permissions_get"](name, vhost, exchange)

    def write(_current, _changes):
        __salt__["openstack_messaging.topic_permissions_remove"](name, vhost, exchange)

    return converge(name, _label(name, vhost, exchange), None, read, write, __opts__["test"])


def _checked(given):
    for key, value in given.items():
        check_pattern(key, value)
    return given


def _complete(user, given):
    """The permissions of one user of a mapping, each of them."""
    if not isinstance(given or {}, dict) or set(given or {}) - set(_ACTIONS):
        raise Invalid(f"permissions of {user} must be a mapping with the keys {', '.join(_ACTIONS)}")
    return _checked({key: (given or {}).get(key, ".*") for key in _ACTIONS})


def _label(name, vhost, exchange=None):
    where = f"vhost {vhost}" if exchange is None else f"exchange {exchange} of vhost {vhost}"
    return f"Access of RabbitMQ user {name} to {where}"
