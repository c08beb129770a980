"""
The data of images, into Glance: where it comes from, and whether it is what it should be.

.. versionadded:: 1.0.0

``source``, ``source_hash``, ``proxy`` and ``fetch`` may hold references to pillar keys,
``http://me:{pillar:mirror:password|url}@proxy:3128``.
"""

import contextlib

import openstack_image_api
import openstack_image_copy
import openstack_image_declared as declaration
import openstack_image_decompress
import openstack_image_fetch
import openstack_image_hash
import openstack_image_interop
import openstack_image_lock
import openstack_image_metadata as metadata
import openstack_image_progress
import openstack_image_retirement
import openstack_image_source
import openstack_image_upload
import openstack_secrets
import openstack_session
from openstack_errors import Invalid
from openstack_profile import PROFILE

__virtualname__ = "openstack_image"


def __virtual__():
    if openstack_session.HAS_KEYSTONEAUTH:
        return __virtualname__
    return False, openstack_session.MISSING


def source_hash(source, source_hash=None, proxy=None, fetch=None):
    """
    Return the digest that a source should have, ``sha256=…``; ``None`` for a URL of which nobody says it.

    A digest that cannot be compared with the data that Glance keeps, because the source is compressed or Glance
    converts it, is returned as ``source:sha256=…``.

    source
        URL (http, https, ftp, s3, salt, file) or absolute path. S3 is asked with Salt's own settings for it.

    source_hash
        ``sha512=…``, ``sha256=…``, ``md5=…``, or URL or path of a sums file such as ``SHA256SUMS`` that lists the
        source. Default ``None``: for ``salt://`` and files the data itself is hashed.

    proxy
        URL of a proxy for http, https and ftp. Default ``None``: the minion's ``proxy_host`` and ``proxy_port``, else
        what its environment says.

    fetch
        Mapping that says how the data comes, see :py:func:`upload`. Default ``None``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.source_hash https://example.org/a.qcow2 https://example.org/SHA256SUMS
    """
    source, digest, fetch = openstack_secrets.resolve([source, source_hash, fetch], __pillar__)
    fetch = openstack_image_fetch.parsed(fetch)
    return openstack_image_hash.wanted(source, digest, _access(fetch, proxy), fetch)


def source_exists(source, proxy=None, fetch=None, profile=None):
    """
    Return ``True`` when a source can be opened; of a web server's file no more than a byte is asked for.

    source, proxy, fetch
        As in :py:func:`source_hash`.

    profile
        Ask this Glance too, whether it can import by the way that ``fetch`` names. Default ``None``: it is not asked.

    Raises ``OpenStackError`` when it is not there, ``Unreachable`` when nobody answers, ``Refused`` when the server or
    proxy wants other credentials.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.source_exists https://example.org/a.qcow2
    """
    how = openstack_image_fetch.parsed(openstack_secrets.resolve(fetch, __pillar__))
    if how.decompress:
        openstack_image_decompress.refuse_missing(how.decompress)
    if profile and how.via in openstack_image_interop.METHODS:
        openstack_image_interop.ready(_api(profile), how.via)
    with _opened(source, how, proxy, first_byte=True):
        return True


def upload(
    name,
    source,
    disk_format=None,
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
    fetch=None,
    profile=PROFILE,
):
    """
    Make an image with the data of a source and return it as the API shows it.

    The data goes from the source through the hash and the look at its format to Glance in one pass. Until Glance has
    all of it and the hash is the right one, the image is private and named ``NAME (upload)``; when anything fails it is
    deleted. What an interrupted call left is gone on with, and so is a retired image of this name with the same data.
    An image that has the name is not looked for. ``salt-call`` and ``salt-run`` at a terminal say every 10 seconds how
    far it is.

    name
        Name of the image.

    source
        URL (http, https, ftp, s3, salt, file) or absolute path.

    disk_format
        ``qcow2``, ``raw``, ``iso`` …; data of another format is refused, as is a backing or data file. Default
        ``None``: the one that the data has.

    source_hash, proxy
        As in :py:func:`source_hash`; of a file no digest is computed before.

    container_format
        Default ``bare``.

    visibility
        ``public``, ``private``, ``shared`` or ``community``. Default ``shared``.

    properties
        Mapping of further properties; values become strings. Default none.

    tags
        List. Default none.

    min_disk, min_ram
        GiB and MiB that an instance needs. Default ``None``: GiB that the virtual disk takes, and ``0``.

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

    fetch
        Mapping that says how the data comes. Default ``None``: in one pass, as it is.

        ``via`` is ``stream`` (default), ``file`` (a verified copy on the minion first), ``glance-direct`` (staged, then
        imported by Glance) or ``web-download`` (Glance reads the URL itself, without proxy and headers).
        ``decompress`` is ``gz``, ``bz2``, ``xz`` or ``zstd``, ``hash_of`` says whether the hash is of the compressed
        ``file`` (default) or the ``data`` in it. ``signature`` is URL or path of the sums file's GPG signature, or
        ``inline``; ``keyring`` the path of the keys. ``ca_file`` (path) and ``headers`` (mapping) are for the source's
        server, ``retries`` (default ``5``) and ``timeout`` (seconds, ``60``) for a read that breaks or
        stalls. ``directory`` is where ``file`` keeps its copy, ``max_virtual_size`` (GiB, ``1024``) what a disk may
        claim to be, ``import_timeout`` (seconds, ``3600``) how long Glance's own import may take.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Raises ``Invalid``, ``Unreachable``, ``Refused`` or ``OpenStackError``, which name the source or Glance's words.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.upload cirros https://example.org/cirros.img visibility=public
        salt 'image*' openstack_image.upload haiku https://example.org/haiku.raw.xz fetch='{decompress: xz}'
    """
    given = declaration.declared(
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
    policy, resolved = openstack_image_retirement.policy(retire), openstack_secrets.resolve(fetch, __pillar__)
    how = openstack_image_fetch.parsed(resolved)
    digest = source_hash and __salt__["openstack_image.source_hash"](source, source_hash, proxy, fetch)
    api = _api(profile)
    with (
        openstack_image_lock.held(__opts__["cachedir"], f"{api.base} {name}"),
        _data(name, source, digest, how, proxy) as (stream, progress),
    ):
        return openstack_image_upload.upload(
            api,
            stream,
            digest,
            {**metadata.DEFAULTS, **api.kept(given)},
            __opts__["id"],
            replaces,
            policy,
            fetch=how,
            derive=[] if min_disk is not None else ["min_disk"],
            url=_url(source, how),
            progress=progress,
        )


def _api(profile):
    return openstack_image_api.connect(profile, __context__, __pillar__, __salt__["config.get"])


def _access(fetch, proxy):
    cached, settings = __salt__["cp.cache_file"], lambda: openstack_secrets.resolve(_s3_settings(), __pillar__)
    return openstack_image_fetch.access(fetch, _proxy(proxy), cached, settings)


def _opened(source, fetch, proxy, first_byte=False):
    source = openstack_secrets.resolve(source, __pillar__)
    return openstack_image_source.opened(source, _access(fetch, proxy), first_byte)


@contextlib.contextmanager
def _data(name, source, digest, fetch, proxy):
    """The open source, or its copy; what Glance reads itself is only asked whether it is there."""
    alone = __opts__.get("file_client") == "local"
    tell = openstack_image_progress.teller(__opts__, None if alone else __salt__["event.fire_master"])
    with _opened(source, fetch, proxy, first_byte=fetch.via == "web-download") as stream:
        if fetch.via != "file":
            yield stream, openstack_image_progress.Progress(name, stream.size, tell)
            return
        directory = fetch.directory or __opts__["cachedir"]
        is_of_file = not fetch.decompress or fetch.hash_of == "file"
        progress = openstack_image_progress.Progress(f"{name}: copy", stream.size, tell)
        with openstack_image_copy.copied(stream, digest, is_of_file, directory, progress) as copy:
            yield copy, openstack_image_progress.Progress(name, copy.size, tell)


def _url(source, fetch):
    """What Glance is told to download."""
    if fetch.via != "web-download":
        return None
    if openstack_image_source.scheme_of(source) not in ("http", "https"):
        raise Invalid(f"fetch:via web-download: source {openstack_image_source.shown(source)} is not on a web server")
    return openstack_secrets.resolve(source, __pillar__)


def _proxy(proxy):
    """The proxy of an argument, or the one that Salt itself uses on this minion."""
    if proxy:
        return openstack_secrets.resolve(proxy, __pillar__)
    host, port = __opts__.get("proxy_host"), __opts__.get("proxy_port")
    return f"http://{host}:{port}" if host and port else None


def _s3_settings():
    """Salt's settings for S3, where Salt itself looks for them."""
    names = ("keyid", "key", "service_url", "location", "path_style", "https_enable")
    own, pillar = (lambda name: __opts__.get(f"s3.{name}")), (__pillar__.get("s3") or {})
    found = {name: own(name) if own(name) is not None else pillar.get(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}
