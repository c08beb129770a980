"""What has to be done for an image to be what is declared: pure logic, nobody is asked here."""

from openstack_errors import OpenStackError
from openstack_image_digests import other_content
from openstack_image_marks import UPLOAD

_FORMATS = ("disk_format", "container_format")
_WHOLE = ("active", "deactivated")
_BUSY = ("saving", "uploading", "importing")


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
