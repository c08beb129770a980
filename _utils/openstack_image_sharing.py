"""
With whom an image is shared, over the Image API (https://docs.openstack.org/api-ref/image/v2/#sharing).

A member is a project; the owner of the image adds and removes members, the member itself (or an administrator) accepts
or rejects the image, which decides whether it is in the member's listing.
"""

from openstack_errors import Invalid

STATUSES = ("pending", "accepted", "rejected")


def members(api, image_id):
    """
    Return ``{project id: status}`` of an image's members; the status is ``pending``, ``accepted`` or ``rejected``.

    api
        ``openstack_image_api.Api``.

    image_id
        Id of the image. One that is not ``shared`` has none: Glance refuses the question or has nothing to say.
    """
    return api.members(image_id)


def add(api, image_id, project_id):
    """Share an image with a project; return whether it was not yet (Glance answers 409 to a second time)."""
    return api.add_member(image_id, project_id)


def remove(api, image_id, project_id):
    """Take an image from a project; return whether it had it."""
    return api.remove_member(image_id, project_id)


def answer(api, image_id, project_id, status):
    """Accept or reject an image in a project's name; ``status`` is one of ``STATUSES``, else Invalid is raised."""
    if status not in STATUSES:
        raise Invalid(f"status {status!r} of a member: use {', '.join(STATUSES)}")
    api.answer_member(image_id, project_id, status)


def bring_about(api, image_id, current, wanted):
    """
    Make the members of an image what they should be, with requests only for what differs.

    current, wanted
        ``{project id: status}``, from :py:func:`members`.
    """
    for project_id in current.keys() - wanted.keys():
        remove(api, image_id, project_id)
    for project_id, status in wanted.items():
        if project_id not in current:
            add(api, image_id, project_id)
        if current.get(project_id, "pending") != status:
            answer(api, image_id, project_id, status)
