"""
Grants: what a user may do in a schema, exactly.

.. versionadded:: 1.0.0

``privileges`` also takes the names of presets: ``glance runtime`` (SELECT, INSERT, UPDATE, DELETE) and ``glance
migrations`` (these, and what ``glance-manage db_sync`` needs to change tables).
"""

from openstack_errors import Invalid
from openstack_mysql_names import account, hosts_of
from openstack_states import converge

__virtualname__ = "openstack_database"

PROFILE = "glance:database:admin"


def __virtual__():
    if "openstack_database.grants_get" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_database is not loaded: it needs PyMySQL in Salt's own Python"


def grants_present(name, schema, hosts, privileges, tables=None, columns=None, elsewhere="keep", profile=PROFILE):
    """
    Ensure that a user has exactly these privileges in a schema, from each of the hosts. Others are revoked.

    Looked at are the schema itself and its tables, columns and routines, not roles.

    name
        Name of the user. It must exist when the state is not run under ``test=True``.

    schema
        Name of the schema; ``_`` and ``%`` in it are themselves, not wildcards.

    hosts
        List of hosts in the server's notation: ``['%', localhost]``.

    privileges
        List of privileges on the whole schema as in a GRANT statement, or the name of a preset:
        ``[ALL PRIVILEGES]``, ``[SELECT, INSERT, GRANT OPTION]``, ``glance runtime``; ``[]`` for none.

    tables
        Privileges on single tables: ``{images: [SELECT]}``. The tables must exist. Default: none.

    columns
        Privileges on columns: ``{images: {status: [UPDATE]}}``. Default: none.

    elsewhere
        What becomes of the user's privileges on other schemas and on ``*.*``: ``keep`` or ``revoke``. Default ``keep``.

    profile
        Who connects to which server. Default ``glance:database:admin``.
    """

    def wanted():
        listed = __salt__["openstack_database.privileges"](schema, privileges, tables, columns, profile)
        return {account(name, host): listed for host in hosts_of(hosts)}

    def read():
        return _grants(name, schema, hosts_of(hosts), _everywhere(elsewhere), profile)

    def write(_current, changes):
        for host in hosts_of(hosts):
            if account(name, host) in changes:
                __salt__["openstack_database.grants_set"](
                    name, schema, privileges, host, tables, columns, _everywhere(elsewhere), profile
                )

    return converge(name, f"Access of {name} to schema {schema}", wanted, read, write, __opts__["test"])


def grants_absent(name, schema, hosts=None, profile=PROFILE):
    """
    Ensure that a user has no privileges in a schema, nor on its tables, columns and routines.

    name
        Name of the user.

    schema
        Name of the schema; ``_`` and ``%`` in it are themselves, not wildcards.

    hosts
        List of hosts whose accounts are looked at. Default: all accounts of that name.

    profile
        Who connects to which server. Default ``glance:database:admin``.
    """

    def read():
        if hosts is None:
            users = __salt__["openstack_database.user_list"](profile)
            chosen = [user["host"] for user in users if user["name"] == name]
        else:
            chosen = hosts_of(hosts)
        found = _grants(name, schema, chosen, False, profile)
        return {key: listed for key, listed in found.items() if listed} or None

    def write(current, _changes):
        for key in current:
            __salt__["openstack_database.grants_set"](name, schema, [], key.removeprefix(f"{name}@"), profile=profile)

    return converge(name, f"Access of {name} to schema {schema}", None, read, write, __opts__["test"])


def _grants(name, schema, hosts, everywhere, profile):
    get = __salt__["openstack_database.grants_get"]
    return {account(name, host): get(name, schema, host, everywhere, profile) for host in hosts}


def _everywhere(elsewhere):
    if elsewhere not in ("keep", "revoke"):
        raise Invalid(f"elsewhere is keep or revoke, not {elsewhere!r}")
    return elsewhere == "revoke"
