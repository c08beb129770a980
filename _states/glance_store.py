"""
The stores of this host's Glance: nothing is done to the host when they are not as they must be.

.. versionadded:: 1.0.0

.. code-block:: yaml

    /srv/images:
      glance_store.mounted: []

    /etc/glance/glance-api.conf:
      glance_store.kept:
        - backends: {fast: file, far: swift}
        - profile: glance:database

They have no changes, since they change nothing, and say the same under ``test=True``.
"""

from openstack_errors import EXPECTED

__virtualname__ = "glance_store"


def __virtual__():
    if "glance_store.lost" in __salt__:
        return __virtualname__
    return False, "the execution module glance_store is missing: run saltutil.sync_modules"


def mounted(name):
    """
    Something is mounted on a directory: else what is written there would land on the disk below, and be gone from sight
    when the mount is back.

    name
        The directory.
    """
    if __salt__["mount.is_mounted"](name):
        return _result(name, True, f"{name} is mounted")
    return _result(name, False, f"nothing is mounted on {name}: mount it (glance:stores:backends:*:mountpoint)")


def kept(name, backends, profile, give_up=(), schema="glance"):
    """
    No store is taken out, or becomes another type, while it has images.

    name
        The configuration file that the stores are in now; there need not be one.

    backends
        The stores that are to be, ``{name: type}``.

    profile
        Who asks the database server which store has images, see ``_utils/openstack_mysql.py``; it is asked only when a
        store goes.

    give_up
        Names of stores whose images may be lost. Default none.

    schema
        Name of Glance's schema. Default glance.
    """
    try:
        lost = __salt__["glance_store.lost"](backends, profile, config=name, schema=schema)
    except EXPECTED as exc:
        return _result(name, False, f"a store would go, and nobody can say whether it has images: {exc}")
    refused = {store: number for store, number in sorted(lost.items()) if store not in give_up}
    if not refused:
        return _result(name, True, f"No store with images goes from {name}")
    which = ", ".join(f"{store} ({number})" for store, number in refused.items())
    text = (
        f"images would be lost with their store: {which}. Keep it in glance:stores:backends, copy its images to another"
        " (openstack_image.copy) and take them out (openstack_image.remove_from_store), or name it in"
        " glance:stores:give_up"
    )
    return _result(name, False, text)


def _result(name, result, comment):
    return {"name": name, "result": result, "changes": {}, "comment": comment}
