"""Run the test suite inside a lab."""

import os
import signal
import subprocess
from pathlib import Path

from lab import venv
from lab.client import Lab
from lab.settings import REPO

UNIT = REPO / "test" / "unit"


def needs_lab(args: list[str]) -> bool:
    """Unit tests alone need no machines: whether anything else is asked for."""
    paths = [Path(os.path.abspath(a.split("::")[0])) for a in args if not a.startswith("-")]
    paths = [p for p in paths if p.exists()]
    return not paths or not all(p.is_relative_to(UNIT) for p in paths)


def run(lab: Lab | None, args: list[str], everything: bool) -> int:
    """pytest's exit code. It ends when this process is told to."""
    environment = {**venv.environment(venv.path_of()), "PYTHONPATH": str(REPO / "test")}
    command = [str(venv.path_of() / "bin" / "python"), "-m", "pytest", "-p", "lab.plugin"]
    if not everything:
        command += ["-m", "not slow"]
    command += args
    directory = os.getcwd() if args else str(REPO)
    if lab:
        environment["GLANCE_LAB"] = str(lab.run_dir)
        command = lab.enter_argv(*command, directory=directory)
    pytest = subprocess.Popen(command, env=environment, cwd=directory)
    before = signal.signal(signal.SIGTERM, lambda *_: pytest.terminate())
    try:
        while True:
            try:
                code = pytest.wait()
                return code if code >= 0 else 128 - code
            except KeyboardInterrupt:  # pytest was interrupted as well: let it report
                continue
    finally:
        signal.signal(signal.SIGTERM, before)
        pytest.kill()
