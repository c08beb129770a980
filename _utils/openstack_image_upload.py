"""
The upload of an image in one pass: source, hash, look at the format, Glance.

The last block goes out only when everything before it was right, so data that is cut, has another hash or is unsafe
never becomes an image: Glance sees a broken request and keeps its image ``queued``. Until the data that Glance hashed
is known to be what was sent, the image is private, has another name and carries a mark, ``glance_formula_upload``.
"""

import hashlib

import openstack_image_lifecycle
import openstack_image_metadata as metadata
from openstack_errors import OpenStackError
from openstack_image_inspect import Inspection

# Glance's default hashing_algorithm since Rocky
GLANCE_ALGORITHM = "sha512"


class Checked:
    """The blocks of a stream, for one pass; raises before the last one when they are not what they should be."""

    def __init__(self, stream, digest, disk_format, container_format, algorithm=GLANCE_ALGORITHM):
        self._stream = stream
        self._digest = digest
        self._inspection = Inspection(disk_format, container_format, stream.label)
        algorithms = {algorithm, digest.split("=")[0]} if digest else {algorithm}
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
        if stream.size:
            self.len = stream.size  # requests makes the Content-Length of it

    def __iter__(self):
        held = None
        for block in self._stream.blocks:
            for digest in self._hashes.values():
                digest.update(block)
            self._inspection.eat(block)
            if held is not None:
                yield held
            held = block
        if held is None:
            raise OpenStackError(f"{self._stream.label} is empty")
        self._inspection.finish()
        self._compare()
        yield held

    @property
    def digests(self):
        """``{algorithm: digest}`` of all blocks that went by."""
        return {name: digest.hexdigest() for name, digest in self._hashes.items()}

    def _compare(self):
        if not self._digest:
            return
        algorithm = self._digest.split("=")[0]
        found = f"{algorithm}={self.digests[algorithm]}"
        if found != self._digest:
            raise OpenStackError(
                f"{self._stream.label} has {found}, declared is {self._digest}: correct source_hash if the file was"
                f" replaced on purpose, and do not use the file otherwise"
            )


def upload(api, stream, digest, wanted, host, replaces=None, policy=None):
    """
    Make an image with the data of a stream and return it as the API shows it.

    api
        ``openstack_image_api.Api``.

    stream
        An open ``openstack_image_source.Stream``.

    digest
        ``sha256=…`` that the data must have, ``None`` for any.

    wanted
        All attributes, from ``openstack_image_metadata``. With an ``id`` a queued image of that id is filled.

    host
        Who uploads, the minion's id, for the mark.

    replaces
        Id of the image that gives its name away once the new one is whole. Default ``None``.

    policy
        What becomes of that one, from ``openstack_image_retirement.policy``. Default ``None``: hidden.

    Raises what the source and Glance raise. No image is left behind then, unless its id is pinned: Glance never gives
    an id out twice, so that one stays, private and marked, and the next run goes on with it.
    """
    image = openstack_image_lifecycle.prepared(api, wanted, digest, host)
    try:
        if image["status"] == "queued":
            image = _send(api, image, stream, digest, wanted)
        return openstack_image_lifecycle.published(api, image, wanted, replaces, policy)
    except BaseException:
        openstack_image_lifecycle.take_back(api, image["id"], "id" in wanted)
        raise


def _send(api, image, stream, digest, wanted):
    algorithms = [other["os_hash_algo"] for other in api.images() if other.get("os_hash_algo")]
    algorithm = algorithms[0] if algorithms and algorithms[0] in hashlib.algorithms_available else GLANCE_ALGORITHM
    checked = Checked(stream, digest, wanted["disk_format"], wanted["container_format"], algorithm)
    api.send(image["id"], checked, stream.size)
    image = api.image(image["id"]) or {"id": image["id"], "status": "deleted"}
    _verify(api, image, checked, stream.label)
    noted = {"properties": openstack_image_lifecycle.recorded(image, digest)}
    return api.patch(image["id"], metadata.operations(image, noted))


def _verify(api, image, checked, label):
    """Compare what Glance hashed with what was sent; where Glance used another algorithm, read the data back."""
    if image["status"] != "active":
        raise OpenStackError(
            f"image {image['id']} is {image['status']} after its upload: look into the journal of Glance"
        )
    stored = metadata.digests(image)
    for algorithm, sent in checked.digests.items():
        kept = stored.get(algorithm)
        if kept is None and not set(stored) & set(checked.digests):
            kept = openstack_image_lifecycle.read_digest(api, image["id"], algorithm).partition("=")[2]
        if kept is not None and kept != sent:
            raise OpenStackError(f"Glance keeps other data than {label} gave: {algorithm}={kept} instead of {sent}")
