"""Images of one cloud made in another: what arrives, what is left alone, what is refused."""

import hashlib

import openstack_image_marks as marks
import pytest

from functional import images

from .conftest import SOURCE

pytestmark = pytest.mark.slow

FULL = {
    "visibility": "public",
    "tags": ["b", "a"],
    "min_disk": 3,
    "min_ram": 64,
    "hw_disk_bus": "virtio",
    "os_distro": "cirros",
}


def same(copy, image, keys=("name", "visibility", "min_disk", "min_ram", "protected", "disk_format", "os_hash_value")):
    """What differs of two images."""
    return {key: (copy[key], image[key]) for key in keys if copy[key] != image[key]}


def test_everything_arrives(one, here, there, name):
    image = there.make(name, **FULL)
    planned = one(test=True)
    assert here.images(name) == []
    assert not here.sent("POST", "PUT", "PATCH", "DELETE")
    done = one()
    assert (done.action, done.error, done.size) == ("copy", None, image.size)
    assert done.changes == planned.changes
    [copy] = here.images(name)
    assert copy.id == image.id
    assert same(copy, image) == {}
    assert sorted(copy.tags) == ["a", "b"]
    assert (copy.hw_disk_bus, copy.os_distro) == ("virtio", "cirros")
    assert copy.owner == here.session.get_project_id()
    assert "glance_formula_upload" not in copy
    assert here.data(copy.id) == images.qcow2(name.encode())


def test_what_is_there_is_not_copied_again(one, here, there, name):
    there.make(name, **FULL)
    one()
    here.window.log.clear()
    there.window.log.clear()
    for test in (True, False):
        again = one(test=test)
        assert (again.action, again.changes, again.error) == ("none", {}, None)
    assert not here.sent("POST", "PUT", "PATCH", "DELETE")
    assert not [path for _, path, _ in there.sent("GET") if path.endswith("/file")]


# the others go the same way, and are tried without a cloud
DRIFT = {
    "name": {"name": "test-renamed"},
    "tags": {"tags": ["other"]},
    "hidden": {"os_hidden": True},
    "properties": {"hw_disk_bus": "scsi", "more": "x"},
}


@pytest.mark.parametrize("key", DRIFT)
def test_drift_is_repaired_without_data(one, here, there, name, key):
    image = there.make(name, **FULL)
    one()
    here.glance.images.update(image.id, **DRIFT[key])
    here.window.log.clear()
    planned, done = one(test=True), one()
    assert (done.action, list(done.changes)) == ("update", [key])
    assert done.changes == planned.changes
    assert [method for method, _, _ in here.sent("POST", "PUT", "PATCH", "DELETE")] == ["PATCH"]
    assert one().action == "none"


def test_deactivated_is_deactivated(one, here, there, name):
    image = there.make(name)
    there.glance.images.deactivate(image.id)
    source = "glance:replication:sources:owner"  # of a deactivated image only an administrator has the data
    assert one(source=source).error is None
    assert here.glance.images.get(image.id).status == "deactivated"
    there.glance.images.reactivate(image.id)
    assert list(one(source=source).changes) == ["deactivated"]
    assert here.glance.images.get(image.id).status == "active"


def test_a_digest_that_was_noted_is_noted_there(one, here, there, name):
    image = there.make(name)
    record = f"sha256={hashlib.sha256(images.qcow2(name.encode())).hexdigest()} of {image.checksum}"
    there.glance.images.update(image.id, glance_formula_source_hash=record)
    one()
    assert here.glance.images.get(image.id).glance_formula_source_hash == record
    assert one().action == "none"


def test_members_are_found_by_the_name_of_their_project(one, here, there, name):
    image = there.make(name, visibility="shared")
    for each in ("test-team-a", "test-team-b"):
        there.glance.image_members.create(image.id, there.project(each))
        here.project(each)
    there.glance.image_members.update(image.id, there.project("test-team-a"), "accepted")
    source = "glance:replication:sources:owner"  # who may list projects
    planned, done = one(source=source, test=True), one(source=source)
    assert done.error is None
    assert done.changes == planned.changes
    found = {member.member_id: member.status for member in here.glance.image_members.list(image.id)}
    assert found == {here.project("test-team-a"): "accepted", here.project("test-team-b"): "pending"}
    there.glance.image_members.delete(image.id, there.project("test-team-a"))
    assert list(one(source=source).changes) == ["members"]
    assert [member.member_id for member in here.glance.image_members.list(image.id)] == [here.project("test-team-b")]


def test_a_member_that_is_not_there_is_named(one, there, here, name):
    image = there.make(name, visibility="shared")
    there.glance.image_members.create(image.id, there.project("test-only-there"))
    row = one(source="glance:replication:sources:owner")
    assert "project test-only-there of domain Default" in row.error
    assert here.images(name) == []


@pytest.mark.parametrize("parallel", [1, 3])
def test_several_at_a_time(replicate, here, there, name, parallel):
    names = [f"{name}-{number}" for number in range(6)]
    for each in names:
        there.make(each)
    rows = replicate(images=",".join(names), parallel=parallel)
    assert [(row["name"], row["action"], row["error"]) for row in rows] == [(each, "copy", None) for each in names]
    assert sorted(image.name for image in here.images(name)) == names


def test_only_what_is_offered_is_copied_unless_named_by_id(replicate, modules, here, there, name):
    there.make(f"{name}-public")
    mine = there.make(f"{name}-mine", visibility="private")
    foreign = there.glance.images.create(
        name=f"{name}-foreign", disk_format="qcow2", container_format="bare", owner=there.project("test-team-a")
    )
    there.fill(foreign.id, images.qcow2())
    there.make(f"{name}-retired", glance_formula_retired="x")
    offered = modules.openstack_image.catalogue("glance:replication:sources:owner")
    assert {f"{name}-public", f"{name}-mine"} == {each["name"] for each in offered if each["name"].startswith(name)}
    rows = replicate("glance:replication:sources:owner", images=[foreign.id, mine.id])
    assert [row["error"] for row in rows] == [None, None]
    assert {image.id for image in here.images(name)} == {foreign.id, mine.id}


# --- what is refused


def test_a_name_that_another_image_has_there(one, here, there, name):
    there.make(name)
    other = here.make(name)
    row = one()
    assert (row.action, row.error) == ("none", None)
    assert other.id in row.detail
    here.glance.images.delete(other.id)
    other = here.make(name, images.qcow2(b"other"))
    row = one()
    assert "its name belongs to" in row.error
    assert [image.id for image in here.images(name)] == [other.id]


def test_an_id_that_has_other_data_there(one, here, there, name):
    image = there.make(name)
    here.make(name, images.qcow2(b"other"), id=image.id)
    for test in (True, False):
        row = one(test=test)
        assert "is another image there" in row.error
        assert "content is sha512=" in row.error


def test_an_id_that_was_deleted_there(one, here, there, name):
    """Glance gives an id out once, so the image gets another, and is known by a mark from then on."""
    image = there.make(name, **FULL)
    one()
    here.glance.images.delete(image.id)
    done = one()
    [copy] = here.images(name)
    assert (done.action, done.error) == ("copy", None)
    assert copy.id == next(marks.ids(name, f"sha512={image.os_hash_value}"))
    assert f"is there as {copy.id}, since Glance there gave id {image.id} out before" in done.detail
    assert same(copy, image) == {}
    assert copy.glance_formula_copy_of == f"{image.id} of {copy.id}"

    again = one()
    assert (again.action, again.changes, again.error) == ("none", {}, None)
    assert copy.id in again.detail
    here.glance.images.update(copy.id, min_ram=9)
    assert list(one().changes) == ["min_ram"]
    assert [(each.id, each.min_ram) for each in here.images(name)] == [(copy.id, 64)]


def test_two_images_of_a_name_at_the_source(replicate, here, there, name):
    ids = {there.make(name).id, there.make(name).id}
    rows = {row["id"]: row for row in replicate()}
    assert set(rows) == ids
    [copy] = here.images(name)
    [failed] = [row for row in rows.values() if row["error"]]
    assert f"the source has two images of this name, {copy.id} too" in failed["error"]


def test_data_with_another_hash_never_becomes_an_image(one, here, there, name):
    image = there.make(name)
    there.window.damage = True
    assert f"declared is sha512={image.os_hash_value}" in one().error
    [leftover] = here.images(name)
    assert (leftover.status, leftover.visibility) == ("queued", "private")
    there.window.damage = False
    assert one().error is None
    assert here.images(name)[0].os_hash_value == image.os_hash_value


def test_one_that_fails_does_not_stop_the_others(replicate, here, there, name):
    there.make(f"{name}-good")
    bad = there.make(f"{name}-bad")
    here.make(f"{name}-bad", images.qcow2(b"other"), id=bad.id)
    rows = {row["name"]: row for row in replicate(images=[f"{name}-bad", f"{name}-good"])}
    assert rows[f"{name}-good"]["error"] is None
    assert "is another image there" in rows[f"{name}-bad"]["error"]
    assert {image.name for image in here.images(name) if image.status == "active"} == {f"{name}-good", f"{name}-bad"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"source": "glance:replication:sources:nowhere"}, "no answer from http://127.0.0.1:9"),
        ({"source": "glance:replication:sources:stranger"}, "does not accept user test-reader"),
        ({"source": "glance:replication:sources:unknown"}, "glance:replication:sources:unknown"),
        ({"images": ["test-nothing"]}, "does not offer test-nothing"),
        ({"parallel": 0}, "parallel 0"),
        ({"source": {"auth_url": "http://127.0.0.1:9", "username": "x", "password": "x"}}, "name of a pillar key"),
    ],
)
def test_without_a_source_nothing_is_done(replicate, here, arguments, said):
    with pytest.raises(Exception, match=said) as caught:
        replicate(**{"source": SOURCE, **arguments})
    assert "not in any message" not in str(caught.value)
    assert not here.sent("POST", "PUT", "PATCH", "DELETE")
