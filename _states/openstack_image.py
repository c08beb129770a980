"""
Which images OpenStack Glance offers, and whether it answers.

.. versionadded:: 1.0.0

Needs keystoneauth1 and oslo.utils in Salt's own Python. ``profile`` says as whom to ask which cloud: the name of a
pillar key or a mapping, described in ``_utils/openstack_profile.py``.

.. code-block:: yaml

    cirros-0.6.3:
      openstack_image.present:
        - source: https://download.cirros-cloud.net/0.6.3/cirros-0.6.3-x86_64-disk.img
        - source_hash: sha256=7d6355852aeb6dbcd191bcda7cd74f1536cfe5cbf8a10495a7283a8396e4b75b
        - disk_format: qcow2
        - visibility: public
        - properties:
            hw_disk_bus: virtio

    glance-answers:
      openstack_image.answering:
        - timeout: 120
"""

import time

import openstack_image_metadata as metadata
from openstack_errors import OpenStackError, Refused, Unreachable
from openstack_profile import PROFILE
from openstack_states import converge, diff

__virtualname__ = "openstack_image"


def __virtual__():
    if "openstack_image.show" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_image is not loaded: it needs keystoneauth1 in Salt's own Python"


def present(
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
    profile=PROFILE,
):
    """
    Ensure that there is an image with this data and these attributes.

    An image is known by its id where one is declared, else by its name among the images of the profile's project and
    the public ones. Its data is compared by hash, so none is moved when it is the same: with Glance's own hashes, or
    with the one noted at the upload (property ``glance_formula_source_hash``). An image that came by other ways, with a
    ``source_hash`` that Glance does not compute, is read from Glance once, and the hash noted.

    When the data differs, a new image is made and verified; then the old one gives its name away and is kept, hidden
    and named ``NAME (retired TIME)``, usable by id for the servers made from it. Nothing is deleted.

    Attributes left at ``None`` are not looked at; a new image gets Glance's default, one that replaces another gets
    that one's. Drift of the others is repaired with one request. An image that was deactivated stays so.

    name
        Name of the image.

    source
        URL (http, https, ftp, salt, file) or absolute path on the minion. May hold references to pillar keys.

    disk_format
        ``qcow2``, ``raw``, ``iso`` … The data is looked at: another format, a backing file or a data file is refused.
        Glance does not change it for an image that has data: then this is an error, unless the data differs too.

    source_hash
        ``sha512=…``, ``sha256=…``, ``md5=…``, or URL or path of a sums file such as ``SHA256SUMS`` that lists the
        source. Default ``None``: the data of ``salt://`` and of files is hashed at every run; that of a URL is not
        compared, the image only has to be there.

    container_format
        Default ``bare``.

    visibility
        ``public``, ``private``, ``shared`` or ``community``. A new image: ``shared``.

    properties
        All custom properties; others are removed, except those that Glance, its stores and other services write.
        Values become strings, true is ``"true"``.

    tags
        All tags.

    min_disk, min_ram
        GiB of disk and MiB of memory that an instance needs.

    protected, hidden
        Whether the image cannot be deleted, is left out of lists.

    id
        Id that the image must have, to have the same one on all sites. Glance gives an id out once, and never changes
        the data of one.

    proxy
        URL of a proxy for http, https and ftp. Default ``None``: the minion's ``proxy_host`` and ``proxy_port``, else
        what its environment says.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Under ``test=True`` a source that would be needed is asked for one byte, so a wrong URL is said in the plan. When
    nobody answers where Glance should be, or Keystone does not know the user (yet), the plan is that the image would
    be created, and the comment says why nobody could be asked.
    """
    given = {
        "id": id,
        "disk_format": disk_format,
        "container_format": container_format,
        "visibility": visibility,
        "properties": properties,
        "tags": tags,
        "min_disk": min_disk,
        "min_ram": min_ram,
        "protected": protected,
        "hidden": hidden,
    }
    image = _Image(name, given, source, source_hash, proxy, profile)
    return image.plan() if __opts__["test"] else image.converge()


def absent(name, id=None, force=False, profile=PROFILE):
    """
    Ensure that there is no image of this name, or of this id.

    name
        Name of the image.

    id
        Id of the image, then the name is only a label. Default ``None``.

    force
        Remove it even when it is protected. Default ``False``: that is an error, also under ``test=True``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.
    """

    def read():
        image = __salt__["openstack_image.show"](id or name, profile)
        if image and image["protected"] and not force:
            raise OpenStackError(f"image {image['id']} is protected: set force, or take its protection away")
        return image and {key: image[key] for key in ("id", "name", "status", "visibility", "size")}

    def write(current, _changes):
        __salt__["openstack_image.delete"](current["id"], force, profile)

    return converge(name, f"Image {name}", None, read, write, __opts__["test"])


def answering(name, profile=PROFILE, timeout=60):
    """
    Wait until Glance answers a request that needs Keystone and the database.

    name
        URL of one API host, ``http://image-node:9292``; anything else is a label, and the endpoint in the catalogue is
        asked.

    profile
        Who asks which cloud. Default ``glance:identity:admin``. Credentials that Keystone does not accept are an error
        at once, but under ``test=True`` a reason why it does not answer: the run may be the one that makes the user.

    timeout
        Seconds to wait at most. Default ``60``.

    ``changes`` are ``{"api": {"old": why it did not answer, "new": "answering"}}``, empty when it answered the first
    time. Under ``test=True`` it is asked once.
    """
    url = name if "://" in name else None

    def read():
        try:
            answer = __salt__["openstack_image.answering"](profile, url)
        except Refused as exc:
            if not __opts__["test"]:
                raise
            return {"api": str(exc)}
        return {"api": answer["error"] or "answering"}

    def write(current, _changes):
        end = time.monotonic() + timeout
        while current["api"] != "answering":
            left = end - time.monotonic()
            if left <= 0:
                raise OpenStackError(
                    f"no answer within {timeout} s; last: {current['api']}. Look into the journal of the API service on"
                    f" the image node: journalctl -u glance-api (openstack-glance-api on Red Hat)"
                )
            time.sleep(min(1, left))
            current = read()

    label = f"Image API {name}"
    ret = converge(name, label, {"api": "answering"}, read, write, __opts__["test"])
    if ret["changes"] and ret["result"] is not False:
        ret["comment"] = f"{label} {'does not answer yet' if __opts__['test'] else 'answers now'}"
    return ret


class _Image:
    """One image: what it should be, how it is read, planned and written."""

    def __init__(self, name, given, source, source_hash, proxy, profile):
        self._name = name
        self._given = given
        self._source = {"source": source, "source_hash": source_hash, "proxy": proxy}
        self._profile = profile
        self._wanted = {}
        self._found = None  # as the API shows it
        self._not_asked = None

    def converge(self):
        """Return the result of a real run."""
        return converge(self._name, f"Image {self._name}", self.wanted, self.read, self.write, test=False)

    def plan(self):
        """Return the result of ``test=True``."""
        ret = converge(self._name, f"Image {self._name}", self.wanted, self._read_for_plan, None, test=True)
        if self._not_asked and ret["result"] is None:
            ret["comment"] += f", once the Image API can be asked ({self._not_asked})"
        return ret

    def wanted(self):
        """Return what the image should be, its data as a digest."""
        declared = metadata.declared(**self._given)
        digest = __salt__["openstack_image.source_hash"](**self._source)
        if digest:
            self._source["source_hash"] = digest  # so that a sums file is read once
        self._wanted = {"name": self._name, **declared, "status": "active", **({"content": digest} if digest else {})}
        return self._wanted

    def read(self):
        """Return the image's attributes in the form of ``wanted``; refuses what the API cannot do."""
        pinned = self._wanted.get("id")
        image = pinned and __salt__["openstack_image.show"](pinned, self._profile)
        self._found = image or __salt__["openstack_image.show"](self._name, self._profile)
        if self._found is None:
            return None
        current = metadata.attributes(self._found, self._wanted)
        if "content" in self._wanted:
            current["content"] = self._content(self._wanted["content"])
        self._step(current)
        return current

    def write(self, current, changes):
        """Create, fill, replace or update."""
        step = self._step(current)
        if step == "update":
            return self._update(changes)
        given = {key: value for key, value in self._wanted.items() if key not in ("name", "status", "content")}
        if step == "fill":
            given["id"] = self._found["id"]
        if step == "replace":
            # what nobody declares, a new image has from the one that it replaces
            given = {**{key: current[key] for key in metadata.DEFAULTS}, **given, "replaces": self._found["id"]}
        return __salt__["openstack_image.upload"](self._name, profile=self._profile, **self._source, **given)

    def _read_for_plan(self):
        current = None
        try:
            current = self.read()
        except (Unreachable, Refused) as exc:
            self._not_asked = exc
        if current is None or self._step(current) != "update":
            __salt__["openstack_image.source_exists"](self._source["source"], self._source["proxy"])
        return current

    def _content(self, digest):
        if not metadata.must_be_read(self._found, digest):
            return metadata.content(self._found, digest)
        algorithm = digest.partition("=")[0]
        found = __salt__["openstack_image.digest"](self._found["id"], algorithm, self._profile)
        return found + metadata.NOT_RECORDED

    def _step(self, current):
        return metadata.step(self._found, diff(current, self._wanted), "id" in self._wanted)

    def _update(self, changes):
        given = {key: change["new"] for key, change in changes.items() if key not in ("content", "status")}
        recorded = self._wanted["content"] if "content" in changes else None
        return __salt__["openstack_image.update"](
            self._found["id"], recorded_hash=recorded, profile=self._profile, **given
        )
