"""
Users and their passwords.

.. versionadded:: 1.0.0
"""

import openstack_identity_login as login
import openstack_identity_states
import openstack_secrets
from openstack_errors import Invalid
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"

_DISABLED = "unknown while the user is disabled"
_BEFORE = {
    login.RIGHT: openstack_secrets.SAME,
    login.WRONG: openstack_secrets.DIFFERS,
    login.EXPIRED: "as in pillar, but expired",
    login.LOCKED: "unknown while the user is locked out",
}
_AFTER = {
    **_BEFORE,
    login.WRONG: "set, but not accepted: is the user locked out ([security_compliance] lockout_failure_attempts)?",
    login.EXPIRED: "set, but to be changed at first use: set option ignore_change_password_upon_first_use",
}


def __virtual__():
    return openstack_identity_states.loadable(__virtualname__, __salt__)


def user_present(
    name,
    domain="Default",
    former_name=None,
    password_pillar=None,
    default_project=None,
    default_project_domain=None,
    email=None,
    description=None,
    enabled=True,
    options=None,
    update_password="always",  # noqa: S107
    profile=PROFILE,
):
    """
    Ensure a user exists.

    name
        Name of the user.

    domain
        Name of the domain it belongs to; default ``Default``.

    former_name
        Name of a user to rename when there is none of ``name``. Default ``None``.

    password_pillar
        Pillar key of its password. Default ``None``: not looked at.

    default_project
        Name of the project that it is logged in to when it names none. Default ``None``: not looked at.

    default_project_domain
        Name of that project's domain. Default ``None``: the user's own.

    email
        Default ``None``: not looked at.

    description
        Free text. Default ``None``: not looked at.

    enabled
        Whether it can log in. Default ``True``.

    options
        Mapping of Keystone's options of users, ``{ignore_password_expiry: True}``, with ``None`` for one that must not
        be set. Options that are not named stay. Default ``None``: not looked at.

    update_password
        ``always``: log in with the password and, where Keystone refuses it, set it, which ends the user's tokens. Each
        run with a wrong password, also under ``test=True``, is one failed login where Keystone counts them.
        ``on_create``: set it when the user is created and never look at it again. Default ``always``.

    The password of a user that is and stays disabled cannot be tried and is not looked at. One that is right but too
    old is set again. Where Keystone does not accept a password that it just took (the user is locked out, or must
    change it at first use), the state fails and says so.
    """
    attributes = {
        "email": email,
        "description": description,
        "enabled": enabled,
        "options": options,
        "password": password_pillar and openstack_secrets.SAME,
    }
    if default_project is not None:
        attributes["default_project"] = default_project
        attributes["default_project_domain"] = default_project_domain or domain
    states = _states(profile)
    password = _Password(states, domain, password_pillar, update_password, enabled)

    def read(current_name):
        password.check_arguments()
        user = states.call("user_get", current_name, domain=domain)
        if user and password_pillar:
            user["password"] = password.of(user)
        return user

    return states.present(
        "user",
        f"User {name}",
        name,
        {"domain": domain},
        attributes,
        former=former_name,
        read=read,
        stand_ins={"password": {"password_pillar": password_pillar}},
    )


def user_absent(name, domain="Default", profile=PROFILE):
    """
    Ensure a user does not exist.

    name
        Name of the user.

    domain
        Name of its domain; default ``Default``.
    """
    return _states(profile).absent("user", f"User {name}", name, {"domain": domain})


class _Password:
    """What can be said about a user's password: it is tried, and a disabled user cannot try."""

    def __init__(self, states, domain, pillar_key, update, enabled):
        self._states = states
        self._domain = domain
        self._pillar_key = pillar_key
        self._update = update
        self._enabled = enabled
        self._tried = None

    def check_arguments(self):
        if self._update not in ("always", "on_create"):
            raise Invalid(f"update_password is always or on_create, not {self._update!r}")
        if self._pillar_key:
            openstack_secrets.lookup(__pillar__, self._pillar_key)

    def of(self, user):
        if self._update == "on_create":
            return openstack_secrets.SAME
        if not user["enabled"]:
            return _DISABLED if self._enabled else openstack_secrets.SAME
        # a second look is the one after it was set
        words = _AFTER if self._tried not in (None, login.RIGHT) else _BEFORE
        self._tried = self._states.call("password_check", user["name"], self._pillar_key, domain=self._domain)
        return words[self._tried]


def _states(profile):
    return openstack_identity_states.States(__salt__, __opts__["test"], profile)
