import os
import subprocess
import sys

import pytest
from lab import cli
from lab.settings import REPO, lab_name


@pytest.fixture(autouse=True)
def no_lab(monkeypatch, tmp_path):
    """No lab is up, whatever this machine is doing."""
    monkeypatch.setenv("GLANCE_LAB", str(tmp_path / "none"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["--help"], 0, ""),
        ([], 2, ""),
        (["fly"], 2, "fly: no such command"),
        (["up", "--suite", "woody"], 2, "--suite woody: the lab knows"),
        (["up", "--sites", "99"], 2, "--sites 99"),
        (["up", "--pillar", "/no/such"], 2, "no such folder"),
        (["down", "now"], 2, "down does not take now"),
        (["exec"], 2, "which node"),
        (["status"], 3, "./lab up first"),
        (["salt", "*", "test.ping"], 3, "./lab up first"),
        (["exec", "db-node", "--", "true"], 3, "./lab up first"),
        (["power", "db-node", "loss"], 3, "./lab up first"),
    ],
)
def test_exit_codes_and_what_to_do(capsys, argv, code, said):
    assert cli.main(argv) == code
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) <= 1


@pytest.mark.parametrize("argv", [["up"], ["status"], ["salt", "x"], ["enter"]])
def test_not_root(monkeypatch, capsys, argv):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cli.main(argv) == 1
    assert capsys.readouterr().err == "lab: not root: run it with sudo\n"


def test_the_executable_finds_its_code():
    done = subprocess.run([sys.executable, REPO / "lab", "--help"], cwd="/", capture_output=True, text=True, check=True)
    assert "./lab demo" in done.stdout


def test_two_checkouts_are_two_labs(tmp_path):
    assert lab_name(tmp_path / "a") != lab_name(tmp_path / "b")
    assert lab_name(tmp_path) != lab_name(tmp_path, tmp_path)
