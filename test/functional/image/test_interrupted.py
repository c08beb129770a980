"""Runs that are stopped, and two at once: the next run ends with one right image."""

import contextlib
import functools
import io
import multiprocessing
import os
import signal
import sys
import threading
import time
import uuid

import openstack_image_marks as marks
import pytest
import salt.loader

from functional import images, webserver
from functional.image.common import GOOD, OTHER
from functional.webserver import digest

MARK, RECORD = marks.UPLOAD, marks.RECORD


def test_killed_run_leaves_nothing_after_the_next(present, web, found, name):
    web.files["/slow"] = webserver.chunked(GOOD, meanwhile=lambda: time.sleep(5))
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            present(source=f"{web.url}/slow", visibility="public")
        os._exit(0)
    deadline = time.monotonic() + 60
    while not found(name) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    [leftover] = found(name)
    assert leftover.visibility == "private"
    ret = present(visibility="public")
    assert ret.result, ret.comment
    [image] = found(name)
    assert (image.name, image.status, image.visibility) == (name, "active", "public")


@pytest.mark.parametrize("pinned", [False, True])
def test_whole_leftover_is_taken_over(present, glance, found, name, web, pinned):
    arguments = {"id": str(uuid.uuid4())} if pinned else {}
    present(**arguments)
    image = found(name)[0]
    mark = {MARK: f"functional/{name}"}
    glance.images.update(image.id, name=f"{name} (upload)", visibility="private", **mark)
    web.log.clear()
    ret = present(visibility="public", **arguments)
    assert ret.result, ret.comment
    assert [(one.id, one.name, one.visibility) for one in found(name)] == [(image.id, name, "public")]
    assert MARK not in found(name)[0]
    assert present(visibility="public", **arguments).changes == {}


def test_another_minion_is_uploading(present, glance, found, name):
    mark = {MARK: f"other-minion/{name}"}
    queued = glance.images.create(name=f"{name} (upload)", disk_format="raw", container_format="bare", **mark)
    ret = present()
    assert ret.result is False
    assert "other-minion" in ret.comment
    assert queued.id in ret.comment
    assert [image.id for image in found(name)] == [queued.id]


class Killed(BaseException):
    """What a process that is killed does: nothing any more."""


@contextlib.contextmanager
def killed_at(number, after):
    """Within the block, a run is killed at its request number ``number`` that is no question, before or ``after``
    Glance got it; it cannot tidy up then."""
    api = sys.modules["openstack_image_api"].Api
    raw, state = api.raw, {"seen": 0, "dead": False}

    def counting(self, method, *arguments, **kwargs):
        if state["dead"]:
            raise Killed
        if method != "GET":
            state["seen"] += 1
            state["dead"] = state["seen"] == number
        if state["dead"] and not after:
            raise Killed
        answer = raw(self, method, *arguments, **kwargs)
        if state["dead"]:
            raise Killed
        return answer

    api.raw = counting
    try:
        yield state
    except Killed:
        pass
    finally:
        api.raw = raw


def assert_one_right_image(found, name, retired=0):
    [image] = [image for image in found(name) if image.name == name]
    assert (image.status, image.visibility, image.os_hidden) == ("active", "public", False)
    assert MARK not in image
    others = [image for image in found(name) if image.name != name]
    assert len(others) == retired
    assert all(image.name.startswith(f"{name} (retired ") for image in others)
    return image


# POST, PUT of the data, PATCH that notes the hash, PATCH that gives the name, PATCH that retires the old one
STEPS = [(number, after) for number in range(1, 6) for after in (False, True)]


def steps(last, quick):
    """The steps of a run, all but the quick ones for long test runs."""
    return [pytest.param(*step, marks=() if step in quick else pytest.mark.slow) for step in STEPS if step[0] <= last]


@pytest.mark.parametrize("pinned", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("number", "after"), steps(4, [(1, True), (3, False), (4, False)]))
def test_killed_at_any_request(present, found, name, fresh, number, after, pinned):
    declared = {"visibility": "public", **({"id": str(uuid.uuid4())} if pinned else {})}
    with killed_at(number, after) as run:
        fresh("openstack_image.present", **present.keywords, **declared)
    assert run["dead"]
    ret = present(**declared)
    assert ret.result, ret.comment
    image = assert_one_right_image(found, name)
    assert image.id == declared.get("id", image.id)
    assert present(**declared).changes == {}


@pytest.mark.parametrize(("number", "after"), steps(5, [(3, True), (4, True)]))
def test_killed_at_any_request_of_a_replacement(present, found, name, web, fresh, number, after):
    declared = {"visibility": "public", "tags": ["t"], "min_ram": 7}
    present(**declared)
    other = {**present.keywords, "source": f"{web.url}/other.qcow2", "source_hash": digest(OTHER)}
    with killed_at(number, after) as run:
        fresh("openstack_image.present", **other)  # which has its attributes from the old one
    assert run["dead"]
    assert [image for image in found(name) if image.name == name], "there is no moment without an image of the name"
    ret = present(**other)
    assert ret.result, ret.comment
    image = assert_one_right_image(found, name, retired=1)
    assert (image.os_hash_value, image.tags, image.min_ram) == (digest(OTHER, "sha512")[7:], ["t"], 7)
    assert present(**other).changes == {}


def test_other_data_than_the_run_that_was_stopped(present, found, name, web, fresh):
    with killed_at(3, after=False):
        fresh("openstack_image.present", **present.keywords)
    other = {"source": f"{web.url}/other.qcow2", "source_hash": digest(OTHER), "visibility": "public"}
    assert present(**other).result
    assert_one_right_image(found, name)


@pytest.mark.parametrize("forged", [{"status": "whole"}, {"status": "queued"}])
def test_only_own_images_are_gone_on_with(present, glance, found, name, projects, forged):
    """Anybody can set marks on his own image, and an administrator sees them."""
    evil = images.qcow2(b"not what is declared\n")
    theirs = glance.images.create(name=f"{name} (upload)", disk_format="qcow2", container_format="bare")
    if forged["status"] == "whole":
        glance.images.upload(theirs.id, io.BytesIO(evil))
    checksum = glance.images.get(theirs.id).checksum
    marked = {MARK: f"functional/{name}", RECORD: f"{digest(GOOD)} of {checksum}"}
    glance.images.update(theirs.id, owner=next(iter(projects.values())), **marked)
    ret = present(visibility="public")
    assert ret.result, ret.comment
    published = {image.id: image for image in found(name)}
    assert published.pop(theirs.id).visibility != "public"
    [image] = published.values()
    assert image.os_hash_value == digest(GOOD, "sha512").removeprefix("sha512=")


def test_an_id_that_somebody_else_took_first(present, glance, found, name, projects):
    taken = next(marks.ids(name, digest(GOOD)))
    glance.images.create(id=taken, name=f"{name}-squatter", disk_format="raw", container_format="bare")
    glance.images.update(taken, owner=next(iter(projects.values())))
    ret = present(visibility="public")
    assert ret.result, ret.comment
    assert {image.name for image in found(name)} == {name, f"{name}-squatter"}


def test_a_pinned_id_that_was_deleted(present, glance, found, name):
    pinned = str(uuid.uuid4())
    present(id=pinned)
    glance.images.delete(pinned)
    ret = present(id=pinned)
    assert (ret.result, ret.changes) == (False, {})
    assert f"Glance gave id {pinned} to an image that was deleted" in ret.comment
    assert found(name) == []


# --- two runs at once


@pytest.fixture
def minions(loaders, tmp_path):
    """Runs ``present`` on minions of these ids at once, each in a process of its own; returns the results."""

    def one(minion, connection, arguments):
        opts = {**loaders.opts, "id": minion, "cachedir": str(tmp_path / minion)}
        utils, context = salt.loader.utils(opts), {}
        functions = salt.loader.minion_mods(opts, utils=utils, context=context)
        run = salt.loader.states(opts, functions, utils, salt.loader.serializers(opts), context=context)
        connection.send(run["openstack_image.present"](**arguments))

    def run(ids, arguments):
        fork, results = multiprocessing.get_context("fork"), []
        for minion in ids:
            ours, theirs = fork.Pipe()
            process = fork.Process(target=one, args=(minion, theirs, arguments))
            process.start()
            results.append((process, ours))
        answers = []
        for process, connection in results:
            assert connection.poll(120)
            answers.append(connection.recv())
            process.join(30)
        return answers

    return run


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param(("one", "two"), id="two minions"),
        pytest.param(("one", "one"), id="one minion", marks=pytest.mark.slow),
    ],
)
def test_two_runs_at_once_make_one_image(present, minions, found, name, web, ids):
    barrier = threading.Barrier(2)
    wait = functools.partial(contextlib.suppress, threading.BrokenBarrierError)

    def both_have_looked(handler):
        with wait():
            barrier.wait(5)  # on one minion the second does not come this far
        webserver.chunked(GOOD)(handler)

    web.files["/good.qcow2"] = both_have_looked
    answers = minions(ids, {**present.keywords, "visibility": "public"})
    assert any(answer["result"] for answer in answers), answers
    for answer in answers:
        assert answer["result"] or "has been uploading" in answer["comment"] or "another run" in answer["comment"]
    assert_one_right_image(found, name)
    assert present(visibility="public").changes == {}
