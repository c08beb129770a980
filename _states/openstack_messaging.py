"""
What the virtual hosts, users and permissions of a RabbitMQ broker should be.

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
"""

import re

import openstack_secrets
from openstack_errors import Invalid
from openstack_states import converge

__virtualname__ = "openstack_messaging"


def __virtual__():
    if "openstack_messaging.vhost_list" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_messaging is not loaded: run saltutil.sync_modules"


def vhost_present(name):
    """
    Ensure that a virtual host exists.

    name
        Name of the virtual host.
    """

    def read():
        return {"vhost": name} if name in __salt__["openstack_messaging.vhost_list"]() else None

    def write(_current, _changes):
        __salt__["openstack_messaging.vhost_create"](name)

    return converge(name, f"RabbitMQ vhost {name}", {"vhost": name}, read, write, __opts__["test"])


def vhost_absent(name, force=False):
    """
    Ensure that a virtual host does not exist. Fails, also under ``test=True``, when it has queues.

    name
        Name of the virtual host.

    force
        Remove it with its queues and their messages. Default ``False``.
    """

    def read():
        if name not in __salt__["openstack_messaging.vhost_list"]():
            return None
        queues = __salt__["openstack_messaging.vhost_queues"](name)
        if queues and not force:
            raise Invalid(f"it has {len(queues)} queues: stop who uses them, or remove it with force: true")
        return {"vhost": name, "queues": sorted(queues)}

    def write(_current, _changes):
        __salt__["openstack_messaging.vhost_remove"](name, force)

    return converge(name, f"RabbitMQ vhost {name}", None, read, write, __opts__["test"])


def user_present(name, password_pillar, tags=None):
    """
    Ensure that a user exists, with the password that pillar holds and exactly these tags.

    The password is compared, not set again.

    name
        Name of the user.

    password_pillar
        Pillar key of the password.

    tags
        List of tags (``administrator``, ``monitoring``). Default: none, which is what a service needs.
    """

    def wanted():
        openstack_secrets.password(__pillar__, password_pillar)
        if not isinstance(tags or [], list) or not all(isinstance(tag, str) and "," not in tag for tag in tags or []):
            raise Invalid("tags must be a list of strings without commas")
        return {"password": openstack_secrets.SAME, "tags": sorted(set(tags or []))}

    def read():
        user = __salt__["openstack_messaging.user_get"](name)
        if user is None:
            return None
        fits = __salt__["openstack_messaging.password_matches"](name, password_pillar)
        return {"password": openstack_secrets.SAME if fits else openstack_secrets.DIFFERS, "tags": user["tags"]}

    def write(_current, _changes):
        __salt__["openstack_messaging.user_set"](name, password_pillar, tags)

    return converge(name, f"RabbitMQ user {name}", wanted, read, write, __opts__["test"])


def user_absent(name):
    """
    Ensure that a user does not exist; its permissions go with it.

    name
        Name of the user.
    """

    def read():
        user = __salt__["openstack_messaging.user_get"](name)
        return {"tags": user["tags"]} if user else None

    def write(_current, _changes):
        __salt__["openstack_messaging.user_remove"](name)

    return converge(name, f"RabbitMQ user {name}", None, read, write, __opts__["test"])


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

    def wanted():
        for key, value in given.items():
            _check_pattern(key, value)
        return given

    def current():
        return __salt__["openstack_messaging.permissions_get"](name, vhost)

    def change(_current, _changes):
        __salt__["openstack_messaging.permissions_set"](name, vhost, **given)

    return converge(name, _label(name, vhost), wanted, current, change, __opts__["test"])


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


def _label(name, vhost):
    return f"Access of RabbitMQ user {name} to vhost {vhost}"


def _check_pattern(key, value):
    """Refuse under ``test=True`` what the broker would refuse: Python's expressions are close to Erlang's."""
    try:
        re.compile(value)
    except (re.error, TypeError):
        raise Invalid(f"{key}: {value!r} is no regular expression") from None
