"""
The Image API v2, asked through a keystoneauth session: one token, one listing and one endpoint look-up for a whole run.

This speaks HTTP itself instead of going through python-glanceclient, for four reasons, all about image data: the
client sends chunked bodies only (a uWSGI in front stops at its 1 MB chunks, kolla-ansible bug 2158974), sends the body
again, then empty, when a token expires on the way, hashes downloads its own way with md5, and fetches a schema before
the first call. The paths are those of https://docs.openstack.org/api-ref/image/v2/.
"""

import contextlib
import html
import json
import re
import time
import urllib.parse

import openstack_image_v1
import openstack_session
from openstack_errors import Conflict, OpenStackError, Refused, Unreachable

CONNECT_TIMEOUT = 30
READ_TIMEOUT = 60
# Glance answers an upload when its store has taken everything, and a store may copy for long after the last byte.
STORE_TIMEOUT = 1800
# api_limit_max of Glance is 1000; asked for more it gives this many and a link to the next page.
PAGE = 1000
# A minion that runs its jobs in threads keeps one context for its whole life.
LISTING_AGE = 60
PATCH_TYPE = "application/openstack-images-v2.1-json-patch"
_NO_ANSWER = (502, 503, 504)


def connect(profile, context, pillar, config_get=None, url=None):
    """
    Return the :py:class:`Api` of a profile, the same one for as long as ``context`` lives.

    profile, context, pillar, config_get
        As in ``openstack_session.session``.

    url
        Of one host, ``http://127.0.0.1:9292``. Default ``None``: the endpoint in the catalogue.

    Raises :py:exc:`Invalid` for an unusable profile. Asks nobody yet.
    """
    session, found = openstack_session.session(profile, context, pillar, config_get)
    key = f"openstack_image.api:{openstack_session.fingerprint(found)}:{url or ''}"
    if key not in context:
        context[key] = _VERSIONS[found["image_api_version"]](session, found, url and without_version(url))
    return context[key]


class Api:
    """One cloud's Image API as one user sees it; with ``base``, that of one of its hosts."""

    # A request that needs Keystone and the database.
    PROBE = "/v2/images?limit=1"
    # What Glance hashes data with. Default ``None``: as its images show.
    ALGORITHM = None

    def __init__(self, session, found, base=None):
        self._session = session
        self._found = found
        self._base = base
        self._images = None
        self._listed = 0.0

    @property
    def base(self):
        """The endpoint without a version at its end, ``http://image-node:9292``; :py:exc:`Unreachable` without one."""
        if self._base is None:
            interface, region = self._found.get("interface") or "public", self._found.get("region_name")
            with self._asking("looking up the image endpoint"):
                url = self._session.get_endpoint(
                    service_type="image", interface=interface, region_name=region, skip_discovery=True
                )
            if not url:
                raise Unreachable(
                    f"the catalogue of {self._found['auth_url']} has no {interface} endpoint of type image in region"
                    f" {region or '(any)'}: state.apply glance.identity registers it"
                )
            self._base = without_version(url)
        return self._base

    @property
    def project_id(self):
        """Id of the project that the user works in."""
        with self._asking("logging in"):
            return self._session.get_project_id()

    def raw(self, method, url, what, **kwargs):
        """
        Return the response to a request, whatever its status.

        method, url
            HTTP method; URL or, beginning with ``/``, path at the endpoint.

        what
            What is being done, for the message.

        kwargs
            To keystoneauth and requests.

        Raises :py:exc:`Unreachable` where nobody answers, :py:exc:`Refused` where Keystone does not accept the user.
        """
        url = self.base + url if url.startswith("/") else url
        kwargs.setdefault("timeout", (CONNECT_TIMEOUT, READ_TIMEOUT))
        with self._asking(what):
            return self._session.request(url, method, raise_exc=False, **kwargs)

    def request(self, method, path, what, absent=None, **kwargs):
        """
        Return the response to a request that was granted.

        method, path, what, kwargs
            As in :py:meth:`raw`.

        absent
            Status that means "not there", then ``None`` is returned. Default ``None``: every failure raises.

        Raises :py:exc:`Refused` for 401 and 403, :py:exc:`Unreachable` when a proxy has nobody behind it,
        :py:exc:`Conflict` for 409, :py:exc:`OpenStackError` with Glance's own words for any other failure.
        """
        response = self.raw(method, path, what, **kwargs)
        if response.status_code == absent:
            return None
        if response.status_code < 300:
            return response
        raise self.error(response, what)

    def error(self, response, what):
        """Return the exception for a response that is a failure."""
        status = response.status_code
        if status == 401:
            return Refused(
                f"{what}: Glance at {self.base} does not accept the token that Keystone gave:"
                f" look at [keystone_authtoken] on the image node"
            )
        if status == 403:
            who = self._found.get("username") or "this user"
            return Refused(f"{what}: Glance's policy does not let {who} do this: {said(response)}")
        if status in _NO_ANSWER:
            return Unreachable(f"{what}: HTTP {status} from {self.base}: no Glance behind the proxy answers")
        kind = Conflict if status == 409 else OpenStackError
        return kind(f"{what}: HTTP {status} from {self.base}: {said(response)}")

    def kept(self, wanted):
        """Return attributes of an image as this version of the API would show them; all are kept here."""
        return wanted

    def images(self):
        """Return all images the user sees, hidden ones too, as the API shows them; asked once in a run."""
        if self._images is None or time.monotonic() - self._listed > LISTING_AGE:
            pages = [*self._pages("false"), *self._pages("true")]
            self._images = {image["id"]: image for image in pages}
            self._listed = time.monotonic()
        return list(self._images.values())

    def image(self, image_id):
        """Ask for one image by id, ``None`` when there is none; the kept listing learns from the answer."""
        response = self.request("GET", f"/v2/images/{image_id}", f"image {image_id}", absent=404)
        return self._learn(image_id, response and response.json())

    def named(self, name):
        """Ask for the images of a name, hidden ones left out, as they are now; the kept listing learns from it."""
        # in: makes a list of it, in which quotes keep a comma from parting the name
        quoted = urllib.parse.quote('in:"' + name.replace('"', '""') + '"', safe="")
        found = self.request("GET", f"/v2/images?limit={PAGE}&name={quoted}", f"images named {name}").json()["images"]
        return [self._learn(image["id"], image) for image in found if image["name"] == name]

    def create(self, body):
        """Make an image without data, from the attributes of the API; return it."""
        what = f"creating image {body['name']}"
        image = self.request("POST", "/v2/images", what, json=body).json()
        return self._learn(image["id"], image)

    def patch(self, image_id, operations):
        """Change an image by one JSON patch (https://docs.openstack.org/api-ref/image/v2/#update-image); return it."""
        headers = {"Content-Type": PATCH_TYPE}
        what = f"updating image {image_id}"
        body = json.dumps(operations)
        image = self.request("PATCH", f"/v2/images/{image_id}", what, data=body, headers=headers).json()
        return self._learn(image_id, image)

    def delete(self, image_id):
        """Delete an image; return whether it was there."""
        response = self.request("DELETE", f"/v2/images/{image_id}", f"deleting image {image_id}", absent=404)
        self._learn(image_id, None)
        return response is not None

    def action(self, image_id, action):
        """``deactivate`` or ``reactivate`` an image; return it as it is then."""
        self.request("POST", f"/v2/images/{image_id}/actions/{action}", f"{action} image {image_id}")
        return self.image(image_id)

    def send(self, image_id, body, size, where="file"):
        """
        Upload the data of an image.

        image_id
            Id of a queued image.

        body
            Iterable of bytes; with a ``len`` it goes out with a Content-Length, otherwise in chunks.

        size
            Bytes, ``None`` when not known. Glance 31 and later refuses data of another size.

        where
            ``file``, or ``stage`` for an import to come. Default ``file``.
        """
        headers = {"Content-Type": "application/octet-stream"}
        if size is not None:
            headers["x-openstack-image-size"] = str(size)
        self.upload(f"/v2/images/{image_id}/{where}", f"uploading image {image_id}", body, headers)

    def upload(self, path, what, body, headers):
        """Send data as it comes, never twice: it is gone after the first time. Arguments as :py:meth:`request`."""
        self.request(
            "PUT",
            path,
            what,
            data=body,
            headers=headers,
            allow_reauth=False,
            redirect=False,
            log=False,
            timeout=(CONNECT_TIMEOUT, STORE_TIMEOUT),
        )

    @contextlib.contextmanager
    def data(self, image_id, start=0):
        """
        Give the response whose body is the data of an image, to be read as a stream; ``None`` when there is none.

        start
            Byte to begin with. A store that cannot seek gives all of it, with status 200 instead of 206.
        """
        what = f"downloading image {image_id}"
        headers = {"Range": f"bytes={start}-"} if start else {}
        response = self.request("GET", f"/v2/images/{image_id}/file", what, stream=True, log=False, headers=headers)
        with contextlib.closing(response):
            yield None if response.status_code == 204 else response

    def members(self, image_id):
        """Return ``{project id: status}`` of those with whom an image is shared."""
        response = self.request("GET", f"/v2/images/{image_id}/members", f"members of image {image_id}")
        return {member["member_id"]: member["status"] for member in response.json()["members"]}

    def add_member(self, image_id, project_id):
        """Share an image with a project; return whether it was not yet (Glance answers 409 to a second time)."""
        what = f"sharing image {image_id} with project {project_id}"
        path = f"/v2/images/{image_id}/members"
        return self.request("POST", path, what, absent=409, json={"member": project_id}) is not None

    def answer_member(self, image_id, project_id, status):
        """Accept or reject an image in a project's name."""
        what = f"image {image_id} {status} for project {project_id}"
        self.request("PUT", f"/v2/images/{image_id}/members/{project_id}", what, json={"status": status})

    def remove_member(self, image_id, project_id):
        """Take an image from a project; return whether it had it."""
        what = f"taking image {image_id} from project {project_id}"
        return self.request("DELETE", f"/v2/images/{image_id}/members/{project_id}", what, absent=404) is not None

    def _learn(self, image_id, image):
        if self._images is not None:
            self._images.pop(image_id, None)
            if image:
                self._images[image_id] = image
        return image

    def _pages(self, hidden):
        # os_hidden is a filter since API 2.7 (Rocky); before, it names a property that no image has.
        path = f"/v2/images?limit={PAGE}&os_hidden={hidden}" if hidden == "true" else f"/v2/images?limit={PAGE}"
        while path:
            page = self.request("GET", path, "listing images").json()
            yield from page["images"]
            path = page.get("next")

    def _asking(self, what):
        return openstack_session.asking(what, self._found)


class ApiV1(openstack_image_v1.V1, Api):
    """The same over version 1."""


_VERSIONS = {2: Api, 1: ApiV1}


def without_version(url):
    """Return an endpoint without slash and version at its end, as catalogues have them with and without ``/v2``."""
    return re.sub(r"/v\d+(\.\d+)?$", "", url.rstrip("/")).rstrip("/")


def said(response):
    """Return Glance's own explanation, which is HTML or JSON, as one short line."""
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        return response.json()["message"]
    text = re.sub(r"<title>.*?</title>|<[^>]*>", " ", response.text or "", flags=re.DOTALL)
    return " ".join(html.unescape(text).split())[:400] or "no explanation"
