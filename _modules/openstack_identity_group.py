"""
Groups and who is in them.

.. versionadded:: 1.0.0
"""

import openstack_identity_client
import openstack_identity_names as names
import openstack_identity_records as records
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_client.loadable(__virtualname__)


def group_list(domain="Default", profile=PROFILE):
    """
    Return the groups of a domain, sorted by name.

    domain
        Name of the domain; default ``Default``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.group_list
    """
    keystone = _keystone(profile)
    return records.records(keystone, "group", keystone.rows("group", keystone.need("domain", domain)))


def group_get(name, domain="Default", profile=PROFILE):
    """
    Return a group, ``None`` when there is none of that name in the domain or no such domain.

    name
        Name of the group.

    domain
        Name of its domain; default ``Default``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.group_get operators
    """
    keystone = _keystone(profile)
    return records.record(keystone, "group", keystone.in_domain("group", name, domain))


def group_create(name, domain="Default", description=None, profile=PROFILE):
    """
    Create a group and return it.

    name
        Name of the group.

    domain
        Name of the domain it belongs to; default ``Default``.

    description
        Free text. Default ``None``: none.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.group_create operators
    """
    keystone = _keystone(profile)
    what = f"group {names.named('group', name)}"
    values = {"domain": keystone.need("domain", domain), "description": description}
    return records.record(keystone, "group", keystone.create("group", what, name=name, **values))


def group_update(name, domain="Default", new_name=None, description=None, profile=PROFILE):
    """
    Change a group and return it.

    name
        Name of the group.

    domain
        Name of its domain; default ``Default``.

    new_name
        The name it gets. Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.group_update operators description='Who may do everything'
    """
    keystone = _keystone(profile)
    id = keystone.need("group", name, domain)
    now = keystone.update("group", f"group {name}", id, name=new_name, description=description)
    return records.record(keystone, "group", now)


def group_remove(name, domain="Default", profile=PROFILE):
    """
    Remove a group, and take its roles from its members; return whether there was one.

    name
        Name of the group.

    domain
        Name of its domain; default ``Default``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.group_remove operators
    """
    keystone = _keystone(profile)
    return names.removed(keystone, "group", f"group {name}", keystone.in_domain("group", name, domain))


def membership_get(name, domain="Default", profile=PROFILE):
    """
    Return the users in a group, sorted; ``[]`` when there is no such group.

    name
        Name of the group.

    domain
        Name of its domain; default ``Default``.

    A user is shown by its name, one of another domain than the group's as ``{"name": …, "domain": …}``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.membership_get operators
    """
    keystone = _keystone(profile)
    group = keystone.in_domain("group", name, domain)
    users = keystone.rows("member", group["id"]) if group else []
    return records.references([records.reference(keystone, user, domain) for user in users], domain)


def membership_add(name, users, domain="Default", profile=PROFILE):
    """
    Put users into a group, beside those that are in it; return all that are in it then.

    name
        Name of the group.

    users
        List of names, or of ``{"name": …, "domain": …}`` for users of another domain than the group's.

    domain
        Name of the group's domain; default ``Default``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.membership_add operators '[jane, joe]'
    """
    return _change(name, domain, profile, joining=users)


def membership_remove(name, users, domain="Default", profile=PROFILE):
    """
    Take users out of a group; return those that are left in it.

    name
        Name of the group.

    users
        List of names, or of ``{"name": …, "domain": …}`` for users of another domain than the group's. Those that are
        not in it are passed over.

    domain
        Name of the group's domain; default ``Default``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.membership_remove operators '[joe]'
    """
    there = membership_get(name, domain, profile)
    return _change(name, domain, profile, leaving=[each for each in records.references(users, domain) if each in there])


def _change(name, domain, profile, joining=(), leaving=()):
    keystone = _keystone(profile)
    group_id = keystone.need("group", name, domain)

    def ids(users):
        return [keystone.need("user", *records.split(user, domain)) for user in records.references(users, domain)]

    keystone.change_members(f"members of group {name}", group_id, ids(joining), ids(leaving))
    return membership_get(name, domain, profile)


def _keystone(profile):
    return openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
