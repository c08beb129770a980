"""
What the virtual hosts, users, permissions and policies of a RabbitMQ broker should be.

.. versionadded:: 1.0.0

Runs on a host of the broker, as root. Passwords are named by their pillar key; in ``changes`` stands whether they are
as in pillar.

.. code-block:: yaml

    glance-vhost:
      openstack_messaging.vhost_present:
        - name: /glance

    glance-user:
      openstack_messaging.user_present:
        - name: glance
        - password_pillar: glance:messaging:password

    glance-permissions:
      openstack_messaging.permissions_present:
        - name: glance
        - vhost: /glance

    glance-notifications:
      openstack_messaging.policy_present:
        - name: notifications
        - vhost: /glance
        - pattern: ^notifications
        - definition: {max-length: 10000}
        - apply_to: queues
"""

import openstack_rabbitmq
from openstack_errors import Invalid
from openstack_states import converge

__virtualname__ = "openstack_messaging"

_QUEUE_TYPES = ("classic", "quorum", "stream")


def __virtual__():
    if "openstack_messaging.vhost_list" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_messaging is not loaded: run saltutil.sync_modules"


def vhost_present(name, description=None, tags=None, default_queue_type=None):
    """
    Ensure that a virtual host exists.

    name
        Name of the virtual host.

    description
        What it is for. Default ``None``: not looked at.

    tags
        List of tags, all that it shall have. Default ``None``: not looked at.

    default_queue_type
        ``classic``, ``quorum`` or ``stream``: what a queue becomes that a client declares without a type. Queues that
        exist keep theirs. Needs RabbitMQ 3.10. Default ``None``: not looked at.
    """

    def wanted():
        found = {"vhost": openstack_rabbitmq.name(name)}
        if description is not None:
            found["description"] = description
        if tags is not None:
            found["tags"] = openstack_rabbitmq.tags(_listed(tags))
        if default_queue_type is not None:
            found["default_queue_type"] = _queue_type(default_queue_type)
        return found

    def read():
        return __salt__["openstack_messaging.vhost_get"](name)

    def write(_current, _changes):
        given = {key: value for key, value in wanted().items() if key != "vhost"}
        __salt__["openstack_messaging.vhost_set"](name, **given)

    return converge(name, f"RabbitMQ vhost {name}", wanted, read, write, __opts__["test"])


def vhost_absent(name, force=False):
    """
    Ensure that a virtual host does not exist. Fails, also under ``test=True``, when it has queues.

    name
        Name of the virtual host.

    force
        Remove it with its queues and their messages. Default ``False``.
    """

    def read():
        if __salt__["openstack_messaging.vhost_get"](name) is None:
            return None
        queues = __salt__["openstack_messaging.vhost_queues"](name)
        if queues and not force:
            raise Invalid(f"it has {len(queues)} queues: stop who uses them, or remove it with force: true")
        return {"vhost": name, "queues": sorted(queues)}

    def write(_current, _changes):
        __salt__["openstack_messaging.vhost_remove"](name, force)

    return converge(name, f"RabbitMQ vhost {name}", None, read, write, __opts__["test"])


def _queue_type(value):
    if value not in _QUEUE_TYPES:
        raise Invalid(f"default_queue_type must be one of {', '.join(_QUEUE_TYPES)}")
    return value


def _listed(tags):
    if not isinstance(tags, list):
        raise Invalid("tags must be a list of strings without commas")
    return tags
