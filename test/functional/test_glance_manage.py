"""The schema of the database: with a stand-in that plays the exit codes, and with glance-manage itself where it is."""

import os
import pathlib
import shutil
import textwrap

import pytest
import salt.exceptions
from releases import venvs
from releases.errors import Missing
from releases.lanes import LANES

STAND_IN = """\
#!/bin/sh
# what needs to be done is in a file beside this one; stderr is noisy when all is well, as that of the real command
here=$(dirname "$0")
echo "Exception ignored in: <function _removeHandlerRef>" >&2
case "$*" in
  *"--version"*) echo 30.0.0; exit 0 ;;
  *"db version"*) echo "INFO nothing"; echo 2024_1_contract01; exit 0 ;;
  *"db sync"*) [ -e "$here/broken" ] && { cat "$here/broken" >&2; exit 1; }; echo 0 > "$here/needs"; exit 0 ;;
  *"db check"*) [ -e "$here/broken" ] && { cat "$here/broken" >&2; exit 255; }; exit "$(cat "$here/needs")" ;;
esac
exit 2
"""
PASSWORD = "s3cr3t"
CRITICAL = "2026-11-24 07:50:14.865 10977 CRITICAL glance [-] Unhandled error: "
UP_TO_DATE = {"new": "up to date"}


@pytest.fixture(scope="module")
def pillar():
    return {"glance": {"database": {"host": "db-node", "user": "glance", "name": "glance", "password": PASSWORD}}}


@pytest.fixture
def command(tmp_path, monkeypatch):
    path = tmp_path / "glance-manage"
    path.write_text(STAND_IN)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "needs").write_text("0")
    return tmp_path


@pytest.fixture
def synced(states):
    def run(**kwargs):
        return states.glance_manage.db_synced(name="glance", user=None, **kwargs)

    return run


@pytest.mark.parametrize("needs", [(3, "needs expand"), (4, "needs migrate"), (5, "needs contract")])
def test_only_what_check_says_is_done(command, synced, needs):
    code, words = needs
    (command / "needs").write_text(str(code))
    plan = synced(test=True)
    assert plan.result is None
    assert plan.changes == {"schema": {"old": words, **UP_TO_DATE}}
    assert (command / "needs").read_text() == str(code)
    ret = synced()
    assert ret.result is True
    assert ret.changes == plan.changes
    for test in (True, False):
        again = synced(test=test)
        assert again.result is True
        assert not again.changes


def test_before_the_package_is_there(synced, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    plan = synced(test=True)
    assert plan.result is None
    assert plan.changes == {"schema": {"old": None, **UP_TO_DATE}}
    ret = synced()
    assert ret.result is False
    assert "glance-manage is not installed" in ret.comment
    assert not ret.changes


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('(pymysql.err.OperationalError) (2003, "Can\'t connect")', "no answer from the database server db-node"),
        ('(pymysql.err.OperationalError) (1045, "Access denied")', "does not accept user glance: compare glance:data"),
        ('(pymysql.err.OperationalError) (1049, "Unknown")', "has no schema glance: state.apply glance.database"),
        ('(pymysql.err.OperationalError) (1130, "Host")', "glance:database:allowed_hosts"),
        ('(MySQLdb.OperationalError) (1044, "Access denied")', "does not let glance use schema glance"),
        ("ModuleNotFoundError: No module named 'MySQLdb'", "connection must start with mysql+pymysql://"),
        (
            f"cannot parse mysql://glance:{PASSWORD}@db/glance",
            "exit code 255: Unhandled error: cannot parse mysql://…@db",
        ),
    ],
)
@pytest.mark.parametrize("test", [True, False])
def test_errors_are_clear_and_keep_the_password(command, synced, said, expected, test):
    (command / "broken").write_text(f"{CRITICAL}{said}\n2026-11-24 07:50:14.865 1 ERROR glance Traceback\n")
    ret = synced(test=test)
    # a database that lets nobody in yet is part of the first plan
    planned = test and any(code in said for code in ("(1045", "(1049", "(1130", "(1044"))
    assert ret.result is (None if planned else False)
    assert expected in (ret.changes["schema"]["old"] if planned else ret.comment)
    assert PASSWORD not in str(ret.raw)
    assert bool(ret.changes) is planned


def test_versions(command, modules):
    assert modules.glance_manage.installed() is True
    assert modules.glance_manage.version(user=None) == "30.0.0"
    assert modules.glance_manage.db_version(user=None) == "2024_1_contract01"


@pytest.fixture
def real(monkeypatch):
    """The command of this machine, else that of a release from PyPI."""
    if shutil.which("glance-manage"):
        return
    try:
        venv = venvs.ensure(LANES["hibiscus"])
    except Missing as missing:
        pytest.skip(str(missing))
    monkeypatch.setenv("PATH", f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.slow
@pytest.mark.usefixtures("real")
def test_the_real_command(tmp_path, modules, synced):
    config = tmp_path / "glance-api.conf"
    database = tmp_path / "glance.sqlite"
    config.write_text(
        textwrap.dedent(f"""\
        [DEFAULT]
        log_dir = {tmp_path}
        [database]
        connection = sqlite:///{database}
        """)
    )
    assert modules.glance_manage.version(user=None)
    assert modules.glance_manage.db_version(config=str(config), user=None) is None
    plan = synced(config=str(config), test=True)
    ret = synced(config=str(config))
    assert ret.result is True
    assert ret.changes == plan.changes == {"schema": {"old": "needs expand", **UP_TO_DATE}}
    assert not synced(config=str(config)).changes
    assert modules.glance_manage.db_version(config=str(config), user=None)


@pytest.mark.slow
@pytest.mark.usefixtures("real")
def test_the_real_command_without_a_server(tmp_path, modules):
    config = pathlib.Path(tmp_path / "glance-api.conf")
    config.write_text(f"[database]\nconnection = mysql+pymysql://glance:{PASSWORD}@127.0.0.1:9/glance\n")
    with pytest.raises(salt.exceptions.CommandExecutionError, match="no answer from the database server db-node"):
        modules.glance_manage.db_check(config=str(config), user=None)
