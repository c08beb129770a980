"""
Changes to images that are there, and their end.

.. versionadded:: 1.0.0
"""

import openstack_image_api
import openstack_image_declared as declaration
import openstack_image_digests
import openstack_image_leftovers
import openstack_image_lock
import openstack_image_marks as marks
import openstack_image_patch as patching
import openstack_image_retirement
import openstack_image_sharing
import openstack_session
from openstack_errors import OpenStackError
from openstack_profile import PROFILE

__virtualname__ = "openstack_image"


def __virtual__():
    if openstack_session.HAS_KEYSTONEAUTH:
        return __virtualname__
    return False, openstack_session.MISSING


def update(
    name_or_id,
    name=None,
    visibility=None,
    properties=None,
    tags=None,
    min_disk=None,
    min_ram=None,
    protected=None,
    hidden=None,
    disk_format=None,
    container_format=None,
    owner=None,
    set_properties=None,
    catalogue=None,
    recorded_hash=None,
    profile=PROFILE,
):
    """
    Change attributes of an image with one request and return the image; what is ``None`` stays as it is.

    name_or_id
        The image.

    name
        New name.

    visibility, min_disk, min_ram, protected, hidden
        As in :py:func:`upload`.

    properties
        All custom properties: others are removed, except those that Glance, its stores and other services write.

    tags
        All tags.

    disk_format, container_format
        Glance changes these only while the image is queued.

    owner
        Id of the project that gets the image; policy lets an administrator do this.

    set_properties
        Custom properties to set beside those that it has.

    catalogue
        Name that is noted on the image, see the state ``only_declared``.

    recorded_hash
        Digest, ``sha256=…``, that the data is known to have and Glance does not compute itself.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.update cirros visibility=public 'properties={hw_disk_bus: virtio}'
    """
    image = _existing(name_or_id, profile)
    wanted = declaration.declared(
        name=name,
        disk_format=disk_format,
        container_format=container_format,
        visibility=visibility,
        properties=properties,
        tags=tags,
        min_disk=min_disk,
        min_ram=min_ram,
        protected=protected,
        hidden=hidden,
        owner=owner,
        catalogue=catalogue,
    )
    wanted = _api(profile).kept(wanted)
    beside = declaration.declared(properties=set_properties or {})["properties"]
    if recorded_hash:
        beside[marks.RECORD] = openstack_image_digests.record(image, recorded_hash)
    if "properties" in wanted:
        wanted["properties"] |= beside
        beside = {}
    patch = patching.operations(image, wanted) + patching.additions(image, beside)
    return _api(profile).patch(image["id"], patch) if patch else image


def delete(name_or_id, force=False, profile=PROFILE):
    """
    Delete an image; return whether there was one.

    name_or_id
        The image.

    force
        Take its protection away first. Default ``False``: a protected image is refused.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.delete 5c5ad5b2-0b2d-4f0e-8ed8-3f0d3d8f4fd4
    """
    image = __salt__["openstack_image.show"](name_or_id, profile)
    if image is None:
        return False
    if image["protected"] and not force:
        raise OpenStackError(f"image {image['id']} is protected: use force, or take its protection away")
    if image["protected"]:
        update(image["id"], protected=False, profile=profile)
    return openstack_image_leftovers.delete(_api(profile), image["id"])


def deactivate(name_or_id, profile=PROFILE):
    """
    Keep users from downloading or starting an image until :py:func:`reactivate`; return the image.

    name_or_id
        The image.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.deactivate cirros
    """
    return _api(profile).action(_existing(name_or_id, profile)["id"], "deactivate")


def reactivate(name_or_id, profile=PROFILE):
    """
    Undo :py:func:`deactivate`; return the image.

    name_or_id
        The image.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.reactivate cirros
    """
    return _api(profile).action(_existing(name_or_id, profile)["id"], "reactivate")


def members(name_or_id, members, profile=PROFILE):
    """
    Share an image with these projects and no others; return ``{project id: status}`` as it is then.

    name_or_id
        The image; its visibility must be ``shared``.

    members
        Mapping of project ids to ``accepted``, ``pending`` or ``rejected``, which an administrator may say for them;
        ``null`` leaves that to the project. Or a list of project ids.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.members cirros '{6b2a2b7c5a4c4d2f8c7b6a5e4d3c2b1a: accepted}'
    """
    image, api = _existing(name_or_id, profile), _api(profile)
    wanted = declaration.declared(members=members, visibility=image["visibility"])["members"]
    current = openstack_image_sharing.members(api, image["id"]) if image["visibility"] == "shared" else {}
    wanted = {project: status or current.get(project, "pending") for project, status in wanted.items()}
    openstack_image_sharing.bring_about(api, image["id"], current, wanted)
    return wanted


def retire(name_or_id, policy=None, profile=PROFILE):
    """
    Take an image out of use without losing it, or bring a retired one to its policy; return the image.

    It is renamed ``NAME (retired TIME)`` and hidden, made visible to others, deactivated as the policy says. Nothing is
    deleted: that is the state ``retired``.

    name_or_id
        The image.

    policy
        Mapping with ``hide``, ``visibility``, ``deactivate``, see ``_utils/openstack_image_retirement.py``. Default
        ``None``: it is hidden.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.retire cirros '{deactivate: true}'
    """
    checked = openstack_image_retirement.policy(policy)
    return openstack_image_retirement.retire(_api(profile), _existing(name_or_id, profile)["id"], checked)


def leftovers(profile=PROFILE):
    """
    Return ``{id: name}`` of images that uploads by this minion were stopped at: not whole or not verified, private, and
    no run on this minion is at them now. The next upload of that name goes on with them or deletes them.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.leftovers
    """
    api = _api(profile)
    found = openstack_image_leftovers.leftovers(api, __opts__["id"])
    cachedir = __opts__["cachedir"]
    return {
        key: name for key, name in found.items() if not openstack_image_lock.is_held(cachedir, f"{api.base} {name}")
    }


def _api(profile):
    return openstack_image_api.connect(profile, __context__, __pillar__, __salt__["config.get"])


def _existing(name_or_id, profile):
    image = __salt__["openstack_image.show"](name_or_id, profile)
    if image is None:
        raise OpenStackError(f"there is no image {name_or_id}")
    return image
