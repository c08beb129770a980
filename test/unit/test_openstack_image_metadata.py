"""Wanted against current: what a patch does, applied as Glance applies it."""

import openstack_image_declared as declaration
import openstack_image_digests
import openstack_image_marks as marks
import openstack_image_metadata as metadata
import openstack_image_patch as patching
import openstack_image_step
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Ambiguous, Invalid, OpenStackError
from openstack_states import diff

KEYS = st.text("ab/~_.", min_size=1, max_size=4)
TEXTS = st.text(max_size=5)
TAGS = st.lists(TEXTS, max_size=4)
SERVICES = st.dictionaries(
    st.sampled_from(["os_glance_importing_to_stores", "instance_uuid", "owner_specified.x"]), TEXTS
)
ARGUMENTS = {
    "name": TEXTS,
    "visibility": st.sampled_from(declaration.VISIBILITIES),
    "properties": st.dictionaries(KEYS, TEXTS | st.booleans() | st.integers(), max_size=4),
    "tags": TAGS,
    "min_disk": st.integers(0, 9),
    "min_ram": st.integers(0, 9),
    "protected": st.booleans(),
    "hidden": st.booleans(),
    "owner": TEXTS,
    "catalogue": st.text("ab ", min_size=1),
    **dict.fromkeys(metadata.NAMED, st.text("ab", max_size=2)),
}
SHA256 = "sha256=" + "a" * 64


def image(**changes):
    """An active image as the API shows it."""
    return {
        "id": "1",
        "name": "a",
        "status": "active",
        "visibility": "shared",
        "owner": "me",
        "tags": [],
        "min_disk": 0,
        "min_ram": 0,
        "protected": False,
        "os_hidden": False,
        "disk_format": "qcow2",
        "container_format": "bare",
        "checksum": "md5-digest",
        "os_hash_algo": "sha512",
        "os_hash_value": "sha512-digest",
        "size": 1,
        "self": "/v2/images/1",
        **changes,
    }


def patched(current, patch):
    """What Glance makes of a patch; it refuses to replace or remove what is not there."""
    current = dict(current)
    for operation in patch:
        key = operation["path"][1:].replace("~1", "/").replace("~0", "~")
        assert operation["op"] == "add" or key in current
        if operation["op"] == "remove":
            del current[key]
        else:
            current[key] = operation["value"]
    return current


@st.composite
def images(draw):
    arguments = draw(st.fixed_dictionaries(ARGUMENTS))
    properties = {key: str(value) for key, value in arguments.pop("properties").items()}
    hidden, catalogue = arguments.pop("hidden"), arguments.pop("catalogue")
    marked = {marks.CATALOGUE: marks.of(catalogue, draw(st.sampled_from(["1", "2"])))}
    return image(**draw(SERVICES), **properties, **marked, **arguments, os_hidden=hidden)


@given(current=images(), arguments=st.fixed_dictionaries({}, optional=ARGUMENTS))
def test_one_patch_makes_an_image_what_is_wanted(current, arguments):
    wanted = declaration.declared(**arguments)
    after = patched(current, patching.operations(current, wanted))
    assert diff(metadata.attributes(after, wanted), wanted) == {}
    assert patching.operations(after, wanted) == []


@given(current=images(), arguments=st.fixed_dictionaries({}, optional=ARGUMENTS))
def test_a_patch_touches_nothing_else(current, arguments):
    wanted = declaration.declared(**arguments)
    after = patched(current, patching.operations(current, wanted))
    others = {key for key in current if key.startswith(("os_glance", "instance", "owner_spec", "size", "self"))}
    kept = others | (set(metadata.custom(current)) if "properties" not in wanted else set()) - set(wanted)
    assert {key: current[key] for key in kept} == {key: after[key] for key in kept}


@given(current=images(), arguments=st.fixed_dictionaries({}, optional=ARGUMENTS))
def test_a_patch_is_empty_exactly_when_nothing_differs(current, arguments):
    wanted = declaration.declared(**arguments)
    same = diff(metadata.attributes(current, wanted), wanted) == {}
    assert (patching.operations(current, wanted) == []) == same


@given(arguments=st.fixed_dictionaries(ARGUMENTS))
def test_a_created_image_is_what_is_wanted(arguments):
    wanted = declaration.declared(disk_format="raw", container_format="bare", **arguments)
    created = {**image(), **patching.creation(wanted)}
    created = patched(created, patching.operations(created, {"catalogue": wanted["catalogue"]}))  # it names the id
    assert diff(metadata.attributes(created, wanted), wanted) == {}


@pytest.mark.parametrize(
    "arguments",
    [
        {"visibility": "secret"},
        {"min_disk": -1},
        {"min_ram": "1"},
        {"min_ram": True},
        {"protected": "no"},
        {"hidden": 1},
        {"properties": {"name": "x"}},
        {"properties": {"os_glance_x": "x"}},
        {"properties": {marks.RECORD: "x"}},
        {"properties": {"a": ["x"]}},
        {"properties": ["a"]},
    ],
)
def test_unusable_arguments(arguments):
    with pytest.raises(Invalid, match=next(iter(arguments))[:7]):
        declaration.declared(**arguments)


def test_values_become_what_glance_keeps():
    wanted = declaration.declared(tags=["b", 1, "b"], properties={"a": True, "b": 2, "c": None, "d": 1.5})
    assert wanted == {"tags": ["1", "b"], "properties": {"a": "true", "b": "2", "d": "1.5"}}


def test_a_declared_property_of_a_service_is_compared():
    wanted = declaration.declared(properties={"instance_uuid": "1"})
    assert metadata.attributes(image(instance_uuid="2", user_id="3"), wanted)["properties"] == {"instance_uuid": "2"}


# --- names


def test_a_name_is_one_of_the_project_or_a_public_one():
    foreign = [image(id=str(number), owner="you", visibility=each) for number, each in enumerate(("private", "shared"))]
    assert metadata.named(foreign, "a", ["me"]) is None
    public = image(id="9", owner="you", visibility="public")
    assert metadata.named([*foreign, public], "a", ["me"]) == public
    with pytest.raises(Ambiguous, match=r"1, 9"):
        metadata.named([public, image()], "a", ["me"])


# --- content


def test_content_by_the_hashes_of_glance():
    assert openstack_image_digests.content(image(), "sha512=x") == "sha512=sha512-digest"
    assert openstack_image_digests.content(image(), "md5=x") == "md5=md5-digest"
    assert not openstack_image_digests.must_be_read(image(), "md5=x")


def test_content_by_the_record_of_the_upload():
    uploaded = image()
    uploaded[marks.RECORD] = openstack_image_digests.record(uploaded, SHA256)
    assert openstack_image_digests.content(uploaded, "sha256=x") == SHA256
    assert not openstack_image_digests.must_be_read(uploaded, "sha256=x")
    snapshot = {**uploaded, "checksum": "of-other-data"}
    assert openstack_image_digests.must_be_read(snapshot, "sha256=x")


def test_content_without_data():
    assert openstack_image_digests.content(image(status="queued"), "md5=x") is None
    assert not openstack_image_digests.must_be_read(image(status="queued"), SHA256)


# --- steps


@pytest.mark.parametrize(
    ("current", "changes", "pinned", "expected"),
    [
        (None, {}, False, "create"),
        (image(status="queued"), {"disk_format": {"old": "raw", "new": "qcow2"}}, False, "fill"),
        (image(), {"tags": {"old": [], "new": ["a"]}}, False, "update"),
        (image(), {"content": {"old": "md5=1", "new": "md5=2"}}, False, "replace"),
        (image(), {"content": {"old": "sha256=1, not recorded", "new": "sha256=1"}}, True, "update"),
        (image(), {"content": {"old": "sha256=2, not recorded", "new": "sha256=1"}}, False, "replace"),
        (image(), {"id": {"old": "1", "new": "2"}}, True, "replace"),
        (image(), {"content": {"old": "md5=1", "new": "md5=2"}}, True, "never changes the data of an id"),
        (image(), {"disk_format": {"old": "raw", "new": "qcow2"}}, False, "does not change the disk_format"),
        (image(), {"container_format": {"old": "ova", "new": "bare"}}, False, "does not change the container_format"),
        (image(status="saving"), {}, False, "is saving"),
        (image(status="killed"), {}, False, "is killed"),
    ],
)
def test_steps(current, changes, pinned, expected):
    if " " in expected:
        with pytest.raises(OpenStackError, match=expected):
            openstack_image_step.step(current, changes, pinned)
    else:
        assert openstack_image_step.step(current, changes, pinned) == expected
