"""
The data of an image on its way into Glance, by one of four ways (``fetch:via``); what it is from the first request to
its name, ``openstack_image_lifecycle`` says.

Until the data that Glance hashed is known to be what was sent, the image is private, has another name and carries a
mark, ``glance_formula_upload``.
"""

import contextlib

import openstack_image_digests
import openstack_image_download
import openstack_image_interop
import openstack_image_leftovers
import openstack_image_lifecycle
import openstack_image_patch as patching
from openstack_errors import OpenStackError
from openstack_image_checked import Checked, glance_algorithm
from openstack_image_fetch import Fetch

GIB = 1 << 30


def upload(
    api, stream, digest, wanted, host, replaces=None, policy=None, fetch=None, derive=(), url=None, progress=None
):
    """
    Make an image with the data of a stream and return it as the API shows it.

    api
        ``openstack_image_api.Api``.

    stream
        An open ``openstack_image_stream.Stream``.

    digest
        ``sha256=…`` that the data must have, ``source:sha256=…`` for the stream as it comes, ``None`` for any.

    wanted
        All attributes, from ``openstack_image_declared``. With an ``id`` a queued image of that id is filled. Without
        ``disk_format`` it gets the one that the data has.

    host
        Who uploads, the minion's id, for the mark.

    replaces
        Id of the image that gives its name away once the new one is whole. Default ``None``.

    policy
        What becomes of that one, from ``openstack_image_retirement.policy``. Default ``None``: hidden.

    fetch
        ``openstack_image_fetch.Fetch``. Default: its defaults.

    derive
        Attributes that are taken from the data, of ``("min_disk",)``. Default none.

    url
        Where Glance itself downloads the data, for ``via: web-download``.

    progress
        ``openstack_image_progress.Progress``. Default ``None``: nobody is told.

    Raises what the source and Glance raise. No image is left behind then, unless its id is pinned: Glance never gives
    an id out twice, so that one stays, private and marked, and the next run goes on with it.
    """
    fetch = fetch or Fetch()
    image = openstack_image_lifecycle.prepared(api, wanted, digest, host, policy)
    try:
        if image["status"] in ("queued", "uploading"):
            image, taken = _WAYS[fetch.via](api, image, stream, digest, wanted, fetch, url, progress)
            wanted = {**wanted, **{key: value for key, value in taken.items() if key in derive}}
        if image["status"] not in ("active", "deactivated"):
            raise OpenStackError(f"image {image['id']} became {image['status']} meanwhile: run again")
        return openstack_image_lifecycle.published(api, image, wanted, replaces, policy)
    except BaseException:
        openstack_image_leftovers.take_back(api, image["id"], "id" in wanted)
        raise


def _streamed(api, image, stream, digest, wanted, fetch, _url, progress):
    """In one pass to the store."""
    with _checked(api, stream, digest, wanted, fetch, progress) as checked:
        image = _with_format(api, image, checked)
        api.send(image["id"], checked, checked.size)
        return _verified(api, image, checked), _taken(checked)


def _staged(api, image, stream, digest, wanted, fetch, _url, progress):
    """In one pass to Glance's staging area, then imported, and converted perhaps, by Glance."""
    openstack_image_interop.ready(api, "glance-direct")
    with _checked(api, stream, digest, wanted, fetch, progress) as checked:
        image = _with_format(api, image, checked)
        api.send(image["id"], checked, checked.size, "stage")
        openstack_image_interop.start(api, image["id"], {"name": "glance-direct"})
        before, image = image, openstack_image_interop.wait(api, image["id"], fetch.import_timeout)
        if image["disk_format"] == before["disk_format"]:
            return _verified(api, image, checked), _taken(checked)
        if wanted.get("disk_format"):
            raise OpenStackError(
                f"{stream.label}: Glance made {image['disk_format']} of it: declare no disk_format, since that of the"
                f" source is not what the image has then"
            )
        return _noted(api, image, checked.record), _taken(checked)


def _downloaded(api, image, stream, digest, wanted, fetch, url, _progress):
    """By Glance, from the URL; nothing of the data is seen here, so it is compared as Glance has it."""
    openstack_image_interop.ready(api, "web-download")
    if not wanted.get("disk_format"):
        raise OpenStackError(f"{stream.label}: declare disk_format, nobody looks at what Glance downloads itself")
    openstack_image_interop.start(api, image["id"], {"name": "web-download", "uri": url})
    image = openstack_image_interop.wait(api, image["id"], fetch.import_timeout)
    if digest and image["disk_format"] != wanted["disk_format"]:
        raise OpenStackError(
            f"{stream.label}: Glance made {image['disk_format']} of it, of which source_hash says nothing: use"
            f" fetch:via glance-direct, or declare no source_hash"
        )
    if digest:
        algorithm = digest.partition("=")[0]
        _compare(api, image, {algorithm: digest.partition("=")[2]}, stream.label)
    return _noted(api, image, digest), {}


_WAYS = {"stream": _streamed, "file": _streamed, "glance-direct": _staged, "web-download": _downloaded}


def _checked(api, stream, digest, wanted, fetch, progress):
    algorithm = api.ALGORITHM or glance_algorithm(api.images())
    formats = wanted.get("disk_format"), wanted["container_format"]
    return contextlib.closing(Checked(stream, digest, *formats, algorithm, fetch, progress))


def _with_format(api, image, checked):
    """A queued image that has the format of the data where none is declared."""
    return api.patch(image["id"], patching.operations(image, {"disk_format": checked.disk_format()}))


def _taken(checked):
    """What the data says of itself."""
    size = checked.virtual_size
    return {"min_disk": -(-size // GIB)} if size else {}


def _verified(api, image, checked):
    image = api.image(image["id"]) or {"id": image["id"], "status": "deleted"}
    if image["status"] != "active":
        raise OpenStackError(
            f"image {image['id']} is {image['status']} after its upload: look into the journal of Glance"
        )
    _compare(api, image, checked.digests, checked.label)
    return _noted(api, image, checked.record)


def _compare(api, image, digests, label):
    """Compare what Glance hashed with what it should be; where Glance used another algorithm, read the data back."""
    stored = openstack_image_digests.digests(image)
    for algorithm, sent in digests.items():
        kept = stored.get(algorithm)
        if kept is None and not set(stored) & set(digests):
            kept = openstack_image_download.read_digest(api, image["id"], algorithm).partition("=")[2]
        if kept is not None and kept != sent:
            raise OpenStackError(f"Glance keeps other data than {label} gave: {algorithm}={kept} instead of {sent}")


def _noted(api, image, digest):
    properties = openstack_image_lifecycle.recorded(image, digest)
    return api.patch(image["id"], patching.operations(image, {"properties": properties}))
