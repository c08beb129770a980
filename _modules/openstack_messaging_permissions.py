"""
What users of RabbitMQ may do in a virtual host; see :py:mod:`openstack_messaging`.

.. versionadded:: 1.0.0
"""

from openstack_errors import OpenStackError
from openstack_rabbitmq import Broker
from openstack_rabbitmq import name as _name

__virtualname__ = "openstack_messaging"

_NO_EXCHANGE = "no_such_exchange"


def __virtual__():
    return __virtualname__


def permissions_list(name=None, vhost=None):
    """
    Return permissions, a list of ``{"user": …, "vhost": …, "configure": …, "write": …, "read": …}``.

    name
        Name of the user. Default: all users.

    vhost
        Name of the virtual host. Default: all.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.permissions_list glance
        salt 'db*' openstack_messaging.permissions_list vhost=/glance
    """
    return sorted(_found("permissions", name, vhost), key=lambda item: (item["user"], item["vhost"]))


def permissions_get(name, vhost):
    """
    Return ``{"configure": …, "write": …, "read": …}`` of a user in a virtual host, ``None`` when it has none.

    name
        Name of the user.

    vhost
        Name of the virtual host.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.permissions_get glance /glance
    """
    item = _broker().one("permissions", user=name, vhost=vhost)
    return {key: item[key] for key in ("configure", "write", "read")} if item else None


def permissions_set(name, vhost, configure=".*", write=".*", read=".*"):
    """
    Set what a user may do in a virtual host.

    name
        Name of the user; raises when it does not exist.

    vhost
        Name of the virtual host; raises when it does not exist.

    configure, write, read
        Regular expressions: the queues and exchanges that it may create and remove, write to, read from. Default
        ``.*``, an empty one stands for none.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.permissions_set glance /glance
        salt 'db*' openstack_messaging.permissions_set watcher /glance '' '' '^notifications'
    """
    _need(name, vhost)
    item = {"user": name, "vhost": vhost, "configure": configure, "write": write, "read": read}
    return _broker().write("permissions", item)


def permissions_remove(name, vhost):
    """
    Take all permissions of a user in a virtual host away.

    name
        Name of the user; raises when it does not exist.

    vhost
        Name of the virtual host; raises when it does not exist.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.permissions_remove glance /glance
    """
    return _broker().change("clear_permissions", f"--vhost={_name(vhost)}", "--", _name(name))


def topic_permissions_list(name=None, vhost=None):
    """
    Return topic permissions, a list of ``{"user": …, "vhost": …, "exchange": …, "write": …, "read": …}``.

    name
        Name of the user. Default: all users.

    vhost
        Name of the virtual host. Default: all.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.topic_permissions_list watcher
    """
    found = _found("topic_permissions", name, vhost)
    return sorted(found, key=lambda item: (item["user"], item["vhost"], item["exchange"]))


def topic_permissions_get(name, vhost, exchange):
    """
    Return ``{"write": …, "read": …}`` of a user at a topic exchange, ``None`` when its permissions are not limited.

    name
        Name of the user.

    vhost
        Name of the virtual host.

    exchange
        Name of the topic exchange.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.topic_permissions_get watcher /glance glance
    """
    item = _broker().one("topic_permissions", user=name, vhost=vhost, exchange=exchange)
    return {key: item[key] for key in ("write", "read")} if item else None


def topic_permissions_set(name, vhost, exchange, write=".*", read=".*"):
    """
    Limit the routing keys that a user may use at a topic exchange.

    name
        Name of the user; raises when it does not exist.

    vhost
        Name of the virtual host; raises when it does not exist.

    exchange
        Name of the topic exchange; up to RabbitMQ 4.2 it need not exist yet, since then it raises. The exchange of
        Glance's notifications is ``glance``; Glance declares it when it sends the first.

    write, read
        Regular expressions: the routing keys with which it may publish, and bind queues. Default ``.*``, an empty one
        stands for none.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.topic_permissions_set watcher /glance glance '' '^notifications'
    """
    _need(name, vhost)
    item = {"user": name, "vhost": vhost, "exchange": exchange, "write": write, "read": read}
    try:
        return _broker().write("topic_permissions", item)
    except OpenStackError as exc:
        if _NO_EXCHANGE not in str(exc):
            raise
        raise OpenStackError(
            f"virtual host {vhost} has no exchange {exchange}, which this RabbitMQ wants to be there before its topic"
            f" permissions: start the service that declares it, then run again"
        ) from None


def topic_permissions_remove(name, vhost, exchange):
    """
    Lift the limits of a user at a topic exchange.

    name
        Name of the user; raises when it does not exist.

    vhost
        Name of the virtual host; raises when it does not exist.

    exchange
        Name of the topic exchange.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.topic_permissions_remove watcher /glance glance
    """
    return _broker().change("clear_topic_permissions", f"--vhost={_name(vhost)}", "--", _name(name), _name(exchange))


def _broker():
    return Broker(__context__, __grains__)


def _found(kind, name, vhost):
    return [item for item in _broker().all(kind) if name in (None, item["user"]) and vhost in (None, item["vhost"])]


def _need(name, vhost):
    broker = _broker()
    if broker.one("users", name=name) is None:
        raise OpenStackError(f"RabbitMQ user {name} does not exist: create it before its permissions")
    if broker.one("vhosts", name=vhost) is None:
        raise OpenStackError(f"virtual host {vhost} does not exist: create it before permissions in it")
