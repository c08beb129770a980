"""What the questions to a host have in common: whom a check is for, what a missing library means."""

import glance_checks
import pytest
from openstack_errors import Invalid

from unit.files import question


@pytest.mark.parametrize("roles", [None, "api", {"api": 1}])
def test_roles_that_are_none(roles):
    asked = question({}, pillar={"glance": {"roles": roles}})
    asked.make([(("api",), lambda each: each.rows.ok("one"))])
    assert asked.rows == []


def test_a_check_is_made_once_and_in_the_order_of_the_table():
    asked = question({}, roles=["api", "identity"])
    table = [
        (("identity", "api"), lambda each: each.rows.ok("both")),
        (("database",), lambda each: each.rows.ok("none")),
        (("api",), lambda each: each.rows.ok("one")),
    ]
    asked.make(table)
    assert [row["check"] for row in asked.rows] == ["both", "one"]


@pytest.mark.parametrize(
    ("strict", "missing", "result", "words"),
    [
        (True, [], "failed", "a.b is not available"),
        (False, [], "failed", "a.b is not available"),
        (True, ["PyMySQL"], "failed", "PyMySQL missing"),
        (False, ["PyMySQL"], "not checked", "PyMySQL missing"),
    ],
)
def test_who_cannot_be_asked(strict, missing, result, words):
    asked = question({})
    asked.strict, asked.missing = strict, missing
    assert asked.ask("check", "a.b") is None
    assert asked.rows[0]["result"] == result
    assert words in asked.rows[0]["detail"]


def test_what_fails_is_a_row():
    def fails(name):
        raise Invalid(f"{name} is wrong")

    asked = question({}, {"a.b": fails, "a.c": lambda name: name})
    assert asked.ask("check", "a.b", name="it") is None
    assert (asked.rows[0]["result"], asked.rows[0]["detail"]) == ("failed", "it is wrong")
    assert asked.ask("check", "a.c", name="it") == "it"


def test_settings_that_are_wrong_end_the_question():
    asked = question(None, {"glance_settings.check": lambda: ["one", "two"]})
    assert not asked.ready()
    assert [row["detail"] for row in asked.rows if row["check"] == "pillar"] == ["one", "two"]


@pytest.mark.parametrize(("strict", "result"), [(True, "failed"), (False, "not checked")])
def test_settings_without_jsonschema(monkeypatch, strict, result):
    monkeypatch.setattr(glance_checks, "missing", lambda wanted: ["jsonschema"])
    asked = question(None, {"glance_settings.get": lambda sls: {"from": sls}})
    asked.strict = strict
    assert asked.ready(quiet=True)
    assert asked.settings == {"from": "glance.client.python"}
    assert [(row["check"], row["result"]) for row in asked.rows] == [("Python libraries", result), ("pillar", result)]
    asked.execution = {"glance_settings.get": lambda sls: {}["glance"]}
    assert not asked.ready(quiet=True)
    assert asked.rows[-1]["detail"] == "cannot be used: KeyError"
