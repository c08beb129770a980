"""Images of the Image API v1 in the words of v2, and back. How Glance takes it: test/functional/releases."""

import openstack_image_declared as declaration
import openstack_image_patch as patching
import openstack_image_v1 as v1
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid

ID = "9d2ffb1c-5d9b-4f3c-8d3c-5b7a4d0f9f52"
IMAGE = {
    "id": ID,
    "name": "cirros",
    "status": "active",
    "owner": "p1",
    "disk_format": "qcow2",
    "container_format": "bare",
    "checksum": "0" * 32,
    "created_at": "2014-10-16T08:00:00.000000",
    "updated_at": "2014-10-16T08:00:00.000000",
    "size": 12,
    "virtual_size": None,
    "min_disk": 1,
    "min_ram": 0,
    "visibility": "public",
    "protected": False,
    "tags": [],
    "hw_disk_bus": "virtio",
}
names = st.from_regex(r"[a-z0-9_.]+", fullmatch=True).filter(lambda name: name not in IMAGE)
values = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)


def shown(image):
    """The headers as a library gives them: each letter stands for a byte."""
    sent = v1.to_headers(image) | {"x-image-meta-size": "12", "x-image-meta-virtual_size": "None"}
    return {name.title(): value for name, value in sent.items()}


def test_from_json():
    given_ = {key: value for key, value in IMAGE.items() if key not in ("visibility", "tags")}
    properties = {"hw-Disk_bus": given_.pop("hw_disk_bus"), "gone": None}
    assert v1.from_json({**given_, "is_public": True, "deleted": False, "properties": properties}) == IMAGE


def test_from_headers():
    headers = {
        "X-Image-Meta-Property-Hw_disk_bus": "virtio",
        "x-image-meta-property-empty": "",
        "x-image-meta-is_public": "True",
        "x-image-meta-protected": "False",
        "x-image-meta-virtual_size": "None",
        "content-length": "0",
    }
    same = ("id", "name", "status", "owner", "disk_format", "container_format", "checksum", "size", "min_disk")
    headers |= {f"x-image-meta-{key}": str(IMAGE[key]) for key in (*same, "min_ram", "created_at", "updated_at")}
    assert v1.from_headers(headers) == IMAGE


@given(st.dictionaries(names, values), values, st.sampled_from(["public", "shared"]), st.booleans())
def test_headers_bring_back_what_they_were_made_of(properties, name, visibility, protected):
    own = {"id": ID, "name": name, "visibility": visibility, "protected": protected, "min_disk": 3, "min_ram": 0}
    found = v1.from_headers(shown({**own, **properties}))
    assert {key: found[key] for key in own} == own
    assert v1.properties(found) == properties


def test_no_header_has_an_underscore():
    assert not [name for name in v1.to_headers(IMAGE) if "_" in name]


@pytest.mark.parametrize(
    ("wanted", "headers"),
    [
        ({"visibility": "private"}, {"x-image-meta-is-public": "False"}),
        ({"name": "other", "min_ram": 64}, {"x-image-meta-name": "other", "x-image-meta-min-ram": "64"}),
        ({"protected": True}, {"x-image-meta-protected": "True"}),
        ({"properties": {"hw_disk_bus": "ide"}}, {"x-image-meta-property-hw-disk-bus": "ide"}),
        ({"properties": {}}, {}),
        ({"properties": {"a": "ü"}}, {"x-image-meta-property-a": "Ã¼"}),
        ({"hidden": True}, {}),
    ],
)
def test_only_what_changes_is_sent_and_all_properties(wanted, headers):
    operations = patching.operations(IMAGE, wanted)
    kept = {} if "properties" in wanted else {"x-image-meta-property-hw-disk-bus": "virtio"}
    assert v1.to_headers(v1.changed(IMAGE, operations)) == {**kept, **headers}


@pytest.mark.parametrize(
    "wanted",
    [
        {"visibility": "community"},
        {"tags": ["a"]},
        {"hidden": True},
        {"name": " padded"},
        {"properties": {"Upper": "x"}},
        {"properties": {"a-b": "x"}},
        {"properties": {"a:b": "x"}},
        {"properties": {"a": ""}},
        {"properties": {"a": "x\ny"}},
        {"properties": {"a": "x "}},
    ],
)
def test_what_v1_cannot_keep_is_refused(wanted):
    with pytest.raises(Invalid, match=r"Image API v1"):
        v1.check(declaration.declared(**wanted))


def test_what_v1_has_is_not_refused():
    v1.check(declaration.declared(name="a b", visibility="private", tags=[], hidden=False, properties={"a.b_1": "x y"}))


@pytest.mark.parametrize(("declared", "shown"), [("private", "shared"), ("shared", "shared"), ("public", "public")])
def test_what_is_not_public_can_be_shared(declared, shown):
    assert v1.V1().kept({"name": "a", "visibility": declared}) == {"name": "a", "visibility": shown}
    assert v1.V1().kept({"name": "a"}) == {"name": "a"}
