"""The states over a stand-in for the execution module: who writes when, and what a failure reports."""

import importlib.util
import pathlib
import types

import pytest
from openstack_errors import Invalid, OpenStackError, Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]
HOSTS = ["%", "LocalHost"]
SAME, DIFFERS = {"password": "as in pillar"}, {"password": "not as in pillar"}


class Server:
    """Execution functions over schemas, accounts and grants."""

    def __init__(self):
        self.schemas, self.passwords, self.grants, self.writes = {}, {}, {}, []
        self.trouble = self.deaf = None

    def functions(self):
        names = [name for name in vars(type(self)) if "_" in name and name[0] != "_"]
        return {f"openstack_database.{name}": getattr(self, name) for name in [*names, "privileges"]}

    def _write(self, where, key, value):
        self.writes.append(key)
        if self.trouble == key:
            raise OpenStackError(f"no {key}")
        if not self.deaf:
            where[key] = value

    def schema_get(self, name, profile, tables=True):
        if isinstance(self.trouble, Exception):
            raise self.trouble
        return self.schemas.get(name)

    def schema_create(self, name, character_set, collation, profile):
        new = {"character_set": character_set, "collation": collation or "default", "tables": 0}
        self._write(self.schemas, name, new)

    schema_update = schema_create

    def schema_remove(self, name, force, profile):
        self._write(self.schemas, name, None)

    def user_list(self, profile):
        if isinstance(self.trouble, Exception):
            raise self.trouble
        accounts = [account.rpartition("@") for account, password in self.passwords.items() if password]
        return [{"name": name, "host": host, "plugin": "p"} for name, _, host in accounts]

    def user_get(self, name, host, profile):
        if isinstance(self.trouble, Exception):
            raise self.trouble
        return {"plugin": "p", "locked": False} if self.passwords.get(f"{name}@{host}") else None

    def user_options(self, plugin, tls_requires, limits, locked, profile):
        return {key: value for key, value in {"plugin": plugin, "locked": locked}.items() if value is not None}

    def password_matches(self, name, host, password_pillar, profile):
        if isinstance(self.trouble, Exception):
            raise self.trouble
        there = self.passwords.get(f"{name}@{host}")
        return None if there is None else there == password_pillar

    def user_create(self, name, host, password_pillar, profile, **_given):
        self._write(self.passwords, f"{name}@{host}", password_pillar)

    user_update = user_create

    def user_remove(self, name, host, profile):
        self._write(self.passwords, f"{name}@{host}", None)

    def privileges(self, schema, names, tables, columns, profile):
        if isinstance(self.trouble, Exception):
            raise self.trouble
        if "FLY" in names:
            raise Invalid("no privilege on a schema: FLY")
        return sorted(names)

    def grants_get(self, name, schema, host, elsewhere, profile):
        return self.grants.get(f"{name}@{host}", [])

    def grants_set(self, name, schema, privileges, host, tables=None, columns=None, elsewhere=False, profile=None):
        self._write(self.grants, f"{name}@{host}", sorted(privileges))


@pytest.fixture
def server():
    return Server()


@pytest.fixture(params=[False, True], ids=["real", "test"])
def testmode(request):
    return request.param


@pytest.fixture
def states(server, testmode):
    found = {}
    for path in sorted((REPO / "_states").glob("openstack_database*.py")):
        spec = importlib.util.spec_from_file_location(f"formula_states_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.__salt__, module.__opts__ = server.functions(), {"test": testmode}
        module.__pillar__ = {"password": "x", "flag": True}
        found |= {key: value for key, value in vars(module).items() if key.endswith(("_present", "_absent"))}
        found.setdefault("modules", []).append(module)
    return types.SimpleNamespace(**found)


ARGUMENTS = {
    "schema_present": {},
    "schema_absent": {},
    "user_present": {"hosts": HOSTS, "password_pillar": "password"},
    "user_absent": {},
    "grants_present": {"schema": "s", "hosts": HOSTS, "privileges": ["SELECT"]},
    "grants_absent": {"schema": "s"},
}
FULL = {"character_set": "utf8mb4", "collation": "default", "tables": 0}


def fill(server):
    server.schemas["x"] = dict(FULL)
    for account in ("x@%", "x@localhost"):
        server.passwords[account] = "password"
        server.grants[account] = ["SELECT"]


@pytest.mark.parametrize(
    ("function", "changes"),
    [
        ("schema_present", {"character_set": {"old": None, "new": "utf8mb4"}}),
        ("user_present", {f"x@{host}": {"old": None, "new": SAME} for host in ("%", "localhost")}),
        ("grants_present", {f"x@{host}": {"old": [], "new": ["SELECT"]} for host in ("%", "localhost")}),
    ],
)
def test_present(server, states, testmode, function, changes):
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"]) == (None if testmode else True, changes)
    assert bool(server.writes) is not testmode
    fill(server)
    server.writes.clear()
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["name"], ret["result"], ret["changes"], server.writes) == ("x", True, {}, [])


@pytest.mark.parametrize(
    ("function", "changes"),
    [
        ("schema_absent", {key: {"old": value, "new": None} for key, value in FULL.items()}),
        ("user_absent", {f"x@{host}": {"old": {"plugin": "p"}, "new": None} for host in ("%", "localhost")}),
        ("grants_absent", {f"x@{host}": {"old": ["SELECT"], "new": None} for host in ("%", "localhost")}),
    ],
)
def test_absent(server, states, testmode, function, changes):
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["name"], ret["result"], ret["changes"], server.writes) == ("x", True, {}, [])
    fill(server)
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"]) == (None if testmode else True, changes)
    assert bool(server.writes) is not testmode


@pytest.mark.parametrize(
    ("function", "where", "key", "value", "change"),
    [
        (
            "schema_present",
            "schemas",
            "x",
            {**FULL, "character_set": "latin1"},
            {"character_set": {"old": "latin1", "new": "utf8mb4"}},
        ),
        ("user_present", "passwords", "x@%", "other", {"x@%": {"old": DIFFERS, "new": SAME}}),
        ("user_present", "passwords", "x@localhost", None, {"x@localhost": {"old": None, "new": SAME}}),
        (
            "grants_present",
            "grants",
            "x@%",
            ["DROP", "SELECT"],
            {"x@%": {"old": ["DROP", "SELECT"], "new": ["SELECT"]}},
        ),
        ("grants_present", "grants", "x@localhost", [], {"x@localhost": {"old": [], "new": ["SELECT"]}}),
    ],
)
def test_drift(server, states, testmode, function, where, key, value, change):
    fill(server)
    getattr(server, where)[key] = value
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"]) == (None if testmode else True, change)
    assert server.writes == ([] if testmode else [key])


@pytest.mark.parametrize("function", ARGUMENTS)
def test_a_server_that_does_not_answer_is_not_an_absent_object(server, states, function):
    server.trouble = Unreachable("no answer from db:3306")
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert (ret["result"], ret["changes"], server.writes) == (False, {}, [])
    assert "db:3306" in ret["comment"]


@pytest.mark.parametrize("function", ["schema_present", "user_present", "grants_present"])
def test_a_write_that_had_no_effect_is_a_failure(server, states, testmode, function):
    server.deaf = True
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert ret["result"] is (None if testmode else False)
    if not testmode:
        assert ret["changes"] == {}
        assert "reads back differently" in ret["comment"]


@pytest.mark.parametrize("function", ["user_present", "grants_present"])
def test_a_failure_half_way_reports_what_was_done(server, states, testmode, function):
    server.trouble = "x@localhost"
    ret = getattr(states, function)("x", **ARGUMENTS[function])
    assert ret["result"] is (None if testmode else False)
    assert list(ret["changes"]) == (["x@%", "x@localhost"] if testmode else ["x@%"])


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("user_present", {"password_pillar": "none"}),
        ("user_present", {"password_pillar": "flag"}),
        ("user_present", {"hosts": []}),
        ("user_present", {"hosts": [1]}),
        ("user_present", {"other_hosts": "burn"}),
        ("user_present", {"password_pillar": None}),
        ("user_present", {"plugin": "unix_socket"}),
        ("grants_present", {"elsewhere": "burn"}),
        ("user_absent", {"hosts": []}),
        ("grants_present", {"hosts": {}}),
        ("grants_present", {"privileges": ["FLY"]}),
    ],
)
def test_unusable_arguments(server, states, function, arguments):
    ret = getattr(states, function)("x", **{**ARGUMENTS[function], **arguments})
    assert (ret["result"], ret["changes"], server.writes) == (False, {}, [])


def test_tables_hold_a_schema_back(server, states, testmode):
    server.schemas["x"] = {**FULL, "tables": 3}
    assert states.schema_absent("x")["result"] is False
    assert server.writes == []
    assert states.schema_absent("x", force=True)["result"] is (None if testmode else True)


def test_old_names_of_utf8(server, states):
    server.schemas["x"] = {"character_set": "utf8mb3", "collation": "utf8mb3_bin", "tables": 0}
    ret = states.schema_present("x", character_set="UTF8", collation="utf8_bin")
    assert (ret["result"], ret["changes"]) == (True, {})


def test_only_the_named_hosts_are_removed(server, states, testmode):
    fill(server)
    assert list(states.user_absent("x", hosts="LOCALHOST")["changes"]) == ["x@localhost"]
    assert server.writes == ([] if testmode else ["x@localhost"])


@pytest.mark.parametrize("other_hosts", ["keep", "remove"])
def test_other_hosts(server, states, testmode, other_hosts):
    fill(server)
    server.passwords["x@10.0.0.1"] = "password"
    ret = states.user_present("x", hosts=HOSTS, password_pillar="password", other_hosts=other_hosts)
    removed = {"x@10.0.0.1": {"old": {"plugin": "p"}, "new": None}}
    if other_hosts == "keep":
        assert (ret["result"], ret["changes"], server.writes) == (True, {}, [])
    else:
        assert (ret["result"], ret["changes"]) == (None if testmode else True, removed)
        assert server.writes == ([] if testmode else ["x@10.0.0.1"])


def test_a_password_that_fits_is_not_set_again(server, states, testmode):
    """What changes is another attribute: no password goes to the server."""
    fill(server)
    sent = []
    for module in states.modules:
        module.__salt__["openstack_database.user_update"] = lambda *args, **given: sent.append((args, given))
    ret = states.user_present("x", hosts="%", password_pillar="password", locked=True)
    planned = {"x@%": {"old": {**SAME, "locked": False}, "new": {**SAME, "locked": True}}}
    assert ret["changes"] == (planned if testmode else {})  # this server does nothing
    assert [args for args, _ in sent] == ([] if testmode else [("x", "%", None)])


def test_states_without_their_module(states):
    for module in states.modules:
        assert module.__virtual__() == "openstack_database"
        module.__salt__ = {}
        assert module.__virtual__()[0] is False
