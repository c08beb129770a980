"""
The data of images on its way into a real Glance, which is reached through a window in a region of its own. What is true
is asked with python-glanceclient.
"""

import functools
import types
import uuid

import glanceclient
import pytest

from functional import cloud, images, mirror, regions

REGION = "image-data-under-test"
SECRET = "not in any message"


@pytest.fixture(scope="module")
def account(servers):
    """Who may publish images."""
    if "identity" not in servers or "image" not in servers:
        pytest.skip("the file that GLANCE_TEST_SERVERS names has no identity or no image")
    return {key: value for key, value in servers["identity"].items() if key != "region_name"}


@pytest.fixture(scope="module")
def window(servers, account):
    with regions.opened(servers, REGION) as server:
        yield server


@pytest.fixture(scope="module")
def pillar(account):
    admin = {**account, "region_name": REGION}
    return {"glance": {"identity": {"admin": admin}, "mirror": {"token": SECRET}}}


@pytest.fixture
def glance(account, window):
    """The witness; cleans up behind a test."""
    window.log.clear()
    client = glanceclient.Client("2", session=cloud.session(account), endpoint_override=f"http://{window.target}")
    yield client
    for hidden in ("false", "true"):
        for image in list(client.images.list(filters={"os_hidden": hidden})):
            if image.name.startswith("test-"):
                client.images.update(image.id, protected=False)
                client.images.delete(image.id)


@pytest.fixture
def name():
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def found(glance, name):
    """All images of the test, hidden ones too."""

    def find():
        pages = [glance.images.list(filters={"os_hidden": hidden}) for hidden in ("false", "true")]
        return [image for page in pages for image in page if image.name.startswith(name)]

    return find


@pytest.fixture
def present(state, name, glance):
    """The state, without the run around it."""
    return functools.partial(state, "openstack_image.present", name=name)


@pytest.fixture
def twice(present, found):
    """Plans, makes and looks again; returns the image."""

    def run(**arguments):
        planned = present(test=True, **arguments)
        assert planned.result is None, planned.comment
        assert found() == []
        done = present(**arguments)
        assert (done.result, done.changes) == (True, planned.changes), done.comment
        again = present(**arguments)
        assert (again.result, again.changes) == (True, {}), again.comment
        [image] = found()
        return image

    return run


@pytest.fixture
def web():
    """A server that has one image and goes wrong as told."""
    with mirror.serving(images.qcow2()) as server:
        yield server


@pytest.fixture
def refused(present, found):
    """Makes, which must fail and leave nothing; returns the comment."""

    def run(**arguments):
        ret = types.SimpleNamespace(**vars(present(**arguments)))
        assert (ret.result, ret.changes) == (False, {}), ret.comment
        assert found() == []
        return ret.comment

    return run
