"""
An image from its first request to the name that it is offered under, so that an interruption anywhere is harmless.

1. Made under an id that follows from name and digest, private, named ``NAME (upload)``, marked with who uploads.
2. Filled and verified (``openstack_image_upload``).
3. Given its name and attributes in one patch, which notes the image that it takes the place of.
4. That image retired (``openstack_image_retirement``).

The next run goes on from wherever one stopped. Two runs at once ask for the same id in step 1, and Glance gives it to
one of them. Only images of the user's own project are gone on with: anybody can set a mark on his own.
"""

import itertools

import openstack_image_digests
import openstack_image_download
import openstack_image_leftovers as leftovers
import openstack_image_marks as marks
import openstack_image_metadata as metadata
import openstack_image_patch as patching
import openstack_image_retirement
from openstack_errors import Conflict, OpenStackError, Spent

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
        All attributes, from ``openstack_image_declared``.

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
    leftovers.remove(api, wanted, host, queued)
    if queued:
        return api.patch(queued["id"], patching.operations(queued, _unnamed(wanted, host)))
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
    image = api.patch(image["id"], patching.operations(image, final))
    if replaces:
        openstack_image_retirement.retire(api, replaces, policy)
    return image


def _queued(api, wanted, digest, host):
    """An image without data that an earlier upload by this host left, and whose id is one that this image may have."""
    usable = list(itertools.islice(_candidates(wanted, digest), _REUSED))
    for image in leftovers.marked(api, wanted["name"]):
        if marks.uploading(image)[0] == host and image["id"] in usable:
            now = api.image(image["id"])  # since it was listed, Glance may have died with its data
            if now and now["status"] == "queued":
                return now
    return None


def _finish(api, wanted, policy):
    """Retire what an earlier run gave this name's place to another image of, and was stopped before the end."""
    same = [image for image in api.images() if image["name"] == wanted["name"] and leftovers.own(api, image, wanted)]
    for image_id in {image.get(marks.REPLACES) for image in same} & {image["id"] for image in same}:
        openstack_image_retirement.retire(api, image_id, policy)


def _forget(api, image_id, other_id):
    """An image that comes back in the place of the one that had taken its own: else each would replace the other."""
    for image in api.images():
        if image["id"] == image_id and image.get(marks.REPLACES) == other_id:
            api.patch(
                image_id,
                patching.operations(image, {"properties": {**metadata.custom(image), marks.REPLACES: None}}),
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
            return api.create(patching.creation(body))
        except Conflict:
            image = api.image(image_id)
    if image is None and pinned:
        raise Spent(
            f"Glance gave id {image_id} to an image that was deleted, and gives an id out once: declare another id"
        )
    if image is None or not (pinned or leftovers.own(api, image)):
        return None
    leftovers.refuse_foreign(image, host)
    if image["status"] == "queued":
        return api.patch(image_id, patching.operations(image, body))
    if (
        image["name"] == wanted["name"]
        and digest
        and _fits(image, wanted)
        and openstack_image_digests.content(image, digest) == digest
    ):
        return image
    if pinned:
        raise OpenStackError(
            f"image {image_id} exists and is {image['status']}: data goes only to a queued one; if an upload died with"
            f" Glance, delete the image and declare another id"
        )
    return None


def _whole(api, wanted, digest, host):
    """An image that has its data but not yet its name; ``None`` when there is none, or its data is other data."""
    for image in leftovers.marked(api, wanted["name"]):
        host_is_other = marks.uploading(image)[0] != host
        if host_is_other or image["status"] != "active" or not _fits(image, wanted):
            continue
        known = openstack_image_digests.content(image, digest) if digest else "any"
        if digest and openstack_image_digests.must_be_read(image, digest):
            known = openstack_image_download.read_digest(api, image["id"], digest.partition("=")[0])
        if known == (digest or "any"):
            return api.patch(image["id"], patching.operations(image, {"properties": recorded(image, digest)}))
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
            and leftovers.own(api, image, wanted)
            and _fits(image, wanted)
            and _has(image, digest)
        ):
            return image
    return None


def recorded(image, digest):
    """Return all custom properties of an image, with the record of its digest that says: verified."""
    kept = {key: value for key, value in image.items() if key == marks.UPLOAD}
    known = digest or "=".join(next(iter(openstack_image_digests.digests(image).items())))
    return {**metadata.custom(image), **kept, marks.RECORD: openstack_image_digests.record(image, known)}


def _fits(image, wanted):
    same_format = all(image[key] == wanted[key] for key in ("disk_format", "container_format") if key in wanted)
    return same_format and wanted.get("id") in (None, image["id"])


def _has(image, digest):
    return bool(digest) and openstack_image_digests.content(image, digest) == digest


def _refuse_second(api, image, wanted, replaces):
    projects = (api.project_id, wanted.get("owner"))
    for other in api.named(wanted["name"]):
        if other["id"] not in (image["id"], replaces) and other.get("owner") in projects:
            raise OpenStackError(
                f"another run gave the name to image {other['id']} meanwhile: do both minions declare the same data?"
            )
