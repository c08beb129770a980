"""
The data of images, out of Glance.

.. versionadded:: 1.0.0
"""

import openstack_image_api
import openstack_image_download
import openstack_session
from openstack_errors import OpenStackError
from openstack_profile import PROFILE

__virtualname__ = "openstack_image"


def __virtual__():
    if openstack_session.HAS_KEYSTONEAUTH:
        return __virtualname__
    return False, openstack_session.MISSING


def download(name_or_id, dest, profile=PROFILE):
    """
    Write the data of an image to a file and return ``{"path", "size", "hash", "transferred"}``, sizes in bytes.

    The hash was compared with the one that Glance has. A file that is there already with the same data is left alone.
    What an interrupted call wrote is kept in ``DEST.IMAGE_ID.part``, and the next call asks Glance only for the rest
    (``Range``); a connection that is cut on the way is taken up again at once.

    name_or_id
        The image.

    dest
        Path of the file, readable by its owner only: an image may hold secrets. It is there, or replaced, only when
        the data is whole.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Raises ``Unreachable`` when the connection breaks off again and again, ``Refused`` when policy does not let the
    user read the data (of a deactivated image only an administrator may), ``OpenStackError`` for other data than its
    hash says and for a file that cannot be written.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.download cirros /srv/images/cirros.qcow2
    """
    image = __salt__["openstack_image.show"](name_or_id, profile)
    if image is None:
        raise OpenStackError(f"there is no image {name_or_id}")
    api = openstack_image_api.connect(profile, __context__, __pillar__, __salt__["config.get"])
    transferred = openstack_image_download.save(api, image, dest)
    digest = "=".join(openstack_image_download.strongest(image))
    return {"path": str(dest), "size": image["size"], "hash": digest, "transferred": transferred}
