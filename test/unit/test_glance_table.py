"""The table of the runner's answers: which columns it has, how it wraps, and what it leaves to others."""

import importlib.util
import pathlib
import re
import types

import pytest

PATH = pathlib.Path(__file__).resolve().parents[2] / "_output" / "glance_table.py"
ROWS = [
    {"host": "a", "check": "port", "result": "ok", "detail": "free"},
    {"host": "longer", "check": "x", "result": "failed", "detail": "one\ntwo"},
]
MATRIX = [
    {"image": "cirros", "sites": {"zurich": "present", "geneva": "missing"}, "result": "failed", "detail": ""},
    {"image": "b", "sites": {"zurich": "present", "geneva": "differs: tags"}, "result": "failed", "detail": "why"},
]


@pytest.fixture
def table(monkeypatch):
    spec = importlib.util.spec_from_file_location("glance_table_under_test", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__opts__ = {"color": False}
    monkeypatch.setattr(module, "sys", types.SimpleNamespace(stdout=types.SimpleNamespace(isatty=lambda: False)))
    return module


def test_a_row_is_a_line(table):
    lines = table.output({"rows": ROWS, "failed": 1, "summary": "the end"}).splitlines()
    assert lines == [
        "Host    Check  Result  Detail",
        "a       port   ok      free",
        "longer  x      failed  one",
        "                       two",
        "",
        "the end",
    ]


def test_an_answer_may_have_columns_of_its_own(table):
    columns = ["image", "sites:zurich", "sites:geneva", "result", "detail"]
    lines = table.output({"rows": MATRIX, "columns": columns, "failed": 2, "summary": "the end"}).splitlines()
    assert lines == [
        "Image   zurich   geneva         Result  Detail",
        "cirros  present  missing        failed",
        "b       present  differs: tags  failed  why",
        "",
        "the end",
    ]


def test_no_rows_are_a_headline(table):
    assert table.output({"rows": [], "failed": 0, "summary": "the end"}).splitlines()[0].split() == [
        *("Host", "Check", "Result", "Detail")
    ]


@pytest.mark.parametrize("data", ["text", {"other": 1}, None])
def test_what_is_no_report_is_shown_as_it_is(table, data):
    assert table.output(data) == str(data)


def test_colours_do_not_shift_columns(table):
    table.__opts__ = {"color": True}
    plain = "Host    Check  Result  Detail"
    lines = table.output({"rows": ROWS, "failed": 1, "summary": "the end"}).splitlines()
    assert lines[0] == plain
    assert "\x1b" in lines[1]
    assert re.sub(r"\x1b\[[\d;]*m", "", lines[1]) == "a       port   ok      free"
