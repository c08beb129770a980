"""
Users of RabbitMQ and their passwords; see :py:mod:`openstack_messaging`.

.. versionadded:: 1.0.0
"""

import openstack_rabbitmq
import openstack_rabbitmq_password
import openstack_secrets

__virtualname__ = "openstack_messaging"


def __virtual__():
    return __virtualname__


def user_list():
    """
    Return all users, a list of ``{"name": …, "tags": […]}``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.user_list
    """
    return sorted((_public(user) for user in _broker().all("users")), key=lambda user: user["name"])


def user_get(name):
    """
    Return ``{"name": …, "tags": […]}`` of a user, ``None`` when there is none.

    name
        Name of the user.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.user_get glance
    """
    user = _user(name)
    return _public(user) if user else None


def user_set(name, password_pillar, tags=None):
    """
    Create a user, or give it this password and these tags.

    name
        Name of the user.

    password_pillar
        Pillar key of the password. A password that is already right keeps its hash.

    tags
        List of tags, all that the user shall have. Default: none.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.user_set glance glance:messaging:password
        salt 'db*' openstack_messaging.user_set watcher monitoring:password '[monitoring]'
    """
    current = _user(name) or {}
    algorithm, stored = current.get("hashing_algorithm"), current.get("password_hash")
    if not password_matches(name, password_pillar):
        password = openstack_secrets.password(__pillar__, password_pillar)
        algorithm, stored = openstack_rabbitmq_password.make(password, algorithm)
    user = {
        "name": openstack_rabbitmq.name(name),
        "password_hash": stored,
        "hashing_algorithm": algorithm,
        # releases before 3.9 read no list
        "tags": ",".join(openstack_rabbitmq.tags(tags)),
    }
    if current.get("limits"):
        user["limits"] = current["limits"]
    return _broker().write("users", user, quote=False)


def user_remove(name):
    """
    Remove a user with its permissions. Raises when it does not exist.

    name
        Name of the user.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.user_remove glance
    """
    return _broker().change("delete_user", "--", openstack_rabbitmq.name(name))


def password_matches(name, password_pillar):
    """
    Tell whether a user has the password that pillar holds, without changing it; ``None`` when there is no user.

    The password is compared with the broker's hash, which finds what a login would find: nothing is sent, and no
    failed attempt is counted.

    name
        Name of the user.

    password_pillar
        Pillar key of the password.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.password_matches glance glance:messaging:password
    """
    password = openstack_secrets.password(__pillar__, password_pillar)
    user = _user(name)
    if user is None:
        return None
    return openstack_rabbitmq_password.fits(user.get("hashing_algorithm"), user.get("password_hash"), password)


def _broker():
    return openstack_rabbitmq.Broker(__context__, __grains__)


def _user(name):
    return _broker().one("users", name=name)


def _public(user):
    return {"name": user["name"], "tags": openstack_rabbitmq.tags(user.get("tags"))}
