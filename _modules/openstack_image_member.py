"""
With which projects an image is shared.

.. versionadded:: 1.0.0

Only an image whose visibility is ``shared`` has members. Its owner adds and removes them; a member finds the image in
its listing once it accepted it. A project is given by its id, or by its name and domain, which the profile's user must
be allowed to look up in Keystone.
"""

import re

import openstack_image_api
import openstack_image_sharing
import openstack_session
from openstack_errors import OpenStackError
from openstack_profile import PROFILE

__virtualname__ = "openstack_image"

_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def __virtual__():
    if openstack_session.HAS_KEYSTONEAUTH:
        return __virtualname__
    return False, openstack_session.MISSING


def member_list(name_or_id, profile=PROFILE):
    """
    Return ``{project id: status}`` of an image's members; the status is ``pending``, ``accepted`` or ``rejected``.

    name_or_id
        The image.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Raises ``OpenStackError`` when there is no such image, ``Refused`` for somebody else's image.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.member_list cirros
    """
    image = _image(name_or_id, profile)
    if image["visibility"] != "shared":
        return {}
    return openstack_image_sharing.members(_api(profile), image["id"])


def member_add(name_or_id, project, domain="Default", accept=False, profile=PROFILE):
    """
    Share an image with a project; return whether it was not shared with it before.

    name_or_id
        The image; its visibility must be ``shared``.

    project
        Id or name of the project.

    domain
        Domain of the project's name. Default ``Default``.

    accept
        Accept it in the project's name at once, which an administrator may. Default ``False``: the project decides.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.member_add cirros team-a accept=True
    """
    image, project_id = _image(name_or_id, profile), _project_id(project, domain, profile)
    added = openstack_image_sharing.add(_api(profile), image["id"], project_id)
    if accept:
        openstack_image_sharing.answer(_api(profile), image["id"], project_id, "accepted")
    return added


def member_remove(name_or_id, project, domain="Default", profile=PROFILE):
    """
    Take an image from a project; return whether it had it. Servers made from it go on.

    name_or_id
        The image.

    project, domain
        As in :py:func:`member_add`.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.member_remove cirros team-a
    """
    image, project_id = _image(name_or_id, profile), _project_id(project, domain, profile)
    return openstack_image_sharing.remove(_api(profile), image["id"], project_id)


def member_accept(name_or_id, project=None, domain="Default", status="accepted", profile=PROFILE):
    """
    Accept an image that was shared with a project, or reject it; return ``{project id: status}`` of that project.

    name_or_id
        The image. A project that has not accepted it yet finds it by id only.

    project
        Id or name of the project, for an administrator. Default ``None``: the profile's own project.

    domain
        Domain of the project's name. Default ``Default``.

    status
        ``accepted``, ``rejected`` or ``pending``. Default ``accepted``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.member_accept 5c5ad5b2-0b2d-4f0e-8ed8-3f0d3d8f4fd4
        salt 'image*' openstack_image.member_accept cirros team-a status=rejected
    """
    api = _api(profile)
    project_id = _project_id(project, domain, profile) if project else api.project_id
    openstack_image_sharing.answer(api, _image(name_or_id, profile)["id"], project_id, status)
    return {project_id: status}


def _api(profile):
    return openstack_image_api.connect(profile, __context__, __pillar__, __salt__["config.get"])


def _image(name_or_id, profile):
    image = __salt__["openstack_image.show"](name_or_id, profile)
    if image is None:
        raise OpenStackError(f"there is no image {name_or_id}")
    return image


def _project_id(project, domain, profile):
    if _ID.fullmatch(str(project)):
        return str(project)
    found = __salt__["openstack_identity.project_get"](project, domain, profile)
    if found is None:
        raise OpenStackError(f"there is no project {project} in domain {domain}")
    return found["id"]
