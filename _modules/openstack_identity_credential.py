"""
Application credentials: a name and a secret with which a program logs in as a user, for one project and some of the
user's roles, without knowing the user's password.

.. versionadded:: 1.0.0

They belong to the user of ``profile``, who alone can make them, and are for the project that it logs in to; its other
users and administrators can do no more than look at and remove them. Keystone changes none: another secret or another
role is another credential.

The secret is one of pillar (``secret_pillar``), or a new one that is written to ``file``, a ``clouds.yaml`` that only
its owner reads, and nowhere else. With both, the file holds pillar's.
"""

import secrets

import openstack_files
import openstack_identity_client
import openstack_identity_login as login
import openstack_identity_names as names
import openstack_identity_records as records
import openstack_identity_secret_file as secret_file
import openstack_secrets
from openstack_errors import Invalid, OpenStackError, Refused
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"

_KIND = "application credential"
_BYTES = 48


def __virtual__():
    return openstack_identity_client.loadable(__virtualname__)


def application_credential_list(profile=PROFILE):
    """
    Return the application credentials of the profile's user, sorted by name.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.application_credential_list profile=glance:identity:service
    """
    keystone = _keystone(profile)
    return records.records(keystone, _KIND, _rows(keystone))


def application_credential_get(name, profile=PROFILE):
    """
    Return an application credential of the profile's user, ``None`` when there is none of that name.

    name
        Its name.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.application_credential_get backup profile=glance:identity:service
    """
    keystone = _keystone(profile)
    return records.record(keystone, _KIND, _row(keystone, name))


def application_credential_create(
    name,
    roles=None,
    description=None,
    expires_at=None,
    unrestricted=False,
    access_rules=None,
    secret_pillar=None,
    file=None,
    cloud=None,
    user="root",
    group="root",
    mode="0600",
    profile=PROFILE,
):
    """
    Make an application credential, prove that one can log in with it, write its file, and return it. It is taken back
    when the proof or the file fails; a file that was there before is then as it was.

    name
        Its name.

    roles
        List of names of roles that the user has on the project, those that they imply among them. Default ``None``:
        all of them.

    description
        Free text. Default ``None``: none.

    expires_at
        Moment after which it is of no use, ``2027-01-31T00:00:00Z``. Default ``None``: never.

    unrestricted
        Whether it may make further application credentials and trusts. Default ``False``.

    access_rules
        List of what it may do alone, ``{service: image, method: GET, path: /v2/images}``. Default ``None``: everything
        that its roles may.

    secret_pillar
        Pillar key of the secret. Default ``None``: a new one, of 48 random bytes.

    file
        Path of the file to write. Default ``None``: none; then ``secret_pillar`` is needed.

    cloud
        What the cloud in the file is called. Default ``None``: as the credential.

    user, group, mode
        Owner and permissions of the file. Default root alone.

    Raises ``Invalid`` when there is one of that name, nobody would know the secret, or Keystone gave it more roles,
    which the named ones imply.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.application_credential_create backup '[reader]' file=/root/backup.yaml \\
            profile=glance:identity:service
    """
    keystone = _keystone(profile)
    what = f"application credential {names.named(_KIND, name)}"
    if not (secret_pillar or file):
        raise Invalid(f"{what}: set secret_pillar or file, or nobody knows its secret")
    if _row(keystone, name):
        raise Invalid(f"{what} exists already")
    secret = _secret(secret_pillar)
    values = {
        "description": description,
        "expires_at": records.moment(expires_at),
        "roles": [{"name": role} for role in roles or ()] or None,
        "unrestricted": unrestricted,
        "access_rules": access_rules or None,
    }
    user_id = keystone.user_id()
    made = keystone.create(_KIND, what, (secret,), user_id, name=name, user=user_id, secret=secret, **values)
    found = records.record(keystone, _KIND, made)
    try:
        _check_roles(what, roles, found["roles"])
        _prove(keystone, what, made["id"], secret)
        if file:
            place = (keystone.found["auth_url"], made["id"], secret, keystone.found.get("region_name"))
            secret_file.write(file, cloud or name, *place, user, group, mode)
    except (Invalid, OpenStackError):
        keystone.delete(_KIND, what, made["id"], user_id)
        raise
    return found


def application_credential_remove(name, profile=PROFILE):
    """
    Remove an application credential of the profile's user, which ends its tokens; return whether there was one.

    name
        Its name.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.application_credential_remove backup profile=glance:identity:service
    """
    keystone = _keystone(profile)
    what = f"application credential {name}"
    return names.removed(keystone, _KIND, what, _row(keystone, name), keystone.user_id())


def application_credential_check(name, secret_pillar=None, file=None, profile=PROFILE):
    """
    Tell whether a secret is that of an application credential, by logging in with it: ``right``, ``wrong`` (or
    expired), ``None`` when there is no such credential, file or other secret.

    name
        Name of the credential.

    secret_pillar
        Pillar key of the secret. Default ``None``: not looked at.

    file
        Path of a file that should hold it. Default ``None``: not looked at.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.application_credential_check backup file=/root/backup.yaml \\
            profile=glance:identity:service
    """
    keystone = _keystone(profile)
    row = _row(keystone, name)
    held = secret_file.read(file) if file else None
    if row is None or (file and held is None):
        return None
    secret = _secret(secret_pillar) if secret_pillar else held and held[1]
    if secret is None:
        return None
    if held and held != (row["id"], secret):
        return login.WRONG
    return login.attempt_credential(keystone, f"trying the secret of application credential {name}", row["id"], secret)


def application_credential_file(file):
    """
    Return ``{"id", "user", "group", "mode"}`` of a file that holds an application credential, ``None`` when there is
    none. The secret in it is not returned.

    file
        Path of the file.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.application_credential_file /root/backup.yaml
    """
    held = secret_file.read(file)
    return None if held is None else {"id": held[0], **openstack_files.owner(file)}


def application_credential_protect(file, user="root", group="root", mode="0600"):
    """
    Give a file that holds an application credential this owner and these permissions, and return
    ``application_credential_file`` of it.

    file
        Path of the file.

    user, group, mode
        Owner and permissions. Default root alone.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.application_credential_protect /root/backup.yaml
    """
    text = openstack_files.read(file) if secret_file.read(file) else None
    if text is None:
        raise OpenStackError(f"there is no {file}")
    openstack_files.write(file, text, user, group, mode)
    return application_credential_file(file)


def application_credential_forget(file):
    """
    Remove a file that holds an application credential; return whether there was one. The credential itself stays.

    file
        Path of the file.

    Raises ``Invalid`` for a file that holds something else.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.application_credential_forget /root/backup.yaml
    """
    return secret_file.read(file) is not None and secret_file.remove(file)


def _rows(keystone):
    return keystone.rows(_KIND, keystone.user_id())


def _row(keystone, name):
    return keystone.one(_KIND, f"{_KIND} {name}", _rows(keystone), name=name)


def _secret(pillar_key):
    return openstack_secrets.password(__pillar__, pillar_key) if pillar_key else secrets.token_urlsafe(_BYTES)


def _check_roles(what, wanted, made):
    if wanted and set(wanted) != set(made):
        raise Invalid(f"{what}: Keystone adds the roles that these imply; name all of them: {made}")


def _prove(keystone, what, id, secret):
    if login.attempt_credential(keystone, f"login with {what}", id, secret) != login.RIGHT:
        raise Refused(f"{what} was made, but Keystone does not accept a login with it: it was removed again")


def _keystone(profile):
    return openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
