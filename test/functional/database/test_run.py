"""A whole run: how often it asks, two at once, and a server that goes away in between."""

import multiprocessing
import signal
import time

import pytest

from .conftest import HOSTS
from .proxy import Wire

# where the connection is made, where something is read, and where something is written
QUICK = (2, 9, 17)


@pytest.fixture
def run(loaders, database, tmp_path):
    """Run states as ``state.apply`` does, each an argument: ``(function, {argument: value})``."""

    def apply(*states, test=False, profile="test:admin"):
        data = {}
        for number, (function, given) in enumerate(states, 1):
            arguments = [{key: value} for key, value in {**given, "profile": profile, "order": number}.items()]
            data[str(number)] = {"openstack_database": [function, *arguments], "__sls__": "test", "__env__": "base"}
        loaders.opts["test"] = test
        return list(loaders.modules.state.high(data))

    return apply


def service(name):
    """The states of one service."""
    return [
        ("schema_present", {"name": name}),
        ("user_present", {"name": name, "hosts": HOSTS, "password_pillar": "test:password", "locked": False}),
        ("grants_present", {"name": name, "schema": name, "hosts": HOSTS, "privileges": "glance migrations"}),
    ]


def outcome(results):
    return [(each.result, bool(each.changes)) for each in results]


@pytest.fixture
def asked(sql):
    """How many connections were made and statements sent since."""

    def read():
        status = dict(sql("SHOW GLOBAL STATUS WHERE Variable_name IN ('Connections', 'Questions')"))
        return int(status["Connections"]), int(status["Questions"])

    return read


@pytest.mark.parametrize("services", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_a_converged_run_asks_once(run, own, asked, services):
    """Whether one service or fifty: one connection, the same statements."""
    counts = {}
    for number in (1, services):
        states = [state for index in range(number) for state in service(f"gt_{index}")]
        assert outcome(run(*states)).count((True, True)) >= 3
        before = asked()
        first = time.monotonic()
        assert set(outcome(run(*states))) == {(True, False)}
        after = asked()
        counts[number] = (after[0] - before[0], after[1] - before[1])
        print(f"{number} services: {counts[number]} connections and statements, {time.monotonic() - first:.2f} s")
    assert counts[1] == counts[services]
    assert counts[1][0] <= 1
    assert counts[1][1] <= 12, counts


def test_a_run_sees_what_another_did_before_it(run, sql):
    states = service("gt_a")
    run(*states)
    sql("REVOKE TRIGGER ON `gt\\_a`.* FROM gt_a@localhost")
    sql("DROP USER gt_a@'%%'")
    assert outcome(run(*states, test=True)) == [(True, False), (None, True), (None, True)]
    assert outcome(run(*states)) == [(True, False), (True, True), (True, True)]
    assert outcome(run(*states)) == [(True, False)] * 3


def test_functions_called_by_hand_remember_nothing(modules, user):
    assert modules.openstack_database.user_get("gt_new", "%", "test:admin") is None
    user("gt_new", "%")
    assert modules.openstack_database.user_get("gt_new", "%", "test:admin")


def test_one_connection_for_functions_called_by_hand(state, asked):
    before = asked()[0]
    common = {"name": "gt_one", "profile": "test:admin"}
    for _ in range(2):
        state("openstack_database.schema_present", **common)
        state("openstack_database.user_present", hosts=HOSTS, password_pillar="test:password", **common)
        state("openstack_database.grants_present", schema="gt_one", hosts=HOSTS, privileges=["ALL"], **common)
    assert asked()[0] - before <= 1


def test_lost_connection_is_made_again(modules, sql):
    modules.openstack_database.login("test:admin")
    own = "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = SUBSTRING_INDEX(USER(), '@', 1)"
    for (thread,) in sql(f"{own} AND ID <> CONNECTION_ID()"):
        sql(f"KILL {thread}")
    assert modules.openstack_database.schema_list("test:admin")


# --- two at once


@pytest.mark.parametrize("function", ["present", "absent"])
def test_two_runs_at_once(state, database, function):
    """Whoever comes second finds it done, or says that it was changed meanwhile; the next run has nothing to do."""
    wanted = [("schema_present", {}), ("user_present", {"hosts": HOSTS, "password_pillar": "test:password"})]
    wanted += [("grants_present", {"schema": "gt_twice", "hosts": HOSTS, "privileges": "glance runtime"})]
    absent = [("grants_absent", {"schema": "gt_twice"}), ("user_absent", {}), ("schema_absent", {})]
    steps = wanted if function == "present" else absent
    for name, arguments in wanted if function == "absent" else []:
        assert state(f"openstack_database.{name}", name="gt_twice", profile="test:admin", **arguments).result
    fork = multiprocessing.get_context("fork")
    barrier, answers = fork.Barrier(4), fork.Queue()

    def one():
        for name, arguments in steps:
            barrier.wait(timeout=30)
            ret = state(f"openstack_database.{name}", name="gt_twice", profile="test:admin", **arguments)
            answers.put((ret.result, ret.comment))

    runs = [fork.Process(target=one) for _ in range(4)]
    for each in runs:
        each.start()
    got = [answers.get(timeout=60) for _ in range(4 * len(steps))]
    for each in runs:
        each.join(timeout=60)
    assert [comment for result, comment in got if result is not True] == []
    for name, arguments in steps:
        ret = state(f"openstack_database.{name}", name="gt_twice", profile="test:admin", **arguments)
        assert (ret.result, ret.changes) == (True, {})


# --- a server that goes away


@pytest.fixture
def wire(database):
    if "host" not in database.place:
        pytest.skip("this server is asked through its socket, and the wire that is cut here is TCP")
    made = Wire((database.admin["host"], database.admin["port"]))
    yield made
    made.remove()


@pytest.mark.parametrize(
    "after", [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in range(1, 24)]
)
def test_the_connection_breaks_after_so_many_packets(run, database, wire, after):
    """At whichever: no state claims what it did not do, and the next run finishes."""
    profile = {**database.admin, "port": wire.port, "host": "127.0.0.1", "connect_timeout": 5, "read_timeout": 5}
    states = service("gt_cut")
    wire.cut(after)
    before = database.everything()
    results = run(*states, profile=profile)
    changed = [each for each in results if each.changes]
    failed = [each for each in results if each.result is False]
    assert not failed or "gt_cut" in failed[0].comment
    assert all("lost" in each.comment or "no answer" in each.comment for each in failed)
    if not any(each.result for each in results):
        assert not changed
        assert database.everything()[0] == before[0] or "lost" in failed[0].comment
    wire.mend()
    assert {each.result for each in run(*states, profile=profile)} == {True}
    assert outcome(run(*states, profile=profile)) == [(True, False)] * 3


def test_the_server_is_killed_between_two_states(state, own, database):
    common = {"name": "gt_gone", "profile": "test:admin"}
    assert state("openstack_database.schema_present", **common).result is True
    own.stop(signal.SIGKILL)
    users = {"hosts": HOSTS, "password_pillar": "test:password", **common}
    try:
        results = [state("openstack_database.user_present", test=test, **users) for test in (True, False)]
    finally:
        own.start()
    assert [(ret.result, ret.changes) for ret in results] == [(False, {})] * 2
    assert "is the server up" in results[0].comment
    assert state("openstack_database.user_present", **users).result is True
