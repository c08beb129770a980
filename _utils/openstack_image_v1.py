"""
The Image API v1, which Glance has up to Queens, in the words of v2: methods for ``openstack_image_api.Api``, and images
as v2 would show them.

v1 has attributes in headers and ``is_public`` in place of a visibility: an image that is not public can be shared, so
it is shown as ``shared``, as newer Glances do. It has no tags, cannot hide an image, and knows an image's md5 only.
Names of properties are lower case there, with ``_`` for ``-``, and none is empty. Where it shares an image, there is
nothing to accept. What it cannot do is refused with :py:exc:`Invalid`.

Paths: https://docs.openstack.org/api-ref/image/v1/.
"""

import contextlib
import re

from openstack_errors import Invalid

PAGE = 1000
_NUMBERS = ("size", "min_disk", "min_ram", "virtual_size")
_FLAGS = ("is_public", "protected", "deleted")
_SHOWN = ("id", "name", "status", "owner", "disk_format", "container_format", "checksum", "created_at", "updated_at")
_BASE = frozenset((*_SHOWN, *_NUMBERS, "protected", "visibility", "tags", "os_hidden"))
_WRITTEN = ("id", "name", "owner", "disk_format", "container_format", "min_disk", "min_ram", "protected")
_VISIBILITIES = {"public": True, "private": False, "shared": False}
_PREFIX, _PROPERTY = "x-image-meta-", "x-image-meta-property-"
_NAME = re.compile(r"[a-z0-9_.]+")
_UNSENDABLE = re.compile(r"^\s|\s$|[\x00-\x1f\x7f]")
_HOW = "declare image_api_version: 2 in the profile where Glance speaks it, or leave it out"


class V1:
    """What ``Api`` does over v2, over v1; for a class that has the rest from ``Api``."""

    # A request that needs Keystone and the database.
    PROBE = "/v1/images?limit=1"
    # What it hashes the data with.
    ALGORITHM = "md5"

    def kept(self, wanted):
        """
        Return attributes as v1 would show them; raise :py:exc:`Invalid` for what it cannot keep.

        wanted
            Attributes of an image, from ``openstack_image_metadata.declared``.
        """
        check(wanted)
        return {**wanted, "visibility": "shared"} if wanted.get("visibility") == "private" else wanted

    def image(self, image_id):
        """Ask for one image by id, ``None`` when there is none; the kept listing learns from the answer."""
        response = self.request("HEAD", f"/v1/images/{image_id}", f"image {image_id}", absent=404)
        return self._learn(image_id, response and from_headers(response.headers))

    def named(self, name):
        """Ask for the images of a name, as they are now; the kept listing learns from it."""
        found = [image for image in self._pages("false", name) if image["name"] == name]
        return [self._learn(image["id"], image) for image in found]

    def create(self, body):
        """Make an image without data, from the attributes of v2; return it."""
        headers = to_headers(body)
        response = self.request("POST", "/v1/images", f"creating image {body['name']}", headers=headers)
        image = from_json(response.json()["image"])
        return self._learn(image["id"], image)

    def patch(self, image_id, operations):
        """Change an image by the operations of v2's JSON patch; return it."""
        what = f"updating image {image_id}"
        image = self.request("HEAD", f"/v1/images/{image_id}", what)
        headers = to_headers(changed(from_headers(image.headers), operations))
        # what is not among the properties goes
        headers["x-glance-registry-purge-props"] = "true"
        response = self.request("PUT", f"/v1/images/{image_id}", what, headers=headers)
        return self._learn(image_id, from_json(response.json()["image"]))

    def delete(self, image_id):
        """Delete an image; return whether it was there."""
        response = self.request("DELETE", f"/v1/images/{image_id}", f"deleting image {image_id}", absent=404)
        self._learn(image_id, None)
        return response is not None

    def action(self, image_id, action):
        """Refuse: v1 has no such thing."""
        raise Invalid(f"{action} image {image_id}: Image API v1 cannot do this: {_HOW}")

    def send(self, image_id, body, size, where="file"):
        """Upload the data of a queued image; arguments as for v2."""
        if where != "file":
            raise Invalid(f"image {image_id}: Image API v1 cannot import, only upload: {_HOW}")
        headers = {"Content-Type": "application/octet-stream"}
        if size is not None:
            headers[f"{_PREFIX}size"] = str(size)
        self.upload(f"/v1/images/{image_id}", f"uploading image {image_id}", body, headers)

    @contextlib.contextmanager
    def data(self, image_id, start=0):
        """Give the response whose body is the data of an image: all of it, v1 knows no other start."""
        what = f"downloading image {image_id}"
        response = self.request("GET", f"/v1/images/{image_id}", what, stream=True, log=False)
        with contextlib.closing(response):
            yield response

    def members(self, image_id):
        """Return ``{project id: status}`` of those with whom an image is shared; all of them have it."""
        response = self.request("GET", f"/v1/images/{image_id}/members", f"members of image {image_id}")
        return {member["member_id"]: "accepted" for member in response.json()["members"]}

    def add_member(self, image_id, project_id):
        """Share an image with a project; return whether it was not yet."""
        if project_id in self.members(image_id):
            return False
        what = f"sharing image {image_id} with project {project_id}"
        self.request("PUT", f"/v1/images/{image_id}/members/{project_id}", what)
        return True

    def answer_member(self, image_id, project_id, status):
        """Refuse anything but ``accepted``, which every member of an image is."""
        if status != "accepted":
            raise Invalid(f"image {image_id} {status} for project {project_id}: Image API v1 cannot do this: {_HOW}")

    def remove_member(self, image_id, project_id):
        """Take an image from a project; return whether it had it."""
        what = f"taking image {image_id} from project {project_id}"
        return self.request("DELETE", f"/v1/images/{image_id}/members/{project_id}", what, absent=404) is not None

    def _pages(self, hidden, name=None):
        """All images; none is hidden. ``is_public=none`` means all to an administrator and nothing to others."""
        if hidden == "true":
            return
        query = {"limit": PAGE, "is_public": "none", **({"name": name} if name else {})}
        while True:
            page = self.request("GET", "/v1/images/detail", "listing images", params=query).json()["images"]
            yield from map(from_json, page)
            if len(page) < PAGE:
                return
            query["marker"] = page[-1]["id"]


def check(wanted):
    """Raise :py:exc:`Invalid` for attributes that v1 cannot keep; ``wanted`` as for ``V1.kept``."""
    if wanted.get("visibility") not in (None, *_VISIBILITIES):
        raise Invalid(f"visibility {wanted['visibility']}: Image API v1 has {', '.join(_VISIBILITIES)}: {_HOW}")
    for key in ("tags", "hidden"):
        if wanted.get(key):
            raise Invalid(f"{key}: Image API v1 does not have this: {_HOW}")
    if _UNSENDABLE.search(wanted.get("name", "")):
        raise Invalid("name: Image API v1 takes no space around it and no control character in it")
    for name, value in wanted.get("properties", {}).items():
        if not _NAME.fullmatch(name):
            raise Invalid(f"property {name}: Image API v1 has names of a-z, 0-9, _ and . only")
        if value is not None and (not value or _UNSENDABLE.search(value)):
            raise Invalid(
                f"property {name}: Image API v1 keeps no empty value, no space around one, no control character"
            )


def from_json(shown):
    """Return an image of v1's lists and answers as v2 would show it."""
    properties = {_stored(name): value for name, value in (shown.get("properties") or {}).items() if value is not None}
    return {
        **properties,
        **{key: shown.get(key) for key in (*_SHOWN, *_NUMBERS)},
        "visibility": "public" if shown.get("is_public") else "shared",
        "protected": bool(shown.get("protected")),
        "tags": [],
    }


def from_headers(headers):
    """Return an image of v1's headers as v2 would show it."""
    shown, properties = {}, {}
    for header, value in headers.items():
        name = header.lower()
        if name.startswith(_PROPERTY):
            properties[name.removeprefix(_PROPERTY)] = _text(value) or None
        elif name.startswith(_PREFIX):
            shown[_stored(name.removeprefix(_PREFIX))] = _text(value)
    for key in _NUMBERS:
        shown[key] = int(shown[key]) if str(shown.get(key, "")).isdigit() else None
    for key in _FLAGS:
        shown[key] = str(shown.get(key)).lower() == "true"
    return from_json({**shown, "properties": properties})


def to_headers(image):
    """
    Return the headers that say what an image of v2's words is.

    Values go out as UTF-8, which Glance takes them for and the library writes as latin-1; names have ``-``, since web
    servers drop headers with ``_``.
    """
    found = {key: image[key] for key in _WRITTEN if image.get(key) is not None}
    if "visibility" in image:
        found["is_public"] = _VISIBILITIES[image["visibility"]]
    headers = {_PREFIX + key: value for key, value in found.items()}
    headers |= {_PROPERTY + key: value for key, value in properties(image).items()}
    return {key.replace("_", "-"): str(value).encode().decode("latin-1") for key, value in headers.items()}


def changed(image, operations):
    """Return what of an image has to be sent after v2's operations: the attributes they name, and all properties."""
    kept, found = properties(image), {}
    for operation in operations:
        name = operation["path"].removeprefix("/").replace("~1", "/").replace("~0", "~")
        if name in _BASE:
            found[name] = operation["value"]
        elif operation["op"] == "remove":
            kept.pop(name, None)
        else:
            kept[name] = operation["value"]
    check({**found, "properties": {key: kept[key] for key in kept if kept[key] != image.get(key)}})
    return {**found, **kept}


def properties(image):
    """Return the properties of an image in v2's words: what is not an attribute of its own."""
    return {key: value for key, value in image.items() if key not in _BASE and value is not None}


def _stored(name):
    return name.lower().replace("-", "_")


def _text(header):
    """A header's value, which the library takes for latin-1."""
    return header.encode("latin-1", "replace").decode("utf-8", "replace")
