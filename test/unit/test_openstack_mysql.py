"""What is said to MariaDB and MySQL, and what their answers mean."""

import re

import openstack_mysql as mysql
import pymysql
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid, OpenStackError, Refused, Unreachable

NAMES = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=64).filter(lambda name: name[-1] != " ")
SECRET = "s3cret"
FOUND = {"user": "root", "host": "db", "port": 3306, "password": SECRET, "password_key": "a:b", "read_timeout": 60}


@given(NAMES)
def test_an_identifier_is_the_name_and_nothing_else(name):
    sent = mysql.identifier(name) % ()
    assert sent[0] == sent[-1] == "`"
    assert re.sub("``", "", sent[1:-1]).count("`") == 0
    assert sent[1:-1].replace("``", "`") == name


@pytest.mark.parametrize("name", ["", "nul\0", "space ", "x" * 65])
def test_names_that_no_server_takes(name):
    with pytest.raises(Invalid, match="is no name"):
        mysql.identifier(name)


@given(st.text("a_%\\", max_size=6), st.text("a_%\\", max_size=6))
def test_a_pattern_matches_its_own_name_only(name, other):
    """Read as the server reads it: a backslash takes the meaning from what follows."""
    tokens = re.findall(r"\\.|.", mysql.pattern(name), re.DOTALL)
    like = "".join({"_": ".", "%": ".*"}.get(token) or re.escape(token[-1]) for token in tokens)
    assert (re.fullmatch(like, other, re.DOTALL) is not None) == (name == other)


@pytest.mark.parametrize(
    ("plugin", "stored", "password"),
    [
        ("mysql_native_password", b"*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "password"),
        ("", b"*2470c0c06dee42fd1618bb99005adca2ec9d1e19", "password"),
        (
            "caching_sha2_password",
            b"$A$005$"
            + bytes.fromhex("F9CC98CE08892924F50A213B6BC571A2C11778C5")
            + b"bTy95Y99eAME1dwEkHOA1ndHGBWz.1bxSSRkuTXFGV/",
            "hashcat",
        ),
        # openssl passwd -5 -salt saltsalt correct
        ("sha256_password", b"$5$saltsalt$bM2NOMXBvP/yo4CGWbQ.USJSeF5uzaT2H3bDmiXYqo1", "correct"),
    ],
)
def test_passwords_are_compared_with_what_the_server_keeps(plugin, stored, password):
    assert mysql.fits(plugin, stored, password) is True
    assert mysql.fits(plugin, stored, password + "x") is False
    assert mysql.fits(plugin, b"", password) is False


def test_plugins_without_a_known_hash():
    assert mysql.fits("ed25519", b"x", "y") is None
    assert mysql.fits("unix_socket", b"", "y") is False


# --- profiles


def test_settings_of_a_named_profile():
    pillar = {"a": {"b": {"user": "root", "host": "db", "password": SECRET, "read_timeout": 5}}}
    found = mysql.settings("a:b", pillar)
    assert (found["password"], found["password_key"]) == (SECRET, "a:b:password")
    assert (found["port"], found["connect_timeout"], found["read_timeout"]) == (3306, 10, 5)


def test_settings_of_a_mapping():
    profile = {"user": "root", "unix_socket": "/s", "password_pillar": "a"}
    found = mysql.settings(profile, {"a": SECRET})
    assert (found["password"], found["password_key"]) == (SECRET, "a")
    assert "password_pillar" in profile


def test_settings_from_the_minion_configuration():
    found = mysql.settings("db", {}, {"db": {"user": "root", "unix_socket": "/s"}}.get)
    assert mysql.who(found) == "user root at /s"


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("a", "pillar key a is missing"),
        (None, "NoneType"),
        ({"user": "x"}, "host"),
        ({"host": "x"}, "user"),
        ({"user": "x", "host": "y", "passwd": "z"}, "passwd"),
        ({"user": "x", "host": "y", "password_pillar": "p"}, "pillar key p"),
    ],
)
def test_unusable_profiles(profile, text):
    with pytest.raises(Invalid, match=text):
        mysql.settings(profile, {})


@pytest.mark.parametrize("wanted", [{"cafile": "x"}, {"ca": "/none.pem"}, {"cert": "/none.pem"}])
def test_unusable_tls(wanted):
    with pytest.raises(Invalid, match=next(iter(wanted.values())) if "cafile" not in wanted else "cafile"):
        mysql.connect({**FOUND, "ssl": wanted})


# --- errors


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (pymysql.err.OperationalError(2003, SECRET), Unreachable, "is the server up"),
        (pymysql.err.OperationalError(2013, SECRET), Unreachable, "lost"),
        (pymysql.err.InterfaceError(0, ""), Unreachable, "lost"),
        (pymysql.err.OperationalError(1045, SECRET), Refused, "pillar key a:b"),
        (pymysql.err.OperationalError(1130, SECRET), Refused, "this host"),
        (pymysql.err.OperationalError(1142, SECRET), Refused, "privilege"),
        (pymysql.err.ProgrammingError(1064, f"near '{SECRET}'"), OpenStackError, "error 1064"),
        (pymysql.err.OperationalError(1819, SECRET), OpenStackError, "password policy"),
        (pymysql.err.InternalError("odd"), Unreachable, "lost"),
        (RuntimeError(SECRET), Unreachable, "RuntimeError"),
        (TimeoutError(SECRET), Unreachable, "TimeoutError"),
    ],
)
def test_errors_say_who_asked_whom_and_no_secret(error, kind, text):
    with pytest.raises(kind, match=text) as caught, mysql.asking("trying", FOUND, secret=True):
        raise error
    assert type(caught.value) is kind
    assert "trying as user root at db:3306" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_the_server_says_is_passed_on_where_no_secret_is_sent():
    with pytest.raises(OpenStackError, match="Unknown character set"), mysql.asking("trying", FOUND):
        raise pymysql.err.OperationalError(1115, "Unknown character set: 'x'")


def test_an_account_without_password_is_told_so():
    with pytest.raises(Refused, match="without a password"), mysql.asking("trying", {**FOUND, "password": ""}):
        raise pymysql.err.OperationalError(1698, "")


def test_one_connection_a_process(monkeypatch):
    class Connection:
        alive = True

        def ping(self, reconnect):
            if not self.alive:
                raise pymysql.err.OperationalError(2006, "gone")

    monkeypatch.setattr(mysql, "connect", lambda found: Connection())
    context, pillar = {}, {"a": {"user": "root", "host": "db"}}
    first, _ = mysql.connection("a", context, pillar)
    assert mysql.connection("a", context, pillar)[0] is first
    first.alive = False
    second, _ = mysql.connection("a", context, pillar)
    assert second is not first
    monkeypatch.setattr(mysql.os, "getpid", lambda: -1)
    assert mysql.connection("a", context, pillar)[0] is not second
