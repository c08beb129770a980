"""Images that are declared no more."""

import functools
import time

import pytest

from functional import images
from functional.image.common import assert_nothing_left
from functional.webserver import digest


def test_absent(present, fresh, found, name):
    present()
    planned = fresh("openstack_image.absent", name=name, test=True)
    assert planned.result is None
    assert len(found(name)) == 1
    done = fresh("openstack_image.absent", name=name)
    assert (done.result, done.changes) == (True, planned.changes)
    assert done.changes["name"] == {"old": name, "new": None}
    assert_nothing_left(found, name)
    assert fresh("openstack_image.absent", name=name).changes == {}


def test_absent_refuses_a_protected_image(present, fresh, found, name):
    present(protected=True)
    for test in (True, False):
        ret = fresh("openstack_image.absent", name=name, test=test)
        assert ret.result is False
        assert "is protected" in ret.comment
    assert fresh("openstack_image.absent", name="anything", id=found(name)[0].id, force=True).result
    assert_nothing_left(found, name)


def test_deactivated(present, fresh, found, name):
    present()
    planned = fresh("openstack_image.deactivated", name=name, test=True)
    done = fresh("openstack_image.deactivated", name=name)
    expected = {"status": {"old": "active", "new": "deactivated"}}
    assert (planned.result, planned.changes, done.result, done.changes) == (None, expected, True, expected)
    assert found(name)[0].status == "deactivated"
    assert fresh("openstack_image.deactivated", name=name).changes == {}


def both(function, *given, **arguments):
    """Plan and run, which say the same; the run."""
    planned = function(*given, test=True, **arguments)
    done = function(*given, **arguments)
    assert done.result, done.comment
    assert planned.changes == done.changes
    assert planned.result is (None if done.changes else True)
    again = function(*given, **arguments)
    assert (again.result, again.changes) == (True, {}), again.comment
    return done


@pytest.fixture
def catalogue(name):
    """A catalogue of its own, so that what else is in this cloud does not count."""
    return {"catalogue": name}


def test_undeclared_images_are_reported_then_retired(present, fresh, glance, found, name, catalogue):
    kept, gone = f"{name}-kept", f"{name}-gone"
    for each in (kept, gone):
        present(name=each, visibility="public", **catalogue)
    present(name=f"{name}-elsewhere", catalogue="elsewhere")
    glance.images.create(name=f"{name}-by-hand", disk_format="raw", container_format="bare")
    [image] = found(gone)
    marked = {key: value for key, value in image.items() if key.startswith("glance_formula")}
    glance.images.create(name=f"{name}-snapshot", disk_format="raw", container_format="bare", **marked)
    before = {each.id: dict(each) for each in found(name)}

    reported = both(fresh, "openstack_image.only_declared", name="all", images=[kept], **catalogue)
    assert reported.changes == {}
    assert f"1 not declared: {gone} ({image.id})" in reported.comment

    done = both(fresh, "openstack_image.only_declared", name="all", images=[kept], report=False, **catalogue)
    assert done.changes == {image.id: {"old": gone, "new": "retired"}}
    after = {each.id: dict(each) for each in found(name)}
    assert {key for key in before if before[key] != after[key]} == {image.id}
    assert (after[image.id]["os_hidden"], after[image.id]["status"]) == (True, "active")

    again = present(name=gone, visibility="public", **catalogue)  # declared once more
    assert again.result, again.comment
    assert [(each.id, each.name) for each in found(gone)] == [(image.id, gone)]


def versions(present, web, name, count, **arguments):
    """As many images of a name, one after the other; the last is the one that is offered."""
    for number in range(count):
        data = images.qcow2(f"version {number} of {name}".encode())
        web.files[f"/{number}"] = data
        ret = present(source=f"{web.url}/{number}", source_hash=digest(data), **arguments)
        assert ret.result, ret.comment
        time.sleep(1)  # a retirement is noted to the second


@pytest.mark.slow
def test_old_versions_are_deleted_by_policy(present, fresh, found, name, web, catalogue, glance):
    versions(present, web, name, 4, **catalogue)
    retired = sorted((each for each in found(name) if each.os_hidden), key=lambda each: each.glance_formula_retired_at)
    oldest, middle, newest = (each.id for each in retired)
    state = functools.partial(fresh, "openstack_image.retired", name="old", **catalogue)

    assert both(state).changes == {}
    assert both(state, retire={"keep": 1, "delete_after": 1}).changes == {}
    glance.images.update(oldest, protected=True)
    done = both(state, retire={"keep": 1})
    assert {key: change["new"] for key, change in done.changes.items()} == {middle: None}
    assert f"kept: {oldest} (protected)" in done.comment
    done = both(state, retire={"keep": 0, "unprotect": True}, in_use=[newest])
    assert {key: change["new"] for key, change in done.changes.items()} == {oldest: None}
    assert f"kept: {newest} (in use)" in done.comment
    done = both(state, policies={name: {"visibility": "community", "deactivate": True}})
    assert done.changes[newest]["new"].items() >= {"visibility": "community", "status": "deactivated"}.items()
    assert {each.id for each in found(name) if each.os_hidden} == {newest}


@pytest.mark.slow
def test_what_a_function_says_is_in_use(present, fresh, found, name, web, catalogue):
    versions(present, web, name, 2, **catalogue)
    state = functools.partial(fresh, "openstack_image.retired", name="old", retire={"keep": 0}, **catalogue)
    for function, message in {"test.true": "returned bool", "nova.nothing": "no execution function"}.items():
        for test in (True, False):
            ret = state(in_use=[function], test=test)
            assert (ret.result, ret.changes) == (False, {})
            assert message in ret.comment
    assert len(found(name)) == 2
    assert len(both(state, in_use=[]).changes) == 1


def test_a_leftover_of_an_image_that_nobody_declares_any_more(fresh, glance, found, name, catalogue):
    mark = {"glance_formula_upload": f"functional/{name}"}
    other = {"glance_formula_upload": f"other-minion/{name}"}
    for marked in (mark, other):
        glance.images.create(name=f"{name} (upload)", disk_format="raw", container_format="bare", **marked)
    done = both(fresh, "openstack_image.only_declared", name="all", report=False, **catalogue)
    assert [change["new"] for change in done.changes.values()] == [None]
    assert [image.glance_formula_upload for image in found(name)] == [f"other-minion/{name}"]
