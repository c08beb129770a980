"""
Roles, and which roles they imply.

.. versionadded:: 1.0.0
"""

import openstack_identity_client
import openstack_identity_names as names
import openstack_identity_records as records
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_client.loadable(__virtualname__)


def role_list(domain=None, profile=PROFILE):
    """
    Return roles, sorted by name.

    domain
        Those of this domain. Default ``None``: those that belong to no domain.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_list
    """
    keystone = _keystone(profile)
    home = keystone.need("domain", domain) if domain else None
    return records.records(keystone, "role", keystone.rows("role", home))


def role_get(name, domain=None, profile=PROFILE):
    """
    Return a role, ``None`` when there is none of that name.

    name
        Name of the role.

    domain
        Name of its domain. Default ``None``: a role that belongs to no domain.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_get service
    """
    keystone = _keystone(profile)
    return records.record(keystone, "role", keystone.role(name, domain))


def role_create(name, domain=None, description=None, options=None, profile=PROFILE):
    """
    Create a role and return it.

    name
        Name of the role.

    domain
        Name of the domain it belongs to: only there it can be given, and it does nothing but imply others. Default
        ``None``: it belongs to no domain.

    description
        Free text. Default ``None``: none.

    options
        Mapping of Keystone's resource options, ``{immutable: True}``. Default ``None``: none.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_create service
    """
    keystone = _keystone(profile)
    what = f"role {names.named('role', name)}"
    home = keystone.need("domain", domain) if domain else None
    values = {"name": name, "domain": home, "description": description, "options": options}
    return records.record(keystone, "role", keystone.create("role", what, **values))


def role_update(name, domain=None, new_name=None, description=None, options=None, profile=PROFILE):
    """
    Change a role and return it.

    name
        Name of the role.

    domain
        Name of its domain. Default ``None``: a role that belongs to no domain.

    new_name
        The name it gets. Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    options
        Mapping of resource options to set, with ``None`` for one to take away; others stay. Default ``None``: as they
        are.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_update service description='What a service may do for users'
    """
    keystone = _keystone(profile)
    id = keystone.need("role", name, domain)
    values = {"name": new_name, "description": description, "options": options}
    return records.record(keystone, "role", keystone.update("role", f"role {name}", id, **values))


def role_remove(name, domain=None, profile=PROFILE):
    """
    Remove a role, and take it from everybody who has it; return whether there was one.

    name
        Name of the role.

    domain
        Name of its domain. Default ``None``: a role that belongs to no domain.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_remove service
    """
    keystone = _keystone(profile)
    return names.removed(keystone, "role", f"role {name}", keystone.role(name, domain))


def implied_get(name, domain=None, profile=PROFILE):
    """
    Return the roles that a role implies itself, sorted; ``[]`` when there is no such role.

    name
        Name of the role.

    domain
        Name of its domain. Default ``None``: a role that belongs to no domain.

    A role is shown by its name, one that belongs to a domain as ``{"name": …, "domain": …}``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.implied_get admin
    """
    keystone = _keystone(profile)
    row = keystone.role(name, domain)
    ids = keystone.implied_by(row["id"]) if row else []
    return records.references([records.reference(keystone, keystone.by_id("role", id)) for id in ids])


def implied_set(name, roles, domain=None, profile=PROFILE):
    """
    Let a role imply exactly these roles, and return them.

    name
        Name of the role.

    roles
        List of names, or of ``{"name": …, "domain": …}`` for roles that belong to a domain.

    domain
        Name of the role's own domain. Default ``None``: a role that belongs to no domain.

    Keystone refuses ``admin`` as an implied role, and a role of a domain where the role itself belongs to none.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.implied_set operator '[member, reader]'
    """
    keystone = _keystone(profile)
    id = keystone.need("role", name, domain)
    wanted = [keystone.need("role", *records.split(role)) for role in records.references(roles)]
    now = keystone.implied_by(id)
    added, removed = [each for each in wanted if each not in now], [each for each in now if each not in wanted]
    keystone.imply(f"roles that {name} implies", id, added, removed)
    return implied_get(name, domain, profile)


def _keystone(profile):
    return openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
