"""
Signed images: Glance takes them when the signature is right, by a certificate that it has from Barbican, and refuses
them otherwise. What is true is asked with python-glanceclient.
"""

import io
import re
import uuid

import glanceclient.exc
import pytest

from functional import images
from functional.webserver import digest

# they start servers from PyPI
pytestmark = pytest.mark.slow

NAME, DATA = "test-signed", images.qcow2()
OTHER = images.qcow2(b"another tiny image\n")
WRONG = (400, "image [0-9a-f-]+: Signature verification failed")
# How a release refuses a signature and a certificate, what the image is then, and how many files stay in the store.
SAID = {
    "hibiscus": {"wrong": (*WRONG, "queued", 0), "unknown": (400, "Certificate not found with ID", "queued", 0)},
    # Glance 17.0.0 is the first to delete what it refuses, 23.0.0 the first to take another upload
    "pike": {"wrong": (*WRONG, "killed", 1), "unknown": (500, "Internal Server Error", "queued", 0)},
}


@pytest.fixture(params=["wrong", "unknown"])
def refusal(request, running, sign):
    """Properties that Glance refuses, and how."""
    properties = {
        "wrong": sign(OTHER),
        "unknown": {**sign(DATA), "img_signature_certificate_uuid": str(uuid.uuid4())},
    }
    return properties[request.param], *SAID[running.lane.name][request.param]


@pytest.fixture
def left(running):
    """How many files are in the store that were not there before the test."""
    before = len(_stored(running))
    return lambda: len(_stored(running)) - before


@pytest.fixture
def present(state, loaders, tmp_path):
    """The state, in a run of its own; what it returned."""
    source = tmp_path / "image"
    source.write_bytes(DATA)
    given = {"name": NAME, "source": str(source), "source_hash": digest(DATA), "disk_format": "qcow2"}

    def run(properties, **more):
        loaders.context.clear()
        return state("openstack_image.present", **given, properties=properties, **more)

    return run


def _stored(running):
    return list((running.directory / "glance" / "images").iterdir())


def verified(running, image):
    return f"Successfully verified signature for image {image}" in running.log("glance-api")


def make(glance, properties):
    return glance.images.create(name=NAME, disk_format="qcow2", container_format="bare", **properties).id


def test_a_right_signature(running, glance, sign):
    image = make(glance, sign(DATA))
    glance.images.upload(image, io.BytesIO(DATA))
    assert glance.images.get(image).status == "active"
    assert b"".join(glance.images.data(image)) == DATA
    assert verified(running, image)


def test_glance_refuses(running, glance, refusal, left):
    properties, code, words, status, files = refusal
    image = make(glance, properties)
    with pytest.raises(glanceclient.exc.HTTPException, match=words) as raised:
        glance.images.upload(image, io.BytesIO(DATA))
    assert raised.value.code == code
    assert glance.images.get(image).status == status
    assert left() == files
    assert not verified(running, image)


def test_the_state_uploads_a_signed_image(running, glance, sign, present):
    properties = sign(DATA)
    planned, done, again = present(properties, test=True), present(properties), present(properties)
    assert (planned.result, done.result) == (None, True), done.comment
    assert done.changes == planned.changes != {}
    assert (again.result, again.changes) == (True, {}), again.comment
    [image] = glance.images.list()
    assert (image.status, image.img_signature) == ("active", properties["img_signature"])
    assert verified(running, image.id)


def test_the_state_says_why_and_leaves_nothing(running, glance, sign, refusal, left, present):
    properties, code, words, _, files = refusal
    done = present(properties)
    assert (done.result, done.changes) == (False, {})
    assert f"HTTP {code}" in done.comment
    assert re.search(words, done.comment)
    assert list(glance.images.list()) == []
    assert left() == files
    corrected = present(sign(DATA))
    assert corrected.result is True, corrected.comment
    [image] = glance.images.list()
    assert verified(running, image.id)


@pytest.mark.parametrize("running", ["hibiscus"], indirect=True)
def test_an_import_is_verified_too(glance, sign, left, present):
    fetch = {"via": "glance-direct"}
    done = present(sign(OTHER), fetch=fetch)
    assert (done.result, done.changes) == (False, {})
    assert "Glance's import failed" in done.comment
    assert "img_signature" in done.comment
    assert list(glance.images.list()) == []
    assert left() == 0
    corrected = present(sign(DATA), fetch=fetch)
    assert corrected.result is True, corrected.comment
