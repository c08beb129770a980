"""
Images of OpenStack Glance, through the Image API v2.

.. versionadded:: 1.0.0

Every function takes a ``profile``, which says as whom to ask which cloud: the name of a pillar key
(``glance:identity:admin``) or a mapping, described in ``_utils/openstack_profile.py``. Images are listed once in a run,
and what this module writes is read again.

A name stands for an image of the profile's own project or a public one; other projects' images are reached by id.
``source`` and ``proxy`` may hold references to pillar keys, ``http://me:{pillar:mirror:password|url}@proxy:3128``.
"""

import time
import uuid

import openstack_image_api
import openstack_image_digests
import openstack_image_download
import openstack_image_inspect
import openstack_image_metadata as metadata
import openstack_session
from openstack_errors import OpenStackError, Unreachable
from openstack_profile import PROFILE

__virtualname__ = "openstack_image"
__func_alias__ = {"list_": "list"}

PROBE_TIMEOUT = 10


def __virtual__():
    if openstack_session.HAS_KEYSTONEAUTH:
        return __virtualname__
    return False, openstack_session.MISSING


# --- the service


def endpoint(profile=PROFILE):
    """
    Return the URL of the Image API in the catalogue, without a version.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Raises ``Unreachable`` when Keystone does not answer or its catalogue has no such endpoint, ``Refused`` for wrong
    credentials.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.endpoint
    """
    return _api(profile).base


def answering(profile=PROFILE, url=None, timeout=PROBE_TIMEOUT):
    """
    Ask Glance for one image, with a token, and return ``{"status", "version", "latency", "error", "url"}``.

    That is the question which needs Keystone and the database: ``/healthcheck`` says 200 without either. ``status`` is
    the HTTP status or ``None``, ``version`` the newest version of the API, ``latency`` is in seconds, ``error`` says
    why Glance does not answer and is ``None`` when it does.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    url
        Ask this address, one host behind a balancer for example. Default ``None``: the endpoint in the catalogue.

    timeout
        Seconds to wait for an answer. Default ``10``.

    Raises ``Refused`` when Keystone does not accept the credentials.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.answering
        salt 'image*' openstack_image.answering url=http://image-node:9292
    """
    api = _api(profile)
    ret = {"url": url, "status": None, "version": None, "latency": None, "error": None}
    start = time.monotonic()
    try:
        ret["url"] = base = openstack_image_api.without_version(url or api.base)
        response = api.raw("GET", base + api.PROBE, "asking for one image", timeout=timeout)
    except Unreachable as exc:
        return {**ret, "error": str(exc)}
    ret.update(status=response.status_code, latency=round(time.monotonic() - start, 3))
    if response.status_code == 200:
        return {**ret, "version": _version(api, base, timeout)}
    return {**ret, "error": str(api.error(response, "asking for one image"))}


def supported(attributes, profile=PROFILE):
    """
    Return attributes of an image as the version of the Image API that a profile names would show them; raise
    ``Invalid`` for what it cannot keep.

    attributes
        Mapping, in the words of the state ``present``. v1 has no ``private``: what is not public is ``shared``, with
        nobody at first.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.supported '{visibility: community}'
    """
    return _api(profile).kept(attributes)


# --- images


def list_(profile=PROFILE):
    """
    Return all images that the profile's user sees, hidden ones too, as the API shows them.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.list
    """
    return _api(profile).images()


def show(name_or_id, profile=PROFILE, project=None):
    """
    Return one image as the API shows it, ``None`` when there is none.

    name_or_id
        Name or id.

    project
        Id of another project whose image the name may stand for as well. Default ``None``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Raises ``Ambiguous`` when several images have the name.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.show cirros-0.6.3
    """
    api = _api(profile)
    if _is_id(name_or_id):
        known = {image["id"]: image for image in api.images()}
        # community images of other projects are not listed
        return known.get(str(name_or_id)) or api.image(name_or_id)
    return metadata.named(api.images(), name_or_id, [api.project_id, project])


# --- data


def digest(name_or_id, algorithm="sha256", profile=PROFILE):
    """
    Return the digest of an image's data, ``sha256=…``: as far as known, else all of the data is read from Glance once.

    name_or_id
        The image.

    algorithm
        A name that Python's hashlib knows. Default ``sha256``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.digest cirros md5
    """
    image = _existing(name_or_id, profile)
    key = f"openstack_image.digest:{image['id']}:{algorithm}"
    if algorithm in openstack_image_digests.digests(image):
        return f"{algorithm}={openstack_image_digests.digests(image)[algorithm]}"
    if key not in __context__:  # the data of an id never changes
        __context__[key] = openstack_image_download.read_digest(_api(profile), image["id"], algorithm)
    return __context__[key]


def inspect(path):
    """
    Return ``{"format", "virtual_size", "size", "findings"}`` of a file on the minion; sizes in bytes.

    ``findings`` says what makes it unsafe: a backing file, a data file and the like. It is empty for a good image.

    path
        Path of the file.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.inspect /srv/images/cirros.qcow2
    """
    return openstack_image_inspect.inspected(path)


def _api(profile):
    return openstack_image_api.connect(profile, __context__, __pillar__, __salt__["config.get"])


def _existing(name_or_id, profile):
    image = show(name_or_id, profile)
    if image is None:
        raise OpenStackError(f"there is no image {name_or_id}")
    return image


def _is_id(text):
    try:
        return str(uuid.UUID(str(text))) == str(text).lower()
    except ValueError:
        return False


def _version(api, base, timeout):
    """The newest version that Glance offers, ``v2.17``; ``None`` when it does not say."""
    try:
        response = api.raw("GET", f"{base}/versions", "asking for the versions", timeout=timeout, authenticated=False)
        versions = [version["id"] for version in response.json()["versions"]]
    except (OpenStackError, ValueError, KeyError):
        return None
    return max(versions, key=lambda version: [int(part) for part in version.lstrip("v").split(".")], default=None)
