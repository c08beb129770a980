"""The same data moves nothing, other data makes another image."""

import io
import itertools
import uuid

import openstack_image_marks as marks
import pytest

from functional import webserver
from functional.image.common import GOOD, OTHER, sent
from functional.webserver import digest

RECORD = "glance_formula_source_hash"


def test_other_content_replaces_and_loses_nothing(present, found, name, web):
    present(visibility="public", tags=["kept"], protected=True)
    old = found(name)[0]
    arguments = {"source": f"{web.url}/other.qcow2", "source_hash": digest(OTHER)}
    planned = present(test=True, **arguments)
    done = present(**arguments)
    assert (planned.result, done.result) == (None, True), done.comment
    assert done.changes == planned.changes
    assert list(done.changes) == ["content"]
    now = {image.id: image for image in found(name)}
    [new] = [image for image in now.values() if image.id != old.id]
    assert (new.name, new.visibility, new.tags, new.protected) == (name, "public", ["kept"], True)
    assert now[old.id].name.startswith(f"{name} (retired ")
    assert (now[old.id].status, now[old.id].os_hidden) == ("active", True)
    assert now[old.id].glance_formula_retired == f"{name} of {old.id}"
    assert new.glance_formula_replaces == old.id
    assert present(**arguments).changes == {}


RETIREMENTS = {
    "left alone": ({"hide": False}, {"visibility": "public", "status": "active", "os_hidden": False}),
    "hidden": (None, {"visibility": "public", "status": "active", "os_hidden": True}),
    "community": ({"visibility": "community"}, {"visibility": "community", "status": "active", "os_hidden": True}),
    "deactivated": ({"deactivate": True}, {"visibility": "public", "status": "deactivated", "os_hidden": True}),
}


@pytest.mark.parametrize("case", RETIREMENTS)
def test_what_becomes_of_the_old_image(present, found, name, web, case):
    policy, expected = RETIREMENTS[case]
    present(visibility="public")
    old = found(name)[0].id
    ret = present(source=f"{web.url}/other.qcow2", source_hash=digest(OTHER), retire=policy, visibility="public")
    assert ret.result, ret.comment
    [retired] = [image for image in found(name) if image.id == old]
    assert {key: retired[key] for key in expected} == expected


def test_the_old_data_again_brings_the_old_image_back(present, found, name, web, window):
    declared = {"visibility": "public", "tags": ["t"]}
    present(**declared)
    [first] = found(name)
    other = {"source": f"{web.url}/other.qcow2", "source_hash": digest(OTHER), **declared}
    assert present(**other, retire={"deactivate": True, "visibility": "private"}).result
    window.log.clear()
    planned, done = present(**declared, test=True), present(**declared)
    assert done.result, done.comment
    assert planned.changes == done.changes == {"content": {"old": digest(OTHER), "new": digest(GOOD)}}
    assert not sent(window, "PUT")
    now = {image.id: image for image in found(name)}
    assert len(now) == 2
    back = now.pop(first.id)
    assert (back.name, back.status, back.visibility, back.os_hidden) == (name, "active", "public", False)
    assert "glance_formula_retired" not in back
    assert next(iter(now.values())).name.startswith(f"{name} (retired ")
    assert present(**declared).changes == {}


def test_members_go_to_the_new_image(present, modules, found, name, web, projects):
    declared = {"visibility": "shared", "retire": {"hide": False}}
    one = next(iter(projects))
    present(members={one: "accepted"}, **declared)
    ret = present(source=f"{web.url}/other.qcow2", source_hash=digest(OTHER), members={one: "accepted"}, **declared)
    assert ret.result, ret.comment
    assert modules.openstack_image.member_list(name) == {projects[one]: "accepted"}


def test_the_same_id_everywhere(present, glance, found, name):
    present()
    [first] = found(name)
    glance.images.delete(first.id)
    present()
    [second] = found(name)
    assert second.id != first.id  # Glance gives an id out once
    ids = list(itertools.islice(marks.ids(name, digest(GOOD)), 2))
    assert [first.id, second.id] == ids


def test_replacement_that_fails_leaves_the_old_image(present, found, name, web):
    present(visibility="public")
    ret = present(source=f"{web.url}/other.qcow2", source_hash="sha256=" + "0" * 64)
    assert (ret.result, ret.changes) == (False, {})
    [image] = found(name)
    assert (image.name, image.visibility, image.os_hidden) == (name, "public", False)


def test_image_that_came_by_other_ways_is_read_once(present, glance, name, window):
    image = glance.images.create(name=name, disk_format="qcow2", container_format="bare")
    glance.images.upload(image.id, io.BytesIO(GOOD))
    planned = present(test=True)
    done = present()
    assert (
        planned.changes
        == done.changes
        == {
            "content": {"old": f"{digest(GOOD)}, not recorded", "new": digest(GOOD)},
            "catalogue": {"old": None, "new": "default"},
        }
    )
    assert done.result, done.comment
    window.log.clear()
    assert present().changes == {}
    assert not [path for _, path, _ in window.log if path.endswith("/file")]


def test_record_of_a_snapshot_is_not_believed(present, glance, found, name):
    present()
    recorded = found(name)[0][RECORD]
    snapshot = glance.images.create(
        name=f"{name}-snapshot", disk_format="qcow2", container_format="bare", **{RECORD: recorded}
    )
    glance.images.upload(snapshot.id, io.BytesIO(OTHER))
    ret = present(name=f"{name}-snapshot", test=True)
    assert ret.changes["content"]["old"].startswith(digest(OTHER))


def test_queued_image_of_the_name_is_filled(present, glance, found, name):
    queued = glance.images.create(name=name, disk_format="raw", container_format="bare", visibility="public")
    ret = present(visibility="public")
    assert ret.result, ret.comment
    assert [(image.id, image.status, image.visibility) for image in found(name)] == [(queued.id, "active", "public")]


def test_two_images_of_a_name_are_ambiguous(present, glance, name):
    ids = [glance.images.create(name=name, disk_format="raw", container_format="bare").id for _ in range(2)]
    for test in (True, False):
        ret = present(test=test)
        assert ret.result is False
        assert all(image_id in ret.comment for image_id in ids)


def test_pinned_id(present, found, name, web):
    pinned = str(uuid.uuid4())
    assert present(id=pinned).result
    assert [image.id for image in found(name)] == [pinned]
    assert present(id=pinned).changes == {}
    renamed = present(name=f"{name}-new", id=pinned)
    assert renamed.changes == {"name": {"old": name, "new": f"{name}-new"}}
    ret = present(name=f"{name}-new", id=pinned, source=f"{web.url}/other.qcow2", source_hash=digest(OTHER), test=True)
    assert ret.result is False
    assert "never changes the data of an id" in ret.comment


@pytest.mark.parametrize("source", ["/cut", "/cut-chunked", "/wrong"])
def test_pinned_id_survives_a_failed_upload(present, found, name, web, source):
    pinned = str(uuid.uuid4())
    long = GOOD + bytes(1 << 20)
    web.files.update(
        {"/cut": webserver.cut(long), "/cut-chunked": webserver.chunked(long, whole=False), "/wrong": long}
    )
    bad = {"source": web.url + source, "fetch": {"retries": 0}}
    assert present(id=pinned, visibility="public", **bad).result is False
    [image] = found(name)
    assert (image.id, image.status, image.visibility) == (pinned, "queued", "private")
    ret = present(id=pinned, visibility="public")
    assert ret.result, ret.comment
    [image] = found(name)
    assert (image.id, image.name, image.status, image.visibility) == (pinned, name, "active", "public")
