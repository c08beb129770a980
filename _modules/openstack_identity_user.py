"""
Users and their passwords.

.. versionadded:: 1.0.0
"""

import openstack_identity_client
import openstack_identity_login as login
import openstack_identity_names as names
import openstack_identity_records as records
import openstack_secrets
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_client.loadable(__virtualname__)


def user_list(domain="Default", profile=PROFILE):
    """
    Return the users of a domain, sorted by name.

    domain
        Name of the domain; default ``Default``.

    Raises ``OpenStackError`` when the domain does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_list
        salt '*' openstack_identity.user_list domain=heat
    """
    keystone = _keystone(profile)
    return records.records(keystone, "user", keystone.rows("user", keystone.need("domain", domain)))


def user_get(name, domain="Default", profile=PROFILE):
    """
    Return a user, ``None`` when there is none of that name in the domain or no such domain.

    name
        Name of the user.

    domain
        Name of its domain; default ``Default``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_get glance
    """
    keystone = _keystone(profile)
    return records.record(keystone, "user", keystone.in_domain("user", name, domain))


def user_create(
    name,
    domain="Default",
    password_pillar=None,
    default_project=None,
    default_project_domain=None,
    email=None,
    description=None,
    enabled=True,
    options=None,
    profile=PROFILE,
):
    """
    Create a user and return it.

    name
        Name of the user.

    domain
        Name of the domain it belongs to; default ``Default``.

    password_pillar
        Pillar key of its password. Default ``None``: no password, the user cannot log in with one.

    default_project
        Name of the project that it is logged in to when it names none. Default ``None``: none.

    default_project_domain
        Name of that project's domain. Default ``None``: the user's own.

    email
        Default ``None``: none.

    description
        Free text. Default ``None``: none.

    enabled
        Whether it can log in. Default ``True``.

    options
        Mapping of Keystone's options of users, ``{ignore_password_expiry: True}``. Default ``None``: none.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_create glance password_pillar=glance:identity:password
    """
    keystone = _keystone(profile)
    what = f"user {names.named('user', name)}"
    values = {"domain": keystone.need("domain", domain), "email": email, "description": description, "options": options}
    project = _default_project(keystone, default_project, default_project_domain or domain)
    secret = _password(password_pillar)
    made = keystone.create(
        "user", what, (secret,), name=name, password=secret, default_project=project, enabled=enabled, **values
    )
    return records.record(keystone, "user", made)


def user_update(
    name,
    domain="Default",
    new_name=None,
    password_pillar=None,
    default_project=None,
    default_project_domain=None,
    email=None,
    description=None,
    enabled=None,
    options=None,
    profile=PROFILE,
):
    """
    Change a user and return it. A new password, and disabling it, end all its tokens.

    name
        Name of the user.

    domain
        Name of its domain; default ``Default``.

    new_name
        The name it gets. Default ``None``: as it is.

    password_pillar
        Pillar key of the password to set. Default ``None``: as it is.

    default_project
        Name of the project that it is logged in to when it names none. Default ``None``: as it is.

    default_project_domain
        Name of that project's domain. Default ``None``: the user's own.

    email
        Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    enabled
        Whether it can log in. Default ``None``: as it is.

    options
        Mapping of options to set, with ``None`` for one to take away; others stay. Default ``None``: as they are.

    Raises ``OpenStackError`` when the user or the default project does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_update glance password_pillar=glance:identity:password
    """
    keystone = _keystone(profile)
    id = keystone.need("user", name, domain)
    values = {"name": new_name, "email": email, "description": description, "enabled": enabled, "options": options}
    project = _default_project(keystone, default_project, default_project_domain or domain)
    secret = _password(password_pillar)
    now = keystone.update("user", f"user {name}", id, (secret,), password=secret, default_project=project, **values)
    return records.record(keystone, "user", now)


def user_remove(name, domain="Default", profile=PROFILE):
    """
    Remove a user; return whether there was one.

    name
        Name of the user.

    domain
        Name of its domain; default ``Default``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_remove glance
    """
    keystone = _keystone(profile)
    return names.removed(keystone, "user", f"user {name}", keystone.in_domain("user", name, domain))


def password_check(name, password_pillar, domain="Default", profile=PROFILE):
    """
    Try to log in as a user with a password and return what came of it.

    name
        Name of the user.

    password_pillar
        Pillar key of the password.

    domain
        Name of the user's domain; default ``Default``.

    Returns ``right``; ``wrong``, which is also what Keystone says of a disabled user; ``expired`` for a right password
    that is too old, or must be changed at first use; or ``locked``, where Keystone tells, for a user who is locked out
    after several failed attempts (``[security_compliance] lockout_failure_attempts``), which this one counts among.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.password_check glance glance:identity:password
    """
    keystone = _keystone(profile)
    secret = _password(password_pillar)
    return login.attempt(keystone, f"trying the password of user {name}", keystone.need("user", name, domain), secret)


def password_matches(name, password_pillar, domain="Default", profile=PROFILE):
    """
    Tell whether a user can log in with a password, by trying it.

    name
        Name of the user.

    password_pillar
        Pillar key of the password.

    domain
        Name of the user's domain; default ``Default``.

    ``False`` also for a user who is disabled or locked out, and for a password that has expired, see
    ``password_check``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.password_matches glance glance:identity:password
    """
    return password_check(name, password_pillar, domain, profile) == "right"


def _password(pillar_key):
    return None if pillar_key is None else str(openstack_secrets.lookup(__pillar__, pillar_key))


def _default_project(keystone, name, domain):
    return None if name is None else keystone.need("project", name, domain)


def _keystone(profile):
    return openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
