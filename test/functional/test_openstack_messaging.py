"""
openstack_messaging against a real RabbitMQ.

``rabbitmqctl`` works on the broker's host only. That is the lab's db-node, unless the servers' file says another:
``"messaging": {"node": "geneva-node"}``, a node of the running lab, or ``{"private": true}``: these tests start one
from this machine's package. A rabbitmqctl takes a second or two to start, so states are applied many at a time.

Not beside a deployment: they stop the broker once, Salt refuses two runs at a time, and what others define meanwhile
is taken for theirs.
"""

import json
import pathlib
import tempfile

import pytest
from lab.client import Lab
from lab.errors import LabError

from functional import broker as private_broker
from functional.broker_host import Here, There

pytestmark = pytest.mark.slow

PREFIX = "gt"
NAME = PREFIX + "/sl'a\"s`h$HOME %s\\n;--\nÄЖ"
PLAIN = "s`s$(id)%s"  # looks the same in every notation
PASSWORD = f"p'a\"{PLAIN}\\n;é 1"
KINDS = ("users", "vhosts", "permissions", "topic_permissions", "policies", "queues")
POLICY = {"pattern": "^info", "definition": {"max-length": 5, "message-ttl": 1000}}
ACCESS = {"configure": "a", "write": "b", "read": "c"}


@pytest.fixture(scope="module")
def pillar():
    return {"test": {"password": PASSWORD, "simple": "simple"}}


@pytest.fixture(scope="module")
def broker(messaging, loaders, state, pillar):
    """Where the broker is: functions and states are called there, rabbitmqctl too."""
    if messaging.get("private"):
        if lacks := private_broker.missing():
            pytest.skip(lacks)
        with tempfile.TemporaryDirectory(prefix="glance-test-") as folder:
            pathlib.Path(folder).chmod(0o755)
            with private_broker.private(folder):
                yield Here(loaders, state, pathlib.Path(folder))
        return
    try:
        lab = Lab.attach()
        lab.sync()
        there = There(lab.node(messaging["node"]), pillar)
    except LabError as error:
        pytest.skip(f"RabbitMQ is tested on its own host: {error}")
    yield there
    there.forget()


@pytest.fixture(scope="module")
def definitions(broker):
    """All that the broker defines: the second opinion. Queues that are not durable go when it stops."""

    def read():
        found = json.loads(broker.ctl("export_definitions", "-", "--format", "json"))
        found["queues"] = [queue for queue in found["queues"] if queue["durable"]]
        return {kind: sorted(found[kind], key=json.dumps) for kind in KINDS}

    return read


@pytest.fixture(scope="module", autouse=True)
def untouched(definitions):
    """What was there before these tests is as it was after them."""
    before = definitions()
    yield
    assert definitions() == before


@pytest.fixture(autouse=True)
def clean(broker, definitions):
    yield
    found = definitions()
    for kind, command in (("users", "delete_user"), ("vhosts", "delete_vhost")):
        for item in found[kind]:
            if item["name"].startswith(PREFIX):
                broker.ctl(command, item["name"])


@pytest.fixture
def converge(broker, definitions):
    """Apply states in test mode, for real, and again in both modes; return the changes of each."""

    def run(*states):
        before = definitions()
        planned = broker.apply(*states, test=True)
        assert [ret.result for ret in planned] == [None] * len(states), [ret.comment for ret in planned]
        assert definitions() == before, "test mode changed something"
        done = broker.apply(*states)
        assert [ret.result for ret in done] == [True] * len(states), [ret.comment for ret in done]
        assert [ret.changes for ret in done] == [ret.changes for ret in planned]
        assert all(ret.changes for ret in done)
        for test in (False, True):
            again = broker.apply(*states, test=test)
            assert [(ret.result, ret.changes) for ret in again] == [(True, {})] * len(states)
        return [ret.changes for ret in done]

    return run


def exchange(name, vhost):
    """What topic permissions are about; RabbitMQ 4.3 wants it to be there before them."""
    plain = {"type": "topic", "durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    return {"name": name, "vhost": vhost, **plain}


def test_all_comes_and_goes(broker, definitions, converge):
    before = definitions()
    own = {"name": NAME, "vhost": NAME}
    converge(
        ("vhost_present", {"name": NAME}),
        ("user_present", {"name": NAME, "password_pillar": "test:password", "tags": ["monitoring"]}),
        ("permissions_present", {**own, "write": ""}),
        ("policy_present", {**own, **POLICY, "apply_to": "queues", "priority": 3}),
    )
    broker.define(exchanges=[exchange(NAME, NAME)])
    converge(("topic_permissions_present", {**own, "exchange": NAME, "read": "^a"}))
    after = definitions()
    (policy,) = [item for item in after["policies"] if item["vhost"] == NAME]
    assert policy == {"name": NAME, "vhost": NAME, **POLICY, "apply-to": "queues", "priority": 3}
    (access,) = [item for item in after["permissions"] if item["vhost"] == NAME and item["user"] == NAME]
    assert access == {"user": NAME, "vhost": NAME, "configure": ".*", "write": "", "read": ".*"}
    (topics,) = [item for item in after["topic_permissions"] if item["vhost"] == NAME]
    assert topics == {"user": NAME, "vhost": NAME, "exchange": NAME, "write": ".*", "read": "^a"}

    gone = broker.apply(("user_absent", {"name": NAME}), ("vhost_absent", {"name": NAME}))
    assert [ret.result for ret in gone] == [True, True], [ret.comment for ret in gone]
    assert definitions() == before


@pytest.mark.slow
def test_each_goes_alone(broker, definitions, converge):
    before = definitions()
    own = {"name": NAME, "vhost": NAME}
    states = [
        ("vhost_present", {"name": NAME}),
        ("user_present", {"name": NAME, "password_pillar": "test:password"}),
        ("permissions_present", own),
        ("topic_permissions_present", {**own, "exchange": NAME}),
        ("policy_present", {**own, **POLICY}),
    ]
    broker.define(vhosts=[{"name": NAME}], exchanges=[exchange(NAME, NAME)])
    assert [ret.result for ret in broker.apply(*states)] == [True] * len(states)
    converge(
        ("policy_absent", own),
        ("topic_permissions_absent", {**own, "exchange": NAME}),
        ("permissions_absent", own),
        ("user_absent", {"name": NAME}),
        ("vhost_absent", {"name": NAME}),
    )
    assert definitions() == before


@pytest.mark.slow
def test_drift_of_each_attribute(broker, converge):
    """One object for each attribute, with another value of it, and all repaired at once."""
    plain = {"apply-to": "all", "priority": 0, **POLICY}
    policies = {"pattern": "x", "definition": {"max-length": 6}, "apply-to": "queues", "priority": 7}
    hosts = [{"name": f"gt{key}"} for key in (*ACCESS, *policies)]
    broker.define(
        vhosts=hosts,
        users=[{"name": "gt", "tags": "", "password_hash": "", "hashing_algorithm": "rabbit_password_hashing_sha256"}],
        permissions=[{"user": "gt", "vhost": f"gt{key}", **ACCESS, key: "^drift"} for key in ACCESS],
        topic_permissions=[
            {"user": "gt", "vhost": f"gt{key}", "exchange": "e", "write": "b", "read": "c", key: "^drift"}
            for key in ("write", "read")
        ],
        exchanges=[exchange("e", f"gt{key}") for key in ("write", "read")],
        policies=[{"name": "p", "vhost": f"gt{key}", **plain, key: value} for key, value in policies.items()],
    )
    topic = {"name": "gt", "exchange": "e", "write": "b", "read": "c"}
    changes = converge(
        *(("permissions_present", {"name": "gt", "vhost": f"gt{key}", **ACCESS}) for key in ACCESS),
        *(("topic_permissions_present", {**topic, "vhost": f"gt{key}"}) for key in ("write", "read")),
        *(("policy_present", {"name": "p", "vhost": f"gt{key}", **POLICY}) for key in policies),
    )
    assert changes == [
        *({key: {"old": "^drift", "new": ACCESS[key]}} for key in ACCESS),
        *({key: {"old": "^drift", "new": ACCESS[key]}} for key in ("write", "read")),
        *({key.replace("-", "_"): {"old": value, "new": plain[key]}} for key, value in policies.items()),
    ]


@pytest.mark.slow
def test_drift_of_users(broker, converge, definitions):
    """A password that is right keeps its hash, and one that is set anew its kind of hash."""
    for name, password in (("gt_password", "other"), ("gt_tags", "simple")):
        broker.ctl("add_user", name, password)
    broker.ctl("set_user_tags", "gt_tags", "administrator")
    foreign = {"name": "gt_512", "hashing_algorithm": "rabbit_password_hashing_sha512", "password_hash": "AAAAAA=="}
    broker.define(users=[{**foreign, "tags": ""}])
    before = {user["name"]: user for user in definitions()["users"]}
    names = ("gt_password", "gt_tags", "gt_512")
    changes = converge(*(("user_present", {"name": name, "password_pillar": "test:simple"}) for name in names))
    assert [sorted(each) for each in changes] == [["password"], ["tags"], ["password"]]
    after = {user["name"]: user for user in definitions()["users"]}
    assert after["gt_tags"]["password_hash"] == before["gt_tags"]["password_hash"]
    assert after["gt_512"]["hashing_algorithm"] == foreign["hashing_algorithm"]
    for name in names:
        broker.ctl("authenticate_user", name, "simple")
    assert broker.call("password_matches", "gt_512", "test:simple") is True
    assert broker.call("password_matches", "gt_512", "test:password") is False


@pytest.mark.slow
def test_nobody_else_has_access_to_a_vhost(broker, converge):
    broker.define(
        vhosts=[{"name": "gt_exact"}],
        users=[
            {"name": name, "tags": "", "password_hash": "", "hashing_algorithm": "rabbit_password_hashing_sha256"}
            for name in ("gt_a", "gt_b")
        ],
        permissions=[{"user": name, "vhost": "gt_exact", **ACCESS} for name in ("gt_a", "gt_b")],
    )
    given = {"gt_b": {"configure": "", "write": ""}}
    (changes,) = converge(("vhost_permissions_present", {"name": "gt_exact", "permissions": given}))
    new = {"gt_b": {"configure": "", "write": "", "read": ".*"}}
    assert changes == {"permissions": {"old": {"gt_a": ACCESS, "gt_b": ACCESS}, "new": new}}


@pytest.mark.slow
def test_attributes_of_a_vhost(broker, converge, definitions):
    """They are set when it is made; later changes are made, or refused with the reason, as the release can."""
    given = {"description": "for tests", "tags": ["a", "b"], "default_queue_type": "quorum"}
    if _release(broker) < (3, 9):
        (ret,) = broker.apply(("vhost_present", {"name": "gt_meta", **given}))
        assert ret.result is False
        assert "did not take description, tags, default_queue_type" in ret.comment
        return
    converge(("vhost_present", {"name": "gt_meta", **given}))
    (vhost,) = [item for item in definitions()["vhosts"] if item["name"] == "gt_meta"]
    assert {key: vhost["metadata"][key] for key in given} == given
    for key, value in {"description": "new", "tags": ["c"], "default_queue_type": "classic"}.items():
        if key in given:
            _changed_or_refused(broker, {"name": "gt_meta", **given, key: value}, key)
            given[key] = broker.call("vhost_get", "gt_meta")[key]
    assert broker.apply(("vhost_present", {"name": "gt_meta"}))[0].changes == {}


@pytest.mark.slow
def test_topic_permissions_before_their_exchange(broker, converge):
    """Up to RabbitMQ 4.2 they may come first, then it is told what is missing."""
    broker.define(vhosts=[{"name": "gt_early"}])
    broker.ctl("add_user", "gt_early", "simple")
    wanted = ("topic_permissions_present", {"name": "gt_early", "vhost": "gt_early", "exchange": "e"})
    if _release(broker) < (4, 3):
        converge(wanted)
        return
    (ret,) = broker.apply(wanted)
    assert (ret.result, ret.changes) == (False, {})
    assert "virtual host gt_early has no exchange e" in ret.comment


def _release(broker):
    return tuple(int(part) for part in broker.call("version").split(".")[:2])


def _changed_or_refused(broker, wanted, key):
    (planned,) = broker.apply(("vhost_present", wanted), test=True)
    assert list(planned.changes) == [key]
    (done,) = broker.apply(("vhost_present", wanted))
    if done.result:
        assert done.changes == planned.changes
    else:
        assert f"did not take {key}" in done.comment
        assert done.changes == {}


@pytest.mark.slow
def test_a_policy_is_applied_to_queues(broker, converge):
    queue = {"name": "info", "vhost": "gt_full", "durable": True, "auto_delete": False, "arguments": {}}
    broker.define(vhosts=[{"name": "gt_full"}], queues=[queue])
    converge(("policy_present", {"name": "short", "vhost": "gt_full", **POLICY, "apply_to": "queues"}))
    rows = broker.ctl("list_queues", "--vhost=gt_full", "name", "policy", "--formatter", "json")
    assert json.loads(rows) == [{"name": "info", "policy": "short"}]

    states = [("vhost_absent", {"name": "gt_full"})]
    for test in (True, False):
        (ret,) = broker.apply(*states, test=test)
        assert (ret.result, ret.changes) == (False, {})
        assert "1 queues" in ret.comment
    (changes,) = converge(("vhost_absent", {"name": "gt_full", "force": True}))
    assert changes["queues"] == {"old": ["info"], "new": None}


@pytest.mark.slow
def test_what_the_broker_refuses_is_said_in_its_words(broker):
    broker.define(vhosts=[{"name": "gt_lone"}])
    broker.ctl("add_user", "gt_user", "x")
    unknown = {**POLICY, "definition": {"max-lenght": 5}}
    states = [
        ("policy_present", {"name": "p", "vhost": "gt_lone", **unknown}),
        ("policy_present", {"name": "p", "vhost": "gt_none", **POLICY}),
        ("permissions_present", {"name": "gt_user", "vhost": "gt_none"}),
        ("topic_permissions_present", {"name": "gt_none", "vhost": "gt_lone", "exchange": "e"}),
    ]
    assert [ret.result for ret in broker.apply(*states, test=True)] == [None] * len(states)
    done = broker.apply(*states)
    assert [(ret.result, ret.changes) for ret in done] == [(False, {})] * len(states)
    assert "max-lenght" in done[0].comment
    for ret in done[1:]:
        assert "gt_none does not exist" in ret.comment


@pytest.mark.slow
def test_two_runs_at_once(broker, definitions):
    """Each writes its own objects and the same ones; nothing of either is lost."""
    runs = [
        [
            ("vhost_present", {"name": "gt_both"}),
            ("user_present", {"name": f"gt_{run}", "password_pillar": "test:simple"}),
            ("permissions_present", {"name": f"gt_{run}", "vhost": "gt_both"}),
            ("policy_present", {"name": "p", "vhost": "gt_both", **POLICY}),
        ]
        for run in "ab"
    ]
    assert broker.apply_at_once(*runs) == []
    for states in runs:
        assert [(ret.result, ret.changes) for ret in broker.apply(*states)] == [(True, {})] * len(states)
    users = [item["user"] for item in definitions()["permissions"] if item["vhost"] == "gt_both"]
    assert sorted(set(users) & {"gt_a", "gt_b"}) == ["gt_a", "gt_b"]


@pytest.mark.slow
def test_a_broker_that_stops_is_not_one_without_the_object(broker):
    states = [(name, {"name": "gt_x"}) for name in ("vhost_present", "vhost_absent", "user_absent")]
    broker.ctl("stop_app")
    try:
        done = broker.apply(*states)
    finally:
        broker.ctl("start_app")
    for ret in done:
        assert ret.result is False
        assert "does not answer" in ret.comment
    assert broker.apply(states[1])[0].result is True


@pytest.mark.slow
def test_no_password_is_logged_or_returned(broker, definitions):
    (ret,), log = broker.apply_logged(("user_present", {"name": "gt_log", "password_pillar": "test:password"}))
    assert ret.result, ret.comment
    assert ret.changes
    assert "openstack_messaging" in log, "nothing was logged of what was done"
    (user,) = [user for user in definitions()["users"] if user["name"] == "gt_log"]
    for text in (log, str(vars(ret))):
        assert PLAIN not in text
        assert user["password_hash"] not in text
