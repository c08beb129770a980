"""Grants: exactly what is declared, on exactly what is named."""

import contextlib

import pymysql
import pytest

from .conftest import HOSTS, NAMES, PASSWORD, PREFIX, quoted

RUNTIME = ["DELETE", "INSERT", "SELECT", "UPDATE"]


@pytest.fixture
def tables(sql):
    """A schema with tables, and a user."""
    sql("CREATE DATABASE gt_db")
    sql("CREATE TABLE gt_db.images (id INT, name INT)")
    sql("CREATE TABLE gt_db.tags (id INT)")
    sql("CREATE PROCEDURE gt_db.tidy() SELECT 1")


@pytest.mark.parametrize("tail", NAMES)
def test_grants_come_and_go(converges, user, tail):
    name = schema = PREFIX + tail
    user(name, *HOSTS)
    changes = converges("grants_present", name=name, schema=schema, hosts=HOSTS, privileges=["ALL PRIVILEGES"])
    assert changes[f"{name}@%"] == {"old": [], "new": ["ALL PRIVILEGES"]}
    changes = converges("grants_absent", name=name, schema=schema)
    assert changes[f"{name}@localhost"] == {"old": ["ALL PRIVILEGES"], "new": None}


@pytest.mark.parametrize("tail", NAMES)
def test_grants_on_tables_and_columns_with_such_names(converges, user, sql, tail):
    name = PREFIX + tail
    sql(f"CREATE DATABASE {quoted(name)}")
    sql(f"CREATE TABLE {quoted(name)}.{quoted(name)} ({quoted(name)} INT)")
    user("gt_u", "%")
    declared = {"tables": {name: ["SELECT"]}, "columns": {name: {name: ["UPDATE"]}}}
    changes = converges("grants_present", name="gt_u", schema=name, hosts=["%"], privileges=[], **declared)
    shown = quoted(name).replace("%%", "%")
    assert changes == {"gt_u@%": {"old": [], "new": [f"UPDATE ({shown}) ON {shown}", f"SELECT ON {shown}"]}}
    converges("grants_absent", name="gt_u", schema=name)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["all"], ["ALL PRIVILEGES"]),
        ("select", ["SELECT"]),
        (["create  temporary tables", "Lock Tables"], ["CREATE TEMPORARY TABLES", "LOCK TABLES"]),
        (["all privileges", "grant option", "select"], ["ALL PRIVILEGES", "GRANT OPTION"]),
        (["usage", "SELECT"], ["SELECT"]),
        ("glance runtime", RUNTIME),
        (["Glance Runtime", "lock tables"], sorted([*RUNTIME, "LOCK TABLES"])),
        (
            ["glance migrations"],
            sorted([*RUNTIME, "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "TRIGGER"]),
        ),
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


DRIFT = {
    "GRANT SELECT ON `gt\\_db`.*": ["SELECT"],
    "GRANT SELECT, INSERT, DROP ON `gt\\_db`.*": ["DROP", "INSERT", "SELECT"],
    "GRANT ALL PRIVILEGES ON `gt\\_db`.*": ["ALL PRIVILEGES"],
    "GRANT SELECT, INSERT ON `gt\\_db`.* | WITH GRANT OPTION": ["GRANT OPTION", "INSERT", "SELECT"],
    "GRANT SELECT, INSERT ON gt_db.*": ["INSERT ON PATTERN `gt_db`", "SELECT ON PATTERN `gt_db`"],
    "GRANT DELETE ON gt_db.images": ["DELETE ON `images`"],
    "GRANT ALL ON gt_db.images": ["ALL PRIVILEGES ON `images`"],
    "GRANT SELECT ON gt_db.images | WITH GRANT OPTION": ["GRANT OPTION ON `images`", "SELECT ON `images`"],
    "GRANT UPDATE (name) ON gt_db.images": ["UPDATE (`name`) ON `images`"],
    "GRANT UPDATE (name), UPDATE ON gt_db.images": ["UPDATE (`name`) ON `images`", "UPDATE ON `images`"],
    "GRANT EXECUTE ON PROCEDURE gt_db.tidy": ["EXECUTE ON PROCEDURE `tidy`"],
    "GRANT EXECUTE ON PROCEDURE gt_db.tidy | WITH GRANT OPTION": [
        "EXECUTE ON PROCEDURE `tidy`",
        "GRANT OPTION ON PROCEDURE `tidy`",
    ],
}


def grant(sql, statement, account="gt_u@localhost"):
    statement, _, more = statement.partition(" | ")
    sql(f"{statement} TO {account} {more}".replace("%", "%%"))


@pytest.mark.parametrize("statement", DRIFT)
@pytest.mark.parametrize("declared", ["schema", "tables"])
def test_grants_drift(converges, user, sql, tables, statement, declared):
    wanted, new = {
        "schema": ({"privileges": ["insert", "select"]}, ["INSERT", "SELECT"]),
        "tables": (
            {"privileges": [], "tables": {"tags": ["select"]}, "columns": {"images": {"id": ["select"]}}},
            ["SELECT (`id`) ON `images`", "SELECT ON `tags`"],
        ),
    }[declared]
    user("gt_u", *HOSTS)
    converges("grants_present", name="gt_u", schema="gt_db", hosts=["%"], **wanted)
    grant(sql, statement)
    changes = converges("grants_present", name="gt_u", schema="gt_db", hosts=HOSTS, **wanted)
    assert changes == {"gt_u@localhost": {"old": DRIFT[statement], "new": new}}


def test_a_column_keeps_what_its_table_loses(converges, user, sql, tables):
    """Servers take a privilege that is revoked from a table from its columns too."""
    user("gt_u", "%")
    sql("GRANT UPDATE, SELECT, UPDATE (name) ON gt_db.images TO gt_u@'%%'")
    declared = {"privileges": [], "columns": {"images": {"name": ["UPDATE"]}}}
    changes = converges("grants_present", name="gt_u", schema="gt_db", hosts=["%"], **declared)
    assert changes["gt_u@%"]["new"] == ["UPDATE (`name`) ON `images`"]


def test_privileges_elsewhere_go_when_asked(converges, user, sql, database):
    user("gt_u", "%")
    for statement in ("GRANT SELECT, PROCESS ON *.*", "GRANT ALL ON `gt%`.*", "GRANT INSERT ON gtother.*"):
        grant(sql, statement, "gt_u@'%'")
    declared = {"name": "gt_u", "schema": "gt_db", "hosts": ["%"], "privileges": "glance runtime"}
    assert converges("grants_present", **declared)["gt_u@%"]["old"] == []
    changes = converges("grants_present", elsewhere="revoke", **declared)
    old = ["PROCESS ON *.*", "SELECT ON *.*", *RUNTIME, "ALL PRIVILEGES ON `gt%`.*", "INSERT ON `gtother`.*"]
    assert sorted(changes["gt_u@%"]["old"]) == sorted(old)
    assert changes["gt_u@%"]["new"] == RUNTIME
    with contextlib.closing(database.connect(user="gt_u", password=PASSWORD)) as own, own.cursor() as cursor:
        cursor.execute("SHOW GRANTS")
        assert len(cursor.fetchall()) == 2  # USAGE, and the schema


def test_everything_on_everything_can_be_revoked(converges, user, sql):
    user("gt_u", "%")
    sql("GRANT ALL ON *.* TO gt_u@'%%' WITH GRANT OPTION")
    declared = {"name": "gt_u", "schema": "gt_db", "hosts": ["%"], "privileges": ["SELECT"]}
    changes = converges("grants_present", elsewhere="revoke", **declared)
    assert {"GRANT OPTION ON *.*", "SUPER ON *.*"} <= set(changes["gt_u@%"]["old"])


def test_grants_are_on_this_schema_and_no_other(converges, user, sql, database):
    """An underscore in a schema's name is an underscore."""
    for schema in ("gt_a", "gtxa"):
        sql(f"CREATE DATABASE {schema}")
    user("gt_u", "%", "localhost")
    converges("grants_present", name="gt_u", schema="gt_a", hosts=HOSTS, privileges=["ALL"])
    with contextlib.closing(database.connect(user="gt_u", password=PASSWORD)) as own, own.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE 'gt%'")
        assert cursor.fetchall() == (("gt_a",),)


def test_a_schema_whose_name_is_another_ones_pattern(converges, user, sql):
    r"""A grant on ``gt\_a`` is one on the schema gt_a, not on the schema ``gt\_a``."""
    user("gt_u", "%")
    converges("grants_present", name="gt_u", schema="gt_a", hosts=["%"], privileges=["SELECT"])
    converges("grants_present", name="gt_u", schema="gt\\_a", hosts=["%"], privileges=["INSERT"])
    assert sql("SELECT Select_priv, Insert_priv FROM mysql.db WHERE User = 'gt_u' ORDER BY 1") == [
        ["N", "Y"],
        ["Y", "N"],
    ]


def test_grants_on_other_schemas_stay(converges, user, sql):
    user("gt_u", "%")
    sql("GRANT SELECT ON gtother.* TO gt_u@'%%'")
    converges("grants_present", name="gt_u", schema="gt_db", hosts=["%"], privileges=["ALL"])
    converges("grants_absent", name="gt_u", schema="gt_db")
    assert sql("SELECT Db FROM mysql.db WHERE User = 'gt_u'") == [["gtother"]]


def test_grants_for_a_user_that_is_not_there(state, database):
    before = database.everything()
    arguments = {"name": "gt_none", "schema": "gt_s", "hosts": ["%"], "privileges": ["ALL"], "profile": "test:admin"}
    assert state("openstack_database.grants_present", test=True, **arguments).result is None
    ret = state("openstack_database.grants_present", **arguments)
    assert (ret.result, ret.changes) == (False, {})
    assert "gt_none@% does not exist" in ret.comment
    assert database.everything() == before


def test_grants_on_a_table_that_is_not_there(state, user, sql):
    sql("CREATE DATABASE gt_db")
    user("gt_u", "%")
    arguments = {"name": "gt_u", "schema": "gt_db", "hosts": ["%"], "privileges": [], "profile": "test:admin"}
    ret = state("openstack_database.grants_present", tables={"images": ["SELECT"]}, **arguments)
    assert (ret.result, ret.changes) == (False, {})
    assert "gt_db.images' doesn't exist" in ret.comment


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ({"privileges": ["SELECT", "FLY; DROP"]}, "FLY; DROP"),
        ({"privileges": ["SUPER"]}, "no privilege on a schema: SUPER"),
        ({"privileges": [], "tables": {"images": ["EXECUTE"]}}, "no privilege on a table: EXECUTE"),
        ({"privileges": [], "columns": {"images": {"id": ["DELETE"]}}}, "no privilege on a column: DELETE"),
        ({"privileges": [], "columns": {"images": ["UPDATE"]}}, "columns of images must be a mapping"),
        ({"privileges": [], "tables": ["images"]}, "tables must be a mapping"),
        ({"privileges": ["SELECT"], "elsewhere": "burn"}, "keep or revoke"),
    ],
)
def test_impossible_privileges_are_refused(refused, declared, text):
    assert text in refused("grants_present", name="gt_x", schema="gt_s", hosts=["%"], **declared)


def test_a_service_with_the_runtime_preset_cannot_change_tables(converges, user, database, tables):
    user("gt_u", "%")
    converges("grants_present", name="gt_u", schema="gt_db", hosts=["%"], privileges="glance runtime")
    with contextlib.closing(database.connect(user="gt_u", password=PASSWORD)) as own, own.cursor() as cursor:
        cursor.execute("INSERT INTO gt_db.images VALUES (1, 2)")
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            cursor.execute("ALTER TABLE gt_db.images ADD COLUMN more INT")
