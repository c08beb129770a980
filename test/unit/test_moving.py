"""The page about moving: what it names is there, and what it calls gone is gone from the Salt that this runs on."""

import ast
import importlib.util
import pathlib

import pytest
import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]
SECTIONS = yaml.safe_load((REPO / "docs" / "moving.yaml").read_text(encoding="utf-8"))
STATES = {old: entry for section in SECTIONS for old, entry in section["states"].items()}


def functions(folder):
    """The arguments of every function in a folder, ``{"openstack_identity.user_present": {"name", …}}``."""
    found = {}
    for path in (REPO / folder).glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        (module,) = [
            each.value.value
            for each in tree.body
            if isinstance(each, ast.Assign) and getattr(each.targets[0], "id", "") == "__virtualname__"
        ]
        for each in tree.body:
            if isinstance(each, ast.FunctionDef):
                found[f"{module}.{each.name.rstrip('_')}"] = {argument.arg for argument in each.args.args}
    return found


NOW = functions("_states")


@pytest.mark.parametrize(("old", "entry"), STATES.items(), ids=STATES)
def test_what_takes_its_place_exists_with_these_arguments(old, entry):
    if "new" not in entry:
        assert entry["note"]
        return
    module = entry["new"].partition(".")[0]
    for new in entry["arguments"].values():
        function, _, argument = (new or "name").rpartition(":")
        assert argument in NOW[f"{module}.{function}" if function else entry["new"]]


def test_what_is_called_by_hand_exists():
    named = {new for section in SECTIONS for new in section.get("by_hand", {})}
    assert named
    assert named - functions("_modules").keys() == set()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section["title"])
def test_a_section_says_of_each_of_its_modules_whether_salt_has_it(section):
    named = {old.partition(".")[0] for old in section["states"]}
    gone, stays = set(section.get("gone", [])), set(section.get("stays", []))
    assert named <= gone | stays
    assert [name for name in gone if importlib.util.find_spec(f"salt.states.{name}")] == []
    assert [name for name in stays if not importlib.util.find_spec(f"salt.states.{name}")] == []
