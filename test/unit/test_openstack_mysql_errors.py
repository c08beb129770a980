"""What an error says to an operator, and what it never does."""

import subprocess
import sys

import openstack_mysql_errors as errors
import pymysql
import pytest
from openstack_errors import OpenStackError, Refused, Unreachable

SECRET = "s3cret"
FOUND = {
    **{"user": "root", "host": "db", "port": 3306, "password": SECRET, "read_timeout": 60},
    "password_source": "pillar key a:b",
}


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
        (pymysql.err.OperationalError(1290, SECRET), Refused, "read-only"),
        (pymysql.err.OperationalError(1290, "with the --skip-grant-tables option"), Refused, "skip-grant-tables"),
        (pymysql.err.OperationalError(1836, SECRET), Refused, "read-only"),
        (pymysql.err.OperationalError(1047, SECRET), Unreachable, "Galera"),
        (pymysql.err.OperationalError(1040, SECRET), Refused, "as many connections"),
        (pymysql.err.OperationalError(3118, SECRET), Refused, "locked"),
        (pymysql.err.OperationalError(1862, SECRET), Refused, "expired"),
        (pymysql.err.OperationalError(3159, SECRET), Refused, "TLS only"),
        (pymysql.err.OperationalError(1524, SECRET), OpenStackError, "INSTALL SONAME"),
        (pymysql.err.OperationalError(1396, SECRET), OpenStackError, "in use"),
        (pymysql.err.OperationalError(1927, SECRET), Unreachable, "lost"),
        (RuntimeError(SECRET), Unreachable, "PyMySQL lacks the library"),
        (TimeoutError(SECRET), Unreachable, "TimeoutError"),
    ],
)
def test_errors_say_who_asked_whom_and_no_secret(error, kind, text):
    with pytest.raises(kind, match=text) as caught, errors.asking("trying", FOUND, secret=True):
        raise error
    assert type(caught.value) is kind
    assert "trying as user root at db:3306" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_the_server_says_is_passed_on_where_no_secret_is_sent():
    with pytest.raises(OpenStackError, match="Unknown character set"), errors.asking("trying", FOUND):
        raise pymysql.err.OperationalError(1115, "Unknown character set: 'x'")


def test_an_account_without_password_is_told_so():
    with pytest.raises(Refused, match="without a password"), errors.asking("trying", {**FOUND, "password": ""}):
        raise pymysql.err.OperationalError(1698, "")


def test_errors_that_are_no_trouble():
    with errors.asking("trying", FOUND, ignored=errors.NOT_GRANTED):
        raise pymysql.err.OperationalError(1141, "There is no such grant defined")


@pytest.mark.parametrize("number", sorted(errors._MEANING))
def test_every_text_can_be_filled_in(number):
    with (
        pytest.raises(OpenStackError) as caught,
        errors.asking("trying", {"user": "u", "unix_socket": "/s", "password_source": "x"}),
    ):
        raise pymysql.err.OperationalError(number, "")
    assert "{" not in str(caught.value)


def test_errors_are_known_after_salt_loaded_its_own_mysql():
    """In a process of its own: that module leaves pymysql.err another module."""
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
import openstack_mysql_errors, pymysql, salt.modules.mysql
from openstack_errors import OpenStackError
assert pymysql.err.ProgrammingError is not pymysql.ProgrammingError, "Salt does it no more: this test can go"
try:
    with openstack_mysql_errors.asking("it", {FOUND!r}):
        raise pymysql.ProgrammingError(1146, "no such table")
except OpenStackError:
    print("known")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout == "known\n", done.stderr
