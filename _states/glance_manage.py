"""
The database schema of Glance, by ``glance-manage``.

.. versionadded:: 1.0.0

.. code-block:: yaml

    glance:
      glance_manage.db_synced
"""

import openstack_states
from openstack_errors import Refused

__virtualname__ = "glance_manage"


def __virtual__():
    if "glance_manage.db_check" in __salt__:
        return __virtualname__
    return False, "the execution module glance_manage is missing: run saltutil.sync_modules"


def db_synced(name, config=None, user="glance", timeout=3600, profile=None, package=None):
    """
    Make the database schema that of the installed release; nothing is done when it already is.

    name
        Name of the schema.

    config
        Configuration file; default is the command's own, ``/etc/glance/glance-api.conf``.

    user
        Who runs the command. Default glance.

    timeout
        Seconds that a migration may take. Default 3600.

    profile, package
        Who asks the database server, and the name of Glance's package: with both, ``glance-manage`` is not run when
        nothing has changed since it said that all is well. Default ``None``: it is run.

    Under ``test=True`` a host without ``glance-manage`` and a database that does not let Glance in yet are part of the
    plan.
    """

    def read():
        if __opts__["test"] and not __salt__["glance_manage.installed"]():
            return {"schema": None}
        known = {"profile": profile, "schema": name, "package": package}
        try:
            return {"schema": __salt__["glance_manage.db_check"](config=config, user=user, **known)}
        except Refused as exc:
            if not __opts__["test"]:
                raise
            return {"schema": str(exc)}

    def write(current, changes):
        __salt__["glance_manage.db_sync"](config=config, user=user, timeout=timeout)

    label = f"Database schema {name}"
    return openstack_states.converge(name, label, {"schema": "up to date"}, read, write, __opts__["test"])
