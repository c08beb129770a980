"""
What a Glance is able to do and is doing: stores, ways of import, tasks, quota.

.. versionadded:: 1.0.0

A question that a Glance is too old for, or that is not about it, is answered with ``None``.
"""

import openstack_image_api
import openstack_session
from openstack_errors import OpenStackError
from openstack_profile import PROFILE

__virtualname__ = "openstack_image"


def __virtual__():
    if openstack_session.HAS_KEYSTONEAUTH:
        return __virtualname__
    return False, openstack_session.MISSING


def stores(detail=False, profile=PROFILE):
    """
    Return the stores as the API shows them: ``[{"id", "description", "default", "read-only"}]``, keys that do not apply
    left out; ``None`` where only one store without a name is configured (and before Rocky).

    detail
        Ask for each store's type and properties too, which an administrator may, since Glance 24. Default ``False``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.stores detail=True
    """
    found = _asked(f"/v2/info/stores{'/detail' if detail else ''}", "the stores", profile)
    return found and found["stores"]


def import_methods(profile=PROFILE):
    """
    Return the ways of import that are switched on, ``["glance-direct", "web-download"]``; ``None`` before Queens.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.import_methods
    """
    found = _asked("/v2/info/import", "the ways of import", profile)
    return found and found["import-methods"]["value"]


def usage(profile=PROFILE):
    """
    Return the own project's limits and use, ``{name: {"limit", "usage"}}``; ``None`` before Xena, empty without limits.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.usage
    """
    found = _asked("/v2/info/usage", "the use of limits", profile)
    return found and found["usage"]


def tasks(name_or_id, profile=PROFILE):
    """
    Return the tasks of an image, each with ``status`` and, where it failed, the reason in ``message``: where the text
    of a failed import is. ``None`` before Wallaby; Glance forgets a task after ``task_time_to_live`` hours.

    name_or_id
        The image.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.tasks cirros
    """
    image = __salt__["openstack_image.show"](name_or_id, profile)
    if image is None:
        raise OpenStackError(f"there is no image {name_or_id}")
    found = _asked(f"/v2/images/{image['id']}/tasks", f"the tasks of image {image['id']}", profile)
    return found and found["tasks"]


def _asked(path, what, profile):
    api = openstack_image_api.connect(profile, __context__, __pillar__, __salt__["config.get"])
    response = api.request("GET", path, what, absent=404)
    return response and response.json()
