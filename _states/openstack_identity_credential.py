"""
Application credentials: a name and a secret with which a program logs in as a user, for one project and some of the
user's roles, without knowing the user's password.

.. versionadded:: 1.0.0

.. code-block:: yaml

    backup-credential:
      openstack_identity.application_credential_present:
        - name: backup
        - roles: [reader]
        - file: /etc/backup/clouds.yaml
        - profile: glance:identity:service

They belong to the user of ``profile`` and are for the project that it logs in to. Keystone changes none, so another
role, moment or secret is another credential: a new one is made, one logs in with it, and only then it takes the place
of the old one. Two cannot have the same name, so the second is called ``backup (2)``; which one is in use says the
file, else the secret.
"""

import re

import openstack_identity_login as login
import openstack_identity_records as records
import openstack_identity_states
import openstack_secrets
import openstack_states
import salt.utils.files
from openstack_errors import Invalid
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"

_NO_FILE = "no file"
_EXPIRED = "not as in pillar, or expired"
_OF_FILE = ("user", "group", "mode")


def __virtual__():
    return openstack_identity_states.loadable(__virtualname__, __salt__)


def application_credential_present(
    name,
    roles=None,
    description=None,
    expires_at=None,
    unrestricted=False,
    access_rules=None,
    secret_pillar=None,
    file=None,
    user="root",
    group="root",
    mode="0600",
    remove_old=True,
    profile=PROFILE,
):
    """
    Ensure there is an application credential with which one can log in. That is tried each time.

    name
        Its name.

    roles
        List of names of all of its roles, those that they imply among them; the user has them on the project. Default
        ``None``: all that the user has when it is made, then not looked at.

    description
        Free text. Default ``None``: not looked at.

    expires_at
        Moment after which it is of no use, ``2027-01-31T00:00:00Z``. Default ``None``: none when it is made, then not
        looked at.

    unrestricted
        Whether it may make further application credentials and trusts. Default ``False``.

    access_rules
        List of all that it may do, ``{service: image, method: GET, path: /v2/images}``; an empty list is
        everything that its roles may. Default ``None``: that when it is made, then not looked at.

    secret_pillar
        Pillar key of its secret. Default ``None``: a new one is made each time.

    file
        Path of a ``clouds.yaml`` that is written with the secret, and with nothing else in it. Default ``None``: none;
        then ``secret_pillar`` is needed.

    user, group, mode
        Owner and permissions of the file. Default root alone.

    remove_old
        Remove those that the one in use took the place of. ``False`` leaves them, so that what logs in with one can be
        restarted first; a state after that then removes them. Default ``True``.
    """
    attributes = {
        "roles": roles and sorted({roles} if isinstance(roles, str) else set(roles)),
        "description": description,
        "unrestricted": unrestricted,
        "access_rules": None if access_rules is None else records.access_rules(access_rules),
    }
    owner = {"user": user, "group": group, "mode": salt.utils.files.normalize_mode(mode)}
    family = _Family(_states(profile), name, secret_pillar, file)

    def wanted():
        family.check_arguments(__pillar__)
        family.attributes = _given({**attributes, "expires_at": records.expiry(expires_at)})
        secret = {"secret": openstack_secrets.SAME, **({"old": []} if remove_old else {})}
        return {"name": name, **family.attributes, **secret, **(owner if file else {})}

    def write(current, changes):
        if current is None or set(changes) - {"old", *owner}:
            family.renew(attributes, expires_at, owner)
        elif set(changes) & set(owner):
            family.protect(owner)
        if remove_old:
            family.remove_old()

    return family.states.converge(name, f"Application credential {name}", wanted, family.read, write)


def application_credential_absent(name, file=None, profile=PROFILE):
    """
    Ensure there is no application credential of this name, nor one that took its place, nor its file.

    name
        Its name.

    file
        Path of its ``clouds.yaml``. Default ``None``: not looked at.
    """
    family = _Family(_states(profile), name, None, file)

    def read():
        found = {"credentials": [each["name"] for each in family.members()], "file": family.holder() and file}
        return {key: value for key, value in found.items() if value} or None

    def write(current, changes):
        for each in current.get("credentials", ()):
            family.states.call("application_credential_remove", each)
        if "file" in current:
            __salt__["openstack_identity.application_credential_forget"](file)

    return family.states.converge(name, f"Application credential {name}", None, read, write)


class _Family:
    """A credential and those that took its place: ``backup``, ``backup (2)``."""

    def __init__(self, states, name, secret_pillar, file):
        self.states = states
        self._name = name
        self._secret_pillar = secret_pillar
        self._file = file
        self.attributes = {}

    def check_arguments(self, pillar):
        if not (self._secret_pillar or self._file):
            raise Invalid("set secret_pillar or file, or nobody knows its secret")
        if self._secret_pillar:
            openstack_secrets.password(pillar, self._secret_pillar)
        self.holder()  # a file that holds something else is not overwritten

    def members(self):
        named = re.compile(rf"{re.escape(self._name)}( \([0-9]+\))?")
        return [each for each in self.states.call("application_credential_list") if named.fullmatch(each["name"])]

    def holder(self):
        """What the file says, ``None`` when there is none."""
        return self._file and self.states.execution["openstack_identity.application_credential_file"](self._file)

    def read(self):
        members = self.members()
        if not members:
            return None
        now, secret = self._in_use(members)
        file = self.holder() or {}
        return {
            **now,
            "name": self._name,
            "secret": secret,
            "old": [each["name"] for each in members if each is not now],
            **{key: file.get(key) for key in _OF_FILE if self._file},
        }

    def renew(self, attributes, expires_at, owner):
        taken = {each["name"] for each in self.members()}
        numbers = range(2, len(taken) + 2)
        free = next(name for name in (self._name, *(f"{self._name} ({n})" for n in numbers)) if name not in taken)
        self.states.call(
            "application_credential_create",
            free,
            **attributes,
            expires_at=expires_at,
            secret_pillar=self._secret_pillar,
            file=self._file,
            cloud=self._name,
            **owner,
        )

    def protect(self, owner):
        self.states.execution["openstack_identity.application_credential_protect"](self._file, **owner)

    def remove_old(self):
        members = self.members()
        now, _ = self._in_use(members)
        for each in members:
            if each is not now:
                self.states.call("application_credential_remove", each["name"])

    def _in_use(self, members):
        """
        The one in use, and what can be said about its secret; the last one when none is. It is the one in the file,
        else the one with the secret; of several with it, the one that is most as it should be.
        """
        file = self.holder()
        if self._file:
            members = [each for each in members if file and each["id"] == file["id"]] or members[-1:]
        for each in sorted(members, key=lambda each: len(openstack_states.diff(each, self.attributes))):
            if self._check(each) == login.RIGHT:
                return each, openstack_secrets.SAME
        return members[-1], _NO_FILE if self._file and not file else _EXPIRED

    def _check(self, member):
        return self.states.call(
            "application_credential_check", member["name"], secret_pillar=self._secret_pillar, file=self._file
        )


def _given(attributes):
    return {key: value for key, value in attributes.items() if value is not None}


def _states(profile):
    return openstack_identity_states.States(__salt__, __opts__["test"], profile)
