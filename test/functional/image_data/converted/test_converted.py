"""Glance keeps other data than the source is: the image is known again by the source's own digest."""

import hashlib

import pytest

from functional import images
from functional.webserver import digest

# it starts servers from PyPI
pytestmark = pytest.mark.slow

DISK = 3 * images.MIB
GOOD = images.qcow2(virtual_size=DISK)
OTHER = images.qcow2(b"another\n", virtual_size=DISK)


@pytest.mark.parametrize("given", [True, False], ids=["with a hash", "without"])
def test_converted_by_glance(twice, present, web, glance, given):
    web.how.body = GOOD
    arguments = {"source": f"{web.url}/a.qcow2", "fetch": {"via": "glance-direct"}, "visibility": "public"}
    arguments |= {"source_hash": digest(GOOD)} if given else {}
    image = twice(**arguments)
    assert (image.status, image.disk_format, image.size) == ("active", "raw", DISK)
    data = b"".join(glance.images.data(image.id))
    assert data == b"a tiny image\n".ljust(DISK, b"\0")
    assert image.os_hash_value == hashlib.sha512(data).hexdigest()
    assert image.glance_formula_source_hash.startswith("source:sha256=") is given


def test_another_source_replaces(twice, present, web, found):
    web.how.body = GOOD
    arguments = {"source": f"{web.url}/a.qcow2", "fetch": {"via": "glance-direct"}}
    first = twice(source_hash=digest(GOOD), **arguments)
    web.how.body = OTHER
    done = present(source_hash=digest(OTHER), **arguments)
    assert (done.result, list(done.changes)) == (True, ["content"]), done.comment
    assert {image.os_hidden for image in found() if image.id == first.id} == {True}
    again = present(source_hash=digest(OTHER), **arguments)
    assert (again.result, again.changes) == (True, {}), again.comment


def test_a_hash_of_what_glance_downloads_says_nothing_of_what_it_makes(refused, web):
    web.how.body = GOOD
    comment = refused(
        source=f"{web.url}/a.qcow2", source_hash=digest(GOOD), disk_format="qcow2", fetch={"via": "web-download"}
    )
    assert "Glance made raw of it, of which source_hash says nothing" in comment


def test_a_declared_format_that_glance_does_not_keep(refused, web):
    web.how.body = GOOD
    arguments = {"source": f"{web.url}/a.qcow2", "source_hash": digest(GOOD), "fetch": {"via": "glance-direct"}}
    assert "Glance made raw of it: declare no disk_format" in refused(disk_format="qcow2", **arguments)
