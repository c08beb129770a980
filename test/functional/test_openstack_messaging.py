"""
openstack_messaging against a real RabbitMQ.

``rabbitmqctl`` works on the broker's host only. The servers' file says where that is:
``"messaging": {"node": "db-node"}``, a node of the running lab, or ``{"node": null}``, this machine. Without it, it is
db-node if a lab is up.
"""

import json
import pathlib
import subprocess
import tempfile
import types

import pytest
from lab.client import Lab
from lab.errors import LabError

pytestmark = pytest.mark.slow

PREFIX = "gt"
NAME = PREFIX + "/sl'a\"s`h$HOME %s\\n;--\nÄЖ"
PASSWORD = "p'a\"s`s$(id)%s\\n;é 1"
FOLDER = "/var/tmp/glance-test"


class Here:
    """The broker runs on this machine: its functions are called through Salt's loader."""

    def __init__(self, loaders, state, folder):
        self.loaders, self._state, self.folder = loaders, state, folder

    def state(self, function, test=False, **arguments):
        self.loaders.context.clear()
        return self._state(f"openstack_messaging.{function}", test=test, **arguments)

    def call(self, function, *arguments):
        self.loaders.context.clear()
        return self.loaders.modules[f"openstack_messaging.{function}"](*arguments)

    def ctl(self, *command):
        done = subprocess.run(
            ["rabbitmqctl", "--quiet", *command], stdin=subprocess.DEVNULL, capture_output=True, timeout=100, check=True
        )
        return done.stdout.decode()

    def define(self, **definitions):
        path = self.folder / "definitions.json"
        path.write_text(json.dumps(definitions), encoding="utf-8")
        path.chmod(0o644)
        self.ctl("import_definitions", str(path), "--format", "json")


class There:
    """The broker runs on a node of the lab: its functions are called by salt-call on the node."""

    def __init__(self, node, pillar):
        self.node = node
        node.write(f"{FOLDER}/pillar/top.sls", "base: {'*': [data]}")
        node.write(f"{FOLDER}/pillar/data.sls", "#!json\n" + json.dumps(pillar), mode="0600")

    def state(self, function, test=False, **arguments):
        low = {"one": {f"openstack_messaging.{function}": [{key: value} for key, value in arguments.items()]}}
        self.node.write(f"{FOLDER}/states/one.sls", "#!json\n" + json.dumps(low))
        (ret,) = self._salt_call("state.apply", "one", f"test={test}").values()
        return types.SimpleNamespace(**ret)

    def call(self, function, *arguments):
        return self._salt_call(f"openstack_messaging.{function}", *arguments)

    def _salt_call(self, *arguments):
        roots = [f"--file-root={FOLDER}/states", f"--pillar-root={FOLDER}/pillar"]
        done = self.node.run("salt-call", "--local", "--out=json", *roots, *arguments, check=False)
        return json.loads(done.stdout)["local"]

    def ctl(self, *command):
        return self.node.run("rabbitmqctl", "--quiet", *command).stdout

    def define(self, **definitions):
        self.node.write(f"{FOLDER}/definitions.json", json.dumps(definitions), mode="0644")
        self.ctl("import_definitions", f"{FOLDER}/definitions.json", "--format", "json")


@pytest.fixture(scope="module")
def pillar():
    return {"test": {"password": PASSWORD, "simple": "simple", "list": [1]}}


@pytest.fixture(scope="module")
def broker(servers, loaders, state, pillar):
    """Where the broker is: functions and states are called there, rabbitmqctl too."""
    node = servers.get("messaging", {"node": "db-node"})["node"]
    if node is None:
        with tempfile.TemporaryDirectory(prefix="glance-test-") as folder:
            pathlib.Path(folder).chmod(0o755)
            yield Here(loaders, state, pathlib.Path(folder))
        return
    try:
        lab = Lab.attach()
        lab.sync()
        there = There(lab.node(node), pillar)
    except LabError as error:
        pytest.skip(f"RabbitMQ is tested on its own host: {error}")
    yield there
    there.node.run("rm", "-r", FOLDER)


@pytest.fixture(scope="module")
def definitions(broker):
    """All that the broker defines: the second opinion."""

    def read():
        found = json.loads(broker.ctl("export_definitions", "-", "--format", "json"))
        return {kind: sorted(found[kind], key=json.dumps) for kind in ("users", "vhosts", "permissions", "queues")}

    return read


@pytest.fixture(scope="module", autouse=True)
def untouched(definitions):
    """What was there before these tests is as it was after them."""
    before = definitions()
    yield
    assert definitions() == before


@pytest.fixture(autouse=True)
def clean(broker):
    yield
    for user in broker.call("user_list"):
        if user["name"].startswith(PREFIX):
            broker.state("user_absent", name=user["name"])
    for vhost in broker.call("vhost_list"):
        if vhost.startswith(PREFIX):
            broker.state("vhost_absent", name=vhost, force=True)


@pytest.fixture
def converges(broker, definitions):
    """Run a state in test mode, for real, and twice again; return its changes."""

    def run(function, **arguments):
        before = definitions()
        planned = broker.state(function, test=True, **arguments)
        assert planned.result is None, planned.comment
        assert definitions() == before, "test mode changed something"
        done = broker.state(function, **arguments)
        assert done.result is True, done.comment
        assert done.changes == planned.changes
        assert done.changes
        for test in (False, True):
            again = broker.state(function, test=test, **arguments)
            assert (again.result, again.changes) == (True, {})
        return done.changes

    return run


@pytest.fixture
def refused(broker, definitions):
    """Run a state that must fail in both modes and change nothing; return its comment."""

    def run(function, **arguments):
        before = definitions()
        results = [broker.state(function, test=test, **arguments) for test in (True, False)]
        assert [(ret.result, ret.changes) for ret in results] == [(False, {})] * 2, results[1].comment
        assert definitions() == before
        return results[0].comment

    return run


def test_all_comes_and_goes(broker, converges):
    name = NAME
    assert converges("vhost_present", name=name) == {"vhost": {"old": None, "new": name}}
    assert converges("user_present", name=name, password_pillar="test:password") == {
        "password": {"old": None, "new": "as in pillar"},
        "tags": {"old": None, "new": []},
    }
    changes = converges("permissions_present", name=name, vhost=name, write="")
    assert changes["read"] == {"old": None, "new": ".*"}
    assert changes["write"] == {"old": None, "new": ""}
    assert name in broker.call("vhost_list")
    assert {"name": name, "tags": []} in broker.call("user_list")

    assert converges("permissions_absent", name=name, vhost=name)["write"] == {"old": "", "new": None}
    assert converges("user_absent", name=name) == {"tags": {"old": [], "new": None}}
    assert converges("vhost_absent", name=name)["vhost"] == {"old": name, "new": None}
    assert name not in broker.call("vhost_list")


def test_user_can_log_in(broker, converges):
    converges("user_present", name="gt_in", password_pillar="test:password")
    assert broker.call("password_matches", "gt_in", "test:password") is True
    assert broker.call("password_matches", "gt_none", "test:password") is None
    converges("user_present", name="gt_in", password_pillar="test:simple")
    broker.ctl("authenticate_user", "gt_in", "simple")


@pytest.mark.parametrize(
    ("password", "tags", "attributes"),
    [("other", "", ["password"]), ("simple", "administrator", ["tags"]), ("other", "monitoring", ["password", "tags"])],
)
def test_user_drift(broker, converges, definitions, password, tags, attributes):
    broker.ctl("add_user", "gt_drift", password)
    if tags:
        broker.ctl("set_user_tags", "gt_drift", tags)
    (before,) = [user for user in definitions()["users"] if user["name"] == "gt_drift"]
    changes = converges("user_present", name="gt_drift", password_pillar="test:simple")
    assert sorted(changes) == attributes
    (after,) = [user for user in definitions()["users"] if user["name"] == "gt_drift"]
    assert (after["password_hash"] == before["password_hash"]) == ("password" not in attributes)


def test_user_keeps_its_kind_of_hash(broker, converges, definitions):
    user = {
        "name": "gt_512",
        "hashing_algorithm": "rabbit_password_hashing_sha512",
        "password_hash": "AAAAAA==",
        "tags": "",
    }
    broker.define(users=[user])
    converges("user_present", name="gt_512", password_pillar="test:password", tags=["monitoring", "management"])
    (after,) = [user for user in definitions()["users"] if user["name"] == "gt_512"]
    assert after["hashing_algorithm"] == "rabbit_password_hashing_sha512"


@pytest.mark.parametrize("attribute", ["configure", "write", "read"])
def test_permissions_drift(broker, converges, attribute):
    broker.ctl("add_vhost", "gt_drift")
    broker.ctl("add_user", "gt_drift", "x")
    given = {"configure": "a", "write": "b", "read": "c"}
    broker.ctl("set_permissions", "-p", "gt_drift", "gt_drift", *({**given, attribute: "^drift"}.values()))
    changes = converges("permissions_present", name="gt_drift", vhost="gt_drift", **given)
    assert changes == {attribute: {"old": "^drift", "new": given[attribute]}}


def test_vhost_with_queues_is_removed_only_by_force(broker, refused, converges):
    broker.ctl("add_vhost", "gt_full")
    queue = {"name": "info", "vhost": "gt_full", "durable": True, "auto_delete": False, "arguments": {}}
    broker.define(queues=[queue])
    assert "1 queues" in refused("vhost_absent", name="gt_full")
    assert converges("vhost_absent", name="gt_full", force=True)["queues"] == {"old": ["info"], "new": None}


@pytest.mark.parametrize("there", ["user", "vhost"])
def test_permissions_without_user_or_vhost(broker, there):
    if there == "user":
        broker.ctl("add_user", "gt_lone", "x")
    else:
        broker.ctl("add_vhost", "gt_lone")
    assert broker.state("permissions_present", test=True, name="gt_lone", vhost="gt_lone").result is None
    ret = broker.state("permissions_present", name="gt_lone", vhost="gt_lone")
    assert (ret.result, ret.changes) == (False, {})
    assert "gt_lone does not exist" in ret.comment


@pytest.mark.parametrize(
    ("function", "arguments", "text"),
    [
        ("permissions_present", {"vhost": "/", "read": "("}, "read"),
        ("user_present", {"password_pillar": "test:none"}, "test:none"),
        ("user_present", {"password_pillar": "test:list"}, "test:list"),
        ("user_present", {"password_pillar": "test:password", "tags": ["a,b"]}, "tags"),
    ],
)
def test_unusable_arguments_are_refused(refused, function, arguments, text):
    assert text in refused(function, name="gt_x", **arguments)


def test_no_broker_is_not_the_same_as_no_vhost(broker, monkeypatch):
    if isinstance(broker, There):
        pytest.skip("the environment of salt-call is the node's")
    monkeypatch.setenv("RABBITMQ_NODENAME", "nobody@localhost")
    for function in ("vhost_present", "vhost_absent"):
        ret = broker.state(function, name="gt_x")
        assert ret.result is False
        assert "does not answer" in ret.comment
    monkeypatch.undo()


def test_no_password_is_logged_or_returned(broker, definitions, caplog):
    if isinstance(broker, There):
        pytest.skip("looks at this process's log")
    with caplog.at_level(1):
        ret = broker.state("user_present", name="gt_log", password_pillar="test:password")
    assert ret.changes
    (user,) = [user for user in definitions()["users"] if user["name"] == "gt_log"]
    for text in (caplog.text, str(vars(ret))):
        assert PASSWORD not in text
        assert user["password_hash"] not in text
