"""The cloud is not there, or says no."""

import contextlib
import time

import pytest

from functional import webserver
from functional.image.common import SECRET


@contextlib.contextmanager
def glance_is(window, how):
    if how == "nobody behind the balancer":
        window.answer = 503
    yield {"no endpoint": "glance:elsewhere", "no keystone": "glance:nowhere"}.get(how, "glance:identity:admin")
    window.answer = None


@pytest.mark.parametrize("how", ["nobody behind the balancer", "no endpoint", "no keystone"])
def test_first_plan_before_glance_is_there(present, window, how, glance):
    with glance_is(window, how) as profile:
        planned = present(test=True, profile=profile)
        assert planned.result is None
        assert planned.changes["status"] == {"old": None, "new": "active"}
        assert "would be created, once the Image API can be asked" in planned.comment
        done = present(profile=profile)
        assert (done.result, done.changes) == (False, {})


def test_wrong_password(present, states):
    """A plan may be the one that makes the user or sets the password, so it goes on; a run does not."""
    for state in (states.openstack_image.answering, present):
        planned = state(name="test-x", profile="glance:identity:stranger", test=True)
        assert planned.result is None
        assert "does not accept" in planned.comment + str(planned.changes.get("api"))
        assert SECRET not in planned.comment + str(planned.changes)
    for state in (states.openstack_image.answering, present, states.openstack_image.absent):
        done = state(name="test-x", profile="glance:identity:stranger")
        assert (done.result, done.changes) == (False, {})
        assert "does not accept" in done.comment
        assert SECRET not in done.comment


def test_token_that_glance_refuses(present, window, glance):
    window.answer = 401
    done = present()
    assert (done.result, done.changes) == (False, {})
    assert "[keystone_authtoken]" in done.comment
    assert "[keystone_authtoken]" in present(test=True).comment


# --- answering


def test_answering(states, window, glance):
    for test in (True, False):
        ret = states.openstack_image.answering(name="glance", test=test)
        assert (ret.result, ret.changes) == (True, {})
        ret = states.openstack_image.answering(name=f"http://{window.target}", test=test)
        assert (ret.result, ret.changes) == (True, {})


def test_answering_waits(states, window, glance):
    window.answer = 500
    planned = states.openstack_image.answering(name="glance", test=True)
    assert planned.result is None
    assert "HTTP 500" in planned.changes["api"]["old"]
    window.log.clear()

    def back():
        while len(window.log) < 3:
            time.sleep(0.1)
        window.answer = None

    thread = webserver.threading.Thread(target=back)
    thread.start()
    done = states.openstack_image.answering(name="glance", timeout=30)
    thread.join()
    assert (done.result, done.changes) == (True, planned.changes)


def test_answering_gives_up(states, window, glance):
    window.answer = 500
    start = time.monotonic()
    ret = states.openstack_image.answering(name="glance", timeout=2)
    assert time.monotonic() - start < 15
    assert (ret.result, ret.changes) == (False, {})
    assert "HTTP 500" in ret.comment
    assert "journalctl" in ret.comment
    ret = states.openstack_image.answering(name="http://127.0.0.1:9", timeout=1)
    assert "no answer from http://127.0.0.1:9" in ret.comment
