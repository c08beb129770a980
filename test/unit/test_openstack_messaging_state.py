"""The states over a stand-in for the execution module: who writes when, and what a failure reports."""

import pytest
from openstack_errors import Unreachable

from unit.files import REPO, load

ALL = {"configure": ".*", "write": ".*", "read": ".*"}
ARGUMENTS = {
    "vhost_present": {},
    "vhost_absent": {},
    "user_present": {"password_pillar": "password", "tags": ["b", "a"]},
    "user_absent": {},
    "permissions_present": {"vhost": "v"},
    "permissions_absent": {"vhost": "v"},
    "vhost_permissions_present": {"permissions": {"u": {"write": ""}, "w": None}},
    "topic_permissions_present": {"vhost": "v", "exchange": "e", "write": ""},
    "topic_permissions_absent": {"vhost": "v", "exchange": "e"},
    "policy_present": {"vhost": "v", "pattern": "^n", "definition": {"max-length": 5}, "priority": 1},
    "policy_absent": {"vhost": "v"},
}
VHOST = {"vhost": "x", "description": "d", "tags": ["a"], "default_queue_type": None}
POLICY = {"pattern": "^n", "definition": {"max-length": 5}, "apply_to": "all", "priority": 1}
EXACT = {"u": {**ALL, "write": ""}, "w": ALL}


class Broker:
    """Execution functions over one object of each kind."""

    def __init__(self):
        self.vhost = self.user = self.permissions = self.topic = self.policy = None
        self.queues, self.writes, self.all = {}, [], {}
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
        self.vhost = dict(VHOST)
        self.user = {"tags": ["a", "b"], "key": "password"}
        self.permissions = dict(ALL)
        self.topic = {"write": "", "read": ".*"}
        self.policy = dict(POLICY)
        self.all = {user: dict(EXACT[user]) for user in EXACT}

    def vhost_list(self):
        return []

    def vhost_get(self, name):
        return self.vhost

    def vhost_queues(self, name):
        return self.queues

    def vhost_set(self, name, **given):
        self.vhost = {**VHOST, **(self.vhost or {}), **given}

    def vhost_remove(self, name, force):
        self.vhost = None

    def user_list(self):
        return []

    def user_get(self, name):
        return self.user

    def user_set(self, name, password_pillar, tags):
        self.user = {"tags": sorted(tags or []), "key": password_pillar}

    def user_remove(self, name):
        self.user = None

    def password_matches(self, name, password_pillar):
        return self.user["key"] == password_pillar

    def permissions_list(self, vhost):
        return [{"user": user, "vhost": vhost, **given} for user, given in self.all.items()]

    def permissions_get(self, name, vhost):
        return self.permissions

    def permissions_set(self, name, vhost, **given):
        self.permissions = self.all[name] = given

    def permissions_remove(self, name, vhost):
        self.permissions = None
        self.all.pop(name, None)

    def topic_permissions_get(self, name, vhost, exchange):
        return self.topic

    def topic_permissions_set(self, name, vhost, exchange, **given):
        self.topic = given

    def topic_permissions_remove(self, name, vhost, exchange):
        self.topic = None

    def policy_list(self):
        return []

    def policy_get(self, name, vhost):
        return self.policy

    def policy_set(self, name, vhost, **given):
        self.policy = given

    def policy_remove(self, name, vhost):
        self.policy = None


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture(params=[False, True], ids=["real", "test"])
def testmode(request):
    return request.param


@pytest.fixture
def states(broker, testmode):
    put = {"__salt__": broker.functions(), "__opts__": {"test": testmode}, "__pillar__": {"password": "x"}}
    return load("_states", "openstack_messaging", **put)


@pytest.mark.parametrize(
    ("function", "changes"),
    [
        ("vhost_present", {"vhost": {"old": None, "new": "x"}}),
        (
            "user_present",
            {"password": {"old": None, "new": "as in pillar"}, "tags": {"old": None, "new": ["a", "b"]}},
        ),
        ("permissions_present", {key: {"old": None, "new": ".*"} for key in ALL}),
        ("topic_permissions_present", {"write": {"old": None, "new": ""}, "read": {"old": None, "new": ".*"}}),
        ("policy_present", {key: {"old": None, "new": value} for key, value in POLICY.items()}),
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
        ("topic_permissions_absent", {"write": {"old": "", "new": None}, "read": {"old": ".*", "new": None}}),
        ("policy_absent", {key: {"old": value, "new": None} for key, value in POLICY.items()}),
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
        ("topic_permissions_present", "topic", "write", "x", {"write": {"old": "x", "new": ""}}),
        ("policy_present", "policy", "pattern", "x", {"pattern": {"old": "x", "new": "^n"}}),
        ("policy_present", "policy", "apply_to", "queues", {"apply_to": {"old": "queues", "new": "all"}}),
        ("policy_present", "policy", "priority", 0, {"priority": {"old": 0, "new": 1}}),
        (
            "policy_present",
            "policy",
            "definition",
            {"max-length": 5, "expires": 1},
            {"definition": {"old": {"max-length": 5, "expires": 1}, "new": {"max-length": 5}}},
        ),
    ],
)
def test_drift(broker, states, testmode, function, where, key, value, change):
    broker.fill()
    getattr(broker, where)[key] = value
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"]) == (None if testmode else True, change)
    assert len(broker.writes) == (0 if testmode else 1)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("description", ""), ("description", "other"), ("tags", []), ("tags", ["b"]), ("default_queue_type", "quorum")],
)
def test_drift_of_a_vhost(broker, states, testmode, attribute, value):
    broker.fill()
    ret = states.vhost_present("x", **{attribute: value})
    assert ret["changes"] == {attribute: {"old": VHOST[attribute], "new": value}}
    assert (ret["result"], len(broker.writes)) == ((None, 0) if testmode else (True, 1))
    assert broker.vhost == (VHOST if testmode else {**VHOST, attribute: value})


def test_nobody_else_has_permissions_in_a_vhost(broker, states, testmode):
    broker.all = {"u": dict(ALL), "guest": dict(ALL), "w": dict(ALL)}
    ret = states.vhost_permissions_present("x", **ARGUMENTS["vhost_permissions_present"])
    assert ret["changes"]["permissions"] == {"old": {"u": ALL, "guest": ALL, "w": ALL}, "new": EXACT}
    assert ret["result"] is (None if testmode else True)
    assert broker.writes == ([] if testmode else ["permissions_remove", "permissions_set"])
    if not testmode:
        assert broker.all == EXACT
        assert states.vhost_permissions_present("x", {})["result"] is True
        assert broker.all == {}


@pytest.mark.parametrize("function", ARGUMENTS)
def test_a_broker_that_does_not_answer_is_not_an_absent_object(broker, states, function):
    broker.trouble = Unreachable("the broker on db-node does not answer")
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"], broker.writes) == (False, {}, [])
    assert "db-node" in ret["comment"]


@pytest.mark.parametrize("function", [name for name in ARGUMENTS if "present" in name])
def test_a_write_that_had_no_effect_is_a_failure(broker, states, testmode, function):
    broker.deaf = True
    broker.all = {"guest": ALL}
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
        ("vhost_present", {"default_queue_type": "mirrored"}),
        ("vhost_present", {"tags": "a"}),
        ("vhost_permissions_present", {"permissions": ["u"]}),
        ("vhost_permissions_present", {"permissions": {"u": {"wirte": ""}}}),
        ("vhost_permissions_present", {"permissions": {"u": {"write": "("}}}),
        ("topic_permissions_present", {"write": "("}),
        ("policy_present", {"pattern": "("}),
        ("policy_present", {"definition": {}}),
        ("policy_present", {"definition": "max-length=5"}),
        ("policy_present", {"definition": {"max-length": {5}}}),
        ("policy_present", {"apply_to": "everything"}),
        ("policy_present", {"priority": "1"}),
        ("policy_present", {"priority": True}),
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


def test_states_without_their_module(states, broker):
    """Each of the files says so: any may be the first that Salt loads."""
    files = ["openstack_messaging", *(f"openstack_messaging_{part}" for part in ("permissions", "policy", "user"))]
    assert len(files) == len(list((REPO / "_states").glob("openstack_messaging*.py")))
    for functions, there in ((broker.functions(), True), ({}, False)):
        for file in files:
            found = load("_states", file, __salt__=functions)
            assert (found.__virtual__() == "openstack_messaging") is there
