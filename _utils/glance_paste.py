"""
The paste file: which filters a request goes through. The package's own is kept, only these options in it are ours.
"""

import glance_config
import openstack_ini


def options(settings, release, flavors):
    """
    Return the options of ``glance-api-paste.ini`` that differ from the package's; nothing when none does.

    settings
        The pillar, completed by ``glance_schema.complete``.

    release
        As returned by ``glance_releases.resolve``.

    flavors
        ``flavors`` of ``options.json``.
    """
    return {**_healthcheck(settings["api"]["healthcheck"], release), **_audit(settings, release, flavors)}


def place(flavor, flavors, release):
    """
    Return ``(section, option, filters)``: where the paste file says what a request of a flavor goes through; ``None``
    when the release has no such flavor.

    flavor, flavors, release
        Name of the flavor, and as for :py:func:`options`.
    """
    for first, last, (section, option, filters) in flavors.get(flavor, []):
        if first <= release["glance"] <= last:
            return section, option, filters.split()
    return None


def _healthcheck(values, release):
    """Since 2023.2 it is an application of its own, before a filter."""
    given = {key: openstack_ini.text(value) for key, value in values.items()}
    return {release["healthcheck"]: given} if given and release["healthcheck"] else {}


def _audit(settings, release, flavors):
    audit, found = settings["api"]["audit"], place(glance_config.flavor(settings), flavors, release)
    if not audit["enabled"] or not found:
        return {}
    section, option, filters = found
    after = filters.index("context") + 1
    return {
        "filter:audit": {
            "paste.filter_factory": "keystonemiddleware.audit:filter_factory",
            "audit_map_file": audit["map"],
        },
        section: {option: " ".join([*filters[:after], "audit", *filters[after:]])},
    }
