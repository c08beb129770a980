"""
A Glance that loses its power while an image comes in: it never gives the image up, and takes no data for it any more.
"""

import itertools
import pathlib
import threading
import time

import glanceclient.exc
import keystoneauth1.exceptions
import openstack_image_marks as marks
import openstack_image_replication as replication
import pytest

from functional import images

# it starts servers from PyPI
pytestmark = pytest.mark.slow

BIG = images.qcow2().ljust(24 * images.MIB, b"\0")


@pytest.fixture
def lost(running, one, here, there, name, monkeypatch):
    """An image of the source that the target lost on its way."""
    monkeypatch.setattr(replication, "SETTLE_TRIES", 3)  # it never settles
    image = there.make(name, BIG, tags=["t"], min_ram=64)
    there.window.stall = 8
    stored = pathlib.Path(running.directory, "glance", "images", image.id)

    def kill():
        deadline = time.monotonic() + 60
        while not (stored.exists() and stored.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.processes.kill("glance-api")

    killer = threading.Thread(target=kill)
    killer.start()
    failed = one()
    killer.join()
    running.processes.restart("glance-api")
    assert failed.error
    there.window.stall = 0
    [left] = here.images(name)
    assert (left.id, left.status, left.visibility) == (image.id, "saving", "private")
    return image


def test_what_glance_does_with_such_an_image(lost, running, here):
    """Why there is no way but another id; the part of the data stays in the store, as Glance knows of none."""
    with pytest.raises(keystoneauth1.exceptions.Conflict):
        here.fill(lost.id, b"data")
    here.glance.images.delete(lost.id)
    with pytest.raises(glanceclient.exc.HTTPNotFound):
        here.glance.images.get(lost.id)
    with pytest.raises(glanceclient.exc.HTTPConflict):
        here.glance.images.create(id=lost.id, name="test-again", disk_format="raw", container_format="bare")
    part = pathlib.Path(running.directory, "glance", "images", lost.id)
    assert 0 < part.stat().st_size < len(BIG)


def test_it_is_copied_under_another_id(lost, one, here, name):
    planned, done = one(test=True), one()
    assert (planned.action, done.action, done.error) == ("copy", "copy", None)
    assert done.changes == planned.changes
    [copy] = here.images(name)
    assert copy.id == next(marks.ids(name, f"sha512={lost.os_hash_value}"))
    assert (copy.name, copy.status, copy.visibility, copy.min_ram) == (name, "active", "public", 64)
    assert (copy.os_hash_value, copy.tags) == (lost.os_hash_value, ["t"])
    assert (copy.glance_formula_copy_of, "glance_formula_upload" in copy) == (f"{lost.id} of {copy.id}", False)
    assert f"is there as {copy.id}, since Glance there gave id {lost.id} out before" in done.detail
    assert f"{lost.id} was saving since Glance there went down in an upload, and is deleted" in done.detail
    again = one()
    assert (again.action, again.changes, again.error) == ("none", {}, None)
    assert copy.id in again.detail


def test_whatever_has_become_of_the_ids_before_the_next_is_taken(lost, one, here, name):
    ids = list(itertools.islice(marks.ids(name, f"sha512={lost.os_hash_value}"), 2))
    here.glance.images.create(id=ids[0], name=f"{name}-gone", disk_format="raw", container_format="bare")
    here.glance.images.delete(ids[0])
    assert one().error is None
    assert [image.id for image in here.images(name)] == [ids[1]]
