"""What starts real servers of a release: finding Pythons, whole sets of versions, processes that do not outlive us."""

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import yaml
from releases import pythons, site
from releases.errors import Failed, Missing
from releases.lanes import LANES
from releases.processes import Servers, run

REPO = Path(__file__).resolve().parents[3]
LISTENS = "import socket, time; s = socket.create_server(('127.0.0.1', {port})); print('listening'); time.sleep(60)"


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return unused.getsockname()[1]


def gone(pid):
    """Whether a process is no more, or a zombie that nobody has asked after."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("lane", LANES.values(), ids=LANES)
def test_a_lane_is_a_release_with_a_whole_set_of_versions(lane):
    known = yaml.safe_load((REPO / "glance" / "releases.yaml").read_text())["releases"]
    [release] = [each for each in known if each["codename"] == lane.name]
    assert lane.pin("glance").startswith(f"glance=={release['glance']}.")
    lines = [line for line in lane.constraints.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []
    assert bool(re.search("^pyuwsgi==", lane.constraints.read_text(), re.MULTILINE)) == lane.uwsgi


@pytest.fixture
def pyenv(tmp_path, monkeypatch):
    """A pyenv root with some versions, and nothing on PATH."""
    for version in ("2.7.9", "2.7.18", "3.10.4"):
        folder = tmp_path / "versions" / version / "bin"
        folder.mkdir(parents=True)
        program = folder / f"python{version.rpartition('.')[0]}"
        program.touch(mode=0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    return tmp_path


def test_the_newest_patch_of_a_python(pyenv):
    assert pythons.find("2.7") == pyenv / "versions" / "2.7.18" / "bin" / "python2.7"


def test_a_python_on_path_comes_first(pyenv, monkeypatch):
    (pyenv / "bin").mkdir()
    (pyenv / "bin" / "python3.10").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(pyenv / "bin"))
    assert pythons.find("3.10") == pyenv / "bin" / "python3.10"


def test_a_shim_is_no_python(pyenv):
    (pyenv / "shims").mkdir()
    (pyenv / "shims" / "python3.10").touch(mode=0o755)
    assert pythons.find("3.10") == pyenv / "versions" / "3.10.4" / "bin" / "python3.10"


def test_a_python_that_is_not_there(pyenv):
    with pytest.raises(Missing, match=r"no python3\.1 on PATH or under .*: pyenv install 3\.1"):
        pythons.find("3.1")


def test_a_command_that_fails_says_its_last_words(tmp_path):
    log = tmp_path / "log"
    log.write_text("of another command\n")
    with pytest.raises(Failed, match=r"(?s)exit 3.*why it failed") as raised:
        run(["sh", "-c", "echo why it failed; exit 3"], log)
    assert "another command" not in str(raised.value)


def test_a_command_that_does_not_end(tmp_path):
    with pytest.raises(Failed, match="no end after 0"):
        run(["sleep", "30"], tmp_path / "log", timeout=0.2)


def test_servers_listen_inside_and_end_with_it(tmp_path, port):
    with Servers(tmp_path) as servers:
        servers.start("one", [sys.executable, "-uc", LISTENS.format(port=port)], "127.0.0.1", port)
        pid = servers._started[0].pid
        assert (tmp_path / "one.out").read_text() == "listening\n"
    assert gone(pid)


def test_a_server_that_ends_says_its_last_words(tmp_path, port):
    with Servers(tmp_path) as servers, pytest.raises(Failed, match=r"(?s)one ended, exit 1.*no such option"):
        servers.start("one", [sys.executable, "-c", "raise SystemExit('no such option')"], "127.0.0.1", port)


def test_a_server_does_not_outlive_us_even_when_we_are_killed(tmp_path, port):
    program = f"""
        import pathlib, sys, time
        from releases.processes import Servers
        servers = Servers(pathlib.Path({str(tmp_path)!r}))
        servers.start("one", [sys.executable, "-c", {LISTENS.format(port=port)!r}], "127.0.0.1", {port})
        print(servers._started[0].pid, flush=True)
        time.sleep(60)
    """
    environment = {**os.environ, "PYTHONPATH": str(REPO / "test")}
    argv = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as starter:
        pid = int(starter.stdout.readline())
        assert Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        starter.send_signal(signal.SIGKILL)
    assert gone(pid)


def test_addresses_are_loopback_and_free():
    addresses = {site.free_address() for _ in range(5)}
    assert all(address.startswith("127.") for address in addresses)
    assert len(addresses) > 1
