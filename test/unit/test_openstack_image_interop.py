"""Glance's own imports: what speaks against one, and how the end of one is told."""

import types

import openstack_image_interop as interop
import pytest
from openstack_errors import OpenStackError

ALL = ["glance-direct", "web-download", "copy-image"]
FINDINGS = [
    (ALL, ["fast", "slow"], "copy-image", ["slow"], []),
    (ALL, None, "web-download", (), []),
    (None, None, "web-download", (), ["it has no import, which came with Queens"]),
    (
        ["glance-direct"],
        None,
        "web-download",
        (),
        [
            "method web-download is not in enabled_import_methods (glance-direct): set glance:import:methods",
        ],
    ),
    (
        [],
        None,
        "glance-direct",
        (),
        ["method glance-direct is not in enabled_import_methods (none): set glance:import:methods"],
    ),
    (ALL, None, "copy-image", (), ["it has no named stores: set glance:stores:backends"]),
    (ALL, ["fast"], "copy-image", ["slow", "far"], ["store far, slow is not one of its stores (fast)"]),
]


@pytest.mark.parametrize(("enabled", "known", "method", "stores", "expected"), FINDINGS)
def test_what_speaks_against_an_import(enabled, known, method, stores, expected):
    assert interop.findings(enabled, known, method, stores) == expected


class Glance:
    """Answers with one state after the other: ``(attributes of the image, newest task)``; stays at the last."""

    base = "http://image-node:9292"

    def __init__(self, *states):
        self._states = list(states)
        self._now = None

    def image(self, image_id):
        self._now = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        return self._now and {"id": image_id, "status": "queued", **self._now[0]}

    def request(self, _method, path, _what, absent=None):
        assert (path, absent) == ("/v2/images/one/tasks", 404)
        if self._now[1] is None:
            return None
        old = {"status": "failure", "message": "of an earlier try", "created_at": "2026-01-01T00:00:00Z"}
        found = [old, *([{"created_at": "2026-01-02T00:00:00Z", **self._now[1]}] if self._now[1] else [])]
        return types.SimpleNamespace(json=lambda: {"tasks": found})


def waited(*states, timeout=60, stores=()):
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    return interop.wait(Glance(*states), "one", timeout, stores, clock=lambda: now[0], sleep=sleep)


WORKING, DONE = {"status": "processing"}, {"status": "success"}
FAILED = {"status": "failure", "message": "Task failed due to Internal Error"}
ACTIVE = ({"status": "active", "stores": "fast"}, DONE)
COPYING = ({"status": "active", "stores": "fast", interop.COPYING: "slow"}, WORKING)

ENDS = {
    "import": (((), WORKING), ({"status": "importing"}, WORKING), ACTIVE),
    "no tasks before Wallaby": (({}, None), ({"status": "importing"}, None), ({"status": "active"}, None)),
    "at once": (ACTIVE,),
    "copy": (COPYING, COPYING, ({"status": "active", "stores": "fast,slow"}, DONE)),
}


@pytest.mark.parametrize("case", ENDS)
def test_the_end_is_waited_for(case):
    states = [(dict(image), task) for image, task in ENDS[case]]
    found = waited(*states, stores=["slow"] if case == "copy" else ())
    assert found["status"] == "active"


FAILURES = {
    "reason": ((({"status": "importing"}, WORKING), ({}, FAILED)), (), "failed: Task failed due to Internal Error"),
    "no reason": ((({}, {"status": "failure", "message": ""}),), (), "failed: Glance gives no reason"),
    "a store, no tasks": (
        (({"status": "active", "stores": "fast", interop.FAILED: "slow"}, None),),
        ["slow"],
        "store slow did not take it",
    ),
    "signed": ((({"img_signature": "x"}, FAILED),), (), r"Internal Error \(it is signed, see img_signature"),
    "stays importing": ((({"status": "importing"}, FAILED),), (), "failed: Task failed"),
    "never ends": ((({"status": "importing"}, WORKING),), (), "is importing after 60 s and Glance is not done"),
    "never begins": ((({}, {"status": "pending"}),), (), "is queued after 60 s and Glance is not done"),
    "copy never ends": ((COPYING,), ["slow"], "is active after 60 s and Glance is not done"),
    "deleted": ((({"status": "importing"}, WORKING), None), (), "was deleted while Glance was importing it"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_is_told_in_glances_words(case):
    states, stores, message = FAILURES[case]
    with pytest.raises(OpenStackError, match=message):
        waited(*states, stores=stores)


def test_an_earlier_failure_of_another_store_is_not_this_one():
    states = (
        ({"status": "active", "stores": "fast", interop.FAILED: "far"}, None),
        ({"status": "active", "stores": "fast,slow"}, None),
    )
    assert waited(*states, stores=["slow"])["stores"] == "fast,slow"
