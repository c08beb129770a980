"""The states over a stand-in for the execution module: who writes when, and what a failure reports."""

import pytest
from openstack_errors import Conflict, OpenStackError, Unreachable

from unit.identity_states import load_states

PLACE = {"type": "image", "interface": "public", "region": "RegionOne"}
RESOURCE = {"service": "glance", "type": "image"}
PRESENT = {
    "domain": {"description": "text", "options": {"immutable": True}},
    "group": {"description": "text"},
    "registered_limit": {**RESOURCE, "limit": 5},
    "limit": {**RESOURCE, "limit": 5, "project": "service"},
    "project": {"description": "text"},
    "user": {"email": "a@example.org", "password_pillar": "glance:password", "default_project": "service"},
    "role": {"description": "text"},
    "service": {"type": "image"},
    "endpoint": {**PLACE, "url": "http://image-node:9292"},
    "region": {"description": "text"},
}
ABSENT = {
    "registered_limit": RESOURCE,
    "limit": {**RESOURCE, "project": "service"},
    "service": {"type": "image"},
    "endpoint": PLACE,
}


class Keystone(dict):
    """Execution functions over one object of each kind, made on demand as the loader's are."""

    def __init__(self):
        super().__init__()
        self.things, self.roles, self.writes = {}, [], []
        self.trouble = self.deaf = None

    def __missing__(self, function):
        kind, _, verb = function.removeprefix("openstack_identity.").rpartition("_")
        return lambda *args, **arguments: getattr(self, verb)(kind, *args, **arguments)

    def get(self, kind, name, *_, **place):
        if self.trouble:
            raise self.trouble
        if kind == "assignment":
            return list(self.roles)
        return dict(self.things[kind]) if kind in self.things else None

    def content(self, kind, *_, **__):
        return {"projects": 0, "users": 0, "groups": 0}

    def list(self, kind, *_, **__):
        return [dict(self.things[kind])] if kind in self.things else []

    def create(self, kind, name, *_, **arguments):
        self.writes.append(kind)
        if not self.deaf:
            home = {"type": "image"} if kind == "service" else {}
            home |= {"default_project_domain": "Default"} if kind == "user" else {}
            self.things[kind] = {"id": "1", "name": name, "service": name, "enabled": True, **home, **arguments}

    def update(self, kind, name, *_, new_name=None, **arguments):
        self.writes.append(kind)
        if not self.deaf:
            self.things[kind].update(arguments, **({"name": new_name} if new_name else {}))

    def remove(self, kind, name, *args, **arguments):
        self.writes.append(kind)
        if kind == "assignment":
            self.roles = [role for role in self.roles if role not in args[0]]
        elif not self.deaf:
            del self.things[kind]

    def add(self, kind, name, roles, **_):
        self.writes.append(kind)
        if "none" in roles:
            raise OpenStackError("role none does not exist")
        self.roles += roles

    def supported(self, _, kind, attributes, **__):
        return True

    def check(self, kind, name, key, **_):
        return "right" if self.things["user"].get("password_pillar") == key else "wrong"


@pytest.fixture
def keystone():
    return Keystone()


@pytest.fixture(params=[False, True], ids=["real", "test"])
def testmode(request):
    return request.param


@pytest.fixture
def states(keystone, testmode):
    module = load_states()
    module.__salt__, module.__opts__ = keystone, {"test": testmode}
    module.__pillar__ = {"glance": {"password": "s3cr3t", "other": "0ther"}}
    return module


@pytest.mark.parametrize("kind", PRESENT)
def test_writes_exactly_when_it_is_not_a_test(states, keystone, testmode, kind):
    ret = getattr(states, f"{kind}_present")("glance", **PRESENT[kind])
    assert ret["result"] is (None if testmode else True), ret
    assert ret["changes"]
    assert keystone.writes == ([] if testmode else [kind])
    assert "s3cr3t" not in str(ret)


@pytest.mark.parametrize("kind", PRESENT)
def test_removes_exactly_when_it_is_not_a_test(states, keystone, testmode, kind):
    keystone.things[kind] = {"id": "1", "name": "glance"}
    ret = getattr(states, f"{kind}_absent")("glance", **ABSENT.get(kind, {}))
    assert ret["result"] is (None if testmode else True), ret
    assert ret["changes"]["id"] == {"old": "1", "new": None}
    assert keystone.writes == ([] if testmode else [kind])


@pytest.mark.parametrize("kind", PRESENT)
def test_who_cannot_be_asked_is_not_taken_for_absent(states, keystone, kind):
    keystone.trouble = Unreachable("no answer from http://auth-node:5000")
    for ret in (
        getattr(states, f"{kind}_present")("glance", **PRESENT[kind]),
        getattr(states, f"{kind}_absent")("glance", **ABSENT.get(kind, {})),
    ):
        assert (ret["result"], ret["changes"], keystone.writes) == (False, {}, [])
        assert "no answer from http://auth-node:5000" in ret["comment"]


@pytest.mark.parametrize("testmode", [False], indirect=True)
@pytest.mark.parametrize("kind", PRESENT)
def test_a_write_that_does_nothing_is_a_failure(states, keystone, kind):
    keystone.deaf = True
    ret = getattr(states, f"{kind}_present")("glance", **PRESENT[kind])
    assert ret["result"] is False
    assert "reads back differently" in ret["comment"]
    assert ret["changes"] == {}


def test_roles_are_added_and_taken(states, keystone, testmode):
    keystone.roles = ["admin"]
    ret = states.assignment_present("glance", ["service"], "service")
    assert ret["changes"] == {"roles": {"old": None, "new": ["service"]}}
    keystone.roles, keystone.writes = ["admin", "service"], []
    ret = states.assignment_present("glance", ["service"], "service", exact=True)
    assert ret["changes"] == {"roles": {"old": ["admin", "service"], "new": ["service"]}}
    assert keystone.roles == (["admin", "service"] if testmode else ["service"])
    ret = states.assignment_absent("glance", "service")
    assert ret["result"] is (None if testmode else True)
    assert bool(keystone.roles) is testmode


@pytest.mark.parametrize("testmode", [False], indirect=True)
def test_failed_roles_change_nothing(states, keystone):
    ret = states.assignment_present("glance", ["none"], "service")
    assert (ret["result"], ret["changes"]) == (False, {})
    assert "role none does not exist" in ret["comment"]


def test_service_of_the_type_is_renamed(states, keystone, testmode, monkeypatch):
    keystone.things["service"] = {"id": "1", "name": "old", "type": "image", "enabled": True}
    monkeypatch.setattr(
        keystone,
        "get",
        lambda kind, name, *_, **__: keystone.things[kind] if keystone.things[kind]["name"] == name else None,
    )
    ret = states.service_present("glance", "image")
    assert ret["changes"] == {"name": {"old": "old", "new": "glance"}}
    assert keystone.things["service"]["name"] == ("old" if testmode else "glance")


@pytest.mark.parametrize(
    ("arguments", "current", "password"),
    [
        ({"password_pillar": "glance:password"}, "glance:password", None),
        ({"password_pillar": "glance:other"}, "glance:password", "not as in pillar"),
        ({"password_pillar": "glance:other", "update_password": "on_create"}, "glance:password", None),
        ({}, "glance:password", None),
    ],
)
def test_password(states, keystone, testmode, arguments, current, password):
    keystone.things["user"] = {
        "id": "1",
        "name": "glance",
        "domain": "Default",
        "enabled": True,
        "password_pillar": current,
    }
    ret = states.user_present("glance", **arguments)
    expected = {"password": {"old": password, "new": "as in pillar"}} if password else {}
    assert ret["changes"] == expected
    assert keystone.writes == (["user"] if password and not testmode else [])


def test_loads_with_its_module_only(states):
    assert states.__virtual__()[0] is False
    states.__salt__ = {"openstack_identity.login": None}
    assert states.__virtual__() == "openstack_identity"


@pytest.mark.parametrize("testmode", [False], indirect=True)
@pytest.mark.parametrize("theirs", ["text", "another"])
def test_what_another_run_made_meanwhile_is_no_failure(states, keystone, monkeypatch, theirs):
    def late(kind, name, **_):
        keystone.things[kind] = {"id": "1", "name": name, "domain": "Default", "description": theirs}
        raise Conflict("HTTP 409: taken")

    monkeypatch.setattr(keystone, "create", late)
    ret = states.group_present("glance", description="text")
    assert ret["result"] is True, ret
    assert keystone.things["group"]["description"] == "text"
    assert keystone.writes == ([] if theirs == "text" else ["group"])


@pytest.mark.parametrize("testmode", [False], indirect=True)
def test_a_name_that_is_taken_by_something_else_is_a_failure(states, keystone, monkeypatch):
    def late(kind, name, **_):
        raise Conflict("HTTP 409: Glance is taken")

    monkeypatch.setattr(keystone, "create", late)
    ret = states.group_present("glance")
    assert (ret["result"], ret["changes"]) == (False, {})
    assert "Glance is taken" in ret["comment"]


def test_a_project_is_not_moved(states, keystone):
    keystone.things["project"] = {"name": "a", "domain": "Default", "enabled": True, "parent": "b"}
    ret = states.project_present("a", parent="c")
    assert (ret["result"], ret["changes"], keystone.writes) == (False, {}, [])
    assert "parent is 'b' and should be 'c'" in ret["comment"]
    assert states.project_present("a").get("changes") == {}


@pytest.mark.parametrize(
    ("come", "old"), [("expired", "as in pillar, but expired"), ("locked", "unknown while the user is locked out")]
)
def test_who_cannot_log_in_for_another_reason(states, keystone, testmode, monkeypatch, come, old):
    keystone.things["user"] = {"id": "1", "name": "glance", "domain": "Default", "enabled": True}
    monkeypatch.setattr(keystone, "check", lambda *_, **__: come if not keystone.writes else "right")
    ret = states.user_present("glance", password_pillar="glance:password")
    assert ret["changes"] == {"password": {"old": old, "new": "as in pillar"}}
    assert ret["result"] is (None if testmode else True)


@pytest.mark.parametrize("testmode", [False], indirect=True)
@pytest.mark.parametrize(
    ("come", "words"), [("wrong", "locked out"), ("expired", "ignore_change_password_upon_first_use")]
)
def test_a_password_that_keystone_took_and_does_not_accept(states, keystone, monkeypatch, come, words):
    keystone.things["user"] = {"id": "1", "name": "glance", "domain": "Default", "enabled": True}
    monkeypatch.setattr(keystone, "check", lambda *_, **__: come)
    ret = states.user_present("glance", password_pillar="glance:password")
    assert ret["result"] is False
    assert "password is 'set, but" in ret["comment"]
    assert words in ret["comment"]


def test_only_declared_options_are_looked_at(states, keystone):
    options = {"immutable": True, "other": 1}
    keystone.things["domain"] = {"name": "a", "enabled": True, "options": options}
    assert states.domain_present("a", options={"immutable": True}).get("changes") == {}
    ret = states.domain_present("a", options={"immutable": None})
    assert ret["changes"] == {"options": {"old": {"immutable": True}, "new": {"immutable": None}}}


def test_a_domain_that_holds_something(states, keystone, testmode, monkeypatch):
    keystone.things["domain"] = {"id": "1", "name": "a"}
    monkeypatch.setattr(keystone, "content", lambda *_, **__: {"users": 2, "groups": 0})
    ret = states.domain_absent("a")
    assert (ret["result"], keystone.writes) == (False, [])
    assert "holds {'users': 2}" in ret["comment"]
    assert states.domain_absent("a", force=True)["result"] is (None if testmode else True)
