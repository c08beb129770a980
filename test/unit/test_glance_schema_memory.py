"""When glance-manage need not be asked again."""

import contextlib

import glance_schema_memory
import pytest
from openstack_errors import Unreachable

SEEN = {"package": "2:30.0.0-3", "revisions": ["2024_1_contract01"]}


class Cursor(contextlib.nullcontext):
    """A server that knows one revision."""

    rows = [{"version_num": "2024_1_contract01"}]

    def __enter__(self):
        return self

    def execute(self, sql):
        assert sql == "SELECT version_num FROM `glance`.alembic_version"

    def fetchall(self):
        return self.rows


class Connection:
    def cursor(self):
        return Cursor()


@pytest.fixture
def server(monkeypatch):
    found = {"user": "glance", "host": "db-node", "port": 3306, "password_key": "a:b"}
    monkeypatch.setattr(glance_schema_memory.openstack_mysql, "connection", lambda *_: (Connection(), found))


def test_what_the_answer_depends_on(server):
    assert glance_schema_memory.seen("2:30.0.0-3", {}, "glance", {}, {}) == SEEN


@pytest.mark.parametrize("package", [None, ""])
def test_nothing_is_known_of_a_package_that_is_not_there(server, package):
    assert glance_schema_memory.seen(package, {}, "glance", {}, {}) is None


def test_a_server_that_does_not_answer_is_no_error(monkeypatch):
    def fail(*_):
        raise Unreachable("no answer")

    monkeypatch.setattr(glance_schema_memory.openstack_mysql, "connection", fail)
    assert glance_schema_memory.seen("1", {}, "glance", {}, {}) is None


def test_remembered_until_package_or_schema_change(tmp_path):
    assert not glance_schema_memory.is_known(SEEN, tmp_path)
    glance_schema_memory.remember(SEEN, tmp_path)
    assert glance_schema_memory.is_known(SEEN, tmp_path)
    assert not glance_schema_memory.is_known({**SEEN, "package": "2:31.0.0-1"}, tmp_path)
    assert not glance_schema_memory.is_known({**SEEN, "revisions": ["2023_1_expand01"]}, tmp_path)


def test_a_broken_memory_is_none(tmp_path):
    (tmp_path / glance_schema_memory.FILE).write_text("{")
    assert not glance_schema_memory.is_known(SEEN, tmp_path)
