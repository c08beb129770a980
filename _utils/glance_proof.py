"""
The proof that a host's Glance works: a small image of our own, up, down, compared and away again.
"""

import hashlib
import os
import pathlib
import pwd
import struct
import uuid

from openstack_errors import OpenStackError

VIRTUAL_SIZE = 16 << 20
_CLUSTER = 1 << 16
_COPIED = 1 << 63


def qcow2():
    """
    Return the bytes of a valid qcow2 of 16 MiB, with a cluster of random data, so that no two are alike.

    The layout is that of version 2, https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt: header,
    table and block of reference counts, the two levels of the map, and the data, one cluster each.
    """
    table, block, level1, level2, data = (number * _CLUSTER for number in range(1, 6))
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, VIRTUAL_SIZE, 0, 1, level1, table, 1, 0, 0)
    clusters = [
        header,
        struct.pack(">Q", block),
        struct.pack(">6H", *[1] * 6),
        struct.pack(">Q", level2 | _COPIED),
        struct.pack(">Q", data | _COPIED),
    ]
    return b"".join(cluster.ljust(_CLUSTER, b"\0") for cluster in clusters) + os.urandom(_CLUSTER)


def upload(api, name, content):
    """Create an image with this content and return it as Glance shows it; nothing is left of one that failed."""
    body = {"name": name, "disk_format": "qcow2", "container_format": "bare", "visibility": "private"}
    image = api.create(body)
    try:
        api.send(image["id"], content, len(content))
        found = api.image(image["id"])
        if not found or found["status"] != "active":
            raise OpenStackError(f"image {image['id']} is {(found or {}).get('status', 'gone')} after the upload")
    except BaseException:
        api.delete(image["id"])
        raise
    return found


def download_digest(api, image_id):
    """Return the sha512 of what Glance gives back, ``None`` when it gives nothing."""
    digest = hashlib.sha512()
    with api.data(image_id) as response:
        if response is None:
            return None
        for piece in response.iter_content(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def name():
    """Return a name for an image that no other has, and that says whence it is if it ever is left behind."""
    return f"glance-verify-{uuid.uuid4()}"


def lies(path):
    """Return ``{"user": …, "size": …}`` of a file, ``None`` when there is none."""
    file = pathlib.Path(path)
    if not file.is_file():
        return None
    found = file.stat()
    try:
        user = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        user = str(found.st_uid)
    return {"user": user, "size": found.st_size}
