"""
The file that holds the secret of an application credential: a ``clouds.yaml`` with one cloud, so that OpenStack's
clients, and ``cloud:`` in a profile of this formula, can use it as it is.
"""

import os

import openstack_files
import yaml
from openstack_errors import Invalid, OpenStackError

_HEAD = "# Made by Salt, openstack_identity.application_credential_present: nobody else knows this secret.\n"


def read(path):
    """
    Return ``(id, secret)`` of the application credential in a file, ``None`` when there is no such file.

    path
        Path of the file.

    Raises :py:exc:`Invalid` for a file that is something else: it is not overwritten.
    """
    text = openstack_files.read(path)
    if text is None:
        return None
    try:
        (cloud,) = yaml.safe_load(text)["clouds"].values()
        return tuple(str(cloud["auth"][f"application_credential_{key}"]) for key in ("id", "secret"))
    except (yaml.YAMLError, TypeError, KeyError, AttributeError, ValueError):
        raise Invalid(f"{path} holds something else than one application credential: move it away") from None


def write(path, name, auth_url, id, secret, region=None, user="root", group="root", mode="0600"):
    """
    Write the file at once; owner and permissions are set before the content.

    path
        Path of the file.

    name
        What the cloud is called in it.

    auth_url, region
        Where it is. Default region: none.

    id, secret
        The application credential.

    user, group, mode
        Who may read it. Default root alone.
    """
    auth = {"auth_url": auth_url, "application_credential_id": id, "application_credential_secret": secret}
    cloud = {"auth_type": "v3applicationcredential", "auth": auth, **({"region_name": region} if region else {})}
    text = _HEAD + yaml.safe_dump({"clouds": {name: cloud}}, sort_keys=False, allow_unicode=True)
    openstack_files.write(path, text, user, group, mode, makedirs=True)


def remove(path):
    """Remove the file; return whether there was one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise OpenStackError(f"cannot remove {path}: {exc.strerror}") from exc
    return True
