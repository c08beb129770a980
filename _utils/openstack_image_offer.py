"""
What a site offers its users, in the form in which sites are compared: pure logic, nobody is asked here.

Ids of projects mean nothing at another Keystone, so an offer says nothing of owners.
"""

import openstack_image_digests
import openstack_image_metadata as metadata

ATTRIBUTES = (
    "name",
    "visibility",
    "disk_format",
    "container_format",
    "min_disk",
    "min_ram",
    "protected",
    "hidden",
    "tags",
    "properties",
    "deactivated",
)
_WHOLE = ("active", "deactivated")
_MARKS = ("glance_formula_upload", "glance_formula_retired")
_COPIES_OF_SERVERS = ("snapshot", "backup")


def offered(images, project_id):
    """
    Return the images that a site offers: whole ones of the own project, and public ones.

    Left out are unfinished uploads, retired images, and snapshots and backups of servers.

    images
        All images, as the API shows them.

    project_id
        Id of the own project.
    """
    return [image for image in images if _ours(image, project_id) and whole(image)]


def whole(image):
    """Return whether an image has data, is nobody's unfinished upload, not retired and no copy of a server."""
    marked = any(mark in image for mark in _MARKS)
    return image["status"] in _WHOLE and not marked and image.get("image_type") not in _COPIES_OF_SERVERS


def described(image):
    """
    Return what sites are compared by: ``ATTRIBUTES``, ``id``, ``size`` in bytes and ``digests``.

    image
        As the API shows it.
    """
    return {
        "id": image["id"],
        "size": image.get("size"),
        "digests": openstack_image_digests.digests(image),
        **{key: image.get(key) for key in ATTRIBUTES},
        "hidden": bool(image.get("os_hidden")),
        "tags": sorted(image.get("tags") or []),
        "properties": metadata.custom(image),
        "deactivated": image["status"] == "deactivated",
    }


def same_content(one, other):
    """Return whether two images have the same data, by the hashes that both have; ``None`` without one in common."""
    common = one["digests"].keys() & other["digests"].keys()
    if not common:
        return None if one["size"] == other["size"] else False
    return all(one["digests"][algorithm] == other["digests"][algorithm] for algorithm in common)


def differences(wanted, found):
    """
    Return what differs between two images, ``{attribute: {"old": of found, "new": of wanted}}``.

    wanted, found
        From :py:func:`described`. ``content`` differs where the hashes do, or where nothing tells that they are alike.
    """
    keys = ("id", *ATTRIBUTES)
    changes = {key: {"old": found[key], "new": wanted[key]} for key in keys if found[key] != wanted[key]}
    if same_content(wanted, found) is not True:
        changes["content"] = {"old": _content(found), "new": _content(wanted)}
    return changes


def _content(image):
    algorithm = max(image["digests"], key=lambda name: len(image["digests"][name]), default=None)
    return f"{algorithm}={image['digests'][algorithm]}" if algorithm else f"{image['size']} bytes without a hash"


def _ours(image, project_id):
    return image.get("owner") == project_id or image["visibility"] == "public"
