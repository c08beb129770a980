"""One attribute after the other is changed behind the formula's back, said and repaired."""

import pytest

from functional.image.common import sent

ATTRIBUTES = {
    "visibility": ("public", "private", {"visibility": "private"}),
    "properties changed": ({"hw_disk_bus": "virtio"}, {"hw_disk_bus": "ide"}, {"hw_disk_bus": "ide"}),
    "properties added": ({"a": "1"}, {"a": "1", "b/c~d": "2"}, {"b/c~d": "2"}),
    "properties missing": ({"a": "1"}, {}, ["a"]),
    "tags": (["a", "b"], ["a", "c"], {"tags": ["c", "a"]}),
    "tags emptied": ([], ["a"], {"tags": ["a"]}),
    "min_disk": (1, 5, {"min_disk": 5}),
    "min_ram": (64, 0, {"min_ram": 0}),
    "protected": (True, False, {"protected": False}),
    "hidden": (False, True, {"os_hidden": True}),
}


@pytest.mark.parametrize("case", ATTRIBUTES)
def test_drift_is_shown_and_repaired_with_one_patch(present, glance, found, name, window, case, loaders):
    attribute = case.split()[0]
    wanted, drifted, change = ATTRIBUTES[case]
    arguments = {attribute: wanted}
    assert present(**arguments).result
    image = found(name)[0]
    removed = change if isinstance(change, list) else None
    glance.images.update(image.id, remove_props=removed, **({} if removed else change))
    loaders.reset_state()
    window.log.clear()
    expected = {attribute: {"old": drifted, "new": wanted}}
    planned = present(test=True, **arguments)
    assert (planned.result, planned.changes) == (None, expected)
    assert not sent(window, "PATCH")
    done = present(**arguments)
    assert (done.result, done.changes) == (True, expected), done.comment
    assert len(sent(window, "PATCH")) == 1
    assert present(**arguments).changes == {}


def test_several_drifts_are_one_patch(present, window):
    present(tags=["a"], properties={"a": "1"}, min_ram=1)
    window.log.clear()
    changes = present(tags=["b"], properties={"b": "1"}, min_ram=2, visibility="public", protected=True).changes
    assert set(changes) == {"tags", "properties", "min_ram", "visibility", "protected"}
    assert len(sent(window, "PATCH")) == 1


def test_what_is_not_declared_is_left_alone(present, glance, found, name):
    present()
    image = found(name)[0]
    glance.images.update(image.id, visibility="public", min_ram=7, mine="1", tags=["t"])
    assert present().changes == {}
    assert found(name)[0].visibility == "public"


def test_properties_of_services_are_not_drift(present, glance, found, name):
    present(properties={"a": "1"})
    glance.images.update(found(name)[0].id, **{"owner_specified.openstack.md5": "1", "instance_uuid": "2"})
    assert present(properties={"a": "1"}).changes == {}


def test_disk_format_of_an_active_image_is_refused(present):
    present()
    for test in (True, False):
        ret = present(disk_format="raw", test=test)
        assert (ret.result, ret.changes) == (False, {})
        assert "does not change the disk_format" in ret.comment


def test_deactivated_image_stays_deactivated(present, modules, found, name):
    present()
    modules.openstack_image.deactivate(name)
    assert present().changes == {}
    assert found(name)[0].status == "deactivated"
    assert modules.openstack_image.reactivate(name)["status"] == "active"
