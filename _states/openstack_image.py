"""
Which images OpenStack Glance offers.

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
"""

import re

import openstack_image_declared as declaration
import openstack_image_digests
import openstack_image_marks as marks
import openstack_image_metadata as metadata
import openstack_image_retirement
import openstack_image_step
from openstack_errors import OpenStackError, Refused, Unreachable
from openstack_profile import PROFILE
from openstack_states import converge, diff

__virtualname__ = "openstack_image"

_PATCHED = (
    "name",
    "disk_format",
    "container_format",
    "visibility",
    "properties",
    "tags",
    "min_disk",
    "min_ram",
    "protected",
    "hidden",
    "catalogue",
)
_AT_UPLOAD = ("id", *_PATCHED[1:])


def __virtual__():
    if "openstack_image.show" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_image is not loaded: it needs keystoneauth1 in Salt's own Python"


def present(
    name,
    source,
    disk_format=None,
    source_hash=None,
    container_format="bare",
    visibility=None,
    properties=None,
    architecture=None,
    os_distro=None,
    os_version=None,
    os_type=None,
    kernel_id=None,
    ramdisk_id=None,
    tags=None,
    min_disk=None,
    min_ram=None,
    protected=None,
    hidden=None,
    deactivated=None,
    owner=None,
    members=None,
    project_domain="Default",
    stores=None,
    id=None,
    retire=None,
    catalogue="default",
    proxy=None,
    fetch=None,
    profile=PROFILE,
):
    """
    Ensure that there is an image with this data and these attributes.

    An image is known by its id where one is declared, else by its name among the images of the profile's project, of
    the declared owner, and the public ones. Its data is compared by hash, so none is moved when it is the same: with
    Glance's own hashes, or with the one noted at the upload (property ``glance_formula_source_hash``). An image that
    came by other ways, with a ``source_hash`` that Glance does not compute, is read from Glance once, and the hash
    noted.

    When the data differs, a new image is made and verified and takes the name over; then the old one is renamed
    ``NAME (retired TIME)`` and ``retire`` says what becomes of it. It stays usable by id for the servers made from it,
    and is deleted by ``retired`` alone. When the data of a retired image is declared again, that image comes back.

    Attributes left at ``None`` are not looked at; a new image gets Glance's default, one that replaces another gets
    that one's. Drift of the others is repaired, the attributes with one request. The properties that this formula
    notes on images are described in ``_utils/openstack_image_marks.py``.

    name
        Name of the image.

    source
        URL (http, https, ftp, s3, salt, file) or absolute path on the minion. May hold references to pillar keys.

    disk_format
        ``qcow2``, ``raw``, ``iso`` … The data is looked at: another format, a backing file or a data file is refused.
        Glance does not change it for an image that has data: then this is an error, unless the data differs too.
        Default ``None``: a new image gets the one that the data has.

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

    architecture, os_distro, os_version, os_type, kernel_id, ramdisk_id
        Properties that can be managed while the others are not; not both here and in ``properties``.

    tags
        All tags.

    min_disk, min_ram
        GiB of disk and MiB of memory that an instance needs. A new image: GiB that the virtual disk takes, and ``0``.

    protected, hidden
        Whether the image cannot be deleted, is left out of lists.

    deactivated
        Whether nobody may download or start it. Default ``None``: one that was deactivated stays so.

    owner
        Name or id of the project that the image belongs to; policy lets an administrator give it away.

    members
        All projects that a ``shared`` image is shared with: a list of names or ids, or a mapping of them to
        ``accepted``, ``pending`` or ``rejected``, which an administrator may say for them. One that replaces another
        image gets that one's.

    project_domain
        Domain of the projects that are given by name. Default ``Default``.

    stores
        All stores that have the data; more are filled by Glance itself (``copy-image``), others lose it.

    id
        Id that the image must have. Glance gives an id out once and never changes the data of one: with other data this
        is an error, so new data needs a new id. Default ``None``: one that follows from name and digest, the same on
        every site.

    retire
        What becomes of the image whose place another takes: mapping with ``hide``, ``visibility``, ``deactivate``,
        described in ``_utils/openstack_image_retirement.py``. Default ``None``: it is hidden.

    catalogue
        Name of the catalogue that the image belongs to, noted on it for ``only_declared``. Default ``default``.

    proxy
        URL of a proxy for http, https and ftp. Default ``None``: the minion's ``proxy_host`` and ``proxy_port``, else
        what its environment says.

    fetch
        Mapping that says how the data comes: ``via``, ``decompress``, ``signature`` and more, described at the
        execution function ``upload``. Default ``None``: in one pass, as it is.

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
        "architecture": architecture,
        "os_distro": os_distro,
        "os_version": os_version,
        "os_type": os_type,
        "kernel_id": kernel_id,
        "ramdisk_id": ramdisk_id,
        "tags": tags,
        "min_disk": min_disk,
        "min_ram": min_ram,
        "protected": protected,
        "hidden": hidden,
        "deactivated": deactivated,
        "owner": owner,
        "members": members,
        "stores": stores,
        "catalogue": catalogue,
    }
    origin = {"source": source, "source_hash": source_hash, "proxy": proxy, "fetch": fetch}
    image = _Image(name, given, origin, _Projects(project_domain, profile), retire, profile)
    return image.plan() if __opts__["test"] else image.converge()


class _Projects:
    """Projects as pillar calls them, name or id, and their ids; each is asked for once."""

    def __init__(self, domain, profile):
        self._domain = domain
        self._profile = profile
        self._ids = {}

    def id(self, project):
        """Return the id of a project, ``None`` for none."""
        if project is None or re.fullmatch(r"[0-9a-f]{32}", project):
            return project
        if project not in self._ids:
            found = __salt__["openstack_identity.project_get"](project, self._domain, self._profile)
            if found is None:
                raise OpenStackError(f"Keystone has no project {project} in domain {self._domain}: correct the name")
            self._ids[project] = found["id"]
        return self._ids[project]

    def name(self, project_id):
        """Return how pillar calls a project: by its id when it has not named it."""
        return next((name for name, known in self._ids.items() if known == project_id), project_id)


class _Image:
    """One image: what it should be, how it is read, planned and written."""

    def __init__(self, name, given, source, projects, retire, profile):
        self._name = name
        self._given = given
        self._source = source
        self._projects = projects
        self._retire = retire
        self._profile = profile
        self._wanted = {}
        self._found = None  # as the API shows it
        self._members = {}  # of that, {project id: status}
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
        declared = __salt__["openstack_image.supported"](declaration.declared(**self._given), self._profile)
        openstack_image_retirement.policy(self._retire)
        digest = __salt__["openstack_image.source_hash"](**self._source)
        if digest:
            self._source["source_hash"] = digest  # so that a sums file is read once
        self._wanted = {"name": self._name, **declared, "status": "active", **({"content": digest} if digest else {})}
        return self._wanted

    def read(self):
        """Return the image's attributes in the form of ``wanted``; refuses what the API cannot do."""
        self._found = self._asked()
        if self._found is None:
            return None
        current = metadata.attributes(self._found, self._wanted)
        current["owner"] = self._projects.name(current["owner"])
        if current["status"] == "active" and (self._replaced() or self._leftovers()):
            current["status"] = ", and ".join(["active", *self._said()])
        if "members" in self._wanted:
            current["members"] = self._read_members()
        if "content" in self._wanted:
            current["content"] = self._content(self._wanted["content"])
        if self._wanted.get("stores") and current["status"] == "active" and not current["stores"]:
            raise OpenStackError("this Glance does not say where images are: it has one store, so declare no stores")
        self._step(current)
        return current

    def write(self, current, changes):
        """Create, fill, replace or update."""
        step = self._step(current)
        if step == "update":
            return self._update(changes)
        given = {key: self._wanted[key] for key in _AT_UPLOAD if key in self._wanted}
        if step == "fill":
            given["id"] = self._found["id"]
        if step == "replace":
            # what nobody declares, a new image has from the one that it replaces
            inherited = {key: current[key] for key in metadata.DEFAULTS} | {"owner": self._found.get("owner")}
            given = {**inherited, **given, "replaces": self._found["id"], "retire": self._retire}
        if "owner" in self._wanted:
            given["owner"] = self._projects.id(self._wanted["owner"])
        own = {key: self._wanted[key] for key in metadata.NAMED if key in self._wanted}
        given["properties"] = {**given.get("properties", {}), **own}
        members = self._members if step == "replace" else {}
        image = __salt__["openstack_image.upload"](self._name, profile=self._profile, **self._source, **given)
        return self._complete(image, self._wanted, members)

    def _asked(self):
        for project in self._wanted.get("members", ()):
            self._projects.id(project)
        owner, pinned = self._projects.id(self._wanted.get("owner")), self._wanted.get("id")
        image = pinned and __salt__["openstack_image.show"](pinned, self._profile)
        if image:
            return image
        return __salt__["openstack_image.show"](self._name, self._profile, owner)

    def _read_for_plan(self):
        current = None
        try:
            current = self.read()
        except (Unreachable, Refused) as exc:
            self._not_asked = exc
        if current is None or self._step(current) != "update":
            where = {key: value for key, value in self._source.items() if key != "source_hash"}
            asked = None if self._not_asked else self._profile
            __salt__["openstack_image.source_exists"](**where, profile=asked)
        return current

    def _read_members(self):
        """Members as pillar calls them; a status that pillar leaves to the project reads as ``None``."""
        wanted, visibility = self._wanted["members"], self._wanted.get("visibility", self._found["visibility"])
        if wanted and visibility != "shared":
            raise OpenStackError(f"image {self._found['id']} is {visibility} and so has no members: declare it shared")
        self._members = __salt__["openstack_image.member_list"](self._found["id"], self._profile)
        found = {self._projects.name(project_id): status for project_id, status in self._members.items()}
        return {key: status if wanted.get(key, True) else None for key, status in found.items()}

    def _content(self, digest):
        if not openstack_image_digests.must_be_read(self._found, digest):
            return openstack_image_digests.content(self._found, digest)
        algorithm = digest.partition("=")[0]
        found = __salt__["openstack_image.digest"](self._found["id"], algorithm, self._profile)
        return found + openstack_image_digests.NOT_RECORDED

    def _step(self, current):
        return openstack_image_step.step(self._found, diff(current, self._wanted), "id" in self._wanted)

    def _replaced(self):
        """The image that this one took the place of, if the run that did so was stopped before it was retired."""
        replaced = self._found.get(marks.REPLACES)
        images = __salt__["openstack_image.list"](self._profile) if replaced else ()
        return [image["id"] for image in images if image["id"] == replaced and image["name"] == self._name]

    def _leftovers(self):
        """What an upload of this minion left that nobody went on with, since other data was declared again."""
        found = __salt__["openstack_image.leftovers"](self._profile)
        return [key for key, name in sorted(found.items()) if name == self._name and key != self._found["id"]]

    def _said(self):
        return [
            *(f"{image_id} has its name too" for image_id in self._replaced()),
            *(f"{image_id} is left of an upload" for image_id in self._leftovers()),
        ]

    def _update(self, changes):
        new = {key: change["new"] for key, change in changes.items()}
        for image_id in self._replaced():
            __salt__["openstack_image.retire"](image_id, self._retire, self._profile)
        for image_id in self._leftovers():
            __salt__["openstack_image.delete"](image_id, profile=self._profile)
        given = {key: new[key] for key in _PATCHED if key in new}
        if "owner" in new:
            given["owner"] = self._projects.id(new["owner"])
        own = {key: new[key] for key in metadata.NAMED if key in new}
        recorded = self._wanted["content"] if "content" in new else None
        if given or own or recorded:
            __salt__["openstack_image.update"](
                self._found["id"], set_properties=own, recorded_hash=recorded, profile=self._profile, **given
            )
        return self._complete(self._found, new, {})

    def _complete(self, image, new, members):
        """What takes requests of its own: members, stores, and last, since it locks the data, whether it is active."""
        if new.get("deactivated") is False and image["status"] == "deactivated":
            __salt__["openstack_image.reactivate"](image["id"], self._profile)
        if "members" in new:
            members = {self._projects.id(project): status for project, status in new["members"].items()}
        if "members" in new or (members and "members" not in self._wanted):
            __salt__["openstack_image.members"](image["id"], members, self._profile)
        if "stores" in new:
            self._place(image, new["stores"])
        if new.get("deactivated") and image["status"] != "deactivated":
            __salt__["openstack_image.deactivate"](image["id"], self._profile)

    def _place(self, image, stores):
        current = metadata.stores(image)
        missing = [store for store in stores if store not in current]
        if missing:
            __salt__["openstack_image.copy"](image["id"], missing, profile=self._profile)
        for store in (store for store in current if store not in stores):
            __salt__["openstack_image.remove_from_store"](image["id"], store, self._profile)
