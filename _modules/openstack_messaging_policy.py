"""
Policies of RabbitMQ: what queues and exchanges of a virtual host get by their name; see :py:mod:`openstack_messaging`.

.. versionadded:: 1.0.0
"""

from openstack_errors import OpenStackError
from openstack_rabbitmq import Broker
from openstack_rabbitmq import name as _name

__virtualname__ = "openstack_messaging"


def __virtual__():
    return __virtualname__


def policy_list(vhost=None):
    """
    Return policies, a list of what :py:func:`policy_get` returns, with ``name`` and ``vhost``.

    vhost
        Name of the virtual host. Default: all.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.policy_list /glance
    """
    found = [item for item in _broker().all("policies") if vhost in (None, item["vhost"])]
    listed = [{"name": item["name"], "vhost": item["vhost"], **_public(item)} for item in found]
    return sorted(listed, key=lambda item: (item["vhost"], item["name"]))


def policy_get(name, vhost):
    """
    Return ``{"pattern": …, "definition": {…}, "apply_to": …, "priority": …}`` of a policy, ``None`` when there is none.

    name
        Name of the policy.

    vhost
        Name of the virtual host.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.policy_get notifications /glance
    """
    item = _broker().one("policies", name=name, vhost=vhost)
    return _public(item) if item else None


def policy_set(name, vhost, pattern, definition, apply_to="all", priority=0):
    """
    Create a policy, or make it this one.

    name
        Name of the policy.

    vhost
        Name of the virtual host; raises when it does not exist.

    pattern
        Regular expression: the names of the queues and exchanges that it is for. Of the policies that fit one, that of
        the highest priority holds, and no other.

    definition
        Mapping of what they get, by RabbitMQ's own names: ``message-ttl`` (milliseconds), ``max-length`` (messages),
        ``max-length-bytes``, ``expires`` (milliseconds), ``overflow``, ``delivery-limit`` and more. Not the type of a
        queue: that is fixed when it is declared, see ``default_queue_type`` of a virtual host.

    apply_to
        ``all`` (default), ``queues``, ``exchanges``; newer releases also ``classic_queues``, ``quorum_queues`` (3.12)
        and ``streams``.

    priority
        Whole number. Default ``0``.

    Raises when the broker refuses it: its words say which key it does not know.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.policy_set notifications /glance '^notifications' '{max-length: 10000}' queues
    """
    broker = _broker()
    if broker.one("vhosts", name=vhost) is None:
        raise OpenStackError(f"virtual host {vhost} does not exist: create it before policies in it")
    policy = {
        "name": _name(name),
        "vhost": vhost,
        "pattern": pattern,
        "definition": definition,
        "apply-to": apply_to,
        "priority": priority,
    }
    return broker.write("policies", policy)


def policy_remove(name, vhost):
    """
    Remove a policy. Raises when it does not exist.

    name
        Name of the policy.

    vhost
        Name of the virtual host.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.policy_remove notifications /glance
    """
    return _broker().change("clear_policy", f"--vhost={_name(vhost)}", "--", _name(name))


def _broker():
    return Broker(__context__, __grains__)


def _public(item):
    return {
        "pattern": item["pattern"],
        "definition": dict(item["definition"]),
        "apply_to": item["apply-to"],
        "priority": item["priority"],
    }
