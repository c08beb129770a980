"""Definitions of metadata: a real table, and a stand-in that loads them as glance-manage does."""

import json
import os
import sys
import textwrap

import pymysql
import pytest
import salt.exceptions

pytestmark = pytest.mark.slow

SCHEMA = "gt_metadefs"
STAND_IN = """\
#!{python}
import json, pathlib, sys
import pymysql

here = pathlib.Path(__file__).parent
with open(here / "calls", "a") as stream:
    print(*sys.argv[1:], file=stream)
if (here / "broken").exists():
    sys.exit(1)
path = pathlib.Path(sys.argv[sys.argv.index("--path") + 1])
with pymysql.connect(**json.loads((here / "login").read_text()), autocommit=True) as connection:
    for each in path.glob("*.json"):
        name = json.loads(each.read_text())["namespace"]
        connection.cursor().execute("INSERT IGNORE INTO {schema}.metadef_namespaces (namespace) VALUES (%s)", (name,))
"""


@pytest.fixture(scope="module")
def login(server):
    given = server("database")
    return {key: given[key] for key in ("host", "port", "user", "password") if key in given}


@pytest.fixture(scope="module")
def pillar(login):
    return {"db": login["password"]}


@pytest.fixture
def sql(login):
    def run(statement):
        with pymysql.connect(**login, autocommit=True) as connection:
            connection.cursor().execute(statement)

    run(f"DROP DATABASE IF EXISTS {SCHEMA}")
    run(f"CREATE DATABASE {SCHEMA}")
    run(f"CREATE TABLE {SCHEMA}.metadef_namespaces (namespace VARCHAR(80) PRIMARY KEY)")
    yield run
    run(f"DROP DATABASE IF EXISTS {SCHEMA}")


@pytest.fixture
def command(tmp_path, monkeypatch, login, sql):
    path = tmp_path / "bin"
    path.mkdir()
    (path / "login").write_text(json.dumps(login))
    script = path / "glance-manage"
    script.write_text(textwrap.dedent(STAND_IN).format(python=sys.executable, schema=SCHEMA))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path}{os.pathsep}{os.environ['PATH']}")
    return path


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "metadefs"
    path.mkdir()
    for name in ("one", "two"):
        (path / f"{name}.json").write_text(json.dumps({"namespace": f"NS::{name}"}))
    return path


@pytest.fixture
def loaded(states, login, directory):
    profile = {key: value for key, value in login.items() if key != "password"} | {"password_pillar": "db"}

    def run(**kwargs):
        return states.glance_manage.metadefs_loaded(
            name=str(directory), profile=profile, schema=SCHEMA, user=None, **kwargs
        )

    return run


def calls(command):
    path = command / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_loaded_as_planned_and_then_left_alone(loaded, command, directory):
    plan = loaded(test=True)
    assert plan.result is None
    assert plan.changes == {"metadefs": {"old": None, "new": "as in the files"}}
    assert calls(command) == []
    ret = loaded()
    assert ret.result is True
    assert ret.changes == plan.changes
    for test in (True, False):
        again = loaded(test=test)
        assert again.result is True
        assert not again.changes
    assert calls(command) == [f"db load_metadefs --path {directory}"]


def test_a_namespace_that_is_missing_is_named_and_loaded(loaded, command, sql):
    loaded()
    sql(f"DELETE FROM {SCHEMA}.metadef_namespaces WHERE namespace = 'NS::two'")
    plan = loaded(test=True)
    assert plan.changes == {"metadefs": {"old": "missing NS::two", "new": "as in the files"}}
    assert loaded().changes == plan.changes
    assert not loaded().changes


@pytest.mark.parametrize(("update", "arguments"), [("none", None), ("new", "--merge"), ("all", "--merge --prefer_new")])
def test_a_file_that_changed_is_loaded_again_if_pillar_says_so(loaded, command, directory, update, arguments):
    loaded(update=update)
    (directory / "one.json").write_text(json.dumps({"namespace": "NS::one", "description": "more"}))
    plan = loaded(update=update, test=True)
    ret = loaded(update=update)
    assert ret.result is True
    assert ret.changes == plan.changes
    if arguments is None:
        assert not ret.changes
    else:
        assert ret.changes["metadefs"]["old"] == "changed NS::one"
        assert calls(command)[-1] == f"db load_metadefs --path {directory} {arguments}"
    assert not loaded(update=update).changes


def test_a_command_that_fails(loaded, command):
    (command / "broken").touch()
    ret = loaded()
    assert ret.result is False
    assert "exit code 1" in ret.comment
    assert not ret.changes


def test_an_update_that_there_is_not(loaded, command):
    ret = loaded(update="some")
    assert (ret.result, ret.changes) == (False, {})
    assert "update must be one of none, new, all, not some" in ret.comment
    assert not calls(command)


def test_a_file_that_is_no_definition(loaded, command, directory):
    (directory / "bad.json").write_text("[]")
    ret = loaded()
    assert ret.result is False
    assert "bad.json is no definition of metadata" in ret.comment


def test_before_the_schema_and_the_directory_are_there(loaded, command, sql, modules, login, directory):
    sql(f"DROP DATABASE {SCHEMA}")
    assert loaded(test=True).changes == {"metadefs": {"old": None, "new": "as in the files"}}
    profile = {key: value for key, value in login.items() if key != "password"} | {"password_pillar": "db"}
    assert modules.glance_manage.metadefs(profile, SCHEMA, str(directory / "none")) is None


def test_nobody_answers(modules, command, directory):
    profile = {"host": "127.0.0.1", "port": 9, "user": "x", "password_pillar": "db"}
    with pytest.raises(salt.exceptions.CommandExecutionError):
        modules.glance_manage.metadefs(profile, SCHEMA, str(directory))
