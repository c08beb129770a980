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
        - hosts: ['10.0.0.%', localhost]
        - other_hosts: remove
        - password_pillar: glance:database:password
        - tls_requires: SSL
        - limits: {max_user_connections: 200}
        - profile: glance:database:admin

    glance-grants:
      openstack_database.grants_present:
        - name: glance
        - schema: glance
        - hosts: ['10.0.0.%', localhost]
        - privileges: [glance migrations]
        - profile: glance:database:admin

A password changes without an interruption by way of a second user: both exist with the same grants, the services go
over to the new one, then the old one goes. docs/database.rst has the steps.
"""

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

    def read():
        return __salt__["openstack_database.schema_get"](name, profile, tables=False)

    def write(current, _changes):
        function = "schema_create" if current is None else "schema_update"
        __salt__[f"openstack_database.{function}"](name, character_set, collation, profile)

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


def _full_name(name):
    """``utf8`` is the old name of ``utf8mb3``, which servers read back."""
    name = name.lower()
    if name == "utf8" or name.startswith("utf8_"):
        return name.replace("utf8", "utf8mb3", 1)
    return name
