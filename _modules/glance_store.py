"""
The stores of this host's Glance: which the running configuration has, and what is in them.

.. versionadded:: 1.0.0
"""

import glance_store_images
import openstack_files
import openstack_ini
import openstack_mysql
import openstack_mysql_errors
from openstack_mysql_names import identifier

__virtualname__ = "glance_store"

CONFIG = "/etc/glance/glance-api.conf"
_NO_SCHEMA, _NO_TABLE = 1049, 1146


def __virtual__():
    return __virtualname__


def enabled(config=CONFIG):
    """
    Return the stores of a configuration file, ``{name: type}``; ``{}`` when there is no such file. A release with one
    store of each type has no names for them, its stores are called as their types.

    config
        Path of the file. Default /etc/glance/glance-api.conf.

    Raises OpenStackError when the file cannot be read.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_store.enabled
    """
    content = openstack_files.read(config)
    return {} if content is None else glance_store_images.enabled(openstack_ini.parse(content))


def lost(backends, profile, config=CONFIG, schema="glance"):
    """
    Return how many images would be lost if the stores were others: ``{store: number of images}``, of those that are in
    the configuration file now, and have images.

    backends
        The stores that are to be, ``{name: type}``.

    profile
        Who asks the database server, see ``_utils/openstack_mysql.py``. It is not asked when no store goes.

    config
        Path of the configuration file. Default /etc/glance/glance-api.conf.

    schema
        Name of Glance's schema. Default glance.

    Raises Invalid without PyMySQL, Unreachable or another OpenStackError when the server cannot be asked.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_store.lost '{fast: file}' glance:database
    """
    before = enabled(config)
    if not glance_store_images.gone(before, backends):
        return {}
    return glance_store_images.lost(_locations(profile, schema), before, backends)


def _locations(profile, schema):
    """What the table of locations has; nothing where there is no such table yet."""
    connection, found = openstack_mysql.connection(profile, __context__, __pillar__)
    asking = openstack_mysql_errors.asking("the locations of images", found, ignored=(_NO_TABLE, _NO_SCHEMA))
    with asking, connection.cursor() as cursor:
        cursor.execute(glance_store_images.QUERY.format(schema=identifier(schema)))
        return cursor.fetchall()
    return []
