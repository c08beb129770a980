"""What the formula writes for each lane, before any server reads it."""

import configparser
import getpass
import grp
import os

import pytest
from releases import formula, glance
from releases.database import Database
from releases.keystone import Keystone
from releases.lanes import LANES

PASSWORDS = {"database": "d-password", "identity": "i-password"}


@pytest.fixture(params=LANES.values(), ids=LANES)
def written(request, tmp_path):
    """The lane and its glance-api.conf."""
    lane = request.param
    database = Database("127.0.0.9", "root", "r-password")
    keystone = Keystone(lane, "127.0.0.8", "k-password")
    pillar = glance.pillar(lane, tmp_path / "glance", keystone, database, PASSWORDS)
    owner = (getpass.getuser(), grp.getgrgid(os.getgid()).gr_name)
    files = formula.write_config("api", pillar, tmp_path / "etc", tmp_path / "salt", owner)
    [main] = [path for path in files if path.name == "glance-api.conf"]
    assert main.stat().st_mode & 0o777 == 0o600
    parser = configparser.RawConfigParser(default_section=None)
    parser.read(main)
    return lane, parser, tmp_path


def test_where_glance_finds_everything(written):
    lane, found, directory = written
    assert found["database"]["connection"].endswith("://glance:d-password@127.0.0.9/glance")
    assert found["keystone_authtoken"]["admin_password" if lane.identity_v2 else "password"] == "i-password"
    assert str(directory / "glance" / "images") in {each.get("filesystem_store_datadir") for each in found.values()}
    assert (found["DEFAULT"].get("registry_host") == "127.0.0.8") == lane.registry
    assert (found["DEFAULT"].get("bind_host") is None) == lane.uwsgi


def test_nothing_of_an_administrator_is_in_it(written):
    _, _, directory = written
    for path in (directory / "etc").iterdir():
        assert "k-password" not in path.read_text()
        assert "r-password" not in path.read_text()


@pytest.mark.parametrize("lane", [lane for lane in LANES.values() if lane.registry], ids=lambda lane: lane.name)
def test_the_registry_has_a_file_of_its_own(lane, tmp_path):
    keystone = Keystone(lane, "127.0.0.8", "k-password")
    pillar = glance.pillar(lane, tmp_path, keystone, Database("127.0.0.9", "root", "r-password"), PASSWORDS)
    owner = (getpass.getuser(), grp.getgrgid(os.getgid()).gr_name)
    [path] = formula.write_config("registry", pillar, tmp_path / "etc", tmp_path / "salt", owner)
    found = configparser.RawConfigParser(default_section=None)
    found.read(path)
    assert path.name == "glance-registry.conf"
    assert (found["DEFAULT"]["bind_host"], found["DEFAULT"]["bind_port"]) == ("127.0.0.8", "9191")
    assert found["database"]["connection"].endswith("://glance:d-password@127.0.0.9/glance")
