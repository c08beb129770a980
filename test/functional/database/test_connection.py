"""Profiles, ways to connect, and what is said when it does not work."""

import logging
import os
import signal
import socket

import pytest

from .conftest import HOSTS, OTHER, PASSWORD


@pytest.fixture
def login(modules, database):
    """Log in as the administrator, with a profile that differs from the tests' own."""

    def run(**differs):
        profile = {key: value for key, value in {**database.admin, **differs}.items() if value is not None}
        return modules.openstack_database.login(profile)["user"]

    return run


@pytest.fixture
def complaint(state, database):
    """What a state says that cannot connect."""

    def run(**differs):
        profile = {key: value for key, value in {**database.admin, **differs}.items() if value is not None}
        ret = state("openstack_database.schema_present", name="gt_x", profile=profile)
        assert (ret.result, ret.changes) == (False, {})
        return ret.comment

    return run


# --- ways


def test_socket(modules, own):
    profile = {"unix_socket": own.socket, "user": "root"}
    assert modules.openstack_database.login(profile)["user"] == "root@localhost"


@pytest.mark.parametrize("verify", [True, "ca", False])
def test_tls_with_the_right_authority(login, own, certificates, verify):
    assert login(ssl={"ca": certificates.server["ca"], "verify": verify}) == "admin@127.0.0.1"


def test_tls_is_used(modules, own, certificates, sql):
    sql("CREATE USER gt_tls@'%%' IDENTIFIED BY %s REQUIRE X509", PASSWORD)
    profile = {"host": "127.0.0.1", "port": own.port, "user": "gt_tls", "password_pillar": "test:password"}
    tls = {"ca": certificates.client["ca"], "cert": certificates.client["cert"], "key": certificates.client["key"]}
    assert modules.openstack_database.login({**profile, "ssl": tls})["user"] == "gt_tls@%"


def test_tls_with_another_authority(complaint, own):
    assert "no TLS with the server" in complaint(ssl=True)


def test_tls_with_the_name_of_another_host(complaint, login, own, certificates):
    assert "no TLS with the server" in complaint(host="localhost", ssl={"ca": certificates.server["ca"]})
    assert login(host="localhost", ssl={"ca": certificates.server["ca"], "verify": "ca"}) == "admin@127.0.0.1"


def test_server_that_takes_tls_only(complaint, login, own, certificates):
    own.stop()
    own.start("--require-secure-transport=ON")
    try:
        assert "TLS" in complaint(ssl=False)
        assert login(ssl={"ca": certificates.server["ca"]})
    finally:
        own.stop()
        own.start()


def test_server_without_tls(complaint, own, certificates):
    own.stop()
    own.start("--skip-ssl" if own.maria else "--tls-version=")
    try:
        assert "the server offers no TLS" in complaint(ssl={"ca": certificates.server["ca"]})
    finally:
        own.stop()
        own.start()


def test_option_file(login, database, tmp_path):
    file = tmp_path / "my.cnf"
    # the server's clients and PyMySQL take what is between quotes as it is
    place = "\n".join(f"{key.replace('unix_', '')} = {value}" for key, value in database.place.items())
    file.write_text(f"[client]\nuser = {database.admin['user']}\npassword = '{database.admin['password']}'\n{place}\n")
    nothing = dict.fromkeys(["user", "password", "host", "port", "unix_socket"])
    assert login(option_file=str(file), **nothing).startswith(database.admin["user"])


def test_password_of_an_option_file_is_named(complaint, database, tmp_path):
    file = tmp_path / "my.cnf"
    file.write_text(f"[admin]\nuser = {database.admin['user']}\npassword = not this one\n")
    text = complaint(option_file=str(file), option_group="admin", password=None)
    assert f"check password in {file}" in text
    assert "not this one" not in text


@pytest.mark.parametrize(
    ("content", "text"),
    [("[mysqld]\n", "has no group [client]"), ("user = x\n", "MissingSectionHeaderError"), (None, "No such file")],
)
def test_unusable_option_files(complaint, tmp_path, content, text):
    file = tmp_path / "my.cnf"
    if content:
        file.write_text(content)
    assert text in complaint(option_file=str(file))
    assert str(file) in complaint(option_file=str(file))


# --- what is said


def test_wrong_password_names_user_server_and_pillar_key(refused, database):
    comment = refused("schema_present", name="gt_x", profile="test:wrong")
    assert f"user {database.admin['user']} at " in comment
    assert "pillar key test:wrong:password" in comment
    assert "not this one" not in comment


@pytest.mark.parametrize("function", ["schema_present", "schema_absent", "user_absent", "grants_absent"])
def test_no_server_is_not_the_same_as_no_object(refused, database, function):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        profile = {**database.admin, "host": "127.0.0.1", "port": port, "unix_socket": None}
        more = {"schema": "gt_x"} if function == "grants_absent" else {}
        comment = refused(function, name="gt_x", profile=profile, **more)
    assert f"127.0.0.1:{port}" in comment
    assert "no answer" in comment


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("test:missing", "pillar key test:missing"),
        ({"user": "x"}, "unix_socket or host"),
        ({"user": "x", "host": "y", "passwd": "z"}, "passwd"),
        ({"user": "x", "host": "y", "password_pillar": "test:none"}, "test:none"),
        ({"user": "x", "host": "y", "ssl": {"ca": "/no/such/ca.pem"}}, "/no/such/ca.pem"),
        ({"user": "x", "host": "y", "ssl": {"verify": "maybe"}}, "verify"),
        ({"user": "x", "unix_socket": "/no/such/socket"}, "/no/such/socket"),
        (7, "int"),
    ],
)
def test_unusable_profiles(refused, profile, text):
    assert text in refused("schema_present", name="gt_x", profile=profile)


def test_account_without_privileges_is_told(refused, user, database):
    user("gt_weak", "%", *HOSTS[1:])
    profile = {**database.place, "user": "gt_weak", "password_pillar": "test:password"}
    comment = refused("user_present", name="gt_x", hosts=["%"], password_pillar="test:other", profile=profile)
    assert "lacks a privilege" in comment
    assert "gt_weak" in comment


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("ACCOUNT LOCK", "the account is locked"),
        ("PASSWORD EXPIRE", "password is expired"),
        ("WITH MAX_CONNECTIONS_PER_HOUR 1", "as many connections as it may"),
    ],
)
def test_accounts_that_cannot_be_used(complaint, sql, database, condition, text):
    sql(f"CREATE USER gt_odd@'%%' IDENTIFIED BY %s {condition}", PASSWORD)
    if "MAX" in condition:
        sql("FLUSH USER_RESOURCES")  # the server counts by name, also after an account was dropped
        database.connect(user="gt_odd", password=PASSWORD).close()
    assert text in complaint(user="gt_odd", password=None, password_pillar="test:password")


def test_replica(state, refused, sql, own):
    """Whoever may write nevertheless would make it another server than the primary; to compare is allowed."""
    sql("CREATE DATABASE gt_there CHARACTER SET utf8mb4")
    sql("SET GLOBAL read_only = 1")
    try:
        ret = state("openstack_database.schema_present", name="gt_there", profile="test:admin")
        assert (ret.result, ret.changes) == (True, {})
        ret = state("openstack_database.schema_present", name="gt_new", profile="test:admin")
        assert (ret.result, ret.changes) == (False, {})
        assert "read-only" in ret.comment
        assert "primary" in ret.comment
    finally:
        sql("SET GLOBAL read_only = 0")
    assert state("openstack_database.schema_present", name="gt_new", profile="test:admin").result is True


def test_a_server_that_does_not_go_on(complaint, own, modules):
    """It takes connections, and never answers: the profile's time is over after two seconds."""
    os.kill(own.process.pid, signal.SIGSTOP)
    try:
        text = complaint(connect_timeout=2, read_timeout=2)
    finally:
        os.kill(own.process.pid, signal.SIGCONT)
    assert "the connection was lost (after at most 2 s)" in text or "timed out" in text


def test_no_password_is_logged_or_returned(states, user, sql, caplog):
    user("gt_log", "%", password=OTHER)
    with caplog.at_level(0):
        logging.getLogger().setLevel(1)
        ret = states.openstack_database.user_present(
            name="gt_log", hosts=HOSTS, password_pillar="test:password", profile="test:admin"
        )
    assert ret.changes
    (stored,) = sql("SELECT authentication_string FROM mysql.user WHERE User = 'gt_log' AND Host = 'localhost'")[0]
    stored = stored.decode() if isinstance(stored, bytes) else stored
    for text in (caplog.text, str(ret.raw)):
        for secret in (PASSWORD, PASSWORD.replace("'", "\\'"), OTHER, stored):
            assert secret not in text
