"""What Keystone and Glance say of a host, where they are not as they should be."""

import glance_node_servers
import pytest

from unit.files import question


@pytest.mark.parametrize(
    ("urls", "wanted", "result", "words"),
    [
        (["http://a:9292"], "http://a:9292", "ok", "RegionOne"),
        ([], "http://a:9292", "failed", "glance.identity registers"),
        (["http://a:9292/v2"], "http://a:9292", "failed", "pillar says"),
        (["http://a:9292", "http://b:9292"], "http://a:9292", "failed", "2 in region"),
        (["http://a:9292"], None, "not checked", "glance:identity:endpoints:public"),
    ],
)
def test_catalogue(urls, wanted, result, words):
    endpoints = [{"interface": "public", "url": url, "enabled": True} for url in urls]
    identity = {"service": {"type": "image"}, "admin_profile": {}, "endpoints": {"public": wanted} if wanted else {}}
    execution = {"openstack_identity.endpoint_list": lambda **kwarg: endpoints}
    asked = question({"identity": identity, "region": "RegionOne"}, execution)
    glance_node_servers.catalogue(asked)
    found = {row["check"]: row for row in asked.rows}["public endpoint"]
    assert found["result"] == result
    assert words in found["detail"]


def test_nobody_asks_for_the_catalogue_without_libraries():
    asked = question({})
    asked.missing = ["keystoneauth1"]
    glance_node_servers.catalogue(asked)
    assert asked.rows == []


@pytest.mark.parametrize(("error", "own"), [(None, True), ("HTTP 401", False)])
def test_own_api_and_that_of_the_catalogue(error, own):
    def answering(profile, url):
        return {"url": url or "http://a:9292", "error": error if url else None, "version": "v2.16", "latency": 0.1}

    api = {"url": "http://127.0.0.1:9292", "tls": {"enabled": False}}
    settings = {"identity": {"service_profile": {}}, "api": api}
    asked = question(settings, {"openstack_image.answering": answering})
    assert glance_node_servers.answers(asked) is own
    found = [(row["check"], row["result"]) for row in asked.rows]
    assert found == [("API answers", "ok" if own else "failed"), ("API by catalogue", "ok")]
