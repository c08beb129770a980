"""The states over a stand-in for the execution module: who writes when, and what a failure reports."""

import importlib.util
import pathlib

import pytest
from openstack_errors import Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]
ALL = {"configure": ".*", "write": ".*", "read": ".*"}
ARGUMENTS = {
    "vhost_present": {},
    "vhost_absent": {},
    "user_present": {"password_pillar": "password", "tags": ["b", "a"]},
    "user_absent": {},
    "permissions_present": {"vhost": "v"},
    "permissions_absent": {"vhost": "v"},
}


class Broker:
    """Execution functions over one virtual host, one user and its permissions."""

    def __init__(self):
        self.vhosts, self.queues, self.user, self.permissions, self.writes = [], {}, None, None, []
        self.trouble = self.deaf = None

    def functions(self):
        names = [name for name in vars(type(self)) if "_" in name and name[0] != "_"]
        return {f"openstack_messaging.{name}": self._asked(getattr(self, name)) for name in names}

    def _asked(self, function):
        def call(*args, **arguments):
            if self.trouble:
                raise self.trouble
            if function.__name__.rpartition("_")[2] in ("create", "set", "remove"):
                self.writes.append(function.__name__)
                if self.deaf:
                    return None
            return function(*args, **arguments)

        return call

    def fill(self):
        self.vhosts = ["x"]
        self.user = {"tags": ["a", "b"], "key": "password"}
        self.permissions = dict(ALL)

    def vhost_list(self):
        return self.vhosts

    def vhost_queues(self, name):
        return self.queues

    def vhost_create(self, name):
        self.vhosts = [name]

    def vhost_remove(self, name, force):
        self.vhosts = []

    def user_get(self, name):
        return self.user

    def user_set(self, name, password_pillar, tags):
        self.user = {"tags": sorted(tags or []), "key": password_pillar}

    def user_remove(self, name):
        self.user = None

    def password_matches(self, name, password_pillar):
        return self.user["key"] == password_pillar

    def permissions_get(self, name, vhost):
        return self.permissions

    def permissions_set(self, name, vhost, **given):
        self.permissions = given

    def permissions_remove(self, name, vhost):
        self.permissions = None


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture(params=[False, True], ids=["real", "test"])
def testmode(request):
    return request.param


@pytest.fixture
def states(broker, testmode):
    path = REPO / "_states" / "openstack_messaging.py"
    spec = importlib.util.spec_from_file_location("formula_states_openstack_messaging", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__salt__, module.__opts__ = broker.functions(), {"test": testmode}
    module.__pillar__ = {"password": "x"}
    return module


@pytest.mark.parametrize(
    ("function", "changes"),
    [
        ("vhost_present", {"vhost": {"old": None, "new": "x"}}),
        (
            "user_present",
            {"password": {"old": None, "new": "as in pillar"}, "tags": {"old": None, "new": ["a", "b"]}},
        ),
        ("permissions_present", {key: {"old": None, "new": ".*"} for key in ALL}),
    ],
)
def test_present(broker, states, testmode, function, changes):
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"]) == (None if testmode else True, changes)
    assert len(broker.writes) == (0 if testmode else 1)
    broker.fill()
    broker.writes.clear()
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["name"], ret["result"], ret["changes"], broker.writes) == ("x", True, {}, [])


@pytest.mark.parametrize(
    ("function", "changes"),
    [
        ("vhost_absent", {"vhost": {"old": "x", "new": None}, "queues": {"old": [], "new": None}}),
        ("user_absent", {"tags": {"old": ["a", "b"], "new": None}}),
        ("permissions_absent", {key: {"old": ".*", "new": None} for key in ALL}),
    ],
)
def test_absent(broker, states, testmode, function, changes):
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["name"], ret["result"], ret["changes"], broker.writes) == ("x", True, {}, [])
    broker.fill()
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"]) == (None if testmode else True, changes)
    assert len(broker.writes) == (0 if testmode else 1)


@pytest.mark.parametrize(
    ("function", "where", "key", "value", "change"),
    [
        ("user_present", "user", "key", "other", {"password": {"old": "not as in pillar", "new": "as in pillar"}}),
        ("user_present", "user", "tags", ["c"], {"tags": {"old": ["c"], "new": ["a", "b"]}}),
        ("permissions_present", "permissions", "read", "", {"read": {"old": "", "new": ".*"}}),
    ],
)
def test_drift(broker, states, testmode, function, where, key, value, change):
    broker.fill()
    getattr(broker, where)[key] = value
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"]) == (None if testmode else True, change)
    assert len(broker.writes) == (0 if testmode else 1)


@pytest.mark.parametrize("function", ARGUMENTS)
def test_a_broker_that_does_not_answer_is_not_an_absent_object(broker, states, function):
    broker.trouble = Unreachable("the broker on db-node does not answer")
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"], broker.writes) == (False, {}, [])
    assert "db-node" in ret["comment"]


@pytest.mark.parametrize("function", ["vhost_present", "user_present", "permissions_present"])
def test_a_write_that_had_no_effect_is_a_failure(broker, states, testmode, function):
    broker.deaf = True
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert ret["result"] is (None if testmode else False)
    if not testmode:
        assert ret["changes"] == {}
        assert "reads back differently" in ret["comment"]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("user_present", {"password_pillar": "none"}),
        ("user_present", {"tags": "a"}),
        ("user_present", {"tags": ["a,b"]}),
        ("permissions_present", {"write": "("}),
        ("permissions_present", {"write": None}),
    ],
)
def test_unusable_arguments(broker, states, function, arguments):
    ret = getattr(states, function)("x", **{**ARGUMENTS[function], **arguments})
    assert (ret["result"], ret["changes"], broker.writes) == (False, {}, [])


def test_queues_hold_a_vhost_back(broker, states, testmode):
    broker.fill()
    broker.queues = {"info": 3}
    ret = states.vhost_absent("x")
    assert (ret["result"], broker.writes) == (False, [])
    ret = states.vhost_absent("x", force=True)
    assert ret["changes"]["queues"] == {"old": ["info"], "new": None}


def test_states_without_their_module(states):
    assert states.__virtual__() == "openstack_messaging"
    states.__salt__ = {}
    assert states.__virtual__()[0] is False
