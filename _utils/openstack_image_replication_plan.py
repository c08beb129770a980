"""
What is to be done so that one cloud has the images of another: pure logic, nobody is asked here.

What is there already is not copied. An image that an interrupted run left unfinished carries its mark
(``glance_formula_upload``), and is copied again under the same id.
"""

import dataclasses
import functools
from typing import Optional

import openstack_image_marks as marks
import openstack_image_offer as offer
from openstack_errors import OpenStackError

NOTHING, COPY, UPDATE, REMOVE = "none", "copy", "update", "remove"
RECORD = "glance_formula_source_hash"
_ELSEWHERE = "is there as {}, since Glance there gave id {} out before, and gives an id out once"
_FIXED = ("disk_format", "container_format", "content")
_UPLOAD = "glance_formula_upload"


@dataclasses.dataclass
class Step:
    """
    What is to be done with one image.

    ``image`` and ``there`` are as the API shows them at the source and at the target, ``None`` where there is none.
    ``changes`` are ``{attribute: {"old", "new"}}``; ``members`` are ``{project id at the target: status}``, ``None``
    where they are not looked at; ``left`` says that ``there`` is nothing of ours; ``error`` why nothing can be done.
    """

    image: Optional[dict]
    there: Optional[dict]
    action: str = NOTHING
    changes: dict = dataclasses.field(default_factory=dict)
    members: Optional[dict] = None
    left: bool = False
    detail: str = ""
    error: Optional[str] = None
    seconds: float = 0.0

    def row(self):
        """Return the step as plain data."""
        image = self.image or self.there
        return {
            "name": image["name"],
            "id": image["id"],
            "action": self.action,
            "changes": self.changes,
            "size": image.get("size"),
            "seconds": round(self.seconds, 1),
            "detail": "; ".join(filter(None, (self._elsewhere(), self.detail))),
            "error": self.error,
        }

    def _elsewhere(self):
        """What is to be known of a copy that has another id."""
        if self.left or not (self.image and self.there) or self.there["id"] == self.image["id"]:
            return None
        return _ELSEWHERE.format(self.there["id"], self.image["id"])


def uploader(minion, source):
    """Return what a replication's mark says of who uploads, so that no other upload's is taken for it."""
    return f"{minion} from {source}"


def chosen(images, wanted, project_id):
    """
    Return which of a cloud's images are meant.

    images
        All of them, as the API shows them.

    wanted
        Names or ids. A name stands for an image that is offered, an id for any. Default ``None``: all that are offered.

    project_id
        Id of the own project.

    Raises :py:exc:`OpenStackError` with those that are not there.
    """
    offered = offer.offered(images, project_id)
    if wanted is None:
        return sorted(offered, key=lambda image: (image["name"], image["id"]))
    by_id = {image["id"]: image for image in images}
    found, missing = {}, []
    for one in map(str, wanted):
        matching = [by_id[one]] if one in by_id else [image for image in offered if image["name"] == one]
        found.update((image["id"], image) for image in matching)
        missing += [] if matching else [one]
    if missing:
        raise OpenStackError(f"the source does not offer {', '.join(missing)}")
    return list(found.values())


def plan(images, target_images, project_id, host):
    """
    Return a :py:class:`Step` for each image.

    images
        Of the source, from :py:func:`chosen`.

    target_images
        All images of the target.

    project_id
        Id of the own project at the target.

    host
        From :py:func:`uploader`.
    """
    by_id = {image["id"]: image for image in target_images}
    # anybody can set marks on his own image, and an administrator sees them
    own = [image for image in target_images if image.get("owner") == project_id]
    by_id |= {marks.read(image, marks.COPY_OF): image for image in own if marks.read(image, marks.COPY_OF)}
    by_name = {image["name"]: image for image in offer.offered(target_images, project_id)}
    steps = [_step(image, by_id.get(image["id"]), by_name.get(image["name"]), host) for image in images]
    _refuse_one_name(steps)
    return steps


def leftovers(steps, source_images, target_images, host):
    """
    Return a :py:class:`Step` for each image that a run left unfinished and whose source is no more.

    Others are not removed: an id is given out once, and the next run goes on with it. Nor is what a step of this run
    may go on with under another id than the source's.

    steps
        From :py:func:`plan`.

    source_images, target_images
        All images of the clouds.

    host
        From :py:func:`uploader`.
    """
    sources = {image["id"] for image in source_images}
    copied = {step.image["name"] for step in steps if step.action == COPY}
    return [
        Step(None, image, REMOVE, detail="an unfinished copy of an image that the source does not have any more")
        for image in target_images
        if _left_by(image) == host and image["id"] not in sources and marks.uploading(image)[1] not in copied
    ]


def _refuse_one_name(steps):
    """Of several images of a name that would be copied, the first is."""
    first = {}
    for step in (step for step in steps if step.action == COPY):
        taken = first.setdefault(step.image["name"], step.image["id"])
        if taken != step.image["id"]:
            step.action, step.error = NOTHING, f"the source has two images of this name, {taken} too: rename one"


def _step(image, there, namesake, host):
    step = functools.partial(Step, image, there)
    if not offer.whole(image):
        return step(error=f"is {_state(image)} at the source: there is nothing to copy yet")
    if there is None:
        return _new(image, namesake)
    if _UPLOAD in there:
        if _left_by(there) == host:
            return step(COPY, _differences(image, None))
        return step(error=f"{_left_by(there)} is uploading it there: wait, or delete the image if that is dead")
    if not offer.whole(there):
        return step(error=f"is {_state(there)} there: delete it, or wait until it is whole")
    changes = _differences(image, there)
    fixed = [key for key in _FIXED if key in changes]
    if fixed:
        said = "; ".join(f"{key} is {changes[key]['old']}, not {changes[key]['new']}" for key in fixed)
        return step(changes=changes, error=f"is another image there, and Glance never changes that of an id: {said}")
    return step(UPDATE if changes else NOTHING, changes)


def _new(image, namesake):
    """An image whose id is not at the target, where another one may have its name."""
    if namesake is None:
        return Step(image, None, COPY, _differences(image, None))
    if offer.same_content(offer.described(image), offer.described(namesake)):
        same = f"is there with the same data, as {namesake['id']}: left as it is"
        return Step(image, namesake, left=True, detail=same)
    return Step(image, namesake, error=f"its name belongs to {namesake['id']} there, which has other data: rename one")


def _differences(image, there):
    wanted = offer.described(image)
    if there is None:
        found = dict.fromkeys(wanted) | {"digests": {}}
        changes = offer.differences(wanted, found)
        return {**changes, "content": {"old": None, "new": changes["content"]["new"]}}
    changes = offer.differences(wanted, offer.described(there))
    if marks.read(there, marks.COPY_OF) == image["id"]:
        changes.pop("id", None)
    if image.get(RECORD) and image[RECORD] != there.get(RECORD):
        changes["recorded"] = {"old": there.get(RECORD), "new": image[RECORD]}
    return changes


def _left_by(image):
    return image.get(_UPLOAD, "").partition("/")[0]


def _state(image):
    return "unfinished" if _UPLOAD in image else image["status"]
