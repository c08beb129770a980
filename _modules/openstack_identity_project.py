"""
Domains and projects.

.. versionadded:: 1.0.0
"""

import openstack_identity_client
import openstack_identity_names as names
import openstack_identity_records as records
from openstack_errors import Invalid
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_client.loadable(__virtualname__)


def domain_list(profile=PROFILE):
    """
    Return all domains, sorted by name.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.domain_list
    """
    keystone = _keystone(profile)
    return records.records(keystone, "domain", keystone.rows("domain"))


def domain_get(name, profile=PROFILE):
    """
    Return a domain, ``None`` when there is none of that name.

    name
        Name of the domain.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.domain_get Default
    """
    keystone = _keystone(profile)
    return records.record(keystone, "domain", keystone.domain(name))


def domain_create(name, description=None, enabled=True, options=None, profile=PROFILE):
    """
    Create a domain and return it.

    name
        Name of the domain.

    description
        Free text. Default ``None``: none.

    enabled
        Whether anybody of it can log in. Default ``True``.

    options
        Mapping of Keystone's resource options, ``{immutable: True}``. Default ``None``: none.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.domain_create heat description='Stack projects and users'
    """
    keystone = _keystone(profile)
    what = f"domain {names.named('domain', name)}"
    values = {"name": name, "description": description, "enabled": enabled, "options": options}
    return records.record(keystone, "domain", keystone.create("domain", what, **values))


def domain_update(name, new_name=None, description=None, enabled=None, options=None, profile=PROFILE):
    """
    Change a domain and return it.

    name
        Name of the domain.

    new_name
        The name it gets. Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    enabled
        Whether anybody of it can log in. Default ``None``: as it is.

    options
        Mapping of resource options to set, with ``None`` for one to take away; others stay. Default ``None``: as they
        are.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.domain_update heat enabled=False
    """
    keystone = _keystone(profile)
    values = {"name": new_name, "description": description, "enabled": enabled, "options": options}
    now = keystone.update("domain", f"domain {name}", keystone.need("domain", name), **values)
    return records.record(keystone, "domain", now)


def domain_content(name, profile=PROFILE):
    """
    Return how many projects, users and groups a domain holds: ``{"projects": 2, "users": 1, "groups": 0}``; ``None``
    when there is no such domain.

    name
        Name of the domain.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.domain_content heat
    """
    keystone = _keystone(profile)
    row = keystone.domain(name)
    if row is None:
        return None
    return {
        "projects": sum(each["domain_id"] == row["id"] for each in keystone.rows("project")),
        "users": len(keystone.rows("user", row["id"])),
        "groups": len(keystone.rows("group", row["id"])),
    }


def domain_remove(name, force=False, profile=PROFILE):
    """
    Disable and remove a domain; return whether there was one.

    name
        Name of the domain.

    force
        Remove the projects, users and groups in it as well, as Keystone does. Default ``False``.

    Raises ``Invalid`` when the domain holds something, unless forced.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.domain_remove heat
    """
    keystone = _keystone(profile)
    row = keystone.domain(name)
    if row is None:
        return False
    held = {kind: count for kind, count in domain_content(name, profile).items() if count}
    if held and not force:
        raise Invalid(f"domain {name} holds {held}, which would be removed along with it: set force to do so")
    if row.get("enabled", True):
        keystone.update("domain", f"domain {name}", row["id"], enabled=False)
    return names.removed(keystone, "domain", f"domain {name}", row)


def project_list(domain=None, profile=PROFILE):
    """
    Return all projects, sorted by name.

    domain
        Only those of this domain. Default ``None``: of all domains.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_list
    """
    keystone = _keystone(profile)
    home = keystone.need("domain", domain) if domain else None
    rows = [row for row in keystone.rows("project") if home in (None, row["domain_id"])]
    return records.records(keystone, "project", rows)


def project_get(name, domain="Default", profile=PROFILE):
    """
    Return a project, ``None`` when there is none of that name in the domain or no such domain.

    name
        Name of the project.

    domain
        Name of its domain; default ``Default``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_get service
    """
    keystone = _keystone(profile)
    return records.record(keystone, "project", keystone.in_domain("project", name, domain))


def project_create(
    name,
    domain="Default",
    parent=None,
    description=None,
    enabled=True,
    tags=None,
    options=None,
    profile=PROFILE,
):
    """
    Create a project and return it.

    name
        Name of the project.

    domain
        Name of the domain it belongs to; default ``Default``.

    parent
        Name of the project of the same domain that it is below. Default ``None``: right below the domain.

    description
        Free text. Default ``None``: none.

    enabled
        Whether anybody can log in to it. Default ``True``.

    tags
        List of texts. Default ``None``: none.

    options
        Mapping of Keystone's resource options, ``{immutable: True}``. Default ``None``: none.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_create service description='Service project'
    """
    keystone = _keystone(profile)
    what = f"project {names.named('project', name)}"
    values = {
        "domain": keystone.need("domain", domain),
        "parent": keystone.need("project", parent, domain) if parent else None,
        "description": description,
        "enabled": enabled,
        "tags": None if tags is None else names.tags(tags),
        "options": options,
    }
    return records.record(keystone, "project", keystone.create("project", what, name=name, **values))


def project_update(
    name,
    domain="Default",
    new_name=None,
    description=None,
    enabled=None,
    tags=None,
    options=None,
    profile=PROFILE,
):
    """
    Change a project and return it. Keystone moves none below another parent.

    name
        Name of the project.

    domain
        Name of its domain; default ``Default``.

    new_name
        The name it gets. Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    enabled
        Whether anybody can log in to it. Default ``None``: as it is.

    tags
        List of texts, all that it has then. Default ``None``: as they are.

    options
        Mapping of resource options to set, with ``None`` for one to take away; others stay. Default ``None``: as they
        are.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_update service enabled=False
    """
    keystone = _keystone(profile)
    id = keystone.need("project", name, domain)
    values = {
        "name": new_name,
        "description": description,
        "enabled": enabled,
        "tags": None if tags is None else names.tags(tags),
        "options": options,
    }
    return records.record(keystone, "project", keystone.update("project", f"project {name}", id, **values))


def project_remove(name, domain="Default", profile=PROFILE):
    """
    Remove a project; return whether there was one. Keystone refuses while other projects are below it.

    name
        Name of the project.

    domain
        Name of its domain; default ``Default``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_remove service
    """
    keystone = _keystone(profile)
    return names.removed(keystone, "project", f"project {name}", keystone.in_domain("project", name, domain))


def _keystone(profile):
    return openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
