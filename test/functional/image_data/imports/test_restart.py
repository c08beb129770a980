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
    """Kills Glance when some of the image has been asked for, and starts it again."""
    threads = []

    def start():
        def kill():
            deadline = time.monotonic() + 60
            while not [image for image in found() if image.status == "saving"] and time.monotonic() < deadline:
                time.sleep(0.05)
            running.processes.restart("glance-api")

        threads.append(threading.Thread(target=kill))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("pinned", [False, True])
def test_the_next_run_makes_one_image(present, killing, found, web, pinned):
    web.how.body = BODY
    # stalls in the middle, so that Glance is killed while it waits for more
    web.how.faults = [("stall", 8 << 20)]
    arguments = {"source": f"{web.url}/a", "source_hash": digest(BODY), "visibility": "public"}
    arguments |= {"id": str(uuid.uuid4())} if pinned else {}
    killer = killing()
    ret = present(**arguments, fetch={"timeout": 8, "retries": 1})
    assert (ret.result, ret.changes) == (False, {}), ret.comment
    killer.join()  # Glance is there again
    assert all(image.visibility == "private" for image in found())
    again = present(**arguments)
    assert again.result, again.comment
    [image] = found()
    assert (image.status, image.visibility, image.size) == ("active", "public", len(BODY))
    assert present(**arguments).changes == {}
