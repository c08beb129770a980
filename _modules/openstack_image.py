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
import openstack_image_hash
import openstack_image_inspect
import openstack_image_lifecycle
import openstack_image_lock
import openstack_image_metadata as metadata
import openstack_image_retirement
import openstack_image_source
import openstack_image_upload
import openstack_secrets
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
        response = api.raw("GET", f"{base}/v2/images?limit=1", "asking for one image", timeout=timeout)
    except Unreachable as exc:
        return {**ret, "error": str(exc)}
    ret.update(status=response.status_code, latency=round(time.monotonic() - start, 3))
    if response.status_code == 200:
        return {**ret, "version": _version(api, base, timeout)}
    return {**ret, "error": str(api.error(response, "asking for one image"))}


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


def source_hash(source, source_hash=None, proxy=None):
    """
    Return the digest that a source should have, ``sha256=…``; ``None`` for a URL of which nobody says it.

    source
        URL (http, https, ftp, salt, file) or absolute path.

    source_hash
        ``sha512=…``, ``sha256=…``, ``md5=…``, or URL or path of a sums file such as ``SHA256SUMS`` that lists the
        source. Default ``None``: for ``salt://`` and files the data itself is hashed.

    proxy
        URL of a proxy for http, https and ftp. Default ``None``: the minion's ``proxy_host`` and ``proxy_port``, else
        what its environment says.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.source_hash https://example.org/a.qcow2 https://example.org/SHA256SUMS
    """
    source = openstack_secrets.resolve(source, __pillar__)
    wanted = openstack_secrets.resolve(source_hash, __pillar__)
    return openstack_image_hash.wanted(source, wanted, _proxy(proxy), __salt__["cp.cache_file"])


def source_exists(source, proxy=None):
    """
    Return ``True`` when a source can be opened; of a web server's file no more than a byte is asked for.

    source, proxy
        As in :py:func:`source_hash`.

    Raises ``OpenStackError`` when it is not there, ``Unreachable`` when nobody answers, ``Refused`` when the server or
    proxy wants other credentials.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.source_exists https://example.org/a.qcow2
    """
    with _opened(source, proxy, first_byte=True):
        return True


def upload(
    name,
    source,
    disk_format,
    source_hash=None,
    container_format="bare",
    visibility=None,
    properties=None,
    tags=None,
    min_disk=None,
    min_ram=None,
    protected=None,
    hidden=None,
    id=None,
    proxy=None,
    replaces=None,
    retire=None,
    owner=None,
    catalogue=None,
    profile=PROFILE,
):
    """
    Make an image with the data of a source and return it as the API shows it.

    The data goes from the source through the hash and the look at its format to Glance in one pass. Until Glance has
    all of it and the hash is the right one, the image is private and named ``NAME (upload)``; when anything fails it is
    deleted. What an interrupted call left is gone on with, and so is a retired image of this name with the same data.
    An image that has the name is not looked for.

    name
        Name of the image.

    source
        URL (http, https, ftp, salt, file) or absolute path.

    disk_format
        ``qcow2``, ``raw``, ``iso`` …; data of another format is refused, as is a backing or data file.

    source_hash, proxy
        As in :py:func:`source_hash`.

    container_format
        Default ``bare``.

    visibility
        ``public``, ``private``, ``shared`` or ``community``. Default ``shared``.

    properties
        Mapping of further properties; values become strings. Default none.

    tags
        List. Default none.

    min_disk, min_ram
        GiB and MiB that an instance needs. Default ``0``.

    protected, hidden
        Whether the image cannot be deleted, is left out of lists. Default ``False``.

    id
        Id that the image must have; Glance gives an id out once. With the id of a queued image, that one is filled.
        Default ``None``: one that follows from name and digest.

    replaces
        Id of an image that is renamed to ``NAME (retired TIME)`` when the new one is whole. Default none.

    retire
        What becomes of that one, see ``_utils/openstack_image_retirement.py``. Default ``None``: it is hidden.

    owner
        Id of the project that the image belongs to; an administrator may give it away. Default ``None``: the profile's.

    catalogue
        Name that is noted on the image, see ``only_declared``. Default ``None``: nothing is noted.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Raises ``Invalid``, ``Unreachable``, ``Refused`` or ``OpenStackError``, which name the source or Glance's words.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.upload cirros https://example.org/cirros.img disk_format=qcow2 visibility=public
    """
    given = metadata.declared(
        name=name,
        id=id,
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
    policy = openstack_image_retirement.policy(retire)
    digest = __salt__["openstack_image.source_hash"](source, source_hash, proxy)
    api, wanted = _api(profile), {**metadata.DEFAULTS, **given}
    with openstack_image_lock.held(__opts__["cachedir"], f"{api.base} {name}"), _opened(source, proxy) as stream:
        return openstack_image_upload.upload(api, stream, digest, wanted, __opts__["id"], replaces, policy)


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
    if algorithm in metadata.digests(image):
        return f"{algorithm}={metadata.digests(image)[algorithm]}"
    if key not in __context__:  # the data of an id never changes
        __context__[key] = openstack_image_lifecycle.read_digest(_api(profile), image["id"], algorithm)
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


def _opened(source, proxy, first_byte=False):
    source = openstack_secrets.resolve(source, __pillar__)
    return openstack_image_source.opened(source, _proxy(proxy), __salt__["cp.cache_file"], first_byte)


def _proxy(proxy):
    """The proxy of an argument, or the one that Salt itself uses on this minion."""
    if proxy:
        return openstack_secrets.resolve(proxy, __pillar__)
    host, port = __opts__.get("proxy_host"), __opts__.get("proxy_port")
    return f"http://{host}:{port}" if host and port else None
