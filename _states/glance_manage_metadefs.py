"""
Definitions of metadata in the database, from JSON files.

.. versionadded:: 1.0.0

.. code-block:: yaml

    /etc/glance/metadefs:
      glance_manage.metadefs_loaded:
        - profile: {host: db-node, user: glance, password_pillar: 'glance:database:password'}
        - update: new
"""

import openstack_states
from openstack_errors import Refused

__virtualname__ = "glance_manage"

LOADED = "as in the files"


def __virtual__():
    if "glance_manage.metadefs" in __salt__:
        return __virtualname__
    return False, "the execution module glance_manage is missing: run saltutil.sync_modules"


def metadefs_loaded(name, profile, schema="glance", update="none", config=None, user="glance", timeout=600):
    """
    Make the database have the namespaces of a directory's JSON files.

    name
        The directory.

    profile
        Who asks the database server, see ``_utils/openstack_mysql.py``.

    schema
        Name of the database schema. Default glance.

    update
        What becomes of a namespace that is there already: ``none`` leaves it, ``new`` adds what it does not have,
        ``all`` makes it what the file says. With the last two, a file that changed since it was loaded from this host
        is loaded again. Default none.

    config
        Configuration file; default is the command's own, ``/etc/glance/glance-api.conf``.

    user
        Who runs ``glance-manage``. Default glance.

    timeout
        Seconds that it may take. Default 600.

    Under ``test=True`` a directory that is not there yet, and a database that does not let Glance in yet, are part of
    the plan.
    """

    def read():
        try:
            found = __salt__["glance_manage.metadefs"](profile, schema=schema, directory=name)
        except Refused:
            if not __opts__["test"]:
                raise
            return {"metadefs": None}
        return {"metadefs": _shown(found, update)}

    def write(current, changes):
        __salt__["glance_manage.metadefs_load"](
            directory=name, update=update, config=config, user=user, timeout=timeout
        )

    return openstack_states.converge(
        name, f"Definitions of {name}", {"metadefs": LOADED}, read, write, __opts__["test"]
    )


def _shown(found, update):
    """What is not as it should be, in words; ``None`` when nothing is there yet."""
    if found is None or (found["missing"] and not found["loaded"]):
        return None
    missing, changed = found["missing"], found["changed"] if update != "none" else []
    words = [f"missing {', '.join(missing)}"] if missing else []
    words += [f"changed {', '.join(changed)}"] if changed else []
    return "; ".join(words) or LOADED
