"""The example, against the schema that it shows."""

import json
import pathlib

import glance_options
import glance_releases
import glance_rules
import glance_schema
import glance_stores
import pytest
import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = (REPO / "pillar.example").read_text(encoding="utf-8")
PILLAR = yaml.safe_load(EXAMPLE)["glance"]
SCHEMA = yaml.safe_load((REPO / "glance" / "schema.yaml").read_text(encoding="utf-8"))
RELEASES = yaml.safe_load((REPO / "glance" / "releases.yaml").read_text(encoding="utf-8"))
REGISTRY = json.loads((REPO / "glance" / "options.json").read_text(encoding="utf-8"))
ROLES = SCHEMA["properties"]["roles"]["items"]["enum"]


def keys(schema, values, key="glance"):
    """``(key, schema, [values])`` of every key of the schema, with what the example has for it."""
    for name, child in schema.get("properties", {}).items():
        found = [value[name] for value in values if name in value]
        yield f"{key}:{name}", child, found
        yield from keys(child, found, f"{key}:{name}")
    free = schema.get("additionalProperties")
    if isinstance(free, dict) and "properties" in free:
        found = [item for value in values for item in value.values()]
        yield from keys(free, found, f"{key}:*")


@pytest.mark.parametrize("role", ROLES)
def test_the_example_is_valid_for_every_role(role):
    pillar = glance_schema.plain(PILLAR, SCHEMA)
    settings = glance_schema.complete(SCHEMA, pillar)
    release = glance_releases.resolve(pillar["release"], RELEASES)
    known = glance_options.Known(RELEASES, REGISTRY, release, glance_stores.types(settings["stores"]))
    assert glance_schema.problems(SCHEMA, pillar) == []
    assert glance_schema.missing(SCHEMA, pillar, [role]) == []
    assert glance_rules.problems(settings, pillar, SCHEMA, known, [role], RELEASES) == []


@pytest.mark.parametrize("entry", list(keys(SCHEMA, [PILLAR])), ids=lambda entry: entry[0])
def test_the_example_has_every_key_with_its_default(entry):
    key, schema, found = entry
    assert found, f"{key} is not in pillar.example"
    if "default" in schema and schema["default"] not in ({}, []) and schema["default"] not in found:
        name = key.rsplit(":", 1)[-1]
        lines = EXAMPLE.splitlines()
        place = next(number for number, line in enumerate(lines) if line.strip().startswith(f"{name}:"))
        assert "efault" in "".join(lines[place - 1 : place + 1]), f"{key}: its default is not said"


def test_every_secret_is_a_dummy():
    for key, schema, found in keys(SCHEMA, [PILLAR]):
        if schema.get("secret"):
            assert all("change-me" in value for value in found), key
