"""What `./lab` says to who cannot use it."""

import os
import subprocess

import pytest
from lab.settings import REPO

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def run(*argv, before=(), **environment):
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [*before, str(REPO / "lab"), *argv]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)


@pytest.mark.parametrize("argv", [["salt-run", "glance.sites"], ["status"], ["up"]], ids=" ".join)
def test_not_root(argv):
    if subprocess.run([*NOBODY, "test", "-r", str(REPO / "test" / "lab" / "cli.py")], check=False).returncode:
        pytest.skip("this checkout can be read by root only")
    done = run(*argv, before=NOBODY)
    assert done.returncode == 1, f"./lab {' '.join(argv)} as nobody: exit {done.returncode}\n{done.stderr}"
    assert "root" in done.stderr, f"./lab does not say that it needs root: {done.stderr}"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "argv", [["salt", "*", "test.ping"], ["status"], ["exec", "db-node", "--", "true"]], ids=" ".join
)
def test_no_lab_is_up(tmp_path, argv):
    done = run(*argv, GLANCE_LAB=str(tmp_path))
    assert done.returncode == 3, f"./lab {' '.join(argv)} without a lab: exit {done.returncode}\n{done.stderr}"
    assert "./lab up" in done.stderr, f"./lab does not say how to get one: {done.stderr}"
