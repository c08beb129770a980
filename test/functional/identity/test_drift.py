"""Drift, one attribute at a time: it is shown, and it is repaired in place."""

import inspect

import pytest

from .common import IMAGE, KEY, OTHER, OTHER_KEY, PREFIX, TYPE

pytestmark = pytest.mark.slow

# kind and attribute: what somebody did behind the states' back, and what the state says of it
DRIFT = {
    ("domain", "description"): ({"description": "drifted"}, {"description": ("drifted", "text")}),
    ("domain", "enabled"): ({"enabled": False}, {"enabled": (False, True)}),
    ("domain", "options"): (
        {"options": {"immutable": None}},
        {"options": ({"immutable": None}, {"immutable": False})},
    ),
    ("project", "description"): ({"description": "drifted"}, {"description": ("drifted", "text")}),
    ("project", "enabled"): ({"enabled": False}, {"enabled": (False, True)}),
    ("project", "tags"): ({"tags": ["b", "z"]}, {"tags": (["b", "z"], ["a", "b"])}),
    ("project", "options"): (
        {"options": {"immutable": None}},
        {"options": ({"immutable": None}, {"immutable": False})},
    ),
    ("user", "email"): ({"email": "b@example.org"}, {"email": ("b@example.org", "a@example.org")}),
    ("user", "description"): ({"description": "drifted"}, {"description": ("drifted", "text")}),
    ("user", "password_pillar"): ({"password": OTHER}, {"password": ("not as in pillar", "as in pillar")}),
    ("user", "options"): (
        {"options": {"ignore_password_expiry": None, "lock_password": False}},
        {"options": ({"ignore_password_expiry": None}, {"ignore_password_expiry": True})},
    ),
    ("user", "default_project"): (
        {"default_project": "ADMIN"},
        {"default_project": ("admin", f"{PREFIX}project")},
    ),
    ("user", "enabled"): (
        {"enabled": False},
        {"enabled": (False, True), "password": ("unknown while the user is disabled", "as in pillar")},
    ),
    ("group", "description"): ({"description": "drifted"}, {"description": ("drifted", "text")}),
    ("role", "description"): ({"description": "drifted"}, {"description": ("drifted", "text")}),
    ("role", "options"): (
        {"options": {"immutable": None}},
        {"options": ({"immutable": None}, {"immutable": False})},
    ),
    ("service", "description"): ({"description": "drifted"}, {"description": ("drifted", "text")}),
    ("service", "enabled"): ({"enabled": False}, {"enabled": (False, True)}),
    ("service", "name"): ({"name": f"{PREFIX}x"}, {"name": (f"{PREFIX}x", f"{PREFIX}service")}),
    ("endpoint", "url"): ({"url": "http://x:1"}, {"url": ("http://x:1", IMAGE)}),
    ("endpoint", "enabled"): ({"enabled": False}, {"enabled": (False, True)}),
    ("region", "description"): ({"description": "drifted"}, {"description": ("drifted", "text")}),
    ("region", "parent"): ({"parent_region": "RegionOne"}, {"parent": ("RegionOne", f"{PREFIX}top")}),
    ("registered_limit", "limit"): ({"default_limit": 1}, {"limit": (1, 10)}),
    ("registered_limit", "description"): ({"description": "drifted"}, {"description": ("drifted", "text")}),
    ("limit", "limit"): ({"resource_limit": 1}, {"limit": (1, 5)}),
    ("limit", "description"): ({"description": "drifted"}, {"description": ("drifted", "text")}),
}
# What identifies an object, is no attribute, or is a test of its own.
ELSEWHERE = {
    "*": {"name", "domain", "former_name", "profile"},
    "project": {"parent"},
    "user": {"default_project_domain", "update_password"},
    "role": {"implies"},
    "service": {"type"},
    "endpoint": {"type", "interface", "region"},
    "registered_limit": {"service", "type", "region"},
    "limit": {"service", "type", "region", "project", "project_domain"},
}
LIMIT = {"name": f"{PREFIX}size", "service": f"{PREFIX}service", "type": TYPE}
DECLARED = {
    "domain": {"name": f"{PREFIX}domain", "description": "text", "options": {"immutable": False}},
    "project": {
        "name": f"{PREFIX}project",
        "description": "text",
        "tags": ["b", "a"],
        "options": {"immutable": False},
    },
    "user": {
        "name": f"{PREFIX}user",
        "password_pillar": KEY,
        "email": "a@example.org",
        "description": "text",
        "default_project": f"{PREFIX}project",
        "options": {"ignore_password_expiry": True},
    },
    "group": {"name": f"{PREFIX}group", "description": "text"},
    "role": {"name": f"{PREFIX}role", "description": "text", "options": {"immutable": False}},
    "service": {"name": f"{PREFIX}service", "type": TYPE, "description": "text"},
    "endpoint": {
        "name": f"{PREFIX}service",
        "type": TYPE,
        "interface": "public",
        "region": f"{PREFIX}one",
        "url": IMAGE,
    },
    "region": {"name": f"{PREFIX}one", "description": "text", "parent": f"{PREFIX}top"},
    "registered_limit": {**LIMIT, "limit": 10, "description": "text"},
    "limit": {**LIMIT, "project": f"{PREFIX}project", "limit": 5, "description": "text"},
}


def test_no_attribute_is_forgotten_here(state, modules, loaders):
    import salt.loader

    loaded = salt.loader.states(loaders.opts, loaders.modules, loaders.utils, loaders.serializers)
    for kind in DECLARED:
        arguments = set(inspect.signature(loaded[f"openstack_identity.{kind}_present"]).parameters)
        tested = {attribute for other, attribute in DRIFT if other == kind}
        assert arguments - ELSEWHERE["*"] - ELSEWHERE.get(kind, set()) == tested - {"name"}, kind


@pytest.fixture
def declared(site, cloud, run):
    """Declares every attribute of one kind of object; the arguments are what the drift tests converge to."""
    cloud.regions.create(f"{PREFIX}top")

    def make(kind):
        if kind == "limit":
            assert run("registered_limit_present", **DECLARED["registered_limit"]).result is True
        ret = run(f"{kind}_present", **DECLARED[kind])
        assert ret.result is True, ret.comment
        return DECLARED[kind]

    return make


@pytest.mark.parametrize(("kind", "attribute"), DRIFT, ids=map("-".join, DRIFT))
def test_drift_is_shown_and_repaired(declared, converges, cloud, system, kind, attribute):
    drift, changes = DRIFT[kind, attribute]
    arguments = declared(kind)
    manager = getattr(system if "limit" in kind else cloud, f"{kind}s")
    names = {arguments["name"], arguments.get("region")} - {None}
    thing = next(
        each
        for each in manager.list()
        if {each.id, *(getattr(each, key, None) for key in ("name", "region", "resource_name"))} & names
    )
    if drift.get("default_project") == "ADMIN":
        drift = {"default_project": next(each for each in cloud.projects.list() if each.name == "admin")}
    manager.update(thing.id, **drift)
    expected = {key: {"old": old, "new": new} for key, (old, new) in changes.items()}
    assert converges(f"{kind}_present", **arguments) == expected
    assert [each.id for each in manager.list() if each.id == thing.id], "repaired in place"


def test_empty_text_is_a_declaration(converges, site):
    for kind in ("project", "group"):
        changes = converges(f"{kind}_present", name=site[kind].name, description="")
        assert changes == {"description": {"old": "text", "new": ""}}


def test_no_tags_are_a_declaration(converges, run):
    name = f"{PREFIX}x"
    converges("project_present", name=name, tags=["a"])
    assert run("project_present", name=name).changes == {}
    assert converges("project_present", name=name, tags=[]) == {"tags": {"old": ["a"], "new": []}}


def test_what_is_not_declared_stays(run, site):
    for kind in ("project", "user", "group", "role", "region"):
        assert run(f"{kind}_present", name=site[kind].name if kind != "region" else site[kind].id).changes == {}
    assert run("service_present", name=site["service"].name, type=TYPE).changes == {}


def test_things_that_are_to_be_disabled(converges, run, site):
    for kind in ("project", "user"):
        changes = converges(f"{kind}_present", name=site[kind].name, enabled=False)
        assert changes == {"enabled": {"old": True, "new": False}}
    # nobody can try the password of a user that stays disabled
    arguments = {"name": site["user"].name, "password_pillar": OTHER_KEY, "enabled": False}
    assert run("user_present", **arguments).changes == {}


@pytest.mark.parametrize("kind", ["domain", "project", "user", "group", "role"])
def test_what_has_a_former_name_is_renamed(converges, run, cloud, site, domain, kind):
    thing = {**site, "domain": domain}[kind]
    names = {"name": f"{PREFIX}renamed", "former_name": thing.name}
    assert converges(f"{kind}_present", **names) == {"name": {"old": thing.name, "new": f"{PREFIX}renamed"}}
    assert getattr(cloud, f"{kind}s").get(thing.id).name == f"{PREFIX}renamed"
    assert run(f"{kind}_present", **names).changes == {}


def test_what_exists_is_not_taken_for_one_of_a_former_name(run, site, cloud):
    other = cloud.projects.create(f"{PREFIX}other", "default")
    assert run("project_present", name=site["project"].name, former_name=other.name).changes == {}
    assert cloud.projects.get(other.id).name == other.name


def test_a_project_is_not_moved(refused, run, site):
    below = {"name": f"{PREFIX}x", "parent": site["project"].name}
    assert run("project_present", **below).result is True
    assert run("project_present", name=below["name"]).changes == {}
    comment = refused("project_present", **{**below, "parent": ""})
    assert f"parent is '{site['project'].name}' and should be ''" in comment


def test_what_is_immutable_says_so(converges, run, site):
    name = site["project"].name
    converges("project_present", name=name, options={"immutable": True})
    ret = run("project_present", name=name, description="another")
    assert ret.result is False
    assert "immutable" in ret.comment
    converges("project_present", name=name, options={"immutable": None})
    converges("project_present", name=name, description="another")


def test_a_domain_that_holds_something_is_kept(refused, converges, cloud, domain):
    cloud.users.create(f"{PREFIX}user", domain=domain)
    cloud.projects.create(f"{PREFIX}project", domain=domain)
    assert "holds {'projects': 1, 'users': 1}" in refused("domain_absent", name=domain.name)
    assert converges("domain_absent", name=domain.name, force=True)["id"] == {"old": domain.id, "new": None}


def test_a_project_above_others_is_kept(run, site):
    run("project_present", name=f"{PREFIX}x", parent=site["project"].name)
    ret = run("project_absent", name=site["project"].name)
    assert (ret.result, ret.changes) == (False, {})
    assert "leaf" in ret.comment
