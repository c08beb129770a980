"""
An image from its first request to the name that it is offered under, so that an interruption anywhere is harmless.

1. Made under an id that follows from name and digest, private, named ``NAME (upload)``, marked with who uploads.
2. Filled and verified (``openstack_image_upload``).
3. Given its name and attributes in one patch, which notes the image that it takes the place of.
4. That image retired (``openstack_image_retirement``).

The next run goes on from wherever one stopped. Two runs at once ask for the same id in step 1, and Glance gives it to
one of them. Only images of the user's own project are gone on with: anybody can set a mark on his own.
"""

import hashlib
import itertools
import logging
import time

import openstack_image_marks as marks
import openstack_image_metadata as metadata
import openstack_image_retirement
from openstack_errors import EXPECTED, Conflict, OpenStackError, Refused, Spent, Unreachable

log = logging.getLogger(__name__)

TRIES = 10
PAUSE = 0.5
_BLOCK = 256 * 1024
# How many images of one name and content may have been deleted before.
_DELETED = 1000
# Of how many of the ids an image may have a queued one is looked for.
_REUSED = 50


def prepared(api, wanted, digest, host, policy=None):
    """
    Return the image that the data goes to, queued, or one that already has it, whole and verified.

    api
        ``openstack_image_api.Api``.

    wanted
        All attributes, from ``openstack_image_metadata``.

    digest
        ``sha256=…`` that the data must have, ``None`` for any.

    host
        Who uploads, the minion's id.

    policy
        What becomes of an image that another has taken the place of already, from
        ``openstack_image_retirement.policy``. Default ``None``: hidden.

    Raises :py:exc:`OpenStackError` when another minion is at it, and its :py:exc:`Spent` when the declared id cannot be
    used any more.
    """
    _finish(api, wanted, policy)
    found = _whole(api, wanted, digest, host) or _retired(api, wanted, digest)
    if found:
        return found
    queued = _queued(api, wanted, digest, host)
    _remove_leftovers(api, wanted, host, queued)
    if queued:
        return api.patch(queued["id"], metadata.operations(queued, _unnamed(wanted, host)))
    for image_id in _candidates(wanted, digest):
        image = _made(api, image_id, wanted, digest, host)
        if image:
            return image
    raise OpenStackError(f"{_DELETED} images of this name and content were deleted before: declare an id")


def published(api, image, wanted, replaces=None, policy=None):
    """
    Give a whole image its name, visibility and the rest in one patch, then retire the one that it replaces; return it.

    api, wanted
        As in :py:func:`prepared`.

    image
        From :py:func:`prepared`, as the API shows it now.

    replaces
        Id of the image whose name it takes. Default ``None``.

    policy
        What becomes of that one, from ``openstack_image_retirement.policy``. Default ``None``: hidden.

    Raises :py:exc:`OpenStackError` when another run has given the name to another image meanwhile.
    """
    _refuse_second(api, image, wanted, replaces)
    own = {marks.UPLOAD: None, marks.RETIRED: None, marks.RETIRED_AT: None}
    own |= {key: image[key] for key in (marks.RECORD,) if key in image}
    own[marks.REPLACES] = replaces
    final = {**wanted, "properties": {**wanted["properties"], **own}}
    if image["status"] == "deactivated":
        image = api.action(image["id"], "reactivate")
    _forget(api, replaces, image["id"])
    image = api.patch(image["id"], metadata.operations(image, final))
    if replaces:
        openstack_image_retirement.retire(api, replaces, policy)
    return image


def leftovers(api, host):
    """
    Return ``{id: name}`` of the user's own images that uploads by a host made and did not finish, or are at.

    api
        ``openstack_image_api.Api``.

    host
        Who uploaded, the minion's id.
    """
    marked = ((image, *marks.uploading(image)) for image in api.images() if marks.UPLOAD in image)
    return {image["id"]: name for image, uploader, name in marked if uploader == host and _own(api, image)}


def take_back(api, image_id, pinned):
    """Remove an image whose upload failed; what cannot be removed now is removed, or gone on with, by the next run."""
    try:
        image = _settled(api, image_id) if pinned else api.image(image_id)
        reusable = pinned and image and (image["status"] in ("queued", "saving") or marks.RECORD in image)
        if image and marks.UPLOAD in image and not reusable:
            delete(api, image_id)
    except EXPECTED as exc:
        log.warning("Image %s, private and not whole, is left for the next run to remove: %s", image_id, exc)


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


def _remove_leftovers(api, wanted, host, kept):
    """Delete what earlier uploads of this image by this host left behind; another host's is an error."""
    for image in _marked(api, wanted["name"]):
        _refuse_foreign(image, host)
        if image["id"] not in (wanted.get("id"), kept and kept["id"]):
            delete(api, image["id"])


def _queued(api, wanted, digest, host):
    """An image without data that an earlier upload by this host left, and whose id is one that this image may have."""
    usable = list(itertools.islice(_candidates(wanted, digest), _REUSED))
    for image in _marked(api, wanted["name"]):
        if marks.uploading(image)[0] == host and image["status"] == "queued" and image["id"] in usable:
            return image
    return None


def _finish(api, wanted, policy):
    """Retire what an earlier run gave this name's place to another image of, and was stopped before the end."""
    same = [image for image in api.images() if image["name"] == wanted["name"] and _own(api, image, wanted)]
    for image_id in {image.get(marks.REPLACES) for image in same} & {image["id"] for image in same}:
        openstack_image_retirement.retire(api, image_id, policy)


def _forget(api, image_id, other_id):
    """An image that comes back in the place of the one that had taken its own: else each would replace the other."""
    for image in api.images():
        if image["id"] == image_id and image.get(marks.REPLACES) == other_id:
            api.patch(
                image_id, metadata.operations(image, {"properties": {**metadata.custom(image), marks.REPLACES: None}})
            )


def _candidates(wanted, digest):
    if "id" in wanted:
        return iter([wanted["id"]])
    return itertools.islice(marks.ids(wanted["name"], digest), _DELETED)


def _unnamed(wanted, host):
    """What an image is until it is whole: in the user's own project, private, and marked."""
    properties = {**wanted["properties"], marks.UPLOAD: f"{host}/{wanted['name']}"}
    body = {key: value for key, value in wanted.items() if key not in ("owner", "catalogue")}
    return {
        **body,
        "name": f"{wanted['name']} (upload)",
        "visibility": "private",
        "protected": False,
        "properties": properties,
    }


def _made(api, image_id, wanted, digest, host):
    """An image of this id, queued, or whole by another run; ``None`` when Glance has given the id to something else."""
    body, pinned = {**_unnamed(wanted, host), "id": image_id}, "id" in wanted
    image = api.image(image_id) if pinned else None
    if image is None:
        try:
            return api.create(metadata.creation(body))
        except Conflict:
            image = api.image(image_id)
    if image is None and pinned:
        raise Spent(
            f"Glance gave id {image_id} to an image that was deleted, and gives an id out once: declare another id"
        )
    if image is None or not (pinned or _own(api, image)):
        return None
    _refuse_foreign(image, host)
    if image["status"] == "queued":
        return api.patch(image_id, metadata.operations(image, body))
    if (
        image["name"] == wanted["name"]
        and digest
        and _fits(image, wanted)
        and metadata.content(image, digest) == digest
    ):
        return image
    if pinned:
        raise OpenStackError(f"image {image_id} exists and is {image['status']}: data goes only to a queued one")
    return None


def _whole(api, wanted, digest, host):
    """An image that has its data but not yet its name; ``None`` when there is none, or its data is other data."""
    for image in _marked(api, wanted["name"]):
        host_is_other = marks.uploading(image)[0] != host
        if host_is_other or image["status"] != "active" or not _fits(image, wanted):
            continue
        known = metadata.content(image, digest) if digest else "any"
        if digest and metadata.must_be_read(image, digest):
            known = read_digest(api, image["id"], digest.partition("=")[0])
        if known == (digest or "any"):
            return api.patch(image["id"], metadata.operations(image, {"properties": recorded(image, digest)}))
        if image["id"] == wanted.get("id"):
            raise OpenStackError(
                f"image {image['id']} has other data ({known}) from an upload that was cut off before it was verified,"
                f" and Glance never changes the data of an id: delete it and declare another id"
            )
    return None


def _retired(api, wanted, digest):
    """An image that had the name before and has the wanted data: it comes back, and no data moves."""
    if "copy_of" in wanted:  # what was retired here, the other cloud does not bring back
        return None
    for image in api.images():
        if (
            marks.read(image, marks.RETIRED) == wanted["name"]
            and image["status"] in ("active", "deactivated")
            and _own(api, image, wanted)
            and _fits(image, wanted)
            and _has(image, digest)
        ):
            return image
    return None


def recorded(image, digest):
    """Return all custom properties of an image, with the record of its digest that says: verified."""
    kept = {key: value for key, value in image.items() if key == marks.UPLOAD}
    known = digest or "=".join(next(iter(metadata.digests(image).items())))
    return {**metadata.custom(image), **kept, marks.RECORD: metadata.record(image, known)}


def read_digest(api, image_id, algorithm):
    """Return the digest, ``sha256=…``, of the data of an image, read as a stream from Glance."""
    found = hashlib.new(algorithm, usedforsecurity=False)
    with api.data(image_id) as response:
        for block in response.iter_content(_BLOCK) if response is not None else ():
            found.update(block)
    return f"{algorithm}={found.hexdigest()}"


def _marked(api, name):
    """The user's own images that carry the mark of an upload under this name."""
    return [image for image in api.images() if marks.uploading(image)[1] == name and _own(api, image)]


def _own(api, image, wanted=None):
    return image.get("owner") in (None, api.project_id, (wanted or {}).get("owner"))


def _fits(image, wanted):
    same_format = all(image[key] == wanted[key] for key in ("disk_format", "container_format") if key in wanted)
    return same_format and wanted.get("id") in (None, image["id"])


def _has(image, digest):
    return bool(digest) and metadata.content(image, digest) == digest


def _refuse_foreign(image, host):
    uploader, _ = marks.uploading(image)
    if uploader not in (None, host):
        raise OpenStackError(
            f"minion {uploader} has been uploading an image of this name since {image.get('created_at')}: wait, or"
            f" delete image {image['id']} if that upload is dead"
        )


def _refuse_second(api, image, wanted, replaces):
    projects = (api.project_id, wanted.get("owner"))
    for other in api.named(wanted["name"]):
        if other["id"] not in (image["id"], replaces) and other.get("owner") in projects:
            raise OpenStackError(
                f"another run gave the name to image {other['id']} meanwhile: do both minions declare the same data?"
            )


def _settled(api, image_id):
    """An image once Glance has noticed that its upload broke off, and made it queued again."""
    for _ in range(TRIES):
        time.sleep(PAUSE)  # before the first look too: it may not even have begun to read
        image = api.image(image_id)
        if image is None or image["status"] != "saving":
            break
    return image
