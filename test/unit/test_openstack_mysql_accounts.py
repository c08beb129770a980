"""Rows of the users' table as attributes, and attributes as clauses."""

import openstack_mysql_accounts as accounts
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid

ROW = {
    **{"name": b"glance", "host": "LocalHost", "plugin": "", "password_hash": "2A41"},
    **{"ssl_type": "", "x509_subject": b"", "x509_issuer": b"", "ssl_cipher": b""},
    **{"max_questions": 0, "max_updates": 1, "max_connections": 2, "max_user_connections": 3},
}
MYSQL = {**ROW, "account_locked": "N"}
MARIA = {**ROW, "max_statement_time": 1.5, "private": b"{}"}
LIMITS = {
    "max_queries_per_hour": 0,
    "max_updates_per_hour": 1,
    "max_connections_per_hour": 2,
    "max_user_connections": 3,
}

TEXT = st.text(min_size=1)
REQUIRE = st.sampled_from(["NONE", "SSL", "X509"]) | st.dictionaries(
    st.sampled_from(["subject", "issuer", "cipher"]), TEXT, min_size=1
)


def test_a_row_of_mysql():
    assert accounts.attributes(MYSQL) == {
        **{
            "name": "glance",
            "host": "localhost",
            "plugin": "mysql_native_password",
            "tls_requires": "NONE",
            "locked": False,
        },
        **LIMITS,
    }


def test_a_row_of_mariadb():
    found = accounts.attributes(MARIA)
    assert found == {**accounts.attributes(MYSQL), "max_statement_time": 1.5}


@pytest.mark.parametrize("row", [{**MYSQL, "account_locked": "Y"}, {**MARIA, "private": '{"account_locked": true}'}])
def test_locked(row):
    assert accounts.attributes(row)["locked"] is True


@pytest.mark.parametrize(
    ("columns", "require"),
    [
        ({"ssl_type": "ANY"}, "SSL"),
        ({"ssl_type": "X509"}, "X509"),
        ({"ssl_type": "SPECIFIED", "x509_subject": "/CN=é".encode()}, {"subject": "/CN=é"}),
        ({"ssl_type": "SPECIFIED", "x509_issuer": b"/CN=i", "ssl_cipher": b"C"}, {"issuer": "/CN=i", "cipher": "C"}),
    ],
)
def test_what_a_connection_must_have(columns, require):
    assert accounts.attributes({**MYSQL, **columns})["tls_requires"] == require


def test_an_account_with_two_ways_in():
    private = '{"auth_or": [{}, {"plugin": "unix_socket"}, {"plugin": "ed25519", "authentication_string": "x"}]}'
    row = {**MARIA, "private": private}
    assert accounts.methods(row) == [("mysql_native_password", b"*A"), ("unix_socket", b""), ("ed25519", b"x")]
    assert accounts.attributes(row)["plugin"] == "mysql_native_password OR unix_socket OR ed25519"


@given(st.booleans(), REQUIRE, st.booleans())
def test_what_is_declared_is_what_is_read(maria, require, locked):
    found = accounts.options(maria, "ed25519", require, LIMITS, locked)
    assert found == {"plugin": "ed25519", "tls_requires": require, "locked": locked, **LIMITS}
    assert accounts.options(maria) == {}


@pytest.mark.parametrize("name", ["unix_socket", "auth_socket"])
def test_the_socket_has_another_name_on_each_server(name):
    assert [accounts.options(maria, name)["plugin"] for maria in (True, False)] == ["unix_socket", "auth_socket"]


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ({"plugin": "p`; DROP"}, "no authentication plugin"),
        ({"tls_requires": "TLS"}, "tls_requires is"),
        ({"tls_requires": {"subject": 1}}, "tls_requires is"),
        ({"tls_requires": {}}, "tls_requires is"),
        ({"limits": {"max_statement_time": 1}}, "max_statement_time"),
        ({"limits": {"max_user_connections": -1}}, "is a number"),
        ({"limits": {"max_user_connections": "1"}}, "is a number"),
        ({"limits": "1"}, "no limit"),
        ({"locked": 1}, "true or false"),
    ],
)
def test_impossible_attributes(declared, text):
    with pytest.raises(Invalid, match=text):
        accounts.options(False, **declared)


@pytest.mark.parametrize(
    ("maria", "given", "password", "sql", "args"),
    [
        (True, {}, None, "", []),
        (True, {}, "x", "IDENTIFIED BY %s", ["x"]),
        (True, {"plugin": "ed25519"}, "x", "IDENTIFIED VIA `ed25519` USING PASSWORD(%s)", ["x"]),
        (False, {"plugin": "caching_sha2_password"}, "x", "IDENTIFIED WITH `caching_sha2_password` BY %s", ["x"]),
        (True, {"plugin": "unix_socket"}, None, "IDENTIFIED VIA unix_socket", []),
        (False, {"plugin": "auth_socket"}, None, "IDENTIFIED WITH auth_socket", []),
        (False, {"tls_requires": "SSL"}, None, "REQUIRE SSL", []),
        (
            False,
            {"tls_requires": {"subject": "s", "cipher": "c"}},
            None,
            "REQUIRE SUBJECT %s AND CIPHER %s",
            ["s", "c"],
        ),
        (False, {"max_user_connections": 3}, None, "WITH MAX_USER_CONNECTIONS 3", []),
        (
            True,
            {"tls_requires": {"issuer": "i"}, "locked": True, "max_queries_per_hour": 1, "max_statement_time": 1.5},
            "x",
            "IDENTIFIED BY %s REQUIRE ISSUER %s WITH MAX_QUERIES_PER_HOUR 1 MAX_STATEMENT_TIME 1.5 ACCOUNT LOCK",
            ["x", "i"],
        ),
        (True, {"locked": False}, None, "ACCOUNT UNLOCK", []),
    ],
)
def test_clauses(maria, given, password, sql, args):
    assert accounts.clauses(maria, given, password) == (sql, args)


@given(st.booleans(), REQUIRE, TEXT)
def test_no_value_is_part_of_a_statement(maria, require, password):
    sql, args = accounts.clauses(maria, {"tls_requires": require}, password)
    assert sql.count("%s") == len(args)
    assert set(sql.replace("%s", "")) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ")
