"""
What Glance does with images by itself: import, copies to more stores.

.. versionadded:: 1.0.0

Each function waits for the end, with a limit, and raises with Glance's own reason where it fails.
"""

import pathlib
import pwd
import stat

import openstack_image_api
import openstack_image_interop
import openstack_image_metadata as metadata
import openstack_ini
import openstack_secrets
import openstack_session
from openstack_errors import OpenStackError
from openstack_profile import PROFILE

__virtualname__ = "openstack_image"
__func_alias__ = {"import_": "import"}

CONFIG = "/etc/glance/glance-api.conf"
TIMEOUT = 3600
_STAGING = "os_glance_staging_store"


def __virtual__():
    if openstack_session.HAS_KEYSTONEAUTH:
        return __virtualname__
    return False, openstack_session.MISSING


def import_findings(method="web-download", stores=None, config=CONFIG, profile=PROFILE):
    """
    Return in words what speaks against an import, ``[]`` when nothing does: a method that is off, a store that Glance
    does not have, and on an image node a staging area that Glance cannot write to, or no ``worker_self_reference_url``.

    method
        ``web-download``, ``glance-direct`` or ``copy-image``. Default ``web-download``.

    stores
        List of ids of stores that are meant. Default ``None``: the default one.

    config
        Path of Glance's configuration on this minion; where there is none, only the API is asked.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.import_findings glance-direct
    """
    api = _api(profile)
    enabled, known = openstack_image_interop.methods(api), openstack_image_interop.known_stores(api)
    found = openstack_image_interop.findings(enabled, known, method, stores or ())
    path = pathlib.Path(config)
    return found + (_on_this_node(path, method) if path.is_file() else [])


def import_(
    name_or_id,
    method="web-download",
    uri=None,
    stores=None,
    timeout=TIMEOUT,
    profile=PROFILE,
):
    """
    Import the data of an image that has none yet, and return the image.

    What comes is not compared with anything: ``upload`` with ``fetch`` ``{via: web-download}`` makes an image, compares
    and publishes it.

    name_or_id
        The image, which has its formats.

    method
        ``web-download`` of a URL, or ``glance-direct`` of data that somebody has staged. Default ``web-download``.

    uri
        URL that Glance reads; may hold references to pillar keys.

    stores
        List of ids of stores. Default ``None``: the default one.

    timeout
        Seconds to wait. Default ``3600``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Raises ``OpenStackError`` when Glance cannot do this, did not do it in time, or with its own reason when it failed;
    the image is then without data, as before.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.import cirros uri=https://example.org/cirros.img
    """
    api, image = _api(profile), _image(name_or_id, profile)
    openstack_image_interop.ready(api, method, stores or ())
    body = {"name": method, **({"uri": openstack_secrets.resolve(uri, __pillar__)} if uri else {})}
    openstack_image_interop.start(api, image["id"], body, stores or ())
    return openstack_image_interop.wait(api, image["id"], timeout, stores or ())


def copy(name_or_id, stores, timeout=TIMEOUT, profile=PROFILE):
    """
    Have Glance copy an image to more stores, and return the image.

    name_or_id
        The image.

    stores
        List of ids of stores; those that have it already are left out.

    timeout
        Seconds to wait. Default ``3600``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Raises ``OpenStackError`` when Glance cannot do this, did not do it in time, or with its own reason when it failed;
    stores that were filled before keep the image.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.copy cirros '[fast, remote]'
    """
    api, image = _api(profile), _image(name_or_id, profile)
    missing = sorted(set(stores) - set(metadata.stores(image)))
    if not missing:
        return image
    openstack_image_interop.ready(api, "copy-image", missing)
    openstack_image_interop.start(api, image["id"], {"name": "copy-image"}, missing, must_succeed=False)
    return openstack_image_interop.wait(api, image["id"], timeout, missing)


def remove_from_store(name_or_id, store, profile=PROFILE):
    """
    Delete an image's data from one store, and return the image; Glance refuses to delete it from the last one.

    name_or_id
        The image.

    store
        Id of the store. Where it does not have the image, nothing is done.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.remove_from_store cirros remote
    """
    api, image = _api(profile), _image(name_or_id, profile)
    if store not in metadata.stores(image):
        return image
    path, what = f"/v2/stores/{store}/{image['id']}", f"deleting image {image['id']} from store {store}"
    api.request("DELETE", path, what, absent=404)
    return api.image(image["id"])


def _api(profile):
    return openstack_image_api.connect(profile, __context__, __pillar__, __salt__["config.get"])


def _image(name_or_id, profile):
    image = __salt__["openstack_image.show"](name_or_id, profile)
    if image is None:
        raise OpenStackError(f"there is no image {name_or_id}")
    return image


def _on_this_node(path, method):
    """What this host's configuration says against it."""
    options = openstack_ini.parse(path.read_text(encoding="utf-8"))
    found = _staging(options)
    if method == "glance-direct" and "worker_self_reference_url" not in options.get("DEFAULT", {}):
        found.append(
            f"{path}: worker_self_reference_url is not set, so with several hosts an image that is staged on one cannot"
            f" be imported by another: set it to this host's own URL"
        )
    return found


def _staging(options):
    """Why Glance cannot put data down on its way: the directory is another one with and without named stores."""
    given = options.get(_STAGING, {}).get("filesystem_store_datadir")
    given = given or options.get("DEFAULT", {}).get("node_staging_uri") or ["/tmp/staging/"]  # noqa: S108
    path = pathlib.Path(given[-1].removeprefix("file://"))
    if not path.is_dir():
        return [f"staging directory {path} does not exist: create it for Glance's user"]
    mode, owner = path.stat().st_mode, pwd.getpwuid(path.stat().st_uid).pw_name
    if owner == "root" and not mode & stat.S_IWOTH and not mode & stat.S_IWGRP:
        return [f"staging directory {path} belongs to root, and Glance cannot write to it: give it to Glance's user"]
    return []
