"""The cache of a host: what is asked of Glance, and what is said where there is no cache."""

import types

import openstack_image_cache_api as cache
import pytest
from openstack_errors import Invalid, OpenStackError

CACHED, QUEUED = "1", "2"
STATE = {"cached_images": [{"image_id": CACHED, "size": 5, "hits": 0}], "queued_images": [QUEUED]}


class Glance:
    """``answers`` are statuses by method and path; others are granted."""

    base = "http://image-node:9292"

    def __init__(self, **answers):
        self._answers, self.sent = answers, []

    def raw(self, method, path, _what, headers=None, **_):
        key = f"{method} {path.removeprefix('/v2/cache')}".strip()
        self.sent.append((key, headers or {}))
        return types.SimpleNamespace(status_code=self._answers.get(key, 200), json=lambda: STATE)

    def error(self, response, what):
        return OpenStackError(f"{what}: HTTP {response.status_code}")


def test_state():
    assert cache.state(Glance()) == {"cached": STATE["cached_images"], "queued": [QUEUED]}


@pytest.mark.parametrize(("image", "there"), [(CACHED, True), (QUEUED, True), ("3", False)])
def test_delete_says_whether_it_was_there(image, there):
    glance = Glance()
    assert cache.delete(glance, image) is there
    assert [key for key, _ in glance.sent if key.startswith("DELETE")] == ([f"DELETE /{image}"] if there else [])


@pytest.mark.parametrize(
    ("target", "header", "counts"),
    [
        ("all", {}, {"cached": 1, "queued": 1}),
        ("cache", {"x-image-cache-clear-target": "cache"}, {"cached": 1, "queued": 0}),
        ("queue", {"x-image-cache-clear-target": "queue"}, {"cached": 0, "queued": 1}),
    ],
)
def test_clear(target, header, counts):
    glance = Glance()
    assert cache.clear(glance, target) == counts
    assert glance.sent[-1] == ("DELETE", header)


def test_another_target_is_refused_before_anything_is_asked():
    glance = Glance()
    with pytest.raises(Invalid, match="use all, cache, queue"):
        cache.clear(glance, "some")
    assert glance.sent == []


@pytest.mark.parametrize("ask", [cache.state, lambda api: cache.queue(api, "3"), lambda api: cache.clear(api, "all")])
def test_without_a_cache_it_is_said_what_is_needed(ask):
    glance = Glance(**{"GET": 404, "PUT /3": 404, "DELETE": 404})
    with pytest.raises(OpenStackError, match="http://image-node:9292 has no image cache to manage; it needs Glance 24"):
        ask(glance)


def test_an_image_that_is_not_there_is_no_missing_cache():
    with pytest.raises(OpenStackError, match="queueing image 3 for the cache: HTTP 404"):
        cache.queue(Glance(**{"PUT /3": 404}), "3")


def test_other_refusals_are_glances_own():
    with pytest.raises(OpenStackError, match="HTTP 403"):
        cache.state(Glance(GET=403))
