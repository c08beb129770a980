"""Users: accounts, their passwords and what else is declared of them."""

import pymysql
import pytest
from salt.exceptions import CommandExecutionError, SaltInvocationError

from .conftest import HOSTS, NAMES, OTHER, PASSWORD, PREFIX

PLUGINS = ["mysql_native_password", "caching_sha2_password", "sha256_password", "ed25519", "parsec"]
SPECIFIED = {"subject": '/CN=it\'s "quoted" %s', "issuer": "/CN=ü", "cipher": "TLS_AES_256_GCM_SHA384"}
SAME, DIFFERS = "as in pillar", "not as in pillar"


def described(name, host="%"):
    return {"name": name, "host": host, "profile": "test:admin"}


@pytest.mark.parametrize("tail", NAMES)
def test_user_comes_and_goes(converges, modules, tail):
    name = PREFIX + tail
    changes = converges("user_present", name=name, hosts=HOSTS, password_pillar="test:password")
    new = {"old": None, "new": {"password": SAME}}
    assert changes == {f"{name}@%": new, f"{name}@localhost": new}
    assert modules.openstack_database.user_get(name, "localhost", "test:admin")["name"] == name
    changes = converges("user_absent", name=name)
    assert sorted(changes) == [f"{name}@%", f"{name}@localhost"]
    assert modules.openstack_database.user_get(name, "localhost", "test:admin") is None


def test_user_can_log_in(converges, modules, database):
    converges("user_present", name="gt_login", hosts=["%", "127.0.0.1"], password_pillar="test:password")
    profile = {**database.place, "user": "gt_login", "password_pillar": "test:password"}
    answer = modules.openstack_database.login(profile)
    assert answer["user"].startswith("gt_login@")
    assert answer["version"] == modules.openstack_database.version("test:admin")


# --- hosts


def test_user_missing_for_one_host(converges, user, sql):
    user("gt_drift", "%", "10.9.%")
    changes = converges("user_present", name="gt_drift", hosts=HOSTS, password_pillar="test:password")
    assert list(changes) == ["gt_drift@localhost"]
    assert sql("SELECT COUNT(*) FROM mysql.user WHERE User = 'gt_drift'") == [[3]]


def test_hosts_that_are_not_declared_go_when_asked(converges, user, sql):
    user("gt_some", "%", "10.9.%", "2001:db8::1")
    user("gt_someone", "10.9.%")
    arguments = {"name": "gt_some", "hosts": ["%"], "password_pillar": "test:password"}
    changes = converges("user_present", other_hosts="remove", **arguments)
    assert sorted(changes) == ["gt_some@10.9.%", "gt_some@2001:db8::1"]
    assert all(change["new"] is None and change["old"]["plugin"] for change in changes.values())
    assert sql("SELECT User, Host FROM mysql.user WHERE User LIKE 'gt\\_some%%' ORDER BY 1") == [
        ["gt_some", "%"],
        ["gt_someone", "10.9.%"],
    ]


def test_user_moves_to_another_host(converges, user, sql):
    user("gt_moves", "10.9.%")
    arguments = {"name": "gt_moves", "hosts": ["LocalHost"], "password_pillar": "test:password"}
    assert sorted(converges("user_present", other_hosts="remove", **arguments)) == [
        "gt_moves@10.9.%",
        "gt_moves@localhost",
    ]
    assert sql("SELECT Host FROM mysql.user WHERE User = 'gt_moves'") == [["localhost"]]


def test_user_is_removed_for_some_hosts_only(converges, user, sql):
    user("gt_some", "%", "localhost")
    assert list(converges("user_absent", name="gt_some", hosts=["localhost"])) == ["gt_some@localhost"]
    assert sql("SELECT Host FROM mysql.user WHERE User = 'gt_some'") == [["%"]]


def test_names_that_the_server_takes_for_equal_are_not(state, user):
    user("gt_case", "%")
    ret = state("openstack_database.user_absent", name="GT_CASE", profile="test:admin")
    assert (ret.result, ret.changes) == (True, {})


@pytest.mark.parametrize("hosts", [[], "", [""], [1], {"%": 1}])
def test_impossible_hosts_are_refused(refused, hosts):
    assert "hosts" in refused("user_present", name="gt_x", hosts=hosts, password_pillar="test:password")


# --- passwords


def test_user_with_another_password(converges, user):
    user("gt_drift", "%")
    user("gt_drift", "localhost", password=OTHER)
    changes = converges("user_present", name="gt_drift", hosts=HOSTS, password_pillar="test:password")
    assert changes == {"gt_drift@localhost": {"old": {"password": DIFFERS}, "new": {"password": SAME}}}


def test_user_without_password(converges, sql):
    sql("CREATE USER gt_empty@localhost")
    changes = converges("user_present", name="gt_empty", hosts=["LocalHost"], password_pillar="test:password")
    assert changes["gt_empty@localhost"]["old"] == {"password": DIFFERS}


def test_password_of_an_account_that_cannot_log_in_here(state, database, sql):
    """The hash is compared, so it does not matter from where the account comes, nor whether it may."""
    sql("CREATE USER gt_far@'192.0.2.1' IDENTIFIED BY %s REQUIRE X509 ACCOUNT LOCK", PASSWORD)
    arguments = {"name": "gt_far", "hosts": ["192.0.2.1"], "profile": "test:admin"}
    assert state("openstack_database.user_present", password_pillar="test:password", **arguments).changes == {}
    ret = state("openstack_database.user_present", test=True, password_pillar="test:other", **arguments)
    assert ret.changes == {"gt_far@192.0.2.1": {"old": {"password": DIFFERS}, "new": {"password": SAME}}}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_plugin_with_a_password(converges, modules, database, sql, plugin):
    """It is set, compared, changed and kept, and the account logs in."""
    if plugin not in database.plugins:
        pytest.skip(f"{database.version} has not loaded {plugin} (SHOW PLUGINS)")
    arguments = {"name": "gt_plugin", "hosts": ["%"], "password_pillar": "test:password"}
    new = {"password": SAME, "plugin": plugin}
    assert converges("user_present", plugin=plugin, **arguments) == {"gt_plugin@%": {"old": None, "new": new}}
    before = sql("SELECT authentication_string FROM mysql.user WHERE User = 'gt_plugin'")
    assert not modules.openstack_database.password_matches("gt_plugin", "%", "test:other", "test:admin")
    assert converges("user_present", **{**arguments, "password_pillar": "test:other"})
    assert modules.openstack_database.user_get(**described("gt_plugin"))["plugin"] == plugin
    assert sql("SELECT authentication_string FROM mysql.user WHERE User = 'gt_plugin'") != before
    if plugin != "parsec":  # PyMySQL does not speak it
        profile = {**database.place, "user": "gt_plugin", "password_pillar": "test:other", "ssl": database.tls}
        assert modules.openstack_database.login(profile)["user"] == "gt_plugin@%"


def test_plugin_that_the_server_does_not_have(state, database):
    (plugin, *_) = [each for each in ("ed25519", "sha256_password") if each not in database.plugins] or [None]
    if plugin is None:
        pytest.skip(f"{database.version} has ed25519 and sha256_password (SHOW PLUGINS)")
    arguments = {"name": "gt_x", "hosts": ["%"], "password_pillar": "test:password", "profile": "test:admin"}
    ret = state("openstack_database.user_present", plugin=plugin, **arguments)
    assert (ret.result, ret.changes) == (False, {})
    assert "not loaded this authentication plugin" in ret.comment


@pytest.mark.parametrize("key", ["test:none", "test:list"])
def test_user_whose_pillar_key_holds_no_password(refused, key):
    assert key in refused("user_present", name="gt_x", hosts=["%"], password_pillar=key)


@pytest.mark.parametrize("arguments", [{}, {"plugin": "unix_socket", "password_pillar": "test:password"}])
def test_a_user_has_a_password_or_a_socket(refused, arguments):
    assert "password_pillar" in refused("user_present", name="gt_x", hosts=["%"], **arguments)


def test_socket_account(converges, database, own):
    if not database.maria:
        pytest.skip(f"{database.version} has not loaded auth_socket (SHOW PLUGINS)")
    new = {"plugin": "unix_socket"}
    changes = converges("user_present", name="gt_root", hosts=["localhost"], plugin="auth_socket")
    assert changes == {"gt_root@localhost": {"old": None, "new": new}}
    changes = converges("user_present", name="gt_root", hosts=["localhost"], password_pillar="test:password")
    assert changes["gt_root@localhost"]["old"] == {"password": DIFFERS}


def test_account_with_two_ways_in(state, modules, database, sql):
    if not database.maria:
        pytest.skip(f"{database.version} has no accounts with several plugins: CREATE USER … OR … is MariaDB's")
    sql("CREATE USER gt_two@'%%' IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD(%s)", PASSWORD)
    assert (
        modules.openstack_database.user_get(**described("gt_two"))["plugin"] == "unix_socket OR mysql_native_password"
    )
    arguments = {"name": "gt_two", "hosts": ["%"], "password_pillar": "test:password", "profile": "test:admin"}
    assert state("openstack_database.user_present", **arguments).changes == {}


# --- what else is declared


OPTIONS = {
    "require none": ({"tls_requires": "NONE"}, {"tls_requires": "NONE"}, {"tls_requires": "SSL"}),
    "require ssl": ({"tls_requires": "ssl"}, {"tls_requires": "SSL"}, {"tls_requires": "NONE"}),
    "require x509": ({"tls_requires": "X509"}, {"tls_requires": "X509"}, {"tls_requires": "SSL"}),
    "require subject": ({"tls_requires": {"subject": SPECIFIED["subject"]}},) * 2
    + ({"tls_requires": {"subject": "/CN=x"}},),
    "tls_requires issuer": ({"tls_requires": {"issuer": SPECIFIED["issuer"]}},) * 2
    + ({"tls_requires": {"subject": "/CN=x"}},),
    "require cipher": ({"tls_requires": {"cipher": SPECIFIED["cipher"]}},) * 2 + ({"tls_requires": "X509"},),
    "require all": (
        {"tls_requires": SPECIFIED},
        {"tls_requires": SPECIFIED},
        {"tls_requires": {"cipher": SPECIFIED["cipher"]}},
    ),
    "locked": ({"locked": True}, {"locked": True}, {"locked": False}),
    "not locked": ({"locked": False}, {"locked": False}, {"locked": True}),
    **{
        f"{name} {value}": ({"limits": {name: value}}, {name: value}, {name: other})
        for name in ("max_queries_per_hour", "max_updates_per_hour", "max_connections_per_hour", "max_user_connections")
        for value, other in ((7, 0), (0, 9))
    },
    "max_statement_time": (
        {"limits": {"max_statement_time": 1.5}},
        {"max_statement_time": 1.5},
        {"max_statement_time": 2},
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_one_attribute_drifts(converges, modules, database, name):
    """The others, the password too, stay as they are."""
    declared, new, old = OPTIONS[name]
    if name == "max_statement_time" and not database.maria:
        pytest.skip(f"{database.version} has no max_statement_time of a user: that is MariaDB's")
    before = {"tls_requires": "X509", "limits": {"max_user_connections": 3}, "locked": True}
    drifted = {**before, **{key: old[key] for key in ("tls_requires", "locked") if key in old}}
    drifted["limits"] = {**before["limits"], **{key: old[key] for key in old if key.startswith("max_")}}
    arguments = {"name": "gt_drift", "hosts": ["%"], "password_pillar": "test:password"}
    converges("user_present", **arguments, **drifted)
    was = modules.openstack_database.user_get(**described("gt_drift"))
    changes = converges("user_present", **arguments, **declared)
    assert changes == {"gt_drift@%": {"old": {"password": SAME, **old}, "new": {"password": SAME, **new}}}
    assert modules.openstack_database.user_get(**described("gt_drift")) == {**was, **new}


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ({"tls_requires": "TLS"}, "tls_requires is NONE"),
        ({"tls_requires": {}}, "tls_requires is NONE"),
        ({"tls_requires": {"subject": ""}}, "tls_requires is NONE"),
        ({"tls_requires": {"san": "x"}}, "tls_requires is NONE"),
        ({"limits": {"max_fun": 1}}, "max_fun"),
        ({"limits": {"max_user_connections": "1; DROP"}}, "is a number"),
        ({"limits": {"max_user_connections": True}}, "is a number"),
        ({"limits": [1]}, "no limit"),
        ({"locked": "yes"}, "true or false"),
        ({"plugin": "trust"}, "no authentication plugin"),
        ({"other_hosts": "burn"}, "keep or remove"),
    ],
)
def test_impossible_attributes_are_refused(refused, declared, text):
    arguments = {"name": "gt_x", "hosts": ["%"], "password_pillar": "test:password"}
    assert text in refused("user_present", **arguments, **declared)


def test_required_certificate(converges, database, certificates, own):
    """What is written is what the server asks for."""
    subject = {"tls_requires": {"subject": "/CN=glance", "issuer": "/CN=Test CA"}}
    converges("user_present", name="gt_tls", hosts=["%"], password_pillar="test:password", **subject)
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        database.connect(user="gt_tls", password=PASSWORD, ssl={"ca": certificates.client["ca"]})
    database.connect(user="gt_tls", password=PASSWORD, ssl=certificates.client).close()
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        database.connect(user="gt_tls", password=PASSWORD, ssl=certificates.elsewhere)


# --- by hand


def test_accounts_are_made_and_changed_only_where_that_makes_sense(modules, user):
    database, common = modules.openstack_database, {"host": "%", "profile": "test:admin"}
    user("gt_there", "%")
    assert database.user_create("gt_there", password_pillar="test:other", **common) is False
    assert database.password_matches("gt_there", password_pillar="test:password", **common) is True
    with pytest.raises(CommandExecutionError, match="does not exist"):
        database.user_update("gt_none", password_pillar="test:password", **common)
    with pytest.raises(SaltInvocationError, match="password_pillar"):
        database.user_create("gt_none", **common)
    with pytest.raises(SaltInvocationError, match="password_pillar"):
        database.user_update("gt_there", plugin="caching_sha2_password", **common)


def test_nobody_removes_the_account_that_asks(state, modules):
    name, _, host = modules.openstack_database.login("test:admin")["user"].rpartition("@")
    ret = state("openstack_database.user_absent", name=name, hosts=[host], profile="test:admin")
    assert ret.result is False
    assert "connected" in ret.comment
