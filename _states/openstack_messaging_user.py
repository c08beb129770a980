"""
What the users of a RabbitMQ broker should be; see :py:mod:`openstack_messaging`.

.. versionadded:: 1.0.0
"""

import openstack_rabbitmq
import openstack_secrets
from openstack_errors import Invalid
from openstack_states import converge

__virtualname__ = "openstack_messaging"


def __virtual__():
    if "openstack_messaging.user_list" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_messaging is not loaded: run saltutil.sync_modules"


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
        if not isinstance(tags or [], list):
            raise Invalid("tags must be a list of strings without commas")
        return {"password": openstack_secrets.SAME, "tags": openstack_rabbitmq.tags(tags)}

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
