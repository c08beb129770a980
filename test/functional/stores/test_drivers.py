"""Stores whose servers are not at hand: the driver of the release loads, and has what pillar says."""

import getpass
import grp
import json
import os
import pathlib
import subprocess

import pytest
from releases import formula, venvs
from releases.errors import Missing
from releases.lanes import LANES

pytestmark = pytest.mark.slow

PROGRAM = pathlib.Path(__file__).with_name("drivers.py")
BACKENDS = {
    "local": {"type": "file", "datadir": "/nowhere"},
    "volumes": {
        "type": "cinder",
        "auth_url": "http://127.0.0.1:5000/v3",
        "user": "glance",
        "password": "a$b",
        "project": "service",
        "volume_type": "images",
        "state_timeout": 60,
    },
    "esx": {
        "type": "vmware",
        "host": "vcenter.example.org",
        "user": "glance",
        "password": "c%d",
        "datastores": ["dc:one:100", "dc:two:10"],
        "image_dir": "/glance",
    },
}
EXPECTED = {
    "volumes": {
        "cinder_store_auth_address": "http://127.0.0.1:5000/v3",
        "cinder_store_user_name": "glance",
        "cinder_store_password": "a$b",
        "cinder_store_project_name": "service",
        "cinder_volume_type": "images",
        "cinder_state_transition_timeout": 60,
        "cinder_api_insecure": False,
    },
    "esx": {
        "vmware_server_host": "vcenter.example.org",
        "vmware_server_username": "glance",
        "vmware_server_password": "c%d",
        "vmware_datastores": ["dc:one:100", "dc:two:10"],
        "vmware_store_image_dir": "/glance",
        "vmware_insecure": False,
    },
}


@pytest.fixture(scope="module", params=["epoxy", "hibiscus"])
def loaded(request, tmp_path_factory):
    """What the drivers of a release make of the configuration that this formula writes."""
    directory = tmp_path_factory.mktemp(f"drivers-{request.param}")
    try:
        venv = venvs.ensure(LANES[request.param])
    except Missing as error:
        pytest.skip(str(error))
    pillar = {
        "release": request.param,
        "database": {"host": "127.0.0.1", "password": "x"},
        "identity": {"auth_url": "http://127.0.0.1:5000", "password": "x"},
        "stores": {"default": "local", "backends": BACKENDS},
    }
    owner = (getpass.getuser(), grp.getgrgid(os.getgid()).gr_name)
    formula.write_config("api", {"glance": pillar}, directory / "etc", directory / "salt", owner)
    argv = [venv / "bin" / "python", PROGRAM, directory / "etc" / "glance-api.conf", *EXPECTED]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("name", "kind"), [("volumes", "cinder"), ("esx", "vmware")])
def test_the_driver_loads_and_has_what_pillar_says(loaded, name, kind):
    assert loaded[name]["type"] == kind
    assert loaded[name]["class"].startswith("glance_store._drivers.")
    assert EXPECTED[name].items() <= loaded[name]["options"].items()
