"""
What ``glance-manage db check`` said last, so that it need not be asked again for the same code and the same schema.

The command takes seconds, since it loads all of Glance. Its answer depends on two things only: the migrations that the
installed package brings, and the revision in the table ``alembic_version``. As long as both are those for which the
command once said "up to date", it would say so again.
"""

import json
import pathlib

import openstack_mysql
import openstack_mysql_errors
import openstack_mysql_names
import salt.utils.atomicfile
import salt.utils.files
from openstack_errors import OpenStackError

FILE = "glance_manage.json"


def seen(package_version, profile, schema, context, pillar):
    """
    Return what the answer depends on, as a mapping; ``None`` when there is no schema yet or nobody can be asked.

    package_version
        Version of the installed package.

    profile
        Who asks the database server, see ``_utils/openstack_mysql.py``.

    schema
        Name of the schema.

    context, pillar
        ``__context__``, ``__pillar__``.
    """
    try:
        connection, found = openstack_mysql.connection(profile, context, pillar)
        with openstack_mysql_errors.asking("the revision of the schema", found), connection.cursor() as cursor:
            table = f"{openstack_mysql_names.identifier(schema)}.alembic_version"
            cursor.execute(f"SELECT version_num FROM {table}")  # noqa: S608 an identifier, quoted
            revisions = sorted(row["version_num"] for row in cursor.fetchall())
    except OpenStackError:
        return None
    return {"package": package_version, "revisions": revisions} if package_version and revisions else None


def is_known(found, directory):
    """Tell whether the command said "up to date" for this, as ``directory`` remembers it."""
    try:
        with salt.utils.files.fopen(pathlib.Path(directory) / FILE, encoding="utf-8") as stream:
            return json.load(stream) == found
    except (OSError, ValueError):
        return False


def remember(found, directory):
    """Note in ``directory`` (the minion's cache) that the command said "up to date" for this."""
    with salt.utils.atomicfile.atomic_open(str(pathlib.Path(directory) / FILE), "w") as stream:
        stream.write(json.dumps(found))
