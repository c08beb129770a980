"""Runs that are stopped, and two at once: the next run ends with one right image."""

import contextlib
import os
import signal
import time
import uuid

import pytest

from functional import webserver
from functional.image.common import GOOD

MARK = "glance_formula_upload"


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
    assert image.id != leftover.id


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
