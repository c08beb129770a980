"""
The image cache of an API host: what is in it, what shall be, what shall not.

.. versionadded:: 1.0.0

Needs Glance 24 (Yoga) or later and a host whose cache is on; otherwise each function raises ``OpenStackError``, which
says so. Each API host has a cache of its own: behind a balancer, name the host with ``url``. Only an administrator may
manage a cache.
"""

import openstack_image_api
import openstack_image_cache_api as cache
import openstack_session
from openstack_errors import OpenStackError
from openstack_profile import PROFILE

__virtualname__ = "openstack_image"


def __virtual__():
    if openstack_session.HAS_KEYSTONEAUTH:
        return __virtualname__
    return False, openstack_session.MISSING


def cache_list(url=None, profile=PROFILE):
    """
    Return ``{"cached": [{"image_id", "size", "hits", "last_accessed", "last_modified"}], "queued": [ids]}``.

    Sizes are in bytes, times in seconds since the epoch.

    url
        The host, ``http://image-node:9292``. Default ``None``: the endpoint in the catalogue.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.cache_list url=http://127.0.0.1:9292
    """
    return cache.state(_api(profile, url))


def cache_queue(name_or_id, url=None, profile=PROFILE):
    """
    Have a host fetch an image into its cache now, not when the first user asks for it; return the image's id.

    name_or_id
        The image; it must be active.

    url
        The host. Default ``None``: the endpoint in the catalogue.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.cache_queue cirros url=http://127.0.0.1:9292
    """
    image = __salt__["openstack_image.show"](name_or_id, profile)
    if image is None:
        raise OpenStackError(f"there is no image {name_or_id}")
    cache.queue(_api(profile, url), image["id"])
    return image["id"]


def cache_delete(name_or_id, url=None, profile=PROFILE):
    """
    Drop an image from a host's cache and queue; return whether it was in one of them. The image itself stays.

    name_or_id
        The image, or the id of one that is deleted already.

    url
        The host. Default ``None``: the endpoint in the catalogue.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.cache_delete cirros url=http://127.0.0.1:9292
    """
    image = __salt__["openstack_image.show"](name_or_id, profile)
    return cache.delete(_api(profile, url), image["id"] if image else name_or_id)


def cache_clear(target="all", url=None, profile=PROFILE):
    """
    Empty a host's cache and queue; return how many entries there were, ``{"cached", "queued"}``.

    target
        ``cache``, ``queue`` or ``all``. Default ``all``.

    url
        The host. Default ``None``: the endpoint in the catalogue.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Raises ``Invalid`` for another target.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.cache_clear target=queue url=http://127.0.0.1:9292
    """
    return cache.clear(_api(profile, url), target)


def _api(profile, url):
    return openstack_image_api.connect(profile, __context__, __pillar__, __salt__["config.get"], url)
