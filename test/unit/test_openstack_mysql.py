"""Who asks which server, over which connection."""

import openstack_mysql as mysql
import pymysql
import pytest
from openstack_errors import Invalid

SECRET = "s3cret"
FOUND = {"user": "root", "host": "db", "port": 3306, "password": SECRET, "read_timeout": 60}


def test_settings_of_a_named_profile():
    pillar = {"a": {"b": {"user": "root", "host": "db", "password": SECRET, "read_timeout": 5}}}
    found = mysql.settings("a:b", pillar)
    assert (found["password"], found["password_source"]) == (SECRET, "pillar key a:b:password")
    assert (found["port"], found["connect_timeout"], found["read_timeout"]) == (3306, 10, 5)


def test_settings_of_a_mapping():
    profile = {"user": "root", "unix_socket": "/s", "password_pillar": "a"}
    found = mysql.settings(profile, {"a": SECRET})
    assert (found["password"], found["password_source"]) == (SECRET, "pillar key a")
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


# --- option files


@pytest.fixture
def file(tmp_path):
    """An option file as Debian and the manuals have it."""
    path = tmp_path / "my.cnf"
    path.write_text(
        f"[client]\nuser=root\npassword='{SECRET}'\nsocket=/s\nhost=db\nport=3307\nssl-ca=/ca.pem\n"
        "ssl_cert=/cert.pem\nprompt\n!includedir /etc/mysql/conf.d/\n[other]\nuser = maria\nhost = elsewhere\nssl\n"
    )
    return str(path)


def test_settings_of_an_option_file(file):
    found = mysql.settings({"option_file": file}, {})
    assert {key: found[key] for key in ("user", "unix_socket", "host", "port", "ssl")} == {
        "user": "root",
        "unix_socket": "/s",
        "host": "db",
        "port": "3307",
        "ssl": {"ca": "/ca.pem", "cert": "/cert.pem"},
    }
    assert (found["password"], found["password_source"]) == (SECRET, f"password in {file}")


def test_another_group_of_an_option_file(file):
    found = mysql.settings({"option_file": file, "option_group": "other"}, {})
    assert (found["user"], found["host"], found["port"], found["ssl"]) == ("maria", "elsewhere", 3306, True)


def test_the_profile_wins_over_its_option_file(file):
    found = mysql.settings({"option_file": file, "host": "here", "password_pillar": "a"}, {"a": "new"})
    assert (found["host"], found["port"], found.get("unix_socket")) == ("here", 3306, None)
    assert (found["password"], found["password_source"]) == ("new", "pillar key a")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "No such file"),
        (b"x=1\n", "MissingSectionHeaderError"),
        (b"[x]\n", "no group"),
        (b"\xff", "UnicodeDecodeError"),
    ],
)
def test_unusable_option_files(tmp_path, content, text):
    path = tmp_path / "my.cnf"
    if content:
        path.write_bytes(content)
    with pytest.raises(Invalid, match=text):
        mysql.settings({"option_file": str(path)}, {})


# --- connections


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
