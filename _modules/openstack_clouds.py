"""
Entries of ``clouds.yaml``, the file from which OpenStack's clients take who they are.

.. versionadded:: 1.0.0

The format is that of
https://docs.openstack.org/python-openstackclient/latest/configuration/index.html. An entry is read and written whole;
other entries of the file stay as they are, its comments do not.
"""

import openstack_files
import openstack_secrets
import yaml
from openstack_errors import OpenStackError

__virtualname__ = "openstack_clouds"
__func_alias__ = {"list_": "list", "set_": "set"}

DEFAULT_PATH = "/etc/openstack/clouds.yaml"
_OUTSIDE_AUTH = ("region_name", "interface", "cacert", "insecure", "identity_api_version", "image_api_version")


def __virtual__():
    return __virtualname__


def list_(path=DEFAULT_PATH):
    """
    Return the names of the clouds in a file, sorted.

    path
        The file. Default ``/etc/openstack/clouds.yaml``.

    Raises an error when the file is no YAML mapping.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_clouds.list
    """
    return sorted(_read(path))


def get(name, path=DEFAULT_PATH):
    """
    Return one entry, flat and without its password; ``None`` when there is none.

    name
        Name of the cloud.

    path
        The file. Default ``/etc/openstack/clouds.yaml``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_clouds.get glance
    """
    entry = _read(path).get(name)
    if entry is None:
        return None
    flat = {**{key: value for key, value in entry.items() if key != "auth"}, **entry.get("auth", {})}
    flat.pop("password", None)
    return flat


def password_matches(name, password_pillar, path=DEFAULT_PATH):
    """
    Tell whether an entry's password is the one in pillar.

    name
        Name of the cloud.

    password_pillar
        Pillar key of the password.

    path
        The file. Default ``/etc/openstack/clouds.yaml``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_clouds.password_matches glance glance:identity:password
    """
    entry = _read(path).get(name) or {}
    return entry.get("auth", {}).get("password") == openstack_secrets.lookup(__pillar__, password_pillar)


def set_(name, profile, path=DEFAULT_PATH):
    """
    Write one entry; the file belongs to root and nobody else may read it.

    name
        Name of the cloud.

    profile
        Mapping: ``auth_url``, ``username``, ``password_pillar``, ``project_name``, domains, ``region_name``,
        ``interface``, ``cacert``, ``identity_api_version``, ``image_api_version``.

    path
        The file. Default ``/etc/openstack/clouds.yaml``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_clouds.set glance '{auth_url: http://auth-node:5000, password_pillar: "a:b"}'
    """
    auth = {key: value for key, value in profile.items() if key not in (*_OUTSIDE_AUTH, "password_pillar", "timeout")}
    auth["password"] = openstack_secrets.lookup(__pillar__, profile["password_pillar"])
    entry = {"auth": auth, **{key: profile[key] for key in _OUTSIDE_AUTH if profile.get(key) is not None}}
    _write(path, {**_read(path), name: entry})
    return True


def remove(name, path=DEFAULT_PATH):
    """
    Remove one entry.

    name
        Name of the cloud.

    path
        The file. Default ``/etc/openstack/clouds.yaml``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_clouds.remove glance
    """
    _write(path, {key: value for key, value in _read(path).items() if key != name})
    return True


def _read(path):
    try:
        found = yaml.safe_load(openstack_files.read(path) or "") or {}
        return dict(found.get("clouds") or {})
    except (yaml.YAMLError, AttributeError):
        # the library's own text would quote the file
        raise OpenStackError(f"{path} is not a clouds.yaml: mend it or move it away") from None


def _write(path, clouds):
    openstack_files.write(path, yaml.safe_dump({"clouds": clouds}, sort_keys=True), makedirs=True)
