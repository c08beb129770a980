"""Whatever breaks a copy off, nothing is seen of it, and the next run has the image."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import signal
import time

import pytest

from functional import images

from .conftest import SOURCE

pytestmark = pytest.mark.slow

MARK = f"functional from {SOURCE}"
BIG = images.qcow2().ljust(8 * images.MIB, b"\0")


def assert_copied(here, image, name):
    [copy] = here.images(name)
    assert (copy.id, copy.status, copy.visibility) == (image.id, "active", "public")
    assert copy.os_hash_value == image.os_hash_value
    assert "glance_formula_upload" not in copy


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_cut_source_is_taken_up_where_it_was(one, here, there, name, cuts):
    image = there.make(name, BIG)
    there.window.cuts = cuts
    assert one().error is None
    assert_copied(here, image, name)
    downloads = [path for _, path, _ in there.sent("GET") if path.endswith("/file")]
    assert len(downloads) == cuts + 1
    assert len(here.sent("PUT")) == 1


def test_a_cut_upload_is_made_again_under_the_same_id(one, here, there, name):
    image = there.make(name, BIG)
    here.window.break_upload = True
    failed = one()
    assert failed.error
    [leftover] = here.images(name)
    assert (leftover.id, leftover.status, leftover.visibility) == (image.id, "queued", "private")
    assert leftover.glance_formula_upload == f"{MARK}/{name}"
    assert one(test=True).action == "copy"
    assert one().error is None
    assert_copied(here, image, name)


def test_a_cut_upload_under_another_id_leaves_nothing(one, here, there, name):
    image = there.make(name, BIG)
    spent = here.make(name, BIG, id=image.id)
    here.glance.images.delete(spent.id)
    here.window.break_upload = True
    assert one().error
    assert here.images(name) == []
    assert one().error is None
    [copy] = here.images(name)
    assert (copy.status, copy.visibility, copy.os_hash_value) == ("active", "public", image.os_hash_value)
    assert copy.glance_formula_copy_of == f"{image.id} of {copy.id}"


def test_a_killed_run_is_finished_by_the_next(one, here, there, name):
    image = there.make(name, BIG)
    there.window.stall = 5
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            one()
        os._exit(0)
    deadline = time.monotonic() + 60
    while not here.images(name) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    there.window.stall = 0
    [leftover] = here.images(f"{name} (upload)")
    assert (leftover.id, leftover.visibility) == (image.id, "private")
    deadline = time.monotonic() + 60
    while here.glance.images.get(image.id).status == "saving" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert one().error is None
    assert_copied(here, image, name)


def test_what_is_whole_but_not_yet_named_is_not_sent_again(one, here, there, name):
    image = there.make(name, BIG)
    one()
    mark = {"glance_formula_upload": f"{MARK}/{name}"}
    here.glance.images.update(image.id, name=f"{name} (upload)", visibility="private", **mark)
    here.window.log.clear()
    assert one().error is None
    assert_copied(here, image, name)
    assert not here.sent("PUT")


def test_a_leftover_without_a_source_is_removed(replicate, here, there, name):
    kept = there.make(name)
    mark = {"glance_formula_upload": f"{MARK}/{name}-gone"}
    body = {"disk_format": "qcow2", "container_format": "bare"}
    here.glance.images.create(name=f"{name}-gone (upload)", **body, **mark)
    foreign = here.glance.images.create(name=f"{name}-other (upload)", **body, glance_formula_upload="functional/x")
    planned, done = replicate(test=True), replicate()
    assert [row["action"] for row in planned] == [row["action"] for row in done] == ["copy", "remove"]
    assert {image.id for image in here.images(name)} == {kept.id, foreign.id}


def test_glance_away_in_between(replicate, here, there, name):
    there.make(name)
    here.window.answer = 503
    with pytest.raises(Exception, match="no Glance behind the proxy"):
        replicate()
    here.window.answer = None
    assert [row["error"] for row in replicate()] == [None]


def test_two_runs_at_once(one, replicate, loaders, here, there, name):
    there.make(name)
    what = f"the images of {SOURCE}"
    folder = pathlib.Path(loaders.opts["cachedir"]) / "openstack_image"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{hashlib.sha256(what.encode()).hexdigest()}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Exception, match="another run on this minion is making the images of"):
            replicate()
    assert one().error is None
