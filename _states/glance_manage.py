"""
The database schema of Glance, by ``glance-manage``.

.. versionadded:: 1.0.0

.. code-block:: yaml

    glance:
      glance_manage.db_synced
"""

import openstack_states

__virtualname__ = "glance_manage"


def __virtual__():
    if "glance_manage.db_check" in __salt__:
        return __virtualname__
    return False, "the execution module glance_manage is missing: run saltutil.sync_modules"


def db_synced(name, config=None, user="glance", timeout=3600):
    """
    Make the database schema that of the installed release; nothing is done when it already is.

    name
        What the schema is called, for the report.

    config
        Configuration file; default is the command's own, ``/etc/glance/glance-api.conf``.

    user
        Who runs the command. Default glance.

    timeout
        Seconds that a migration may take. Default 3600.
    """

    def read():
        if __opts__["test"] and not __salt__["glance_manage.installed"]():
            return {"schema": None}
        return {"schema": __salt__["glance_manage.db_check"](config=config, user=user)}

    def write(current, changes):
        __salt__["glance_manage.db_sync"](config=config, user=user, timeout=timeout)

    label = f"Database schema {name}"
    return openstack_states.converge(name, label, {"schema": "up to date"}, read, write, __opts__["test"])
