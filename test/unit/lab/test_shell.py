import pytest
from lab import shell
from lab.errors import LabError


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("a\nE: Unable to locate package x\nb\n", "E: Unable to locate package x"),
        ("tar: x: No space left on device\nE: apt failed\n", "tar: x: No space left on device"),
        ("ERROR: No matching distribution found for salt==9\n", "ERROR: No matching distribution found for salt==9"),
        ("E: not enough free space in /x\nE: apt failed\nE: all failed\n", "E: not enough free space in /x"),
        ("one\ntwo\n\n", "two"),
        ("", ""),
    ],
)
def test_the_line_of_a_log_that_says_why(log, reason):
    assert shell.reason(log) == reason


def test_a_failure_tells_what_the_command_said():
    with pytest.raises(LabError, match="sh -c echo why; exit 3: exit 3\nwhy"):
        shell.sh("sh", "-c", "echo why; exit 3")
    with pytest.raises(LabError, match="no such command"):
        shell.sh("no-such-command-at-all")
    with pytest.raises(LabError, match="no end after 0 s"):
        shell.sh("sleep", "5", timeout=0.1)
    assert shell.sh("false", check=False).returncode == 1
