"""
Each release with the configuration that this formula writes for it: the servers start, an image goes in, is found as
declared, is changed, and goes.
"""

import pytest
from releases import formula
from releases.lanes import LANES

from functional import images
from functional.webserver import digest

pytestmark = pytest.mark.slow

NAME, DATA = "test-release", images.qcow2()


@pytest.fixture(scope="module", params=LANES)
def site(request, start):
    if request.param == "pike":
        request.getfixturevalue("registered")
        return start("pike", register=False)
    return start(request.param)


@pytest.fixture
def apply(site, tmp_path):
    """Applies glance.images with one image of these attributes; returns what its state returned."""
    (tmp_path / "image").write_bytes(DATA)
    admin = dict(site.keystone.admin)
    identity = {"auth_url": admin.pop("auth_url"), "admin": {"password": admin["password"]}}
    common = {"release": site.lane.name, "region": admin["region_name"], "identity": identity}
    source = {"source": str(tmp_path / "image"), "source_hash": digest(DATA), "disk_format": "qcow2"}

    def run(test=False, **attributes):
        image = {"absent": True} if attributes.get("absent") else {**source, **attributes}
        pillar = {"glance": {**common, "images": {NAME: image}}}
        return formula.apply("glance.images", pillar, tmp_path / "salt", test=test)[f"glance-images-{NAME}"]

    return run


def converges(apply, **attributes):
    planned, done, again = apply(test=True, **attributes), apply(**attributes), apply(**attributes)
    assert (planned["result"], done["result"]) == (None, True), done["comment"]
    assert done["changes"] == planned["changes"] != {}
    assert (again["result"], again["changes"]) == (True, {}), again["comment"]
    return done["changes"]


def test_an_image_comes_changes_and_goes(apply, site):
    before = site.log("glance-registry")
    changes = converges(apply, visibility="public", properties={"hw_disk_bus": "virtio"})
    assert changes["content"]["new"] == digest(DATA)
    if site.lane.registry and not site.lane.identity_v2:
        assert "POST /rpc" in site.log("glance-registry").removeprefix(before)
    changes = converges(apply, visibility="private", properties={"hw_disk_bus": "ide"})
    assert changes["visibility"] == {"old": "public", "new": "private"}
    assert set(changes) == {"visibility", "properties"}
    assert converges(apply, absent=True)["name"] == {"old": NAME, "new": None}
