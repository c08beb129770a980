"""
What is wrong before anything is deployed stops it before anything is touched.

A refusal costs a run of the master, so the wrongs that do not hide each other share one: each test looks for its own.
"""

import pytest

from . import orchestration, override, site


def refused(lab, bare):
    """The deployment's only step is the preflight, it failed, and all is as it was; returns what it said."""
    return refusal(lab, bare, orchestration.deploy(lab, "zurich"))


def refusal(lab, bare, run):
    assert run.code == 1, f"a deployment that must be refused has not exit code 1:\n{run}"
    assert list(run.steps) == ["preflight"], f"something ran after the refusal: which step?\n{run}"
    touched = site.differences(bare, site.snapshot(lab, "zurich"))
    assert not touched, "a refused deployment changed something on the hosts:\n" + "\n".join(touched)
    return run.steps["preflight"].comment


def assert_said(comment, host, *words):
    """One line of the refusal begins with the host and has all the words."""
    lines = [line for line in comment.splitlines() if line.startswith(host)]
    assert any(all(word in line for word in words) for line in lines), (
        f"no line about {host} says {' … '.join(words)}; the refusal, made by _utils/glance_node_preflight.py and"
        f" _utils/glance_hosts.py, is:\n{comment}"
    )


@pytest.fixture(scope="module")
def changed(servers):
    """A pillar for as long as a module's fixture needs it."""
    found = override.Override(servers)
    try:
        yield found
    finally:
        found.clear()


@pytest.fixture(scope="module")
def wrong_pillars(servers, bare, changed):
    """A key without value, one misspelt, two of the wrong type and a release that is none."""
    changed.replace("glance/zurich/database.sls", "    password: {{ secrets.messaging | json }}", "    user: glance")
    changed.merge(
        {
            "auth-node": {"glance": {"databse": {"name": "glance"}}},
            "image-node": {"glance": {"release": "epxoy", "api": {"workers": "two"}}},
        }
    )
    try:
        return refused(servers, bare)
    finally:
        changed.clear()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        pytest.param("db-node", ["glance:messaging:password", "missing"], id="password missing"),
        pytest.param("auth-node", ["databse", "did you mean database?"], id="key misspelt"),
        pytest.param("image-node", ["glance:api:workers", "two"], id="wrong type"),
        pytest.param("image-node", ["glance:release", "epxoy", "did you mean epoxy?"], id="unknown release"),
    ],
)
def test_wrong_pillar(wrong_pillars, host, words):
    assert_said(wrong_pillars, f"{host}: pillar: ", *words)


def test_refused_under_test_too(lab, bare, pillar):
    """Salt goes on after ``failhard`` in test mode; the refusal still comes first and decides the exit code."""
    pillar.merge({"auth-node": {"glance": {"databse": {"name": "glance"}}}})
    run = orchestration.deploy(lab, "zurich", test=True)
    assert run.code == 1, f"the plan of a deployment that will be refused has not exit code 1:\n{run}"
    assert next(iter(run.steps)) == "preflight", f"something stands before the refusal:\n{run}"
    assert_said(run.steps["preflight"].comment, "auth-node: pillar: ", "did you mean database?")
    touched = site.differences(bare, site.snapshot(lab, "zurich"))
    assert not touched, "test=True changed something on the hosts:\n" + "\n".join(touched)


@pytest.fixture(scope="module")
def wrong_roles(servers, bare, changed):
    """Nobody is the broker, two are Keystone."""
    changed.merge({"db-node": {"glance": {"roles": ["database", "identity"]}}})
    try:
        return refused(servers, bare)
    finally:
        changed.clear()


def test_role_of_nobody(wrong_roles):
    assert_said(wrong_roles, "-: role messaging: ", "no minion plays it", "glance:roles")


def test_two_minions_in_a_role_for_one(wrong_roles):
    assert_said(wrong_roles, "auth-node, db-node: role identity: ", "only one host may play it")


def test_minion_that_is_down(lab, bare):
    lab.node("auth-node").run("systemctl", "stop", "salt-minion")
    try:
        comment = refused(lab, bare)
    finally:
        lab.node("auth-node").run("systemctl", "start", "salt-minion")
        lab.node("auth-node").wait_minion()
    assert_said(comment, "auth-node: answers: ", "minion does not answer")


@pytest.fixture(scope="module")
def wrong_servers(servers, bare, changed):
    """Administrators that nobody knows, and another program on Glance's port."""
    changed.merge(
        {
            "db-node": {"glance": {"database": {"admin": {"user": "nobody-of-the-test"}}}},
            "auth-node": {"glance": {"identity": {"admin": {"password": "wrong-of-the-test"}}}},
        }
    )
    node = servers.node("image-node")
    node.run("systemd-run", "--unit=squatter", "python3", "-m", "http.server", "9292")
    try:
        return refused(servers, bare)
    finally:
        node.run("systemctl", "stop", "squatter")
        changed.clear()


def test_wrong_database_admin(wrong_servers):
    assert_said(wrong_servers, "db-node: database login: ", "nobody-of-the-test")


def test_wrong_keystone_admin(wrong_servers):
    assert_said(wrong_servers, "auth-node: Keystone login: ", "admin", "password")


def test_no_password_is_told(wrong_servers):
    assert "wrong-of-the-test" not in wrong_servers, "a password is in the refusal"


def test_port_taken(wrong_servers):
    assert_said(wrong_servers, "image-node: port 9292: ", "http.server", "glance:api:bind_port")


@pytest.fixture(scope="module")
def cut_off(servers, bare):
    """Keystone stopped, and no way from the API's host to the database's."""
    servers.node("auth-node").run("systemctl", "stop", "keystone")
    servers.split("db-node", "image-node")
    try:
        run = orchestration.deploy(servers, "zurich")
    finally:
        servers.heal()
        servers.node("auth-node").run("systemctl", "start", "keystone")
    return refusal(servers, bare, run)


def test_keystone_stopped(cut_off):
    assert_said(cut_off, "auth-node: Keystone login: ", "auth-node.example.org:5000")
    assert_said(cut_off, "image-node: reaches Keystone: ", "refuses connections")


@pytest.mark.parametrize(("check", "place"), [("database", "db-node:3306"), ("RabbitMQ", "db-node:5672")])
def test_database_host_out_of_reach(cut_off, check, place):
    """Silence, or "No route to host", which the kernel says of an address that it has not talked to for a while."""
    lines = [line for line in cut_off.splitlines() if line.startswith(f"image-node: reaches {check}: ")]
    assert any(place in line and ("does not answer within" in line or "cannot be reached" in line) for line in lines), (
        f"no line of image-node says that {place} is out of reach:\n{cut_off}"
    )


def test_unknown_site(lab, bare):
    run = orchestration.deploy(lab, "zürich")
    assert run.code == 1, f"an unknown site is no error:\n{run}"
    assert list(run.steps) == ["preflight"], f"something ran for a site that nobody is in:\n{run}"
    assert "known sites: " in run.steps["preflight"].comment, "the refusal must name the sites that there are"
