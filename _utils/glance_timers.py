"""
What has to be run from time to time, as timers of systemd: the cache, the scrubber, old rows of the database.
"""

import glance_venv

_TIMERS = (
    ("glance-cache-prune", "keep the cache small", "glance-cache-pruner", ""),
    ("glance-cache-clean", "broken images out of the cache", "glance-cache-cleaner", ""),
    ("glance-cache-prefetch", "queued images into the cache", "glance-cache-prefetcher", ""),
    ("glance-scrub", "data of deleted images", "glance-scrubber", ""),
    ("glance-db-purge", "rows of what was deleted", "glance-manage", "db purge {}"),
    ("glance-db-purge-images", "rows of deleted images", "glance-manage", "db purge_images_table {}"),
)


def all_of(settings, system, release):
    """
    Return every timer, ``[{name, description, command, user, calendar}]``; ``calendar`` is ``None`` for one that is not
    wanted.

    settings
        The pillar, completed by ``glance_schema.complete``.

    system
        Parsed ``os/<os_family>.yaml``.

    release
        As returned by ``glance_releases.resolve``.
    """
    purge, config = settings["purge"], f"--config-file {system['paths']['config']}/glance-api.conf"
    directory = glance_venv.programs(settings, system)
    limits = f"--age_in_days {purge['age']} --max_rows {purge['rows']}"
    calendars = _calendars(settings, release)
    return [
        {
            "name": name,
            "description": f"Glance: {description}",
            "command": f"{directory}/{program} {config} {arguments.format(limits)}".rstrip(),
            "user": system["user"],
            "calendar": calendars[name] or None,
        }
        for name, description, program, arguments in _TIMERS
    ]


def _calendars(settings, release):
    """When each runs; nothing where the release has no such command."""
    cache = settings["cache"] if settings["cache"]["enabled"] else {}
    rows = settings["purge"].get("schedule") if "purge" in release["schema"] else None
    images = settings["purge"]["images_table"] and "purge_images_table" in release["schema"]
    return {
        "glance-cache-prune": cache.get("prune"),
        "glance-cache-clean": cache.get("clean"),
        "glance-cache-prefetch": cache.get("prefetch") if release["prefetcher"] else None,
        "glance-scrub": settings["scrubber"].get("schedule"),
        "glance-db-purge": rows,
        "glance-db-purge-images": rows if images else None,
    }
