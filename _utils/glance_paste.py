"""
The paste file: which filters a request goes through. The package's own is kept, only these options in it are ours.
"""

import glance_config


def options(settings, known, pipelines):
    """
    Return the options of ``glance-api-paste.ini`` that differ from the package's; nothing when none does.

    settings
        The pillar, completed by ``glance_schema.complete``.

    known
        The options of the release, ``glance_options.Known``.

    pipelines
        ``pipelines`` of ``options.json``.
    """
    return {**_healthcheck(settings["api"]["healthcheck"], known.release), **_audit(settings, known, pipelines)}


def pipeline(name, pipelines, major):
    """
    Return the filters of a pipeline and the application at its end, as a list; ``None`` when the release has none.

    name
        Name of the pipeline, ``glance-api-keystone``.

    pipelines
        ``pipelines`` of ``options.json``.

    major
        Major version of Glance.
    """
    found = [filters for first, last, filters in pipelines.get(name, []) if first <= major <= last]
    return found[0].split() if found else None


def _healthcheck(values, release):
    """Since 2023.2 it is an application of its own, before a filter."""
    given = {key: str(value).lower() if isinstance(value, bool) else value for key, value in values.items()}
    return {release["healthcheck"]: given} if given and release["healthcheck"] else {}


def _audit(settings, known, pipelines):
    audit, major = settings["api"]["audit"], known.release["glance"]
    name = f"glance-api-{glance_config.flavor(settings)}"
    filters = pipeline(name, pipelines, major)
    if not audit["enabled"] or not filters:
        return {}
    place = filters.index("context") + 1
    return {
        "filter:audit": {
            "paste.filter_factory": "keystonemiddleware.audit:filter_factory",
            "audit_map_file": audit["map"],
        },
        f"pipeline:{name}": {"pipeline": " ".join([*filters[:place], "audit", *filters[place:]])},
    }
