"""openstack_image over the Image API v1 of a real Glance 15 (Pike), with glanceclient's word as the second opinion."""

import functools
import hashlib
import uuid

import glanceclient.v1.client
import pytest

from functional import cloud, images, webserver
from functional.webserver import digest

pytestmark = pytest.mark.slow

GOOD, OTHER = images.qcow2(), images.qcow2(b"another content\n")
PRESENT = "openstack_image.present"


@pytest.fixture(scope="module")
def site(start):
    return start("pike", register=False)


@pytest.fixture(scope="module")
def pillar(site, registered):
    admin = dict(site.keystone.admin)
    place = {"auth_url": admin.pop("auth_url"), "region_name": admin.pop("region_name"), "image_api_version": 1}
    return {"glance": {"identity": {**place, "admin": admin}}}


@pytest.fixture(scope="module")
def glance(site, registered):
    """The witness; the endpoint has no version, which glanceclient adds."""
    auth = {key: value for key, value in site.keystone.admin.items() if key != "region_name"}
    session = cloud.session(auth)
    return glanceclient.v1.client.Client(session=session, endpoint_override=site.image_url)


@pytest.fixture(autouse=True)
def clean(glance):
    yield
    for image in list(glance.images.list()):
        if image.name.startswith("test-"):
            glance.images.update(image.id, protected=False)
            glance.images.delete(image.id)


@pytest.fixture
def web():
    with webserver.serving(webserver.Files) as server:
        server.files = {"/good.qcow2": GOOD, "/other.qcow2": OTHER, "/chunked": webserver.chunked(GOOD)}
        yield server


@pytest.fixture
def name():
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def arguments(web, name):
    """The usual arguments of the state."""
    source = {"source": f"{web.url}/good.qcow2", "source_hash": digest(GOOD)}
    return {"name": name, "disk_format": "qcow2", "visibility": "public", **source}


@pytest.fixture
def found(glance):
    def find(name):
        return [image for image in glance.images.list() if image.name == name]

    return find


def test_public_image_through_the_registry(converges, arguments, found, name, site):
    before = site.log("glance-registry")
    changes = converges(PRESENT, **arguments)
    assert changes["visibility"] == {"old": None, "new": "public"}
    assert changes["content"] == {"old": None, "new": digest(GOOD)}
    [image] = found(name)
    assert (image.is_public, image.status, image.size) == (True, "active", len(GOOD))
    assert image.checksum == hashlib.md5(GOOD, usedforsecurity=False).hexdigest()
    asked = site.log("glance-registry").removeprefix(before)
    assert f"/images/{image.id}" in asked
    assert "/images/detail" in asked


@pytest.mark.parametrize("visibility", ["private", "shared"])
def test_image_that_is_not_public(converges, arguments, found, name, visibility):
    changes = converges(PRESENT, **{**arguments, "visibility": visibility})
    assert changes["visibility"] == {"old": None, "new": "shared"}
    assert [image.is_public for image in found(name)] == [False]


def test_image_of_a_source_without_a_length(converges, arguments, found, web, name):
    converges(PRESENT, **{**arguments, "source": f"{web.url}/chunked"})
    assert [image.size for image in found(name)] == [len(GOOD)]


DRIFT = {
    "visibility": ({"is_public": False}, ("shared", "public")),
    "min_disk": ({"min_disk": 7}, (7, 1)),
    "min_ram": ({"min_ram": 7}, (7, 64)),
    "protected": ({"protected": False}, (False, True)),
    "properties": (
        {"properties": {"hw_disk_bus": "ide", "stranger": "x"}, "purge_props": False},
        (
            {"hw_disk_bus": "ide", "stranger": "x", "os_distro": "ünï 日本"},
            {"hw_disk_bus": "virtio", "os_distro": "ünï 日本"},
        ),
    ),
}


@pytest.mark.parametrize("attribute", DRIFT)
def test_drift(converges, run, arguments, found, glance, name, attribute):
    properties = {"hw_disk_bus": "virtio", "os_distro": "ünï 日本"}
    declared = {**arguments, "min_disk": 1, "min_ram": 64, "protected": True, "properties": properties}
    assert run(PRESENT, **declared).result is True
    [image] = found(name)
    given, (old, new) = DRIFT[attribute]
    glance.images.update(image.id, **given)
    assert converges(PRESENT, **declared) == {attribute: {"old": old, "new": new}}
    [image] = found(name)
    assert {key: value for key, value in image.properties.items() if not key.startswith("glance_formula")} == properties
    assert (image.min_disk, image.min_ram, image.protected, image.is_public) == (1, 64, True, True)


def test_properties_that_nobody_declares_stay(run, arguments, found, glance, name):
    assert run(PRESENT, **arguments).result is True
    [image] = found(name)
    glance.images.update(image.id, properties={"stranger": "x"}, purge_props=False)
    again = run(PRESENT, **arguments, min_ram=3)
    assert (again.result, again.changes) == (True, {"min_ram": {"old": 0, "new": 3}})
    assert found(name)[0].properties["stranger"] == "x"


def test_other_data_is_a_new_image_and_the_old_one_stays(converges, arguments, found, glance, web, name):
    converges(PRESENT, **arguments)
    [old] = found(name)
    other = {**arguments, "source": f"{web.url}/other.qcow2", "source_hash": digest(OTHER)}
    changes = converges(PRESENT, **other)
    assert changes["content"] == {"old": digest(GOOD), "new": digest(OTHER)}
    [new] = found(name)
    assert new.id != old.id
    retired = glance.images.get(old.id)
    assert retired.name.startswith(f"{name} (retired ")
    assert retired.status == "active"


def test_an_id_of_ones_own(converges, arguments, found, name):
    wanted = str(uuid.uuid4())
    converges(PRESENT, **arguments, id=wanted)
    assert [image.id for image in found(name)] == [wanted]


def test_a_wrong_hash_leaves_nothing(run, arguments, glance, name):
    done = run(PRESENT, **{**arguments, "source_hash": digest(OTHER)})
    assert (done.result, done.changes) == (False, {})
    assert "correct source_hash" in done.comment
    assert [image.name for image in glance.images.list() if name in image.name] == []


def test_absent(converges, run, arguments, found, name):
    assert run(PRESENT, **arguments, protected=True).result is True
    done = run("openstack_image.absent", name=name)
    assert (done.result, done.changes) == (False, {})
    assert "is protected" in done.comment
    converges("openstack_image.absent", name=name, force=True)
    assert found(name) == []


def test_members(run, modules, arguments, found, glance, name):
    assert run(PRESENT, **{**arguments, "visibility": "private"}).result is True
    [image] = found(name)
    add = functools.partial(modules.openstack_image.member_add, name, "b" * 32)
    assert (add(), add()) == (True, False)
    assert [member.member_id for member in glance.image_members.list(image=image.id)] == ["b" * 32]
    assert modules.openstack_image.member_list(name) == {"b" * 32: "accepted"}
    assert modules.openstack_image.member_remove(name, "b" * 32) is True
    assert modules.openstack_image.member_remove(name, "b" * 32) is False


def test_by_hand(run, modules, arguments, name, tmp_path, site):
    assert run(PRESENT, **arguments).result is True
    shown = modules.openstack_image.show(name)
    assert (shown["visibility"], shown["disk_format"], shown["tags"]) == ("public", "qcow2", [])
    assert shown == modules.openstack_image.show(shown["id"])
    assert name in [image["name"] for image in modules.openstack_image.list()]
    written = modules.openstack_image.download(name, str(tmp_path / "data"))
    assert (tmp_path / "data").read_bytes() == GOOD
    assert written["size"] == len(GOOD)
    answer = modules.openstack_image.answering()
    assert (answer["status"], answer["url"]) == (200, site.image_url)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"visibility": "community"}, "Image API v1 has public, private, shared"),
        ({"tags": ["a"]}, "tags: Image API v1 does not have this"),
        ({"hidden": True}, "hidden: Image API v1 does not have this"),
        ({"properties": {"Upper": "x"}}, "names of a-z"),
    ],
)
def test_what_v1_cannot_do_is_refused_in_both_modes(refused, arguments, found, name, given, words):
    assert words in refused(PRESENT, **{**arguments, **given})
    assert found(name) == []
