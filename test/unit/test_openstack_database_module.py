"""The execution module in its parts: one name, several files."""

import importlib.util
import pathlib

import pytest
from openstack_errors import Invalid

REPO = pathlib.Path(__file__).resolve().parents[2]
FILES = sorted(path.stem for path in (REPO / "_modules").glob("openstack_database*.py"))


def load(name):
    spec = importlib.util.spec_from_file_location(f"formula_modules_{name}", REPO / "_modules" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", FILES)
def test_module_without_pymysql(monkeypatch, name):
    module = load(name)
    assert module.__virtual__() == "openstack_database"
    monkeypatch.setattr(module.openstack_mysql, "HAS_PYMYSQL", False)
    assert module.__virtual__() == (False, module.openstack_mysql.MISSING)


@pytest.mark.parametrize("name", ["utf8; DROP", "utf8 ", "", "ütf8", 8])
def test_names_of_character_sets_are_names(name):
    with pytest.raises(Invalid, match="no name of a character set"):
        load("openstack_database_schema")._options("utf8mb4", name)


def test_options_of_a_schema():
    options = load("openstack_database_schema")._options
    assert options("utf8mb4", None) == "CHARACTER SET utf8mb4"
    assert options("utf8mb3", "utf8mb3_bin") == "CHARACTER SET utf8mb3 COLLATE utf8mb3_bin"


@pytest.mark.parametrize(
    ("given", "read"), [("utf8", "utf8mb3"), ("utf8_bin", "utf8mb3_bin"), ("utf8mb4", "utf8mb4"), ("latin1", "latin1")]
)
def test_old_names_of_utf8(given, read):
    assert load("openstack_database_schema")._full_name(given) == read
