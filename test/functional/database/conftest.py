"""
openstack_database against real servers, through Salt's loader: those of ``servers.py``, and the lab's.

Servers of unpacked packages come with the tests marked slow; each test says what it wants of whichever it gets.
"""

import os

import pymysql
import pytest

from . import certificates as certificates_
from . import servers

# every object of these tests starts with this, and goes after each test
PREFIX = "gt"
PASSWORD = "p'a\"s`s%s\\n;é 1"
OTHER = "another %(x)s"
HOSTS = ["%", "localhost"]
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
LAB = "lab"


def _choices():
    """The quick tests run on one server: the lab's where there is a lab, else this machine's own."""
    found = servers.found()
    lab = os.environ.get("GLANCE_TEST_SERVERS") or os.environ.get("GLANCE_LAB") or "machine" not in found
    quick = LAB if lab else "machine"
    names = [*found, *([LAB] if lab else [])]
    return [pytest.param(name, marks=() if name == quick else pytest.mark.slow, id=name) for name in names]


class Database:
    """A server, who administers it, and a second opinion on what it holds."""

    def __init__(self, admin, own=None, tls=None):
        self.admin, self.own, self.tls = admin, own, tls
        self._connection = None
        self.place = {key: admin[key] for key in ("host", "port", "unix_socket") if key in admin}
        self.plugins = {row[0] for row in self.sql("SELECT PLUGIN_NAME FROM information_schema.PLUGINS")}
        self.version = self.sql("SELECT VERSION()")[0][0]
        self.maria = "MariaDB" in self.version

    def sql(self, statement, *args):
        """Ask the server directly, over a connection of its own."""
        try:
            self._connection.ping(reconnect=False)
        except (AttributeError, pymysql.err.Error):  # not made yet, or the server was stopped
            self._connection = self.connect(**self.admin)
        with self._connection.cursor() as cursor:
            cursor.execute(statement, args)
            return [list(row) for row in cursor.fetchall()]

    def connect(self, **who):
        password = who.pop("password", "")
        return pymysql.connect(**{**self.place, **who}, password=password.encode(), charset="utf8mb4", autocommit=True)

    def everything(self):
        """All that a state may change."""
        users = "SELECT * FROM mysql.global_priv" if self.maria else "SELECT * FROM mysql.user"
        return [
            sorted(self.sql(f"SELECT {what}"), key=repr)
            for what in (
                "SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA",
                f"* FROM ({users}) AS users",
                "* FROM mysql.db",
                "User, Host, Db, Table_name, Table_priv, Column_priv FROM mysql.tables_priv",
                "User, Host, Db, Table_name, Column_name, Column_priv FROM mysql.columns_priv",
                "User, Host, Db, Routine_name, Proc_priv FROM mysql.procs_priv",
                "GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES",
            )
        ]

    def clean(self):
        for user, host in self.sql("SELECT User, Host FROM mysql.user WHERE User LIKE %s", f"{PREFIX}%"):
            self.sql("DROP USER %s@%s", user, host)
        for (name,) in self.sql("SHOW DATABASES LIKE %s", f"{PREFIX}%"):
            self.sql(f"DROP DATABASE {quoted(name)}")


def quoted(name):
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return certificates_.Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session", params=_choices())
def database(request, certificates):
    if request.param == LAB:
        yield Database(request.getfixturevalue("server")("database"))
        return
    own = servers.Own(servers.found()[request.param], certificates)
    try:
        own.create()
        admin = {"host": servers.ADDRESS, "port": own.port, **servers.ADMIN}
        yield Database(admin, own, {"ca": certificates.server["ca"]})
    finally:
        own.remove()


@pytest.fixture
def own(database):
    """The server as something that nobody else uses, and that may be stopped and started."""
    if database.own is None:
        pytest.skip("others use the lab's server: this needs a mariadbd or mysqld on this machine")
    return database.own


@pytest.fixture(scope="module")
def pillar(database):
    return {
        "test": {
            "admin": database.admin,
            "wrong": {**database.admin, "password": "not this one"},
            "password": PASSWORD,
            "other": OTHER,
            "list": ["no", "password"],
        }
    }


@pytest.fixture
def sql(database):
    return database.sql


@pytest.fixture(autouse=True)
def clean(database):
    yield
    database.clean()


@pytest.fixture
def converges(state, database):
    """Run a state in test mode, for real, and twice again; return its changes."""

    def run(function, **arguments):
        arguments = {"profile": "test:admin", **arguments}
        function = f"openstack_database.{function}"
        before = database.everything()
        planned = state(function, test=True, **arguments)
        assert planned.result is None, planned.comment
        assert database.everything() == before, "test mode changed something"
        done = state(function, **arguments)
        assert done.result is True, done.comment
        assert done.changes == planned.changes
        assert done.changes
        after = database.everything()
        for again in (state(function, **arguments), state(function, test=True, **arguments)):
            assert (again.result, again.changes) == (True, {}), again.comment
        assert database.everything() == after
        return done.changes

    return run


@pytest.fixture
def refused(state, database):
    """Run a state that must fail in both modes and change nothing; return its comment."""

    def run(function, **arguments):
        arguments = {"profile": "test:admin", **arguments}
        before = database.everything()
        results = [state(f"openstack_database.{function}", test=test, **arguments) for test in (True, False)]
        assert [(ret.result, ret.changes) for ret in results] == [(False, {})] * 2, results[1].comment
        assert database.everything() == before
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
