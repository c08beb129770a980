"""A Glance that is killed while data comes in, and what the next run makes of it."""

import threading
import time
import uuid

import pytest

from functional import images
from functional.webserver import digest

# it starts servers from PyPI
pytestmark = pytest.mark.slow

BODY = images.raw(24 * images.MIB)


@pytest.fixture
def killing(running, web, glance, found):
    """Kills Glance when some of the image has been asked for."""
    threads = []

    def start():
        def kill():
            deadline = time.monotonic() + 60
            while not [image for image in found() if image.status == "saving"] and time.monotonic() < deadline:
                time.sleep(0.05)
            running.processes.kill("glance-api")

        threads.append(threading.Thread(target=kill))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join()


@pytest.fixture
def killed(running, present, killing, web, found):
    """A run in which Glance was killed; returns the arguments."""

    def run(**more):
        web.how.body = BODY
        # stalls in the middle, so that Glance is killed while it waits for more
        web.how.faults = [("stall", 8 << 20)]
        arguments = {"source": f"{web.url}/a", "source_hash": digest(BODY), "visibility": "public", **more}
        killer = killing()
        ret = present(**arguments, fetch={"timeout": 8, "retries": 1})
        assert ret.result is False, ret.comment
        killer.join()
        running.processes.restart("glance-api")
        assert all(image.visibility == "private" for image in found())
        return arguments

    return run


def test_the_next_run_makes_one_image(present, killed, found):
    arguments = killed()
    again = present(**arguments)
    assert again.result, again.comment
    [image] = found()
    assert (image.status, image.visibility, image.size) == ("active", "public", len(BODY))
    assert present(**arguments).changes == {}


def test_of_a_pinned_id_it_is_said_that_glance_gives_it_to_no_data_again(present, killed, found):
    """Glance leaves the image ``saving`` for ever, and takes no data for such a one."""
    again = present(**killed(id=str(uuid.uuid4())))
    assert (again.result, again.changes) == (False, {})
    assert "is saving" in again.comment
    assert "declare another id" in again.comment
    assert [image.visibility for image in found()] == ["private"]
