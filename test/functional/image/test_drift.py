"""One attribute after the other is changed behind the formula's back, said and repaired."""

import pytest

from functional.image.common import GOOD, sent
from functional.webserver import digest

ONE, OTHER_ID = "8f0c7a0e-3d1c-4a5e-9b1f-0a1b2c3d4e5f", "8f0c7a0e-3d1c-4a5e-9b1f-0a1b2c3d4e60"
# attribute: what is declared, what it has become, how
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
    "architecture": ("x86_64", "aarch64", {"architecture": "aarch64"}),
    "os_distro missing": ("debian", None, ["os_distro"]),
    "os_version": ("13", "12", {"os_version": "12"}),
    "os_type": ("linux", "windows", {"os_type": "windows"}),
    "kernel_id": (ONE, OTHER_ID, {"kernel_id": OTHER_ID}),
    "ramdisk_id": (ONE, OTHER_ID, {"ramdisk_id": OTHER_ID}),
    "catalogue": ("here", None, {"glance_formula_catalogue": "here of another image"}),
}


# one way with others that are tried
ALIKE = ("os_version", "os_type", "kernel_id", "ramdisk_id", "min_disk")


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow if case.split()[0] in ALIKE else ()) for case in ATTRIBUTES]
)
def test_drift_is_shown_and_repaired_with_one_patch(present, glance, found, name, window, case):
    attribute = case.split()[0]
    wanted, drifted, change = ATTRIBUTES[case]
    arguments = {attribute: wanted}
    assert present(**arguments).result
    image = found(name)[0]
    removed = change if isinstance(change, list) else None
    glance.images.update(image.id, remove_props=removed, **({} if removed else change))
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


def assert_repaired(present, window, method, expected, **arguments):
    """The plan says it, the run does it with requests of this method, and the next has nothing to do."""
    window.log.clear()
    planned = present(test=True, **arguments)
    assert (planned.result, planned.changes) == (None, expected), planned.comment
    assert {entry[0] for entry in window.log} == {"GET"}
    done = present(**arguments)
    assert (done.result, done.changes) == (True, expected), done.comment
    assert sent(window, method)
    for test in (True, False):
        again = present(test=test, **arguments)
        assert (again.result, again.changes) == (True, {}), again.comment


@pytest.mark.parametrize("wanted", [True, False])
def test_drift_of_the_status(present, modules, name, window, wanted):
    assert present(deactivated=wanted).result
    change = modules.openstack_image.reactivate if wanted else modules.openstack_image.deactivate
    change(name)
    expected = {"deactivated": {"old": not wanted, "new": wanted}}
    assert_repaired(present, window, "POST", expected, deactivated=wanted)


def test_drift_of_the_owner(present, glance, found, name, window, projects):
    mine, yours = projects
    assert present(owner=mine).result
    [image] = found(name)
    assert image.owner == projects[mine]
    glance.images.update(image.id, owner=projects[yours])
    # in another project than the declared and the own one, it is nobody's image of this name
    assert present(owner=mine, test=True).changes["status"] == {"old": None, "new": "active"}
    expected = {"owner": {"old": projects[yours], "new": mine}}
    assert_repaired(present, window, "PATCH", expected, owner=mine, id=image.id)
    assert found(name)[0].owner == projects[mine]


def test_drift_of_members(present, glance, found, name, window, projects):
    one, two = projects
    declared = {"members": {one: "accepted", two: None}, "visibility": "shared"}
    assert present(**declared).result
    [image] = found(name)

    def members():
        return {member.member_id: member.status for member in glance.image_members.list(image.id)}

    assert members() == {projects[one]: "accepted", projects[two]: "pending"}
    glance.image_members.update(image.id, projects[one], "rejected")
    glance.image_members.update(image.id, projects[two], "rejected")  # which it may
    expected = {"members": {"old": {one: "rejected", two: None}, "new": {one: "accepted", two: None}}}
    assert_repaired(present, window, "PUT", expected, **declared)
    assert members() == {projects[one]: "accepted", projects[two]: "rejected"}

    glance.image_members.delete(image.id, projects[one])
    glance.image_members.create(image.id, "f" * 32)
    expected = {"members": {"old": {two: None, "f" * 32: "pending"}, "new": {one: "accepted", two: None}}}
    assert_repaired(present, window, "POST", expected, **declared)
    assert members() == {projects[one]: "accepted", projects[two]: "rejected"}


def test_members_of_an_image_that_is_not_shared(present, found, name, projects):
    present(visibility="public")
    for test in (True, False):
        ret = present(members=list(projects), test=test)
        assert (ret.result, ret.changes) == (False, {})
        assert "declare it shared" in ret.comment


def test_an_unknown_project_is_named(present, found, name):
    for test in (True, False):
        ret = present(owner="test-nobody", test=test)
        assert (ret.result, ret.changes) == (False, {})
        assert "no project test-nobody in domain Default" in ret.comment
    assert found(name) == []


def test_drift_of_stores(present, modules, found, name, window, stores):
    default, other = stores[:2]
    assert present(stores=[default, other]).result
    [image] = found(name)
    assert sorted(image.stores.split(",")) == sorted([default, other])
    modules.openstack_image.remove_from_store(image.id, default)
    expected = {"stores": {"old": [other], "new": sorted([default, other])}}
    assert_repaired(present, window, "POST", expected, stores=[default, other])
    expected = {"stores": {"old": sorted([default, other]), "new": [other]}}
    assert_repaired(present, window, "DELETE", expected, stores=[other])
    assert found(name)[0].stores == other


def test_everything_at_once(present, found, name, projects, window):
    one, two = projects
    wanted = {"owner": one, "members": [two], "visibility": "shared", "deactivated": True, "protected": True}
    wanted |= {"architecture": "x86_64", "properties": {"a": "1"}, "tags": ["t"], "min_disk": 3, "min_ram": 5}
    planned = present(test=True, **wanted)
    done = present(**wanted)
    assert (planned.result, done.result) == (None, True), done.comment
    assert done.changes == planned.changes
    assert present(**wanted).changes == {}
    [image] = found(name)
    assert (image.owner, image.status, image.architecture, image.a) == (projects[one], "deactivated", "x86_64", "1")


@pytest.mark.parametrize("count", [1, 5])
def test_a_converged_catalogue_is_one_listing(modules, web, name, window, count):
    """In one run, as a highstate is; what the other tests call is a run of its own each."""
    declared = {"source": f"{web.url}/good.qcow2", "source_hash": digest(GOOD), "tags": ["t"], "visibility": "public"}
    names = [f"{name}-{number}" for number in range(count)]
    run = {each: {"openstack_image": ["present", *_listed(catalogue=name, **declared)]} for each in names}
    assert {state.result for state in modules.state.high(run)} == {True}
    run["undeclared"] = {"openstack_image": ["only_declared", *_listed(images=names, catalogue=name)]}
    run["retired"] = {"openstack_image": ["retired", *_listed(catalogue=name)]}
    window.log.clear()
    again = modules.state.high(run)
    assert [(state.result, state.changes) for state in again] == [(True, {})] * len(run)
    # one page of those that are listed, one of those that are hidden: Glance never gives both in one
    assert [path for _, path, _ in window.log] == ["/v2/images?limit=1000", "/v2/images?limit=1000&os_hidden=true"]


def _listed(**arguments):
    """Arguments as a state in an SLS has them."""
    return [{key: value} for key, value in arguments.items()]
