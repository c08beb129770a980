"""openstack_database against a real MariaDB or MySQL server, through Salt's loader."""

import contextlib
import logging
import socket

import pymysql
import pytest
from salt.exceptions import SaltInvocationError

# every object of these tests starts with this, and goes after each test
PREFIX = "gt"
NAMES = [
    "plain",
    "apo'strophe",
    'quo"te',
    "back`tick",
    "per%cent_under%s",
    "new\nline",
    "back\\slash",
    "semi;colon -- #",
    "Zürich-Ж",
]
PASSWORD = "p'a\"s`s%s\\n;é 1"
OTHER = "another %(x)s"
HOSTS = ["%", "localhost"]


@pytest.fixture(scope="module")
def pillar(server):
    admin = server("database")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    return {
        "test": {
            "admin": admin,
            "wrong": {**admin, "password": "not this one"},
            "nobody": {"host": "127.0.0.1", "port": port, "user": "root", "password": "x", "connect_timeout": 2},
            "password": PASSWORD,
            "other": OTHER,
            "list": ["no", "password"],
        }
    }


@pytest.fixture(scope="module")
def sql(server):
    """Asks the server directly: the second opinion."""
    connection = pymysql.connect(**server("database"), charset="utf8mb4", autocommit=True)

    def ask(statement, *args):
        with connection.cursor() as cursor:
            cursor.execute(statement, args)
            return [list(row) for row in cursor.fetchall()]

    with contextlib.closing(connection):
        yield ask


@pytest.fixture(autouse=True)
def clean(sql):
    yield
    for user, host in sql("SELECT User, Host FROM mysql.user WHERE User LIKE %s", f"{PREFIX}%"):
        sql("DROP USER %s@%s", user, host)
    for (schema,) in sql("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE %s", f"{PREFIX}%"):
        sql(f"DROP DATABASE {quoted(schema)}")


@pytest.fixture
def everything(sql):
    """All that a state may change."""

    def read():
        return [
            sql("SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA ORDER BY 1"),
            sql("SELECT User, Host, plugin, authentication_string FROM mysql.user ORDER BY 1, 2"),
            sql("SELECT * FROM mysql.db ORDER BY User, Host, Db"),
            sql(
                "SELECT User, Host, Db, Table_name, Table_priv, Column_priv FROM mysql.tables_priv ORDER BY 1, 2, 3, 4"
            ),
        ]

    return read


@pytest.fixture
def converges(state, everything):
    """Run a state in test mode, for real, and twice again; return its changes."""

    def run(function, **arguments):
        arguments = {"profile": "test:admin", **arguments}
        function = f"openstack_database.{function}"
        before = everything()
        planned = state(function, test=True, **arguments)
        assert planned.result is None, planned.comment
        assert everything() == before, "test mode changed something"
        done = state(function, **arguments)
        assert done.result is True, done.comment
        assert done.changes == planned.changes
        assert done.changes
        after = everything()
        for again in (state(function, **arguments), state(function, test=True, **arguments)):
            assert (again.result, again.changes) == (True, {})
        assert everything() == after
        return done.changes

    return run


@pytest.fixture
def refused(state, everything):
    """Run a state that must fail in both modes and change nothing; return its comment."""

    def run(function, **arguments):
        arguments = {"profile": "test:admin", **arguments}
        before = everything()
        results = [state(f"openstack_database.{function}", test=test, **arguments) for test in (True, False)]
        assert [(ret.result, ret.changes) for ret in results] == [(False, {})] * 2, results[1].comment
        assert everything() == before
        assert results[0].comment == results[1].comment
        return results[0].comment

    return run


@pytest.fixture
def user(sql):
    """Makes accounts behind the states' back."""

    def make(name, *hosts, password=PASSWORD):
        for host in hosts:
            sql("CREATE USER %s@%s IDENTIFIED BY %s", name, host, password)

    return make


def quoted(name):
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


# --- schemas


@pytest.mark.parametrize("tail", NAMES)
def test_schema_comes_and_goes(converges, modules, tail):
    name = PREFIX + tail
    changes = converges("schema_present", name=name)
    assert changes == {"character_set": {"old": None, "new": "utf8mb4"}}
    assert name in modules.openstack_database.schema_list("test:admin")
    changes = converges("schema_absent", name=name)
    assert changes["character_set"] == {"old": "utf8mb4", "new": None}
    assert modules.openstack_database.schema_get(name, "test:admin") is None


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        ("CHARACTER SET latin1", {"character_set": {"old": "latin1", "new": "utf8mb3"}}),
        ("CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", {}),
    ],
)
def test_schema_drift(converges, sql, before, changes):
    sql(f"CREATE DATABASE gt_drift {before}")
    done = converges("schema_present", name="gt_drift", character_set="utf8", collation="utf8_unicode_ci")
    collation = done.pop("collation")
    assert collation["new"] == "utf8mb3_unicode_ci"
    assert done == changes


def test_schema_with_another_collation_is_left_alone_when_none_is_declared(state, sql):
    sql("CREATE DATABASE gt_free CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    ret = state("openstack_database.schema_present", name="gt_free", profile="test:admin")
    assert (ret.result, ret.changes) == (True, {})


def test_schema_with_tables_is_removed_only_by_force(refused, converges, sql):
    sql("CREATE DATABASE gt_full")
    sql("CREATE TABLE gt_full.images (id INT)")
    assert "1 tables" in refused("schema_absent", name="gt_full")
    assert converges("schema_absent", name="gt_full", force=True)["tables"] == {"old": 1, "new": None}


def test_module_itself_refuses_a_schema_with_tables(modules, sql):
    sql("CREATE DATABASE gt_full")
    sql("CREATE TABLE gt_full.images (id INT)")
    with pytest.raises(SaltInvocationError, match="force"):
        modules.openstack_database.schema_remove("gt_full", profile="test:admin")


@pytest.mark.parametrize("name", ["", "x" * 65, "nul\0", "space "])
def test_impossible_schema_names_are_refused(state, name):
    ret = state("openstack_database.schema_present", name=name, profile="test:admin")
    assert ret.result is False
    assert "is no name" in ret.comment


def test_unknown_character_set(state):
    ret = state("openstack_database.schema_present", name="gt_x", character_set="utf9", profile="test:admin")
    assert ret.result is False
    assert "utf9" in ret.comment


# --- users


@pytest.mark.parametrize("tail", NAMES)
def test_user_comes_and_goes(converges, modules, tail):
    name = PREFIX + tail
    changes = converges("user_present", name=name, hosts=HOSTS, password_pillar="test:password")
    new = {"old": None, "new": {"password": "as in pillar"}}
    assert changes == {f"{name}@%": new, f"{name}@localhost": new}
    assert modules.openstack_database.user_get(name, "localhost", "test:admin")["name"] == name
    changes = converges("user_absent", name=name)
    assert sorted(changes) == [f"{name}@%", f"{name}@localhost"]
    assert modules.openstack_database.user_get(name, "localhost", "test:admin") is None


def test_user_can_log_in(converges, modules, server):
    converges("user_present", name="gt_login", hosts=HOSTS, password_pillar="test:password")
    place = {key: value for key, value in server("database").items() if key in ("host", "port", "unix_socket")}
    answer = modules.openstack_database.login({**place, "user": "gt_login", "password_pillar": "test:password"})
    assert answer["user"].startswith("gt_login@")
    assert answer["version"] == modules.openstack_database.version("test:admin")


def test_user_with_another_password(converges, user):
    user("gt_drift", "%")
    user("gt_drift", "localhost", password=OTHER)
    changes = converges("user_present", name="gt_drift", hosts=HOSTS, password_pillar="test:password")
    changed = {"old": {"password": "not as in pillar"}, "new": {"password": "as in pillar"}}
    assert changes == {"gt_drift@localhost": changed}


def test_user_missing_for_one_host(converges, user, sql):
    user("gt_drift", "%", "10.9.%")
    changes = converges("user_present", name="gt_drift", hosts=HOSTS, password_pillar="test:password")
    assert list(changes) == ["gt_drift@localhost"]
    assert sql("SELECT COUNT(*) FROM mysql.user WHERE User = 'gt_drift'") == [[3]]


def test_user_without_password(converges, sql):
    sql("CREATE USER gt_empty@localhost")
    changes = converges("user_present", name="gt_empty", hosts=["LocalHost"], password_pillar="test:password")
    assert changes["gt_empty@localhost"]["old"] == {"password": "not as in pillar"}


def test_user_whose_hash_only_the_server_can_compare(converges, sql, modules, server):
    """ed25519 is compared by logging in, and stays ed25519."""
    if "MariaDB" not in modules.openstack_database.version("test:admin"):
        pytest.skip("ed25519 is MariaDB's")
    pytest.importorskip("nacl", reason="PyMySQL needs PyNaCl for ed25519")
    if not sql("SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'ed25519'"):
        try:
            sql("INSTALL SONAME 'auth_ed25519'")
        except pymysql.err.Error:
            pytest.skip("this server has no ed25519 plugin")
    sql("CREATE USER gt_ed@'%%' IDENTIFIED VIA ed25519 USING PASSWORD(%s)", OTHER)
    converges("user_present", name="gt_ed", hosts=["%"], password_pillar="test:password")
    assert modules.openstack_database.user_get("gt_ed", "%", "test:admin")["plugin"] == "ed25519"


def test_user_is_removed_for_some_hosts_only(converges, user, sql):
    user("gt_some", "%", "localhost")
    assert list(converges("user_absent", name="gt_some", hosts=["localhost"])) == ["gt_some@localhost"]
    assert sql("SELECT Host FROM mysql.user WHERE User = 'gt_some'") == [["%"]]


def test_names_that_the_server_takes_for_equal_are_not(state, converges, user):
    user("gt_case", "%")
    ret = state("openstack_database.user_absent", name="GT_CASE", profile="test:admin")
    assert (ret.result, ret.changes) == (True, {})


@pytest.mark.parametrize("key", ["test:none", "test:list"])
def test_user_whose_pillar_key_holds_no_password(refused, key):
    assert key in refused("user_present", name="gt_x", hosts=["%"], password_pillar=key)


@pytest.mark.parametrize("hosts", [[], "", [""], [1], {"%": 1}])
def test_impossible_hosts_are_refused(refused, hosts):
    assert "hosts" in refused("user_present", name="gt_x", hosts=hosts, password_pillar="test:password")


def test_nobody_removes_the_account_that_asks(state, modules):
    name, _, host = modules.openstack_database.login("test:admin")["user"].rpartition("@")
    ret = state("openstack_database.user_absent", name=name, hosts=[host], profile="test:admin")
    assert ret.result is False
    assert "connected" in ret.comment


# --- grants


@pytest.mark.parametrize("tail", NAMES)
def test_grants_come_and_go(converges, user, tail):
    name = schema = PREFIX + tail
    user(name, *HOSTS)
    changes = converges("grants_present", name=name, schema=schema, hosts=HOSTS, privileges=["ALL PRIVILEGES"])
    assert changes[f"{name}@%"] == {"old": [], "new": ["ALL PRIVILEGES"]}
    changes = converges("grants_absent", name=name, schema=schema)
    assert changes[f"{name}@localhost"] == {"old": ["ALL PRIVILEGES"], "new": None}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["all"], ["ALL PRIVILEGES"]),
        ("select", ["SELECT"]),
        (["create  temporary tables", "Lock Tables"], ["CREATE TEMPORARY TABLES", "LOCK TABLES"]),
        (["all privileges", "grant option", "select"], ["ALL PRIVILEGES", "GRANT OPTION"]),
        (["usage", "SELECT"], ["SELECT"]),
    ],
)
def test_ways_to_say_privileges(converges, user, given, read):
    user("gt_u", "%")
    changes = converges("grants_present", name="gt_u", schema="gt_s", hosts=["%"], privileges=given)
    assert changes == {"gt_u@%": {"old": [], "new": read}}


def test_every_privilege_named_is_all_of_them(state, converges, user, sql):
    user("gt_u", "%")
    columns = [row[0] for row in sql("SHOW COLUMNS FROM mysql.db LIKE '%%\\_priv'")]
    names = {"Create_tmp_table_priv": "CREATE TEMPORARY TABLES"}
    listed = [names.get(item, item[:-5].replace("_", " ")) for item in columns if item != "Grant_priv"]
    changes = converges("grants_present", name="gt_u", schema="gt_s", hosts=["%"], privileges=listed)
    assert changes["gt_u@%"]["new"] == ["ALL PRIVILEGES"]
    arguments = {"name": "gt_u", "schema": "gt_s", "hosts": ["%"], "privileges": ["ALL"], "profile": "test:admin"}
    ret = state("openstack_database.grants_present", **arguments)
    assert ret.changes == {}


@pytest.mark.parametrize(
    ("statement", "old"),
    [
        ("GRANT SELECT ON `gt\\_db`.* TO gt_u@localhost", ["SELECT"]),
        ("GRANT SELECT, INSERT, DROP ON `gt\\_db`.* TO gt_u@localhost", ["DROP", "INSERT", "SELECT"]),
        ("GRANT ALL PRIVILEGES ON `gt\\_db`.* TO gt_u@localhost", ["ALL PRIVILEGES"]),
        (
            "GRANT SELECT, INSERT ON `gt\\_db`.* TO gt_u@localhost WITH GRANT OPTION",
            ["GRANT OPTION", "INSERT", "SELECT"],
        ),
        ("GRANT SELECT, INSERT ON gt_db.* TO gt_u@localhost", ["INSERT ON PATTERN gt_db", "SELECT ON PATTERN gt_db"]),
        ("GRANT DELETE ON gt_db.images TO gt_u@localhost", ["DELETE ON images"]),
        ("GRANT UPDATE (name) ON gt_db.images TO gt_u@localhost", ["UPDATE ON images"]),
    ],
)
def test_grants_drift(converges, user, sql, statement, old):
    sql("CREATE DATABASE gt_db")
    sql("CREATE TABLE gt_db.images (id INT, name INT)")
    user("gt_u", *HOSTS)
    sql("GRANT SELECT, INSERT ON `gt\\_db`.* TO gt_u@'%%'")
    sql(statement.replace("%", "%%"))
    changes = converges("grants_present", name="gt_u", schema="gt_db", hosts=HOSTS, privileges=["insert", "select"])
    assert changes == {"gt_u@localhost": {"old": old, "new": ["INSERT", "SELECT"]}}


def test_grants_are_on_this_schema_and_no_other(converges, user, sql, server):
    """An underscore in a schema's name is an underscore."""
    for schema in ("gt_a", "gtxa"):
        sql(f"CREATE DATABASE {schema}")
    user("gt_u", "%", "localhost")
    sql("GRANT SELECT ON gtxa.* TO gt_u@'%%'")
    sql("REVOKE SELECT ON gtxa.* FROM gt_u@'%%'")
    converges("grants_present", name="gt_u", schema="gt_a", hosts=HOSTS, privileges=["ALL"])
    place = {key: value for key, value in server("database").items() if key in ("host", "port", "unix_socket")}
    with pymysql.connect(**place, user="gt_u", password=PASSWORD.encode()) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE 'gt%'")
        assert cursor.fetchall() == (("gt_a",),)


def test_grants_on_other_schemas_stay(converges, user, sql):
    user("gt_u", "%")
    sql("GRANT SELECT ON gtother.* TO gt_u@'%%'")
    converges("grants_present", name="gt_u", schema="gt_db", hosts=["%"], privileges=["ALL"])
    converges("grants_absent", name="gt_u", schema="gt_db")
    assert sql("SELECT Db FROM mysql.db WHERE User = 'gt_u'") == [["gtother"]]


def test_grants_for_a_user_that_is_not_there(state, everything):
    before = everything()
    arguments = {"name": "gt_none", "schema": "gt_s", "hosts": ["%"], "privileges": ["ALL"], "profile": "test:admin"}
    assert state("openstack_database.grants_present", test=True, **arguments).result is None
    ret = state("openstack_database.grants_present", **arguments)
    assert (ret.result, ret.changes) == (False, {})
    assert "gt_none@% does not exist" in ret.comment
    assert everything() == before


def test_unknown_privileges_are_refused(refused):
    comment = refused("grants_present", name="gt_x", schema="gt_s", hosts=["%"], privileges=["SELECT", "FLY; DROP"])
    assert "FLY; DROP" in comment


# --- profiles, errors, connections


def test_wrong_password_names_user_server_and_pillar_key(refused, server):
    comment = refused("schema_present", name="gt_x", profile="test:wrong")
    assert f"user {server('database')['user']} at " in comment
    assert "test:wrong:password" in comment
    assert "not this one" not in comment


def test_no_server_is_not_the_same_as_no_schema(refused, pillar):
    for function in ("schema_present", "schema_absent"):
        comment = refused(function, name="gt_x", profile="test:nobody")
        assert f"127.0.0.1:{pillar['test']['nobody']['port']}" in comment
        assert "no answer" in comment


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("test:missing", "pillar key test:missing"),
        ({"user": "x"}, "unix_socket or host"),
        ({"user": "x", "host": "y", "passwd": "z"}, "passwd"),
        ({"user": "x", "host": "y", "password_pillar": "test:none"}, "test:none"),
        ({"user": "x", "host": "y", "ssl": {"ca": "/no/such/ca.pem"}}, "/no/such/ca.pem"),
        ({"user": "x", "unix_socket": "/no/such/socket"}, "/no/such/socket"),
        (7, "int"),
    ],
)
def test_unusable_profiles(refused, profile, text):
    assert text in refused("schema_present", name="gt_x", profile=profile)


def test_account_without_privileges_is_told(refused, user, server):
    user("gt_weak", *HOSTS)
    place = {key: value for key, value in server("database").items() if key in ("host", "port", "unix_socket")}
    profile = {**place, "user": "gt_weak", "password_pillar": "test:password"}
    comment = refused("user_present", name="gt_x", hosts=["%"], password_pillar="test:other", profile=profile)
    assert "lacks a privilege" in comment
    assert "gt_weak" in comment


def test_one_connection_for_a_run(state, sql):
    def made():
        return int(sql("SHOW GLOBAL STATUS LIKE 'Connections'")[0][1])

    before = made()
    common = {"name": "gt_one", "profile": "test:admin"}
    for _ in range(2):
        state("openstack_database.schema_present", **common)
        state("openstack_database.user_present", hosts=HOSTS, password_pillar="test:password", **common)
        state("openstack_database.grants_present", schema="gt_one", hosts=HOSTS, privileges=["ALL"], **common)
    assert made() - before == 1


def test_lost_connection_is_made_again(modules, sql):
    modules.openstack_database.login("test:admin")
    own = sql("SELECT CONNECTION_ID()")[0][0]
    for (thread,) in sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = SUBSTRING_INDEX(USER(), '@', 1)"):
        if thread != own:
            sql(f"KILL {thread}")
    assert modules.openstack_database.schema_list("test:admin")


def test_no_password_is_logged_or_returned(states, user, sql, caplog):
    user("gt_log", "%", password=OTHER)
    with caplog.at_level(0):
        logging.getLogger().setLevel(1)
        ret = states.openstack_database.user_present(
            name="gt_log", hosts=HOSTS, password_pillar="test:password", profile="test:admin"
        )
    assert ret.changes
    (stored,) = sql("SELECT authentication_string FROM mysql.user WHERE User = 'gt_log' AND Host = 'localhost'")[0]
    for text in (caplog.text, str(ret.raw)):
        for secret in (PASSWORD, PASSWORD.replace("'", "\\'"), OTHER, stored):
            assert secret not in text
