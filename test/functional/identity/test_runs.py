"""Whole runs: what they ask, two of them at once, and a server that is gone in the middle."""

import importlib

import pytest

from .common import IMAGE, KEY, PREFIX, TYPE

pytestmark = pytest.mark.slow

LISTS = {
    "/v3/domains",
    "/v3/projects",
    "/v3/users",
    "/v3/groups",
    "/v3/roles",
    "/v3/role_inferences",
    "/v3/role_assignments",
    "/v3/regions",
    "/v3/services",
    "/v3/endpoints",
    "/v3/registered_limits",
    "/v3/limits",
}


def many(count):
    """So many of every kind, in the order in which they need each other."""
    states = {}
    for number in range(count):
        name = f"{PREFIX}{number}"
        service = {"type": name}
        limit = {"service": name, "type": name, "limit": 5}
        for order, (function, arguments) in enumerate(
            {
                "domain_present": {},
                "project_present": {"tags": ["a"]},
                "user_present": {"default_project": name, "options": {"lock_password": True}},
                "group_present": {},
                "role_present": {"implies": ["reader"]},
                "assignment_present": {"project": name, "roles": [name]},
                "region_present": {},
                "service_present": service,
                "endpoint_present": {**service, "interface": "public", "region": name, "url": IMAGE},
                "registered_limit_present": limit,
                "limit_present": {**limit, "project": name},
            }.items()
        ):
            arguments = {"name": name, "order": order + 1, **arguments}
            states[f"{function} {name}"] = {f"openstack_identity.{function}": arguments}
    return states


@pytest.mark.parametrize("count", [2, 12])
def test_converged_site_asks_once_a_kind(requests_of, count):
    """However many objects there are."""
    requests_of(many(count))
    few, _ = requests_of(many(1))
    more, raw = requests_of(many(count))
    assert {str(ret["changes"]) for ret in raw.values()} == {"{}"}
    assert len(raw) == 11 * count
    assert sorted(more) == sorted(few)
    asked = [request.partition("?")[0].removeprefix("GET ") for request in more if "/auth/" not in request]
    assert sorted(set(asked) - {"/", "/v3", "/v3/"}) == sorted(path for path in asked if path in LISTS) == sorted(LISTS)
    # one for the administrator's project, one for the system, and where the API is for each
    assert sum("/auth/tokens" in request for request in more) == 2
    assert len(more) <= len(LISTS) + 4
    assert not [request for request in more if not request.startswith("GET") and "/auth/tokens" not in request]


def test_managed_password_costs_one_login(requests_of, site):
    user = {"x": {"openstack_identity.user_present": {"name": site["user"].name, "password_pillar": KEY}}}
    with_it, _ = requests_of(user)
    del user["x"]["openstack_identity.user_present"]["password_pillar"]
    without, _ = requests_of(user)
    assert len(with_it) - len(without) <= 2
    assert sum("/auth/tokens" in request for request in with_it) == 2


# --- two runs at once


RACES = {
    "domain_present": {"description": "text"},
    "project_present": {"tags": ["a"]},
    "user_present": {"password_pillar": KEY, "email": "a@example.org"},
    "group_present": {"description": "text"},
    "role_present": {"implies": ["reader"]},
    "region_present": {"description": "text"},
    "registered_limit_present": {"service": f"{PREFIX}service", "type": TYPE, "limit": 5},
}


@pytest.fixture
def api(modules):
    """The class through which everything is asked; Salt's loader makes it importable."""
    assert modules.openstack_identity.login()
    return importlib.import_module("openstack_identity_v3").V3


@pytest.fixture
def meanwhile(monkeypatch, api):
    """Has something done by somebody else right before the first object is made."""

    def arrange(act):
        create = api.create

        def late(self, kind, values):
            monkeypatch.setattr(api, "create", create)
            act()
            return create(self, kind, values)

        monkeypatch.setattr(api, "create", late)

    return arrange


@pytest.mark.slow
@pytest.mark.parametrize("function", RACES)
def test_what_two_runs_make_at_once_is_as_declared(run, meanwhile, site, function):
    arguments = {"name": f"{PREFIX}x", **RACES[function]}
    results = []
    meanwhile(lambda: results.append(run(function, **arguments)))
    results.append(run(function, **arguments))
    assert [ret.result for ret in results] == [True, True], [ret.comment for ret in results]
    assert run(function, **arguments).changes == {}


@pytest.mark.slow
def test_what_another_run_made_differently_is_changed(run, meanwhile, cloud):
    meanwhile(lambda: cloud.users.create(f"{PREFIX}x", domain="default", email="b@example.org"))
    ret = run("user_present", name=f"{PREFIX}x", email="a@example.org")
    assert ret.result is True, ret.comment
    assert [each.email for each in cloud.users.list() if each.name == f"{PREFIX}x"] == ["a@example.org"]


@pytest.mark.slow
@pytest.mark.parametrize("function", ["service_present", "endpoint_present"])
def test_two_runs_make_no_twins(run, meanwhile, site, cloud, function):
    """Keystone itself would take both."""
    place = {"interface": "public", "region": f"{PREFIX}one", "url": IMAGE}
    arguments = {"type": "formula-other"} if function == "service_present" else {"type": TYPE, **place}
    name = f"{PREFIX}x" if function == "service_present" else site["service"].name
    results = []
    meanwhile(lambda: results.append(run(function, name=name, **arguments)))
    results.append(run(function, name=name, **arguments))
    assert [ret.result for ret in results] == [True, True], [ret.comment for ret in results]
    manager = cloud.services if function == "service_present" else cloud.endpoints
    assert len([each for each in manager.list() if name in (getattr(each, "name", ""), "") or "url" in each._info]) >= 1
    assert run(function, name=name, **arguments).changes == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["project", "user", "group", "role", "region"])
def test_what_somebody_else_removed_is_removed(run, monkeypatch, api, cloud, site, kind):
    delete, manager = api.delete, getattr(cloud, f"{kind}s")

    def late(self, *arguments):
        manager.delete(site[kind])
        return delete(self, *arguments)

    monkeypatch.setattr(api, "delete", late)
    name = site[kind].id if kind == "region" else site[kind].name
    assert run(f"{kind}_absent", name=name).result is True


# --- a server that is gone in the middle


STOPPED = {
    "domain_present": {"name": f"{PREFIX}x"},
    "project_present": {"name": f"{PREFIX}x", "parent": f"{PREFIX}project", "tags": ["a"]},
    "user_present": {"name": f"{PREFIX}x", "password_pillar": KEY, "default_project": f"{PREFIX}project"},
    "group_present": {"name": f"{PREFIX}x"},
    "membership_present": {"name": f"{PREFIX}group", "users": [f"{PREFIX}user"]},
    "role_present": {"name": f"{PREFIX}x", "implies": ["reader"]},
    "assignment_present": {"name": f"{PREFIX}user", "project": f"{PREFIX}project", "roles": ["reader", "member"]},
    "region_present": {"name": f"{PREFIX}x"},
    "service_present": {"name": f"{PREFIX}x", "type": "formula-other"},
    "endpoint_present": {
        "name": f"{PREFIX}service",
        "type": TYPE,
        "interface": "public",
        "region": f"{PREFIX}one",
        "url": IMAGE,
    },
    "registered_limit_present": {"name": f"{PREFIX}x", "service": f"{PREFIX}service", "type": TYPE, "limit": 5},
    "user_absent": {"name": f"{PREFIX}user"},
    "service_absent": {"name": f"{PREFIX}service", "type": TYPE},
}


@pytest.mark.slow
@pytest.mark.parametrize("function", STOPPED)
def test_a_server_that_stops_in_the_middle(run, relay, admin, site, function):
    """After each number of requests: the state fails and says who gave no answer, and the next run makes it whole."""
    profile = {**admin, "auth_url": relay.url, "timeout": 5}
    for answered in range(40):
        relay.left = answered
        ret = run(function, **STOPPED[function], profile=profile)
        if ret.result:
            break
        assert ret.result is False
        assert f"no answer from {relay.url}" in ret.comment
        assert set(ret.changes) <= {
            "name",
            *STOPPED[function],
            "roles",
            "users",
            "implies",
            "enabled",
            "domain",
            "service",
        }
    assert ret.result is True
    assert answered > 3
    relay.left = None
    assert run(function, **STOPPED[function], profile=profile).changes == {}
