"""
Which images are in which store: from the table of locations of Glance's database, which knows also what nobody lists.
"""

import json

# what a location begins with, by type of store
_SCHEMES = {
    "file": "file",
    "filesystem": "file",
    "http": "http",
    "https": "http",
    "rbd": "rbd",
    "cinder": "cinder",
    "vsphere": "vmware",
}
QUERY = """
    SELECT meta_data AS metadata, SUBSTRING_INDEX(value, ':', 1) AS scheme, COUNT(DISTINCT image_id) AS images
    FROM {schema}.image_locations WHERE deleted = 0 GROUP BY 1, 2
"""


def enabled(options):
    """
    Return the stores of a configuration, ``{name: type}``; those of a release with one of each type have no names, and
    are ``{type: type}``.

    options
        ``{section: {option: [values]}}``.
    """
    several = _value(options, "DEFAULT", "enabled_backends")
    if several:
        pairs = (each.partition(":") for each in several.split(",") if each.strip())
        return {name.strip(): kind.strip() for name, _, kind in pairs}
    kinds = _value(options, "glance_store", "stores")
    return {kind.strip(): kind.strip() for kind in (kinds or "").split(",") if kind.strip()}


def gone(before, after):
    """
    Return the stores that are no more, or of another type, ``{name: type}``.

    before, after
        As :py:func:`enabled` returns them.
    """
    return {name: kind for name, kind in before.items() if after.get(name) != kind}


def lost(rows, before, after):
    """
    Return how many images each store has that is to go, ``{name: number}``.

    rows
        What ``QUERY`` returns, ``[{metadata, scheme, images}]``: of a location, of its URL, and how many there are.

    before, after
        As :py:func:`enabled` returns them.
    """
    found, ends = {}, gone(before, after)
    kinds = {kind for kind in ends.values() if kind not in after.values()}
    for row in rows:
        scheme, number = row["scheme"], row["images"]
        name, kind = _store(row["metadata"]), _SCHEMES.get(scheme, scheme.partition("+")[0])
        if name in ends:
            found[name] = found.get(name, 0) + number
        elif name is None and kind in kinds:
            owner = next(each for each, its in ends.items() if its == kind)
            found[owner] = found.get(owner, 0) + number
    return found


def _value(options, section, option):
    found = options.get(section, {}).get(option)
    return found[-1] if found else None


def _store(metadata):
    """The name of the store in the metadata of a location; ``None`` when it is of before there were names."""
    try:
        found = json.loads(metadata or "{}")
    except ValueError:
        return None
    return (found.get("store") or found.get("backend")) if isinstance(found, dict) else None
