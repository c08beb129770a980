"""
What queues and exchanges of a RabbitMQ virtual host should get by their name; see :py:mod:`openstack_messaging`.

.. versionadded:: 1.0.0
"""

import json

from openstack_errors import Invalid
from openstack_rabbitmq import check_pattern
from openstack_states import converge

__virtualname__ = "openstack_messaging"

_APPLY_TO = ("all", "queues", "exchanges", "classic_queues", "quorum_queues", "streams")


def __virtual__():
    if "openstack_messaging.policy_list" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_messaging is not loaded: run saltutil.sync_modules"


def policy_present(name, vhost, pattern, definition, apply_to="all", priority=0):
    """
    Ensure that a policy exists and is exactly this one.

    name
        Name of the policy.

    vhost
        Name of the virtual host. It must exist when the state is not run under ``test=True``.

    pattern
        Regular expression: the names of the queues and exchanges that it is for. Of the policies that fit one, that of
        the highest priority holds, and no other.

    definition
        Mapping of what they get, by RabbitMQ's own names: ``message-ttl`` (milliseconds), ``max-length`` (messages),
        ``max-length-bytes``, ``expires`` (milliseconds), ``overflow``, ``delivery-limit`` and more. Not the type of a
        queue: that is fixed when it is declared, see ``default_queue_type`` of :py:func:`vhost_present`.

    apply_to
        ``all`` (default), ``queues``, ``exchanges``; newer releases also ``classic_queues``, ``quorum_queues`` (3.12)
        and ``streams``.

    priority
        Whole number. Default ``0``.
    """
    given = {"pattern": pattern, "definition": definition, "apply_to": apply_to, "priority": priority}

    def wanted():
        check_pattern("pattern", pattern)
        if apply_to not in _APPLY_TO:
            raise Invalid(f"apply_to must be one of {', '.join(_APPLY_TO)}")
        if not isinstance(priority, int) or isinstance(priority, bool):
            raise Invalid("priority must be a whole number")
        return {**given, "definition": _definition(definition)}

    def read():
        return __salt__["openstack_messaging.policy_get"](name, vhost)

    def write(_current, _changes):
        __salt__["openstack_messaging.policy_set"](name, vhost, **wanted())

    return converge(name, _label(name, vhost), wanted, read, write, __opts__["test"])


def policy_absent(name, vhost):
    """
    Ensure that a policy does not exist.

    name
        Name of the policy.

    vhost
        Name of the virtual host.
    """

    def read():
        return __salt__["openstack_messaging.policy_get"](name, vhost)

    def write(_current, _changes):
        __salt__["openstack_messaging.policy_remove"](name, vhost)

    return converge(name, _label(name, vhost), None, read, write, __opts__["test"])


def _definition(value):
    """As the broker has it, with plain JSON types."""
    if not isinstance(value, dict) or not value:
        raise Invalid("definition must be a mapping with RabbitMQ's own names, max-length: 10000, and not empty")
    try:
        return json.loads(json.dumps(value))
    except TypeError as exc:
        raise Invalid(f"definition: {exc}") from None


def _label(name, vhost):
    return f"RabbitMQ policy {name} of vhost {vhost}"
