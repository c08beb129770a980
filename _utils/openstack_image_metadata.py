"""
What an image should be against what it is: pure logic, nobody is asked here.

"Attributes" are plain mappings in the words of the state (``hidden``, ``content`` …), "image" is what the Image API
shows (``os_hidden``, custom properties beside base attributes …,
https://docs.openstack.org/api-ref/image/v2/#show-image).
"""

import re

import openstack_image_marks as marks
from openstack_errors import Ambiguous, Invalid, OpenStackError
from openstack_image_marks import CATALOGUE, COPY_OF, RECORD, UPLOAD

# Begins a digest of the source file where that is not what Glance keeps: a compressed one, one that Glance converts.
SOURCE = "source:"
VISIBILITIES = ("public", "private", "shared", "community")
# What a new image gets where nothing is declared. Visibility: Glance's own default since Ocata.
DEFAULTS = {
    "visibility": "shared",
    "properties": {},
    "tags": [],
    "min_disk": 0,
    "min_ram": 0,
    "protected": False,
    "hidden": False,
}
# Properties with an argument of their own, so that one can be managed while the others are not.
NAMED = ("architecture", "os_distro", "os_version", "os_type", "kernel_id", "ramdisk_id")
STATUSES = ("accepted", "pending", "rejected")
_READ_ONLY = ("status", "size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value", "created_at")
_LINKS = ("updated_at", "file", "self", "schema", "locations", "direct_url", "stores")
# Written by others, so never drift unless declared: who writes, and what.
_OTHERS = {
    "Glance and its stores": ("os_glance_.*", "signature_verified", "cinder_encryption_key_.*"),
    "this formula": ("glance_formula_.*",),
    "openstacksdk": (r"owner_specified\..*",),
    "Nova's snapshots": (
        "base_image_ref",
        "instance_uuid",
        "boot_roles",
        "image_location",
        "image_state",
        "image_type",
        "user_id",
        "owner_id",
        "owner_project_name",
        "owner_user_name",
        "block_device_mapping",
        "bdm_v2",
        "root_device_name",
    ),
    "Nova's backups": ("backup_type",),
}
_OTHERS_KEYS = re.compile("|".join(pattern for patterns in _OTHERS.values() for pattern in patterns))
_API_NAMES = {"hidden": "os_hidden"}
_PATCHED = (
    "name",
    "visibility",
    "tags",
    "min_disk",
    "min_ram",
    "protected",
    "hidden",
    "disk_format",
    "container_format",
    "owner",
)
_BASE = frozenset(("id", "os_hidden", "hidden", *_PATCHED, *_READ_ONLY, *_LINKS))
_FORMATS = ("disk_format", "container_format")
_WHOLE = ("active", "deactivated")
_BUSY = ("saving", "uploading", "importing")
NOT_RECORDED = ", not recorded"
# Attributes that are kept as a mark.
_MARKS = {"catalogue": CATALOGUE, "copy_of": COPY_OF}


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


def attributes(image, wanted):
    """
    Return an image in the form of ``wanted``, with the same attributes as far as it has them, and ``status``.

    image
        As the API shows it.

    wanted
        What :py:func:`declared` returned. Its properties are compared even when they are a service's own; other
        properties of services are left out.
    """
    wanted = wanted or {}
    found = {key: image.get(_API_NAMES.get(key, key)) for key in ("id", *_PATCHED, *NAMED)}
    found["hidden"] = bool(found["hidden"])
    found["tags"] = sorted(found["tags"] or [])
    found["deactivated"] = image["status"] == "deactivated"
    found["status"] = "active" if found["deactivated"] else image["status"]
    found["stores"] = stores(image)
    found["catalogue"] = marks.read(image, CATALOGUE)
    found["properties"] = custom(image, wanted.get("properties", {}), [key for key in NAMED if key in wanted])
    return found


def stores(image):
    """Return the stores that have an image's data, sorted; none where Glance does not say, as with a single store."""
    return sorted(filter(None, (image.get("stores") or "").split(",")))


def custom(image, named=(), apart=()):
    """Return the custom properties that operators set, and of the services' those in ``named``; none in ``apart``."""
    return {
        key: value
        for key, value in sorted(image.items())
        if key not in _BASE
        and key not in apart
        and value is not None
        and (key in named or not _OTHERS_KEYS.fullmatch(key))
    }


def named(images, name, projects):
    """
    Return the image that a name stands for: one of the given projects, or a public one. ``None`` when there is none.

    Other projects' private, shared and community images do not count, though an administrator sees them: a user may
    call an image as the site does. Nor does one that another of them took the place of, though it has kept its name.

    images
        All images, as the API shows them.

    name
        Name of the image.

    projects
        Ids of the own project, and of the one that is declared to own the image.

    Raises :py:exc:`Ambiguous` with the ids when there are several.
    """
    found = [image for image in images if image["name"] == name]
    found = [image for image in found if image.get("owner") in projects or image["visibility"] == "public"]
    replaced = {image.get(marks.REPLACES) for image in found}
    found = [image for image in found if image["id"] not in replaced]
    if len(found) > 1:
        ids = ", ".join(sorted(image["id"] for image in found))
        raise Ambiguous(f"{len(found)} images have this name: {ids}: rename or delete all but one, or give the id")
    return found[0] if found else None


def digests(image):
    """Return ``{algorithm: digest}`` of an image's data as far as Glance, or this formula at the upload, noted them."""
    found = {}
    if image["status"] not in _WHOLE:  # after a broken upload it is queued again, but keeps the hashes of the piece
        return found
    if image.get("checksum"):
        found["md5"] = image["checksum"]
    if image.get("os_hash_algo") and image.get("os_hash_value"):
        found[image["os_hash_algo"]] = image["os_hash_value"]
    digest, _, bond = image.get(RECORD, "").partition(" of ")
    # The bond tells the upload's image from a snapshot that Nova made of its server, properties and all.
    if bond and bond == _bond(image):
        algorithm, _, value = digest.partition("=")
        found.setdefault(algorithm, value)
    return found


def record(image, digest):
    """Return the value of the property that notes a digest, ``sha256=…``, which Glance itself does not compute."""
    return f"{digest} of {_bond(image)}"


def must_be_read(image, digest):
    """Tell whether only reading all of an image's data can say if it has a digest; of its source it never can."""
    if not digest or digest.startswith(SOURCE) or image["status"] not in _WHOLE:
        return False
    return digest.split("=")[0] not in digests(image)


def content(image, digest):
    """Return the digest of an image's data, by the algorithm of ``digest`` where it is known; ``None`` without data."""
    known = digests(image)
    algorithm, _, value = digest.partition("=")
    if algorithm.startswith(SOURCE) and known.get(algorithm.removeprefix(SOURCE)) == value:
        return digest  # Glance made nothing else of the source
    for candidate in (algorithm, image.get("os_hash_algo"), "md5"):
        if candidate in known:
            return f"{candidate}={known[candidate]}"
    return None


def step(image, changes, pinned):
    """
    Return what has to be done: ``create``, ``fill`` a half-made image, ``replace`` or ``update`` one.

    image
        As the API shows it, ``None`` when there is none.

    changes
        What differs, from ``openstack_states.diff``.

    pinned
        Whether the id is declared.

    Raises :py:exc:`OpenStackError` for what the API cannot do.
    """
    if image is None:
        return "create"
    if image["status"] in _BUSY:
        raise OpenStackError(
            f"image {image['id']} is {image['status']} since {image.get('updated_at')}: wait until that upload is done;"
            f" if Glance or the uploader died meanwhile, delete the image{', and declare another id' if pinned else ''}"
        )
    if image["status"] not in ("queued", *_WHOLE):
        raise OpenStackError(f"image {image['id']} is {image['status']}: delete it, then a new one can be made")
    if "id" in changes:
        return "replace"
    if image["status"] == "queued" or UPLOAD in image:
        return "fill"
    if other_content(changes):
        if pinned:
            raise OpenStackError(
                f"image {image['id']} has other data ({changes['content']['old']}), and Glance never changes the data"
                f" of an id: declare another id for this data, or none and the new image gets one"
            )
        return "replace"
    for key in (key for key in _FORMATS if key in changes):
        raise OpenStackError(
            f"image {image['id']} is {changes[key]['old']}, and Glance does not change the {key} of an image with data:"
            f" declare {changes[key]['old']}, or delete the image"
        )
    return "update"


def operations(image, wanted):
    """
    Return the one JSON patch that brings an image to the wanted attributes; empty when nothing differs.

    image
        As the API shows it.

    wanted
        What :py:func:`declared` returned; formula's own properties (``glance_formula_…``) may be added to its
        ``properties``, where ``None`` removes one.
    """
    patch = []
    for key in (key for key in _PATCHED if key in wanted):
        current = sorted(image.get(key) or []) if key == "tags" else image.get(_API_NAMES.get(key, key))
        if current != wanted[key] and not (key == "hidden" and not current and not wanted[key]):
            patch.append({"op": "replace", "path": f"/{_API_NAMES.get(key, key)}", "value": wanted[key]})
    own = {key: wanted[key] for key in NAMED if key in wanted} | _marked(wanted, image["id"])
    if "properties" in wanted:
        return patch + _property_operations(image, {**wanted["properties"], **own})
    return patch + additions(image, own)


def creation(wanted):
    """Return the body that creates an image (https://docs.openstack.org/api-ref/image/v2/#create-image)."""
    body = {_API_NAMES.get(key, key): wanted[key] for key in ("id", *_PATCHED, *NAMED) if key in wanted}
    if not body.get("os_hidden"):
        body.pop("os_hidden", None)  # not known before Rocky
    properties = {key: value for key, value in wanted["properties"].items() if value is not None}
    return {**properties, **_marked(wanted, wanted.get("id")), **body}


def additions(image, properties):
    """Return the operations that give an image properties, beside those that it has; one of ``None`` is left out."""
    # "add" also overwrites; "replace" and "remove" of what is not there are a conflict
    return [
        {"op": "add", "path": _pointer(key), "value": value}
        for key, value in sorted(properties.items())
        if value is not None and image.get(key) != value
    ]


def _property_operations(image, properties):
    unwanted = [key for key in custom(image, properties) if properties.get(key) is None]
    return additions(image, properties) + [{"op": "remove", "path": _pointer(key)} for key in unwanted]


def _marked(wanted, image_id):
    return {mark: marks.of(wanted[key], image_id) for key, mark in _MARKS.items() if key in wanted}


def _pointer(key):
    """A JSON pointer (RFC 6901)."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def other_content(changes):
    """Tell whether the data differs, and not only the note about it."""
    change = changes.get("content")
    return change is not None and change["old"] != change["new"] + NOT_RECORDED


def _bond(image):
    return image.get("checksum") or image.get("os_hash_value") or "nothing"


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
        if key in _BASE:
            raise Invalid(f"property {key}: this is an attribute of its own, declare it beside properties")
        if str(key).startswith(("os_glance_", "glance_formula_")):
            raise Invalid(f"property {key}: names beginning so belong to Glance and to this formula")
        if value is not None and not isinstance(value, (str, int, float)):
            raise Invalid(f"property {key}: use a text, a number, true or false")
        if value is not None:
            found[str(key)] = str(value).lower() if isinstance(value, bool) else str(value)
    return found
