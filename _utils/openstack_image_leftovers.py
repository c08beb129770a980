"""
What uploads leave behind that did not come to their end: found, gone on with, or removed.

Only images of the user's own project count: anybody can set a mark on his own.
"""

import logging
import time

import openstack_image_marks as marks
from openstack_errors import EXPECTED, OpenStackError, Refused, Unreachable

log = logging.getLogger(__name__)

TRIES = 10
PAUSE = 0.5


def leftovers(api, host):
    """
    Return ``{id: name}`` of the user's own images that uploads by a host made and did not finish, or are at.

    api
        ``openstack_image_api.Api``.

    host
        Who uploaded, the minion's id.
    """
    found = ((image, *marks.uploading(image)) for image in api.images() if marks.UPLOAD in image)
    return {image["id"]: name for image, uploader, name in found if uploader == host and own(api, image)}


def take_back(api, image_id, pinned):
    """
    Remove an image whose upload failed; what cannot be removed now is removed, or gone on with, by the next run.

    Not before Glance has noticed the failure itself: one that writes its own end of the upload while the image is being
    deleted leaves rows of the image behind in its database, for ever (seen on Glance 30).
    """
    try:
        image = _settled(api, image_id)
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


def remove(api, wanted, host, kept):
    """Delete what earlier uploads of this image by this host left behind; another host's is an error."""
    for image in marked(api, wanted["name"]):
        refuse_foreign(image, host)
        if image["id"] not in (wanted.get("id"), kept and kept["id"]):
            delete(api, image["id"])


def marked(api, name):
    """The user's own images that carry the mark of an upload under this name."""
    return [image for image in api.images() if marks.uploading(image)[1] == name and own(api, image)]


def own(api, image, wanted=None):
    """Tell whether an image is of the user's own project, or of that which is wanted to own it."""
    return image.get("owner") in (None, api.project_id, (wanted or {}).get("owner"))


def refuse_foreign(image, host):
    """Raise :py:exc:`OpenStackError` for an image that another minion than ``host`` is uploading."""
    uploader, _ = marks.uploading(image)
    if uploader not in (None, host):
        raise OpenStackError(
            f"minion {uploader} has been uploading an image of this name since {image.get('created_at')}: wait, or"
            f" delete image {image['id']} if that upload is dead"
        )


def _settled(api, image_id):
    """An image once Glance has noticed that its upload broke off, and made it queued again."""
    for _ in range(TRIES):
        time.sleep(PAUSE)  # before the first look too: it may not even have begun to read
        image = api.image(image_id)
        if image is None or image["status"] != "saving":
            break
    return image
