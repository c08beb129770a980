import pytest
from lab import base
from lab.settings import SUITES, Suite


def test_a_recipe_is_the_same_until_something_changes(monkeypatch, tmp_path):
    suite = SUITES["trixie"]
    first = base.recipe(suite)
    assert base.recipe(suite) == first
    assert base.recipe(Suite("trixie", "Epoxy", apt_options=("x",))) != first
    monkeypatch.setattr(base, "REQUIREMENTS", base.HERE / "settings.py")
    assert base.recipe(suite) != first


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("a\nE: Unable to locate package x\nb\n", "E: Unable to locate package x"),
        ("tar: x: No space left on device\nE: apt failed\n", "tar: x: No space left on device"),
        ("ERROR: No matching distribution found for salt==9\n", "ERROR: No matching distribution found for salt==9"),
        ("one\ntwo\n\n", "two"),
        ("", ""),
    ],
)
def test_the_line_of_a_log_that_says_why(log, reason):
    assert base.reason(log) == reason
