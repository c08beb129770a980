"""Rows, what they add up to, and how they look."""

import importlib.util
import pathlib

import glance_report
import pytest
from openstack_errors import Invalid, Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def table(monkeypatch):
    spec = importlib.util.spec_from_file_location("formula_output_glance_table", REPO / "_output" / "glance_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__opts__ = {"color": False}
    return module


@pytest.fixture
def report():
    rows = glance_report.Rows("db-node")
    rows.ok("answers")
    rows.not_checked("login", "PyMySQL missing")
    with rows.checking("database"):
        raise Unreachable("db-node:3306 refuses connections")
    return glance_report.report("preflight", "zurich", rows, 1.26)


def test_report(report):
    assert (report["ok"], report["failed"], report["not_checked"]) == (1, 1, 1)
    assert report["summary"] == "preflight of site zurich: 1 ok, 1 failed, 1 not checked (1.3 s)"
    assert glance_report.complaint(report).splitlines()[1:] == ["db-node: database: db-node:3306 refuses connections"]


def test_only_expected_errors_become_rows():
    rows = glance_report.Rows("x")
    with rows.checking("a"):
        raise Invalid("b")
    with pytest.raises(ZeroDivisionError), rows.checking("c"):
        raise ZeroDivisionError
    assert [row["check"] for row in rows] == ["a"]


def test_table(table, report):
    assert table.output(report).splitlines() == [
        "Host     Check     Result       Detail",
        "db-node  answers   ok",
        "db-node  login     not checked  PyMySQL missing",
        "db-node  database  failed       db-node:3306 refuses connections",
        "",
        report["summary"],
    ]


def test_table_on_a_terminal(table, report, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "62")
    table.__opts__ = {"color": True}
    report["rows"][0]["detail"] = "one two three four five six seven eight nine ten"
    lines = table.output(report).splitlines()
    assert lines[2] == " " * 32 + "seven eight nine ten"
    assert "\x1b[" in lines[1]


def test_what_is_no_report_is_shown_as_it_is(table):
    assert table.output("an error") == "an error"
