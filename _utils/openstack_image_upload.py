"""
The upload of an image in one pass: source, hash, look at the format, Glance.

The last block goes out only when everything before it was right, so data that is cut, has another hash or is unsafe
never becomes an image: Glance sees a broken request and keeps its image ``queued``. Until the data that Glance hashed
is known to be what was sent, the image is private, has another name and carries a mark, ``glance_formula_upload``.
"""

import datetime
import hashlib
import logging
import time

import openstack_image_metadata as metadata
from openstack_errors import EXPECTED, OpenStackError, Refused, Unreachable
from openstack_image_inspect import Inspection
from openstack_image_source import BLOCK

log = logging.getLogger(__name__)

# Glance's default hashing_algorithm since Rocky
GLANCE_ALGORITHM = "sha512"
TRIES = 10
PAUSE = 0.5


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


def upload(api, stream, digest, wanted, host, replaces=None):
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

    Raises what the source and Glance raise. No image is left behind then, unless its id is pinned: Glance never gives
    an id out twice, so that one stays, private and marked, and the next run goes on with it.
    """
    image = _adoptable(api, digest, wanted, host)
    if image is None:
        remove_leftovers(api, wanted, host)
        image = _prepare(api, wanted, host)
    try:
        if image["status"] == "queued":
            image = _send(api, image, stream, digest, wanted)
        return _publish(api, image, wanted, replaces)
    except BaseException:
        _take_back(api, image["id"], "id" in wanted)
        raise


def remove_leftovers(api, wanted, host):
    """Delete what earlier uploads of this image by this host left behind; another host's is an error."""
    for image, uploader in _marked(api, wanted["name"]):
        if uploader != host:
            raise OpenStackError(
                f"minion {uploader} has been uploading an image of this name since {image.get('created_at')}: wait, or"
                f" delete image {image['id']} if that upload is dead"
            )
        if image["id"] != wanted.get("id"):
            delete(api, image["id"])


def delete(api, image_id):
    """
    Delete an image, again for a few seconds while Glance is still busy with its data; return whether it was there.

    Glance answers 409, or 500, to a delete that overtakes the end of an upload.
    """
    for tries in range(TRIES):
        try:
            return api.delete(image_id)
        except OpenStackError as exc:
            if tries == TRIES - 1 or isinstance(exc, (Refused, Unreachable)):
                raise
            time.sleep(PAUSE)
    return None


def read_digest(api, image_id, algorithm):
    """Return the digest, ``sha256=…``, of the data of an image, read as a stream from Glance."""
    found = hashlib.new(algorithm, usedforsecurity=False)
    with api.data(image_id) as response:
        for block in response.iter_content(BLOCK) if response is not None else ():
            found.update(block)
    return f"{algorithm}={found.hexdigest()}"


def _marked(api, name):
    """The images that carry the mark of an upload under this name, each with the host that uploads."""
    for image in api.images():
        host, _, marked = image.get(metadata.UPLOAD, "").partition("/")
        if marked == name:
            yield image, host


def _adoptable(api, digest, wanted, host):
    """A whole and verified image that an interrupted run did not come to give its name to."""
    for image, uploader in _marked(api, wanted["name"]):
        same_format = all(image[key] == wanted[key] for key in ("disk_format", "container_format"))
        same_id = wanted.get("id") in (None, image["id"])
        verified = metadata.RECORD in image and digest and metadata.content(image, digest) == digest
        if uploader == host and image["status"] == "active" and same_format and same_id and verified:
            return image
    return None


def _prepare(api, wanted, host):
    """The queued image that the data goes to, private and marked."""
    hidden_until_whole = {
        **wanted,
        "name": f"{wanted['name']} (upload)",
        "visibility": "private",
        "protected": False,
        "properties": {**wanted["properties"], metadata.UPLOAD: f"{host}/{wanted['name']}"},
    }
    image = api.image(wanted["id"]) if "id" in wanted else None
    if image is None:
        return api.create(metadata.creation(hidden_until_whole))
    if image["status"] != "queued":
        raise OpenStackError(f"image {image['id']} exists and is {image['status']}: data goes only to a queued one")
    return api.patch(image["id"], metadata.operations(image, hidden_until_whole))


def _send(api, image, stream, digest, wanted):
    algorithms = [other["os_hash_algo"] for other in api.images() if other.get("os_hash_algo")]
    algorithm = algorithms[0] if algorithms and algorithms[0] in hashlib.algorithms_available else GLANCE_ALGORITHM
    checked = Checked(stream, digest, wanted["disk_format"], wanted["container_format"], algorithm)
    api.send(image["id"], checked, stream.size)
    image = api.image(image["id"]) or {"id": image["id"], "status": "deleted"}
    _verify(api, image, checked, stream.label)
    return api.patch(image["id"], metadata.operations(image, {"properties": _recorded(image, digest)}))


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
            kept = read_digest(api, image["id"], algorithm).partition("=")[2]
        if kept is not None and kept != sent:
            raise OpenStackError(f"Glance keeps other data than {label} gave: {algorithm}={kept} instead of {sent}")


def _recorded(image, digest):
    """All custom properties of an image, with the record of the digest that says: verified."""
    kept = {key: value for key, value in image.items() if key == metadata.UPLOAD}
    known = digest or "=".join(next(iter(metadata.digests(image).items())))
    return {**metadata.custom(image), **kept, metadata.RECORD: metadata.record(image, known)}


def _publish(api, image, wanted, replaces):
    """Take the name from the old image, then give the new one its name, visibility and the rest in one patch."""
    if replaces:
        retire(api, replaces)
    kept = {metadata.UPLOAD: None, metadata.RECORD: image[metadata.RECORD]}
    final = {**wanted, "properties": {**wanted["properties"], **kept}}
    return api.patch(image["id"], metadata.operations(image, final))


def retire(api, image_id):
    """
    Take an image out of use without losing it: hidden, renamed after the time, noted in ``glance_formula_retired``.

    It stays usable by id, since servers made from it are rebuilt and migrated with it
    (https://docs.openstack.org/glance/latest/user/os_hash_and_hidden.html).
    """
    image = api.image(image_id)
    if image is None:
        return None
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    properties = {key: image[key] for key in (metadata.RECORD,) if key in image}
    properties = {**metadata.custom(image), **properties, metadata.RETIRED: image["name"]}
    wanted = {"name": f"{image['name']} (retired {now})", "hidden": True, "properties": properties}
    return api.patch(image_id, metadata.operations(image, wanted))


def _take_back(api, image_id, pinned):
    """Remove an image whose upload failed; what cannot be removed now is removed by the next run."""
    try:
        image = _settled(api, image_id) if pinned else api.image(image_id)
        reusable = pinned and image and (image["status"] in ("queued", "saving") or metadata.RECORD in image)
        if image and not reusable:
            delete(api, image_id)
    except EXPECTED as exc:
        log.warning("Image %s, private and not whole, is left for the next run to remove: %s", image_id, exc)


def _settled(api, image_id):
    """An image once Glance has noticed that its upload broke off, and made it queued again."""
    for _ in range(TRIES):
        time.sleep(PAUSE)  # before the first look too: it may not even have begun to read
        image = api.image(image_id)
        if image is None or image["status"] != "saving":
            break
    return image
