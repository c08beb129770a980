"""What pillar says of the database, as the states get it."""

import pathlib

import glance_database
import glance_schema
import openstack_mysql
import pytest
import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = yaml.safe_load((REPO / "glance" / "schema.yaml").read_text(encoding="utf-8"))["properties"]["database"]
FIRST = {"prefix": "", "name": "glance", "password_pillar": "glance:database:password"}
SECOND = {"prefix": "second-", "name": "glance_b", "password_pillar": "glance:database:second_user:password"}


def complete(pillar):
    return glance_schema.complete(SCHEMA, pillar, "glance:database")


def settings(pillar):
    return glance_database.settings(complete(pillar), pillar, "/run/socket")


@pytest.mark.parametrize(
    ("admin", "profile"),
    [
        ({}, {"user": "root", "unix_socket": "/run/socket"}),
        ({"user": "dba", "unix_socket": "/s"}, {"user": "dba", "unix_socket": "/s"}),
        ({"host": "db"}, {"user": "root", "host": "db", "port": 3306}),
        (
            {"host": "db", "password": "x", "ssl": {"ca": "/ca.pem"}},
            {
                **{"user": "root", "host": "db", "port": 3306, "ssl": {"ca": "/ca.pem"}},
                "password_pillar": "glance:database:admin:password",
            },
        ),
        ({"option_file": "/root/.my.cnf"}, {"option_file": "/root/.my.cnf"}),
        (
            {"option_file": "/x", "option_group": "admin", "user": "dba", "host": "db"},
            {"option_file": "/x", "option_group": "admin", "user": "dba", "host": "db", "port": 3306},
        ),
    ],
)
def test_who_administers(admin, profile):
    assert settings({"admin": admin})["profile"] == profile


@pytest.mark.parametrize("tls", [{}, {"ca": "/ca.pem"}])
def test_glance_itself(tls):
    own = {"host": "db", "port": 3306, "user": "glance", "password_pillar": "glance:database:password"}
    found = settings({"host": "db", "tls": tls})["own_profile"]
    assert found == ({**own, "ssl": tls} if tls else own)
    assert openstack_mysql.settings(found, {"glance": {"database": {"password": "x"}}})["password"] == "x"


@pytest.mark.parametrize(
    ("second", "users", "absent"),
    [
        (None, [FIRST], []),
        ({"name": "glance_b", "password": "x"}, [FIRST, SECOND], []),
        ({"name": "glance_b", "absent": True}, [FIRST], [SECOND]),
    ],
)
def test_users(second, users, absent):
    pillar = {} if second is None else {"second_user": second}
    found = settings(pillar)
    assert (found["users"], found["users_absent"]) == (users, absent)
    assert glance_database.problems(complete(pillar), pillar) == []


@pytest.mark.parametrize(
    ("second", "text"),
    [
        ({"name": "glance", "password": "x"}, "glance:database:second_user:name is that of glance:database:user"),
        ({"name": "glance", "absent": True}, "glance:database:second_user:name is that of glance:database:user"),
        ({"name": "glance_b"}, "glance:database:second_user:password is missing"),
    ],
)
def test_a_second_user_that_cannot_be(second, text):
    pillar = {"second_user": second}
    (problem,) = glance_database.problems(complete(pillar), pillar)
    assert problem.startswith(text)
