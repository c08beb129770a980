"""
Stores: from pillar to the options of the backends, for releases with several of them and for those with one.
"""

from glance_options import STAGING, TASKS


def options(settings, system, release):
    """
    Return the options of all stores.

    settings
        The pillar, completed by ``glance_schema.complete``.

    system
        Parsed ``os/<os_family>.yaml``.

    release
        As returned by ``glance_releases.resolve``.
    """
    return _legacy(settings["stores"], release) if release["stores"] == "legacy" else _several(settings, system)


def default(stores):
    """Return the name of the default backend: pillar's, or the only one; ``None`` when that is not clear."""
    names = list(stores["backends"])
    return stores.get("default") or (names[0] if len(names) == 1 else None)


def types(stores):
    """Return the type of each backend, ``{name: type}``."""
    return {name: backend["type"] for name, backend in stores["backends"].items()}


def _legacy(stores, release):
    """One store of each type; Icehouse has no section for them and knows which there are."""
    backend = stores["backends"][default(stores)]
    if release["glance"] == 8:
        return {
            "DEFAULT": {"default_store": backend["type"], "filesystem_store_datadir": backend.get("datadir")},
        }
    return {
        "glance_store": {
            "stores": list(dict.fromkeys([backend["type"], "http"])),
            "default_store": backend["type"],
            "filesystem_store_datadir": backend.get("datadir"),
        }
    }


def _several(settings, system):
    stores, state = settings["stores"], system["paths"]["state"]
    sections = {
        name: {"filesystem_store_datadir": backend.get("datadir"), "store_description": backend.get("description")}
        for name, backend in stores["backends"].items()
    }
    return {
        **sections,
        "DEFAULT": {"enabled_backends": types(stores)},
        "glance_store": {"default_backend": default(stores)},
        STAGING: {"filesystem_store_datadir": f"{state}/staging"},
        TASKS: {"filesystem_store_datadir": f"{state}/tasks"},
    }
