"""
What an image is, in the form in which it is compared: pure logic, nobody is asked here.

"Attributes" are plain mappings in the words of the state (``hidden``, ``content`` …), "image" is what the Image API
shows (``os_hidden``, custom properties beside base attributes …,
https://docs.openstack.org/api-ref/image/v2/#show-image). What is declared, ``openstack_image_declared`` says, what the
data is, ``openstack_image_digests``; ``openstack_image_step`` and ``openstack_image_patch`` say what has to be done.
"""

import re

import openstack_image_marks as marks
from openstack_errors import Ambiguous
from openstack_image_marks import CATALOGUE

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
_READ_ONLY = ("status", "size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value", "created_at")
_LINKS = ("updated_at", "file", "self", "schema", "locations", "direct_url", "stores")
API_NAMES = {"hidden": "os_hidden"}
PATCHED = (
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
BASE = frozenset(("id", "os_hidden", "hidden", *PATCHED, *_READ_ONLY, *_LINKS))


def attributes(image, wanted):
    """
    Return an image in the form of ``wanted``, with the same attributes as far as it has them, and ``status``.

    image
        As the API shows it.

    wanted
        From ``openstack_image_declared.declared``. Its properties are compared even when they are a service's own;
        other properties of services are left out.
    """
    wanted = wanted or {}
    found = {key: image.get(API_NAMES.get(key, key)) for key in ("id", *PATCHED, *NAMED)}
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
        if key not in BASE
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
