"""Schemas."""

import pytest
from salt.exceptions import SaltInvocationError

from .conftest import NAMES, PREFIX

ARGUMENTS = {"name": "gt_drift", "character_set": "utf8", "collation": "utf8_unicode_ci"}


@pytest.mark.parametrize("tail", NAMES)
def test_schema_comes_and_goes(converges, modules, tail):
    name = PREFIX + tail
    changes = converges("schema_present", name=name)
    assert changes == {"character_set": {"old": None, "new": "utf8mb4"}}
    assert name in modules.openstack_database.schema_list("test:admin")
    changes = converges("schema_absent", name=name)
    assert changes["character_set"] == {"old": "utf8mb4", "new": None}
    assert modules.openstack_database.schema_get(name, "test:admin") is None


@pytest.mark.parametrize(
    ("before", "changed"),
    [
        ("CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", {"collation": "utf8mb3_bin"}),
        ("CHARACTER SET latin1 COLLATE latin1_bin", {"character_set": "latin1", "collation": "latin1_bin"}),
    ],
)
def test_schema_drift(converges, sql, before, changed):
    sql(f"CREATE DATABASE gt_drift {before}")
    new = {"character_set": "utf8mb3", "collation": "utf8mb3_unicode_ci"}
    changes = converges("schema_present", **ARGUMENTS)
    assert changes == {key: {"old": old, "new": new[key]} for key, old in changed.items()}


def test_schema_with_another_collation_is_left_alone_when_none_is_declared(state, sql):
    sql("CREATE DATABASE gt_free CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    ret = state("openstack_database.schema_present", name="gt_free", profile="test:admin")
    assert (ret.result, ret.changes) == (True, {})


def test_schema_with_tables_is_removed_only_by_force(refused, converges, sql, modules):
    sql("CREATE DATABASE gt_full")
    sql("CREATE TABLE gt_full.images (id INT)")
    assert "1 tables" in refused("schema_absent", name="gt_full")
    with pytest.raises(SaltInvocationError, match="force"):
        modules.openstack_database.schema_remove("gt_full", profile="test:admin")
    assert converges("schema_absent", name="gt_full", force=True)["tables"] == {"old": 1, "new": None}


def test_the_tables_of_another_schema_are_not_counted(modules, sql):
    for name in ("gt_full", "gtxfull"):
        sql(f"CREATE DATABASE {name}")
    sql("CREATE TABLE gtxfull.images (id INT)")
    assert modules.openstack_database.schema_get("gt_full", "test:admin")["tables"] == 0


@pytest.mark.parametrize("name", ["", "x" * 65, "nul\0", "space "])
def test_impossible_schema_names_are_refused(state, name):
    ret = state("openstack_database.schema_present", name=name, profile="test:admin")
    assert ret.result is False
    assert "is no name" in ret.comment


def test_unknown_character_set(state):
    ret = state("openstack_database.schema_present", name="gt_x", character_set="utf9", profile="test:admin")
    assert ret.result is False
    assert "utf9" in ret.comment


def test_a_schema_that_exists_is_not_created(modules, sql, database):
    sql("CREATE DATABASE gt_there CHARACTER SET latin1")
    before = database.everything()
    assert modules.openstack_database.schema_create("gt_there", profile="test:admin") is False
    assert database.everything() == before
    assert modules.openstack_database.schema_create("gt_new", profile="test:admin") is True
