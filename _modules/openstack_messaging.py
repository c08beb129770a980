"""
Virtual hosts, users, permissions and policies of RabbitMQ (3.8 to 4.x), on a host of the broker, as root.

.. versionadded:: 1.0.0

Everything is read by one ``rabbitmqctl export_definitions``, kept for a run and read again after this module has
written. What is written goes through ``rabbitmqctl import_definitions``, which merges, and carries the hash of a
password: no password is on a command line or leaves this process. Passwords are read from pillar by the name of their
key and compared with the broker's hash here.
"""

import openstack_rabbitmq
from openstack_errors import Invalid, OpenStackError

__virtualname__ = "openstack_messaging"


def __virtual__():
    return __virtualname__


def version():
    """
    Return the broker's version, ``3.10.8``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.version
    """
    return _broker().version()


def vhost_list():
    """
    Return the names of all virtual hosts.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.vhost_list
    """
    return sorted(vhost["name"] for vhost in _broker().all("vhosts"))


def vhost_get(name):
    """
    Return ``{"vhost": …, "description": …, "tags": […], "default_queue_type": …}`` of a virtual host, ``None`` when
    there is none.

    name
        Name of the virtual host.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.vhost_get /glance
    """
    vhost = _broker().one("vhosts", name=name)
    if vhost is None:
        return None
    found = _metadata(vhost)
    return {
        "vhost": name,
        "description": found.get("description") or "",
        "tags": openstack_rabbitmq.tags(found.get("tags")),
        # newer releases say which one holds, declared or not, by its short name
        "default_queue_type": vhost.get("default_queue_type") or found.get("default_queue_type"),
    }


def vhost_queues(name):
    """
    Return the queues of a virtual host with the number of their messages, ``{"notifications.info": 3}``.

    name
        Name of the virtual host. Raises when it does not exist.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.vhost_queues /glance
    """
    rows = _broker().ask(
        "list_queues", f"--vhost={openstack_rabbitmq.name(name)}", "name", "messages", "--formatter", "json"
    )
    return {row["name"]: row["messages"] for row in rows}


def vhost_set(name, description=None, tags=None, default_queue_type=None):
    """
    Create a virtual host, or change these attributes of one.

    name
        Name of the virtual host.

    description
        What it is for. Needs RabbitMQ 3.9. Default ``None``: as it is.

    tags
        List of tags, all that it shall have. Needs RabbitMQ 3.9. Default ``None``: as they are.

    default_queue_type
        ``classic``, ``quorum`` or ``stream``: what a queue becomes that a client declares without a type. Queues that
        exist keep theirs. Needs RabbitMQ 3.10. Default ``None``: as it is.

    Raises when the broker's release cannot do it.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.vhost_set /glance default_queue_type=quorum
    """
    tags = None if tags is None else openstack_rabbitmq.tags(tags)
    given = {"description": description, "tags": tags, "default_queue_type": default_queue_type}
    given = {key: value for key, value in given.items() if value is not None}
    broker = _broker()
    vhost = broker.one("vhosts", name=openstack_rabbitmq.name(name)) or {}
    broker.write("vhosts", {"name": name, "metadata": {**_metadata(vhost), **given}})
    missing = [key for key, value in given.items() if vhost_get(name)[key] != value]
    if missing:
        raise OpenStackError(
            f"RabbitMQ {broker.version()} did not take {', '.join(missing)} of virtual host {name}. Releases before"
            " 3.9 do not import descriptions and tags, those before 3.10 have no default queue type, 3.10 gives it to a"
            " new virtual host only: leave it out, or remove the virtual host to have it made anew"
        )
    return True


def vhost_remove(name, force=False):
    """
    Remove a virtual host with its permissions and policies; raises ``Invalid`` when it has queues.

    name
        Name of the virtual host. Raises when it does not exist.

    force
        Remove it with its queues and their messages. Default ``False``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.vhost_remove /glance force=True
    """
    queues = vhost_queues(name)
    if queues and not force:
        raise Invalid(f"virtual host {name} has {len(queues)} queues: remove it with force: true")
    return _broker().change("delete_vhost", "--", name)


def _metadata(vhost):
    """What was declared when it was made: releases say ``undefined`` of some that was not."""
    return {key: value for key, value in vhost.get("metadata", {}).items() if value != "undefined"}


def _broker():
    return openstack_rabbitmq.Broker(__context__, __grains__)
