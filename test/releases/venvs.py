"""The virtual environment of a lane, kept in the lab's cache: one for each set of versions and Python."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from lab import host
from lab.settings import CACHE, GATEWAY, PROXY_PORT

from releases import pythons
from releases.errors import Failed, Missing
from releases.lanes import Lane
from releases.processes import run

HOME = CACHE / "releases"
# The last one that makes environments for Python 2.7.
VIRTUALENV = "virtualenv==20.21.1"
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


def ensure(lane: Lane, say=lambda text: None) -> Path:
    """
    Return the environment of a lane, made if it is not there.

    lane
        The lane.

    say
        Called with a text before each step that takes long.

    Raises :py:exc:`Missing` where this machine has no such Python, no compiler or no place to keep it;
    :py:exc:`Failed` where pip does.
    """
    python = pythons.find(lane.python)
    path = _path_of(lane, python)
    with _locked(lane):
        # a venv cannot be made beside its name and renamed, so the last thing in it says that it is whole
        complete = path / "complete"
        if complete.exists():
            return path
        if lane.compiles and not shutil.which("cc"):
            raise Missing(f"no C compiler, and {lane.name} has to be compiled: apt-get install build-essential")
        shutil.rmtree(path, ignore_errors=True)
        log = path.with_suffix(".log")
        log.unlink(missing_ok=True)
        say(f"{lane.name}: installing from PyPI, a minute or two (log: {log})")
        _make(lane, python, path, log)
        complete.touch()
    return path


def pip_environment() -> dict[str, str]:
    """
    The environment for pip: this host's index, not its other settings, which are made for other versions.

    A lab's network has no way out but its proxy.
    """
    found = {**os.environ, **host.pip_index(), "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if os.environ.get("GLANCE_LAB"):
        found |= dict.fromkeys(_PROXIES, f"http://{GATEWAY}:{PROXY_PORT}")
    return found


def _path_of(lane: Lane, python: Path) -> Path:
    parts = (lane.constraints.read_bytes(), Path(__file__).read_bytes(), str(python.resolve()).encode())
    return HOME / f"{lane.name}-{hashlib.sha256(b'|'.join(parts)).hexdigest()[:12]}"


@contextlib.contextmanager
def _locked(lane: Lane):
    path = HOME / f"{lane.name}.lock"
    try:
        HOME.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise Missing(f"{HOME}: {error.strerror}: be root, or set GLANCE_LAB_CACHE to a directory of yours") from error
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(lane: Lane, python: Path, path: Path, log: Path) -> None:
    environment = pip_environment()
    if lane.python == "2.7":
        with tempfile.TemporaryDirectory() as tool:
            run([sys.executable, "-m", "venv", tool], log)
            run([f"{tool}/bin/pip", "install", VIRTUALENV], log, env=environment)
            run([f"{tool}/bin/virtualenv", "-p", python, path], log)
    else:
        run([python, "-m", "venv", path], log)
    pip = path / "bin" / "pip"
    run([pip, "install", "--no-deps", "-r", lane.constraints], log, timeout=1800, env=environment)
    if lane.archives:
        for project in ("glance", "keystone"):
            _unpack_config(pip, lane.pin(project), path / "etc" / project, log, environment)


def _unpack_config(pip: Path, pin: str, target: Path, log: Path, environment: dict[str, str]) -> None:
    """The files of ``etc/`` that newer wheels install into ``<venv>/etc/<project>``."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        options = ("--no-deps", "--no-binary", ":all:", "--no-build-isolation")
        run([pip, "download", *options, "-d", folder, pin], log, env=environment)
        [archive] = Path(folder).iterdir()
        with tarfile.open(archive) as opened:
            members = [each for each in opened.getmembers() if each.isfile() and Path(each.name).parts[1:2] == ("etc",)]
            if not members:
                raise Failed(f"{archive.name} has no etc/")
            for member in members:
                (target / Path(member.name).name).write_bytes(opened.extractfile(member).read())
