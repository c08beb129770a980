"""Limits of everybody, of projects and of domains."""

import pytest

from .common import PREFIX, TYPE, new

pytestmark = pytest.mark.slow


@pytest.fixture
def resource(site):
    return {"name": f"{PREFIX}size", "service": site["service"].name, "type": TYPE}


def test_each_place_has_its_own(converges, run, modules, site, domain, resource):
    region, project = site["region"].id, site["project"].name
    for limit, place in enumerate([{}, {"region": region}]):
        converges("registered_limit_present", **resource, **place, limit=limit)
    places = [{"project": project}, {"project": project, "region": region}, {"domain": domain.name}]
    for limit, place in enumerate(places):
        converges("limit_present", **resource, **place, limit=limit)
    identity = modules.openstack_identity
    assert [identity.limit_get(**resource, **place)["limit"] for place in places] == [0, 1, 2]
    assert sorted(each["limit"] for each in identity.limit_list(TYPE)) == [0, 1, 2]
    assert len(identity.registered_limit_list(TYPE)) == 2
    assert identity.registered_limit_list("none") == []
    converges("limit_absent", **resource, **places[0])
    assert identity.limit_get(**resource, **places[1])["limit"] == 1


def test_a_domain_that_has_a_limit(converges, domain, resource):
    converges("registered_limit_present", **resource, limit=-1)
    changes = converges("limit_present", **resource, limit=7, domain=domain.name)
    assert changes == new(**resource, domain=domain.name, limit=7)
    assert converges("limit_absent", **resource, domain=domain.name)["limit"] == {"old": 7, "new": None}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"limit": "many", "project": "admin"}, "is a whole number, not 'many'"),
        ({"limit": True, "project": "admin"}, "is a whole number, not True"),
        ({"limit": 1}, "name one of them"),
        ({"limit": 1, "project": "admin", "domain": "Default"}, "name one of them"),
    ],
)
def test_arguments(run, resource, arguments, words):
    assert words in run("limit_present", **resource, **arguments).comment


def test_a_limit_needs_a_registered_one(run, resource):
    ret = run("limit_present", **resource, limit=1, project="admin")
    assert (ret.result, ret.changes) == (False, {})


def test_a_registered_limit_that_others_need(run, resource):
    run("registered_limit_present", **resource, limit=10)
    run("limit_present", **resource, limit=1, project="admin")
    ret = run("registered_limit_absent", **resource)
    assert (ret.result, ret.changes) == (False, {})
    assert run("limit_absent", **resource, project="admin").result is True
    assert run("registered_limit_absent", **resource).result is True
