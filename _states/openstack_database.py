"""
What the schemas, users and grants of a MariaDB or MySQL server should be.

.. versionadded:: 1.0.0

Needs PyMySQL in Salt's own Python. ``profile`` says as whom to connect to which server: the name of a pillar key or a
mapping, described in ``_utils/openstack_mysql.py``. Passwords are named by their pillar key; in ``changes`` stands
whether they are as in pillar.

.. code-block:: yaml

    glance-schema:
      openstack_database.schema_present:
        - name: glance
        - character_set: utf8mb3
        - profile: glance:database:admin

    glance-user:
      openstack_database.user_present:
        - name: glance
        - hosts: ['%', localhost]
        - password_pillar: glance:database:password
        - profile: glance:database:admin

    glance-grants:
      openstack_database.grants_present:
        - name: glance
        - schema: glance
        - hosts: ['%', localhost]
        - privileges: [ALL PRIVILEGES]
        - profile: glance:database:admin
"""

import openstack_secrets
from openstack_errors import Invalid
from openstack_states import converge

__virtualname__ = "openstack_database"

PROFILE = "glance:database:admin"


def __virtual__():
    if "openstack_database.schema_get" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_database is not loaded: it needs PyMySQL in Salt's own Python"


def schema_present(name, character_set="utf8mb4", collation=None, profile=PROFILE):
    """
    Ensure that a schema exists and has these defaults. Tables that exist keep their own character set.

    name
        Name of the schema.

    character_set
        Default character set of its tables. Default ``utf8mb4``.

    collation
        Default collation of its tables. By default it is not looked at, and a new schema gets the server's.

    profile
        Who connects to which server. Default ``glance:database:admin``.
    """

    def wanted():
        given = {"character_set": character_set, "collation": collation}
        return {key: _full_name(value) for key, value in given.items() if value is not None}

    def write(current, _changes):
        function = "schema_create" if current is None else "schema_update"
        __salt__[f"openstack_database.{function}"](name, character_set, collation, profile)

    def read():
        return __salt__["openstack_database.schema_get"](name, profile)

    return converge(name, f"Schema {name}", wanted, read, write, __opts__["test"])


def schema_absent(name, force=False, profile=PROFILE):
    """
    Ensure that a schema does not exist. Fails, also under ``test=True``, when it holds tables.

    name
        Name of the schema.

    force
        Remove it with its tables and their rows. Default ``False``.

    profile
        Who connects to which server. Default ``glance:database:admin``.
    """

    def read():
        there = __salt__["openstack_database.schema_get"](name, profile)
        if there and there["tables"] and not force:
            raise Invalid(f"it holds {there['tables']} tables: back them up, then remove it with force: true")
        return there

    def write(_current, _changes):
        __salt__["openstack_database.schema_remove"](name, force, profile)

    return converge(name, f"Schema {name}", None, read, write, __opts__["test"])


def user_present(name, hosts, password_pillar, profile=PROFILE):
    """
    Ensure that a user exists for each of the hosts, with the password that pillar holds.

    The password is compared, not set again. Accounts of the same name for other hosts are left alone:
    :py:func:`user_absent` removes them.

    name
        Name of the user.

    hosts
        List of hosts in the server's notation: ``['%', localhost]``.

    password_pillar
        Pillar key of the password.

    profile
        Who connects to which server. Default ``glance:database:admin``.
    """

    def wanted():
        openstack_secrets.password(__pillar__, password_pillar)
        return {_account(name, host): {"password": openstack_secrets.SAME} for host in _hosts(hosts)}

    def read():
        found = {}
        for host in _hosts(hosts):
            fits = __salt__["openstack_database.password_matches"](name, host, password_pillar, profile)
            if fits is not None:
                found[_account(name, host)] = {
                    "password": openstack_secrets.SAME if fits else openstack_secrets.DIFFERS
                }
        return found or None

    def write(current, changes):
        for host in _hosts(hosts):
            account = _account(name, host)
            if account in changes:
                function = "user_update" if account in (current or {}) else "user_create"
                __salt__[f"openstack_database.{function}"](name, host, password_pillar, profile)

    return converge(name, f"Database user {name}", wanted, read, write, __opts__["test"])


def user_absent(name, hosts=None, profile=PROFILE):
    """
    Ensure that a user does not exist; its grants go with it.

    name
        Name of the user.

    hosts
        List of hosts whose accounts are removed. Default: all accounts of that name.

    profile
        Who connects to which server. Default ``glance:database:admin``.
    """

    def read():
        chosen = None if hosts is None else _hosts(hosts)
        found = {
            _account(user["name"], user["host"]): {"plugin": user["plugin"]}
            for user in __salt__["openstack_database.user_list"](profile)
            if user["name"] == name and (chosen is None or user["host"].lower() in chosen)
        }
        return found or None

    def write(current, _changes):
        for account in current:
            __salt__["openstack_database.user_remove"](name, account.removeprefix(f"{name}@"), profile)

    return converge(name, f"Database user {name}", None, read, write, __opts__["test"])


def grants_present(name, schema, hosts, privileges, profile=PROFILE):
    """
    Ensure that a user has exactly these privileges in a schema, from each of the hosts. Others are revoked.

    Looked at are the schema itself and its tables, not ``*.*``, roles or routines.

    name
        Name of the user. It must exist when the state is not run under ``test=True``.

    schema
        Name of the schema; ``_`` and ``%`` in it are themselves, not wildcards.

    hosts
        List of hosts in the server's notation: ``['%', localhost]``.

    privileges
        List of privileges as in a GRANT statement: ``[ALL PRIVILEGES]``, ``[SELECT, INSERT]``.

    profile
        Who connects to which server. Default ``glance:database:admin``.
    """

    def wanted():
        listed = __salt__["openstack_database.privileges"](privileges, profile)
        return {_account(name, host): listed for host in _hosts(hosts)}

    def read():
        return _grants(name, schema, _hosts(hosts), profile)

    def write(_current, changes):
        for host in _hosts(hosts):
            if _account(name, host) in changes:
                __salt__["openstack_database.grants_set"](name, schema, privileges, host, profile)

    return converge(name, f"Access of {name} to schema {schema}", wanted, read, write, __opts__["test"])


def grants_absent(name, schema, hosts=None, profile=PROFILE):
    """
    Ensure that a user has no privileges in a schema.

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
        chosen = hosts
        if hosts is None:
            users = __salt__["openstack_database.user_list"](profile)
            chosen = [user["host"] for user in users if user["name"] == name]
        found = _grants(name, schema, _hosts(chosen) if chosen else [], profile)
        return {account: listed for account, listed in found.items() if listed} or None

    def write(current, _changes):
        for account in current:
            host = account.removeprefix(f"{name}@")
            __salt__["openstack_database.grants_set"](name, schema, [], host, profile)

    return converge(name, f"Access of {name} to schema {schema}", None, read, write, __opts__["test"])


def _grants(name, schema, hosts, profile):
    return {
        _account(name, host): __salt__["openstack_database.grants_get"](name, schema, host, profile) for host in hosts
    }


def _account(name, host):
    return f"{name}@{host.lower()}"


def _hosts(hosts):
    """The hosts of a state's argument, once each, in lower case as servers keep them."""
    listed = [hosts] if isinstance(hosts, str) else hosts
    if not isinstance(listed, list) or not listed or not all(isinstance(host, str) and host for host in listed):
        raise Invalid(f"hosts must be a list of host names, addresses or patterns, not {hosts!r}")
    return list(dict.fromkeys(host.lower() for host in listed))


def _full_name(name):
    """``utf8`` is the old name of ``utf8mb3``, which servers read back."""
    name = name.lower()
    if name == "utf8" or name.startswith("utf8_"):
        return name.replace("utf8", "utf8mb3", 1)
    return name
