"""The states over a stand-in for the execution module: who writes when, and what a failure reports."""

import importlib.util
import pathlib

import pytest
from openstack_errors import OpenStackError, Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]
PLACE = {"type": "image", "interface": "public", "region": "RegionOne"}
PRESENT = {
    "project": {"description": "text"},
    "user": {"email": "a@example.org", "password_pillar": "glance:password", "default_project": "service"},
    "role": {"description": "text"},
    "service": {"type": "image"},
    "endpoint": {**PLACE, "url": "http://image-node:9292"},
    "region": {"description": "text"},
}
ABSENT = {"service": {"type": "image"}, "endpoint": PLACE}


def load_states():
    """The functions of all files of the module, as one object; what one of them is given, each gets."""
    return States([load(path) for path in sorted((REPO / "_states").glob("openstack_identity*.py"))])


def load(path):
    spec = importlib.util.spec_from_file_location(f"formula_states_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class States:
    def __init__(self, files):
        self.__dict__["files"] = files

    def __getattr__(self, name):
        return next(getattr(each, name) for each in self.files if hasattr(each, name))

    def __setattr__(self, name, value):
        for each in self.files:
            setattr(each, name, value)


class Keystone(dict):
    """Execution functions over one object of each kind, made on demand as the loader's are."""

    def __init__(self):
        super().__init__()
        self.things, self.roles, self.writes = {}, [], []
        self.trouble = self.deaf = None

    def __missing__(self, function):
        kind, _, verb = function.removeprefix("openstack_identity.").rpartition("_")
        return lambda *args, **arguments: getattr(self, f"{verb}")(kind, *args, **arguments)

    def get(self, kind, name, *_, **place):
        if self.trouble:
            raise self.trouble
        if kind == "assignment":
            return list(self.roles)
        return dict(self.things[kind]) if kind in self.things else None

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
