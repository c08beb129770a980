"""Rows of the grant tables against privileges as declared: the pure half of the execution module."""

import importlib.util
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid

REPO = pathlib.Path(__file__).resolve().parents[2]


def load_module():
    path = REPO / "_modules" / "openstack_database.py"
    spec = importlib.util.spec_from_file_location("formula_modules_openstack_database", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


database = load_module()
KNOWN = {"SELECT", "INSERT", "CREATE TEMPORARY TABLES", "DELETE HISTORY", "GRANT OPTION"}
EVERYTHING = KNOWN - {"GRANT OPTION"}


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("Select_priv", "SELECT"),
        ("Create_tmp_table_priv", "CREATE TEMPORARY TABLES"),
        ("Lock_tables_priv", "LOCK TABLES"),
        ("Grant_priv", "GRANT OPTION"),
        ("Delete_history_priv", "DELETE HISTORY"),
    ],
)
def test_columns_are_privileges(column, name):
    assert database._privilege(column) == name


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ([], set()),
        ("usage", set()),
        (["select", "SELECT"], {"SELECT"}),
        (["create   temporary\ttables"], {"CREATE TEMPORARY TABLES"}),
        (["delete versioning rows"], {"DELETE HISTORY"}),
        (["ALL"], EVERYTHING),
        (["all privileges", "grant option"], KNOWN),
    ],
)
def test_ways_to_say_privileges(names, wanted):
    assert database._wanted(names, KNOWN) == wanted


@pytest.mark.parametrize("name", ["FLY", "SELECT ON x.* TO y; --", "SELECT, INSERT", ""])
def test_only_names_that_the_server_has_reach_a_statement(name):
    with pytest.raises(Invalid, match="no privilege on a schema"):
        database._wanted(["SELECT", name], KNOWN)


@given(st.sets(st.sampled_from(sorted(KNOWN))))
def test_what_is_read_can_be_declared(items):
    summary = database._summary(items, KNOWN)
    assert database._wanted(summary, KNOWN) == items
    assert database._summary(database._wanted(summary, KNOWN), KNOWN) == summary


@given(st.sets(st.sampled_from(sorted(KNOWN))), st.sets(st.sampled_from(sorted(KNOWN))))
def test_grant_and_revoke_lead_from_any_set_to_any_other(there, wanted):
    sent = {}
    database._query = lambda profile, what, sql, args: sent.update({sql.split()[0]: sql})
    database._change("p", "GRANT", wanted - there, "`s`.*", "u", "%")
    database._change("p", "REVOKE", there - wanted, "`s`.*", "u", "%")
    named = {verb: set(sql.removeprefix(verb).split(" ON ")[0].strip().split(", ")) for verb, sql in sent.items()}
    assert (there | named.get("GRANT", set())) - named.get("REVOKE", set()) == wanted


def test_rows_are_compared_exactly():
    rows = [
        {"host": "%", "schema": "s", "items": {"SELECT"}},
        {"host": "%", "schema": "S", "items": {"INSERT"}},
        {"host": "localhost", "schema": "s", "items": {"INSERT"}},
    ]
    assert database._row(rows, "%", "s") == {"SELECT"}
    assert database._row(rows, "10.%", "s") == set()


@pytest.mark.parametrize("name", ["utf8; DROP", "utf8 ", "", "ütf8", 8])
def test_names_of_character_sets_are_names(name):
    with pytest.raises(Invalid, match="no name of a character set"):
        database._schema_options("utf8mb4", name)


def test_options_of_a_schema():
    assert database._schema_options("utf8mb4", None) == "CHARACTER SET utf8mb4"
    assert database._schema_options("utf8mb3", "utf8mb3_bin") == "CHARACTER SET utf8mb3 COLLATE utf8mb3_bin"


@pytest.mark.parametrize("host", ["", None, 1])
def test_impossible_hosts(host):
    with pytest.raises(Invalid, match="no host"):
        database._account("u", host)


def test_module_without_pymysql(monkeypatch):
    assert database.__virtual__() == "openstack_database"
    monkeypatch.setattr(database.openstack_mysql, "HAS_PYMYSQL", False)
    assert database.__virtual__() == (False, database.openstack_mysql.MISSING)
