"""Every kind of object comes and goes, whatever its name."""

import pytest

from .common import IMAGE, KEY, OTHER_KEY, PREFIX, TAILS, TYPE, new

pytestmark = pytest.mark.slow
ANY_NAME = pytest.mark.parametrize("tail", [f"{tail}/b" for tail in TAILS.values()], ids=TAILS)
IN_A_URL = pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)


@ANY_NAME
def test_domain(converges, tail):
    name = PREFIX + tail
    assert converges("domain_present", name=name, description="text") == new(
        name=name, description="text", enabled=True
    )
    assert converges("domain_absent", name=name)["name"] == {"old": name, "new": None}


@ANY_NAME
def test_project(converges, site, tail):
    name = PREFIX + tail
    below = {"parent": site["project"].name, "tags": ["ü %", "a"], "options": {"immutable": False}}
    changes = converges("project_present", name=name, description="text", **below)
    assert changes == new(
        name=name, domain="Default", description="text", enabled=True, **{**below, "tags": ["a", "ü %"]}
    )
    changes = converges("project_absent", name=name)
    assert changes["name"] == {"old": name, "new": None}
    assert changes["id"]["new"] is None


@ANY_NAME
def test_user(converges, modules, site, tail):
    name = PREFIX + tail
    told = {"email": "a@example.org", "description": "text", "options": {"ignore_password_expiry": True}}
    changes = converges("user_present", name=name, password_pillar=KEY, default_project=site["project"].name, **told)
    assert changes == new(
        name=name,
        domain="Default",
        enabled=True,
        password="as in pillar",
        default_project=site["project"].name,
        default_project_domain="Default",
        **told,
    )
    assert modules.openstack_identity.password_matches(name, KEY) is True
    assert modules.openstack_identity.password_matches(name, OTHER_KEY) is False
    assert converges("user_absent", name=name)["name"] == {"old": name, "new": None}


@ANY_NAME
def test_group_and_members(converges, site, tail):
    name = PREFIX + tail
    assert converges("group_present", name=name, description="text") == new(
        name=name, domain="Default", description="text"
    )
    users = [site["user"].name]
    assert converges("membership_present", name=name, users=users) == new(users=users)
    assert converges("membership_absent", name=name) == {"users": {"old": users, "new": None}}
    assert "id" in converges("group_absent", name=name)


@ANY_NAME
def test_role(converges, site, tail):
    name = PREFIX + tail
    implied = ["reader", site["role"].name]
    changes = converges("role_present", name=name, description="text", implies=implied)
    assert changes == new(name=name, description="text", implies=sorted(implied))
    assert "id" in converges("role_absent", name=name)


@ANY_NAME
def test_role_of_a_domain(converges, domain, tail):
    own = {"name": PREFIX + tail, "domain": domain.name}
    assert converges("role_present", **own, implies=["reader"]) == new(**own, implies=["reader"])
    assert "id" in converges("role_absent", **own)


@ANY_NAME
def test_service_and_endpoint(converges, tail):
    service = {"name": PREFIX + tail, "type": TYPE}
    place = {"type": TYPE, "interface": "public", "region": f"{PREFIX}one"}
    changes = converges("service_present", **service, description="text")
    assert changes == new(**service, description="text", enabled=True)
    changes = converges("endpoint_present", name=service["name"], **place, url=IMAGE)
    assert changes == new(service=service["name"], **place, url=IMAGE, enabled=True)
    assert converges("endpoint_absent", name=service["name"], **place)["url"] == {"old": IMAGE, "new": None}
    assert converges("service_absent", **service)["type"] == {"old": TYPE, "new": None}


@IN_A_URL
def test_region(converges, site, tail):
    told = {"name": PREFIX + tail, "description": "text", "parent": site["region"].id}
    assert converges("region_present", **told) == new(**told)
    converges("region_present", name=PREFIX + tail, description="another")
    assert "id" in converges("region_absent", name=PREFIX + tail)


@ANY_NAME
def test_limits(converges, site, tail):
    place = {"name": PREFIX + tail, "service": site["service"].name, "type": TYPE, "region": site["region"].id}
    told = {"limit": 10, "description": "text"}
    assert converges("registered_limit_present", **place, **told) == new(**place, **told)
    owner = {"project": site["project"].name, "project_domain": "Default"}
    assert converges("limit_present", **place, **owner, **told) == new(**place, **owner, **told)
    assert converges("limit_absent", **place, **owner)["limit"] == {"old": 10, "new": None}
    assert converges("registered_limit_absent", **place)["limit"] == {"old": 10, "new": None}


@pytest.mark.parametrize("roles", ["admin", ["admin"], ["member", "admin", "admin"]])
def test_assignment(converges, site, roles):
    where = {"name": site["user"].name, "project": site["project"].name}
    declared = sorted({roles} if isinstance(roles, str) else set(roles))
    assert converges("assignment_present", roles=roles, **where) == new(roles=declared)
    assert converges("assignment_absent", **where) == {"roles": {"old": declared, "new": None}}


ABSENT = {
    "domain_absent": {},
    "project_absent": {},
    "user_absent": {"domain": "no such domain"},
    "group_absent": {},
    "membership_absent": {},
    "role_absent": {},
    "service_absent": {"type": TYPE},
    "endpoint_absent": {"type": TYPE, "interface": "public", "region": "RegionOne"},
    "region_absent": {},
    "assignment_absent": {"project": f"{PREFIX}none"},
    "registered_limit_absent": {"service": f"{PREFIX}none", "type": TYPE},
    "limit_absent": {"service": f"{PREFIX}none", "type": TYPE, "project": f"{PREFIX}none"},
    "application_credential_absent": {},
}


def test_no_state_is_forgotten_here(modules):
    known = modules.sys.list_state_functions("openstack_identity")
    assert {name.partition(".")[2] for name in known if name.endswith("_absent")} == set(ABSENT)


@pytest.mark.parametrize("function", ABSENT)
def test_removing_what_is_not_there(run, function):
    for test in (True, False):
        ret = run(function, test=test, name=f"{PREFIX}none", **ABSENT[function])
        assert (ret.result, ret.changes) == (True, {}), ret.comment


def test_region_that_no_url_can_name(run):
    assert "cannot be a part of a URL" in run("region_present", name="a/b").comment


@pytest.mark.parametrize("tag", ["", "a/b", "a,b"])
def test_what_cannot_be_a_tag(run, tag):
    assert "cannot be a tag" in run("project_present", name=f"{PREFIX}x", tags=[tag]).comment


def test_plans_without_parents(planned_only, site):
    none = f"{PREFIX}none"
    for kind in ("project", "user", "group", "role"):
        assert f"domain {none} does not exist" in planned_only(f"{kind}_present", name=none, domain=none)
    assert "does not exist in domain Default" in planned_only("user_present", name=none, default_project=none)
    assert "does not exist in domain Default" in planned_only("project_present", name=none, parent=none)
    endpoint = {"interface": "public", "region": "RegionOne", "url": IMAGE}
    assert f"service {none}" in planned_only("endpoint_present", name=none, type="none", **endpoint)
    limit = {"service": none, "type": "none", "limit": 1}
    assert f"service {none}" in planned_only("registered_limit_present", name=none, **limit)
    assert f"service {none}" in planned_only("limit_present", name=none, project=none, **limit)
    assert f"group {none}" in planned_only("membership_present", name=none, users=[site["user"].name])
    assert f"user {none}" in planned_only("membership_present", name=site["group"].name, users=[none])
    where = {"name": site["user"].name, "project": site["project"].name, "roles": ["reader"]}
    for missing in ("name", "project", "roles"):
        comment = planned_only("assignment_present", **{**where, missing: [none] if missing == "roles" else none})
        assert f"{missing.removesuffix('s').replace('name', 'user')} {none} does not exist" in comment
