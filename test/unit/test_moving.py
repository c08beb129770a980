"""The page about moving: what it names is there, and what it calls gone is gone from the Salt that this runs on."""

import importlib.util

import pytest
import yaml

from unit.files import REPO, functions

SECTIONS = yaml.safe_load((REPO / "docs" / "moving.yaml").read_text(encoding="utf-8"))
STATES = {old: entry for section in SECTIONS for old, entry in section["states"].items()}


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
