"""The virtual environments that the test suite and the benchmark run in, kept in the cache."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lab.errors import LabError
from lab.settings import CACHE, REPO
from lab.shell import reason

REQUIREMENTS = REPO / "test" / "requirements.txt"


def path_of(requirements: Path = REQUIREMENTS) -> Path:
    """One for each set of requirements and Python."""
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode() + sys.executable.encode())
    return CACHE / f"venv-{digest.hexdigest()[:12]}"


def ensure(say=lambda text: None, requirements: Path = REQUIREMENTS) -> Path:
    """The venv; it is whole when it holds `complete`, since a venv cannot be made beside its name and renamed."""
    path = path_of(requirements)
    complete = path / "complete"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if complete.exists():
            return path
        shutil.rmtree(path, ignore_errors=True)
        log = CACHE / "venv.log"
        say("making it")
        _run([sys.executable, "-m", "venv", str(path)], log)
        say(f"{first_of(requirements)} and the rest from PyPI")
        _run([str(path / "bin" / "pip"), "install", "--disable-pip-version-check", "-r", str(requirements)], log)
        complete.touch()
    return path


def first_of(requirements: Path) -> str:
    """Its first package, for which the others are there."""
    return next(line for line in requirements.read_text().splitlines() if line[:1] not in ("", "#")).partition("==")[0]


def environment(path: Path) -> dict[str, str]:
    """What `activate` would set."""
    found = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    return {**found, "VIRTUAL_ENV": str(path), "PATH": f"{path}/bin:{os.environ.get('PATH', '')}"}


def _run(argv: list[str], log: Path) -> None:
    with open(log, "w") as opened:
        done = subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", *argv], stdin=subprocess.DEVNULL, stdout=opened, stderr=subprocess.STDOUT
        )
    if done.returncode:
        raise LabError(f"the test environment could not be made: {reason(log.read_text())}\nThe whole log: {log}")
