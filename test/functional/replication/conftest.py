"""
Two clouds that know nothing of each other: images are copied from ``there`` to ``here``, by nobody special.

Both Glances are reached through windows, in a region of their own. What is true is asked with python-glanceclient.
"""

import contextlib
import pathlib
import sys
import time
import types
import uuid

import glanceclient
import pytest
from keystoneclient.v3 import client as keystoneclient

from functional import cloud, images, regions, webserver

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "_utils"))  # as Salt's loader has it

REGION = "replication-under-test"
READER = "test-reader"
PASSWORD = "not in any message"
SOURCE = "glance:replication:sources:there"


class Cutting(webserver.Window):
    """
    A window that waits ``server.stall`` seconds in the middle of an image's data, cuts it short ``server.cuts`` times,
    and with ``server.damage`` gives another byte at its end.
    """

    def give(self, response, data):
        """Answer with this data, whatever is announced."""
        self.send_response(response.status)
        self.send_header("Content-Length", response.getheader("Content-Length"))
        self.end_headers()
        middle = len(data) // 2
        self.wfile.write(data[:middle])
        time.sleep(self.server.stall)
        with contextlib.suppress(OSError):  # who waited may be gone
            self.wfile.write(data[middle:])
        self.close_connection = True

    def _answer(self, response):
        data = self.command == "GET" and self.path.endswith("/file")
        if data and self.server.cuts:
            self.server.cuts -= 1
            return self.give(response, response.read(int(response.getheader("Content-Length")) // 2))
        if data and self.server.damage:
            return self.give(response, response.read()[:-1] + b"!")
        if data and self.server.stall:
            return self.give(response, response.read())
        return super()._answer(response)


class Cloud:
    """One of the two: its Keystone, its Glance, and the window onto it."""

    def __init__(self, servers, window):
        self.account = {key: value for key, value in servers["identity"].items() if key != "region_name"}
        self.session = cloud.session(self.account)
        self.keystone = keystoneclient.Client(session=self.session, interface="public")
        self.window = window
        self.url = servers["image"]["url"]
        self.glance = glanceclient.Client("2", session=self.session, endpoint_override=self.url)

    def profile(self, **others):
        """An account at this cloud."""
        return {**self.account, "region_name": REGION, **others}

    def images(self, name=""):
        """All images whose name begins so, hidden ones too."""
        pages = [self.glance.images.list(filters={"os_hidden": hidden}) for hidden in ("false", "true")]
        return [image for page in pages for image in page if image.name.startswith(name)]

    def project(self, name):
        """The id of a project, which is made if it is not there."""
        found = [each for each in self.keystone.projects.list(domain="default") if each.name == name]
        return (found[0] if found else self.keystone.projects.create(name, "default")).id

    def make(self, name, data=None, **attributes):
        """An image, with data."""
        body = {"disk_format": "qcow2", "container_format": "bare", "visibility": "public", **attributes}
        image = self.glance.images.create(name=name, **body)
        self.fill(image.id, data or images.qcow2(name.encode()))
        return self.glance.images.get(image.id)

    def fill(self, image_id, data):
        """Give an image its data, with a length, which every server of Glance takes."""
        headers = {"Content-Type": "application/octet-stream"}
        self.session.put(f"{self.url}/v2/images/{image_id}/file", data=data, headers=headers)

    def data(self, image_id):
        """What Glance gives back."""
        return b"".join(self.glance.images.data(image_id))

    def clean(self):
        """Remove what tests made."""
        for image in self.images("test-"):
            with contextlib.suppress(glanceclient.exc.HTTPException):
                self.glance.images.update(image.id, protected=False)
                self.glance.images.delete(image.id)

    def sent(self, *methods):
        """What went through the window."""
        return [entry for entry in self.window.log if entry[0] in methods]


@pytest.fixture(scope="module")
def clouds(servers, second):
    with contextlib.ExitStack() as stack:
        found = types.SimpleNamespace()
        for name, each in {"here": servers, "there": second}.items():
            if "identity" not in each or "image" not in each:
                pytest.skip("the file that GLANCE_TEST_SERVERS names has no identity or no image of both clouds")
            window = stack.enter_context(regions.opened(each, REGION, Cutting, cuts=0, stall=0, damage=False))
            setattr(found, name, Cloud(each, window))
        _reader(found.there)
        yield found
        for each in (found.here, found.there):
            each.clean()


def _reader(there):
    """An account that is no administrator's; Glance lets no reader have data."""
    keystone = there.keystone
    for stale in [user for user in keystone.users.list(domain="default") if user.name == READER]:
        keystone.users.delete(stale)
    user = keystone.users.create(READER, domain="default", password=PASSWORD)
    role = next(role for role in keystone.roles.list() if role.name == "member")
    keystone.roles.grant(role.id, user=user.id, project=there.session.get_project_id())


@pytest.fixture(scope="module")
def pillar(clouds):
    reader = clouds.there.profile(username=READER, password=PASSWORD)
    sources = {
        "there": reader,
        "owner": clouds.there.profile(),
        "nowhere": {**reader, "auth_url": "http://127.0.0.1:9"},
    }
    sources["stranger"] = {**reader, "password": "wrong"}
    return {"glance": {"identity": {"admin": clouds.here.profile()}, "replication": {"sources": sources}}}


@pytest.fixture
def here(clouds):
    """Where images are copied to."""
    yield _fresh(clouds.here)
    clouds.here.clean()


@pytest.fixture
def there(clouds):
    """Where they come from."""
    yield _fresh(clouds.there)
    clouds.there.clean()


def _fresh(one):
    one.window.log.clear()
    for key, value in {"answer": None, "break_upload": False, "cuts": 0, "stall": 0, "damage": False}.items():
        setattr(one.window, key, value)
    return one


@pytest.fixture
def name():
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def replicate(modules, forget_images, name):
    """``openstack_image.replicate`` of the images of the test, as in a run of its own that has kept its tokens."""

    def run(source=SOURCE, images=None, **arguments):
        forget_images()
        return modules.openstack_image.replicate(source, images=images or [name], **arguments)

    return run


@pytest.fixture
def one(replicate):
    """The row of the only image."""

    def run(**arguments):
        [row] = replicate(**arguments)
        return types.SimpleNamespace(**row)

    return run
