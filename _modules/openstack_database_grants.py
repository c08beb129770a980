"""
Grants: what an account may do in a schema, on its tables, columns and routines.

.. versionadded:: 1.0.0

Presets stand for what a service needs: ``glance runtime`` (SELECT, INSERT, UPDATE, DELETE) and ``glance migrations``
(these, and what ``glance-manage db_sync`` needs to change tables). They are names for privileges and may stand in a
list with others.
"""

import openstack_mysql
import openstack_mysql_grants as grants
from openstack_errors import OpenStackError
from openstack_mysql_errors import NOT_GRANTED
from openstack_mysql_names import account, host_of
from openstack_mysql_server import Server

__virtualname__ = "openstack_database"

PROFILE = "glance:database:admin"


def __virtual__():
    if openstack_mysql.HAS_PYMYSQL:
        return __virtualname__
    return False, openstack_mysql.MISSING


def privileges(schema, privileges, tables=None, columns=None, profile=PROFILE):
    """
    Return what is declared for a schema in the form in which :py:func:`grants_get` returns what an account holds.

    schema
        Name of the schema.

    privileges
        List of privileges as in a GRANT statement, or the name of a preset; ``ALL``, ``USAGE`` (none) and
        ``GRANT OPTION`` are understood.

    tables
        Privileges on single tables, ``{images: [SELECT]}``. Default: none.

    columns
        Privileges on columns, ``{images: {status: [UPDATE]}}``. Default: none.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    Raises ``Invalid`` for a privilege that this server does not have for a schema, a table or a column.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.privileges glance 'glance runtime'
        salt 'db*' openstack_database.privileges glance '[]' tables='{images: [select]}'
    """
    known = _server(profile).known
    return grants.shown(grants.wanted(schema, privileges, tables, columns, known), schema, known)


def grants_get(name, schema, host="%", elsewhere=False, profile=PROFILE):
    """
    Return what an account may do in a schema, a sorted list: ``["INSERT", "SELECT"]``, ``["ALL PRIVILEGES"]``, ``[]``.

    Privileges on one table, column or routine of the schema are listed as ``SELECT ON `images```, those given on a
    pattern that is spelled like the schema (``glance_db``, where ``_`` stands for any character) as
    ``SELECT ON PATTERN `glance_db```. What roles bring is no part of it.

    name
        Name of the user.

    schema
        Name of the schema; ``_`` and ``%`` are themselves.

    host
        Host from which the account is used. Default ``%``.

    elsewhere
        List what it may do on other schemas and on ``*.*`` as well. Default ``False``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.grants_get glance glance localhost
        salt 'db*' openstack_database.grants_get glance glance elsewhere=True
    """
    server = _server(profile)
    held = server.held(name, host, everywhere=elsewhere)
    return grants.shown(grants.within(held, schema, elsewhere), schema, server.known)


def grants_set(name, schema, privileges, host="%", tables=None, columns=None, elsewhere=False, profile=PROFILE):
    """
    Give an account exactly these privileges in a schema: what is missing is granted first, then the rest revoked.

    name
        Name of the user; raises when the account does not exist.

    schema
        Name of the schema, which need not exist; ``_`` and ``%`` are themselves.

    privileges, tables, columns
        As in :py:func:`privileges`; ``[]`` for none.

    host
        Host from which the account is used. Default ``%``.

    elsewhere
        Revoke what it may do on other schemas and on ``*.*`` as well. Default ``False``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.grants_set glance glance '[ALL PRIVILEGES]' localhost
    """
    server, host = _server(profile), host_of(host)
    # what was read may be from before: a state may run in another process
    server.forget()
    if (name, host) not in server.users:
        raise OpenStackError(f"user {account(name, host)} does not exist: create it before its grants")
    held = grants.within(server.held(name, host, everywhere=elsewhere), schema, elsewhere)
    for verb, target, items in grants.steps(held, grants.wanted(schema, privileges, tables, columns, server.known)):
        what = f"{verb} for user {account(name, host)}"
        ignored = NOT_GRANTED if verb == "REVOKE" else ()
        server.change(what, grants.statement(verb, target, items), [name, host], ignored=ignored)
    return True


def _server(profile):
    return Server(profile, __context__, __pillar__, __salt__["config.get"])
