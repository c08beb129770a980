"""What is declared of an image, checked, in the form in which images are compared: pure logic, nobody is asked here."""

from openstack_errors import Invalid
from openstack_image_metadata import BASE, NAMED

VISIBILITIES = ("public", "private", "shared", "community")
STATUSES = ("accepted", "pending", "rejected")


def declared(name=None, id=None, **given):
    """
    Return checked attributes, in the form in which images are compared; those that are ``None`` are left out.

    name
        Name of the image.

    id
        Id of the image.

    given
        ``disk_format``, ``container_format``, ``visibility``, ``properties`` (values become strings, one of ``None``
        is left out), those of ``NAMED``, ``tags``, ``min_disk``, ``min_ram``, ``protected``, ``hidden``,
        ``deactivated``, ``owner``, ``catalogue``, ``stores``, ``members`` (a mapping of projects to the status or
        ``None``, or a list of projects).

    Raises :py:exc:`Invalid` and names the argument.
    """
    wanted = {"name": name, "id": id, **given}
    wanted = {key: value for key, value in wanted.items() if value is not None}
    _check_simple(wanted)
    for key in (key for key in ("tags", "stores") if key in wanted):
        wanted[key] = sorted({str(each) for each in wanted[key]})
    for key in (key for key in NAMED if key in wanted):
        wanted[key] = str(wanted[key])
    if "members" in wanted:
        wanted["members"] = _members(wanted["members"], wanted.get("visibility", "shared"))
    if "properties" in wanted:
        wanted["properties"] = _strings(wanted["properties"])
        for key in (key for key in NAMED if key in wanted and key in wanted["properties"]):
            raise Invalid(f"property {key}: it is declared twice, beside properties and in them")
    return wanted


def _check_simple(wanted):
    """Values that need no look at others."""
    if wanted.get("visibility", "shared") not in VISIBILITIES:
        raise Invalid(f"visibility {wanted['visibility']!r}: use {', '.join(VISIBILITIES)}")
    for key in ("min_disk", "min_ram"):
        value = wanted.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise Invalid(f"{key} {value!r}: use a whole number, 0 or more")
    for key in ("protected", "hidden", "deactivated"):
        if not isinstance(wanted.get(key, False), bool):
            raise Invalid(f"{key} {wanted[key]!r}: use true or false")
    for key in ("tags", "stores"):
        if not isinstance(wanted.get(key, []), (list, tuple)):
            raise Invalid(f"{key} {wanted[key]!r}: use a list")


def _members(members, visibility):
    """``{project: status}``, sorted; a status of ``None`` may be any."""
    if not isinstance(members, (dict, list, tuple)):
        raise Invalid(f"members {members!r}: use a list of projects, or a mapping of projects to a status")
    found = dict(members) if isinstance(members, dict) else dict.fromkeys(members)
    for project, status in found.items():
        if status not in (None, *STATUSES):
            raise Invalid(f"members: {project}: {status!r} is no status: use {', '.join(STATUSES)}, or none for any")
    if found and visibility != "shared":
        raise Invalid(f"members: Glance gives them to shared images only, and visibility is {visibility}")
    return {str(project): found[project] for project in sorted(found, key=str)}


def _strings(properties):
    if not isinstance(properties, dict):
        raise Invalid("properties: use a mapping of names to values")
    found = {}
    for key, value in properties.items():
        if key in BASE:
            raise Invalid(f"property {key}: this is an attribute of its own, declare it beside properties")
        if str(key).startswith(("os_glance_", "glance_formula_")):
            raise Invalid(f"property {key}: names beginning so belong to Glance and to this formula")
        if value is not None and not isinstance(value, (str, int, float)):
            raise Invalid(f"property {key}: use a text, a number, true or false")
        if value is not None:
            found[str(key)] = str(value).lower() if isinstance(value, bool) else str(value)
    return found
