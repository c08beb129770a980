"""
Entries of ``clouds.yaml``.

.. versionadded:: 1.0.0

.. code-block:: yaml

    glance:
      openstack_clouds.present:
        - profile:
            auth_url: http://auth-node.example.org:5000
            username: glance
            password_pillar: glance:identity:password
            project_name: service
"""

import openstack_secrets
import openstack_states

__virtualname__ = "openstack_clouds"


def __virtual__():
    if "openstack_clouds.get" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_clouds is not loaded: saltutil.sync_all brings it"


def present(name, profile, path="/etc/openstack/clouds.yaml"):
    """
    Ensure that ``clouds.yaml`` has this entry, whole and exact. Other entries stay.

    name
        Name of the cloud, as in ``OS_CLOUD``.

    profile
        Mapping of ``auth_url``, ``username``, ``password_pillar`` and so on, see ``openstack_clouds.set``.

    path
        The file. Default ``/etc/openstack/clouds.yaml``.
    """
    password = profile["password_pillar"]
    ignored = ("password_pillar", "timeout")
    wanted = {key: value for key, value in profile.items() if key not in ignored and value is not None}

    def read():
        found = __salt__["openstack_clouds.get"](name, path)
        if found is None:
            return None
        same = __salt__["openstack_clouds.password_matches"](name, password, path)
        return {**found, "password": openstack_secrets.SAME if same else openstack_secrets.DIFFERS}

    return openstack_states.converge(
        name,
        f"Cloud {name} in {path}",
        {**wanted, "password": openstack_secrets.SAME},
        read,
        lambda _current, _changes: __salt__["openstack_clouds.set"](name, profile, path),
        __opts__["test"],
    )


def absent(name, path="/etc/openstack/clouds.yaml"):
    """
    Ensure that ``clouds.yaml`` has no such entry.

    name
        Name of the cloud.

    path
        The file. Default ``/etc/openstack/clouds.yaml``.
    """
    return openstack_states.converge(
        name,
        f"Cloud {name} in {path}",
        None,
        lambda: __salt__["openstack_clouds.get"](name, path),
        lambda _current, _changes: __salt__["openstack_clouds.remove"](name, path),
        __opts__["test"],
    )
