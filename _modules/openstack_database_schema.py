"""
Schemas: their default character set and collation, and whether they hold tables.

.. versionadded:: 1.0.0
"""

import openstack_mysql
from openstack_errors import Invalid
from openstack_mysql_names import identifier
from openstack_mysql_server import Server

__virtualname__ = "openstack_database"

PROFILE = "glance:database:admin"


def __virtual__():
    if openstack_mysql.HAS_PYMYSQL:
        return __virtualname__
    return False, openstack_mysql.MISSING


def schema_list(profile=PROFILE):
    """
    Return the names of all schemas that the profile's user may see.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_list
    """
    return sorted(_server(profile).schemas)


def schema_get(name, profile=PROFILE, tables=True):
    """
    Return ``{"character_set": …, "collation": …, "tables": number}`` of a schema, ``None`` when there is none.

    name
        Name of the schema, upper and lower case as they are.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    tables
        Count its tables and views, which takes another statement. Default ``True``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_get glance
    """
    server = _server(profile)
    found = server.schemas.get(name)
    if found is None:
        return None
    counted = {"tables": _tables(server, name)} if tables else {}
    return {key: _full_name(value) for key, value in found.items()} | counted


def schema_create(name, character_set="utf8mb4", collation=None, profile=PROFILE):
    """
    Create a schema. Returns ``False`` for one that exists, it stays as it is.

    name
        Name of the schema.

    character_set
        Default character set of its tables. Default ``utf8mb4``.

    collation
        Default collation of its tables. Default: the server's for the character set.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_create glance utf8mb3 utf8mb3_general_ci
    """
    options, server = _options(character_set, collation), _server(profile)
    there = name in server.schemas
    # asked again by the server: another run may make it in this moment
    if not there:
        server.change(f"creating schema {name}", f"CREATE DATABASE IF NOT EXISTS {identifier(name)} {options}")
    return not there


def schema_update(name, character_set="utf8mb4", collation=None, profile=PROFILE):
    """
    Change the defaults of a schema; tables that exist keep theirs.

    name
        Name of the schema.

    character_set
        Default character set of new tables. Default ``utf8mb4``.

    collation
        Default collation of new tables. Default: the server's for the character set.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_update glance utf8mb4
    """
    options = _options(character_set, collation)
    _server(profile).change(f"altering schema {name}", f"ALTER DATABASE {identifier(name)} {options}")
    return True


def schema_remove(name, force=False, profile=PROFILE):
    """
    Remove a schema; raises ``Invalid`` when it holds tables, whoever made them.

    name
        Name of the schema.

    force
        Remove it with its tables and their rows. Default ``False``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_remove glance force=True
    """
    server = _server(profile)
    there = _tables(server, name)
    if there and not force:
        raise Invalid(f"schema {name} holds {there} tables: back them up, then remove it with force: true")
    server.change(f"removing schema {name}", f"DROP DATABASE IF EXISTS {identifier(name)}")
    return True


def _server(profile):
    return Server(profile, __context__, __pillar__, __salt__["config.get"])


def _tables(server, name):
    # the server's comparison takes A for a and é for e
    sql = "SELECT COUNT(*) AS number FROM information_schema.TABLES WHERE TABLE_SCHEMA = CAST(%s AS BINARY)"
    return server.rows(f"counting the tables of schema {name}", sql, [name])[0]["number"]


def _full_name(name):
    """``utf8`` is what MariaDB before 10.6 and operators call ``utf8mb3``."""
    if name == "utf8" or name.startswith("utf8_"):
        return name.replace("utf8", "utf8mb3", 1)
    return name


def _options(character_set, collation):
    """The options of CREATE and ALTER DATABASE, with names that cannot be anything else."""
    for name in (character_set, collation):
        if name is not None and not (isinstance(name, str) and name.isascii() and name.replace("_", "").isalnum()):
            raise Invalid(f"{name!r} is no name of a character set or collation")
    options = f"CHARACTER SET {character_set}" if character_set else ""
    return f"{options} COLLATE {collation}" if collation else options
