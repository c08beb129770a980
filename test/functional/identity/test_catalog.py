"""The catalogue: two regions, renamed services, twins."""

import pytest

from .common import IMAGE, PREFIX, TYPE

pytestmark = pytest.mark.slow


def test_two_regions_do_not_touch_each_other(converges, site, cloud):
    place = {"name": site["service"].name, "type": TYPE, "interface": "public"}
    converges("endpoint_present", **place, region=f"{PREFIX}one", url="http://one:9292")
    converges("endpoint_present", **place, region=f"{PREFIX}two", url="http://two:9292")
    converges("endpoint_present", **place, region=f"{PREFIX}two", url="http://two:1")
    converges("endpoint_present", **{**place, "interface": "admin"}, region=f"{PREFIX}two", url="http://two:2")

    def urls():
        return sorted((each.region, each.interface, each.url) for each in cloud.endpoints.list(service=site["service"]))

    one = (f"{PREFIX}one", "public", "http://one:9292")
    two = (f"{PREFIX}two", "admin", "http://two:2")
    assert urls() == [one, two, (f"{PREFIX}two", "public", "http://two:1")]
    converges("endpoint_absent", **place, region=f"{PREFIX}two")
    assert urls() == [one, two]


def test_renamed_service_keeps_its_id_and_endpoints(converges, run, site, cloud):
    endpoint = cloud.endpoints.create(site["service"], IMAGE, "public", region=f"{PREFIX}one")
    new = {"name": f"{PREFIX}renamed", "type": TYPE}
    place = {"interface": "public", "region": f"{PREFIX}one"}
    plan = run("endpoint_present", test=True, **new, **place, url="http://x:1")
    assert plan.changes == {"url": {"old": IMAGE, "new": "http://x:1"}}
    assert "does not exist" in run("endpoint_present", **new, **place, url="http://x:1").comment
    changes = converges("service_present", **new)
    assert changes == {"name": {"old": f"{PREFIX}service", "new": f"{PREFIX}renamed"}}
    assert converges("endpoint_present", **new, **place, url="http://x:1") == plan.changes
    assert cloud.endpoints.get(endpoint).service_id == site["service"].id


def test_removing_a_service_leaves_one_of_another_name(run, site):
    assert run("service_absent", name=f"{PREFIX}other", type=TYPE).changes == {}


def test_two_services_of_one_name(refused, site, cloud):
    twin = cloud.services.create(site["service"].name, type=TYPE)
    for function in ("service_present", "service_absent"):
        comment = refused(function, name=twin.name, type=TYPE)
        assert twin.id in comment
        assert site["service"].id in comment
    comment = refused("endpoint_present", name=twin.name, type=TYPE, interface="public", region="RegionOne", url=IMAGE)
    assert twin.id in comment


def test_two_services_of_one_type_and_neither_has_the_name(refused, site, cloud):
    other = cloud.services.create(f"{PREFIX}other", type=TYPE)
    comment = refused("service_present", name=f"{PREFIX}third", type=TYPE)
    assert other.id in comment
    assert site["service"].id in comment


def test_two_endpoints_at_one_place(refused, site, cloud):
    twins = [cloud.endpoints.create(site["service"], IMAGE, "public", region=f"{PREFIX}one") for _ in range(2)]
    place = {"name": site["service"].name, "type": TYPE, "interface": "public", "region": f"{PREFIX}one"}
    for comment in (refused("endpoint_present", **place, url=IMAGE), refused("endpoint_absent", **place)):
        assert all(twin.id in comment for twin in twins)


def test_module_itself_makes_no_twin(modules, site):
    with pytest.raises(Exception, match="exists already"):
        modules.openstack_identity.service_create(site["service"].name, TYPE)
    place = (site["service"].name, TYPE, "public")
    modules.openstack_identity.endpoint_create(*place, IMAGE, f"{PREFIX}one")
    with pytest.raises(Exception, match="exists already"):
        modules.openstack_identity.endpoint_create(*place, IMAGE, f"{PREFIX}one")


def test_wrong_interface(refused):
    place = {"name": "x", "type": TYPE, "interface": "publicURL", "region": "RegionOne"}
    assert "public, internal, admin" in refused("endpoint_present", **place, url=IMAGE)


def test_catalog_shows_what_clients_get(modules, site):
    identity = modules.openstack_identity
    place = (site["service"].name, TYPE, "public")
    identity.endpoint_create(*place, IMAGE, f"{PREFIX}one")
    assert identity.catalog()[TYPE] == {f"{PREFIX}one": {"public": IMAGE}}
    assert [each["url"] for each in identity.endpoint_list(type=TYPE)] == [IMAGE]
    identity.endpoint_update(*place, f"{PREFIX}one", enabled=False)
    assert identity.catalog().get(TYPE, {}) == {}
