"""Images of several sites side by side: what is the same image, and what is different about it."""

import glance_matrix
import openstack_image_offer as offer
import pytest
from hypothesis import given
from hypothesis import strategies as st

DIGEST = "d" * 128
ONE, TWO, THREE = (f"{number}" * 8 + "-0000-4000-8000-000000000000" for number in "123")


def shown(name="cirros", id=ONE, **more):
    """An image as the API shows it."""
    return {
        "id": id,
        "name": name,
        "status": "active",
        "owner": "us",
        "visibility": "public",
        "disk_format": "qcow2",
        "container_format": "bare",
        "min_disk": 0,
        "min_ram": 0,
        "protected": False,
        "os_hidden": False,
        "tags": [],
        "size": 5,
        "checksum": "c" * 32,
        "os_hash_algo": "sha512",
        "os_hash_value": DIGEST,
        **more,
    }


def image(name="cirros", id=ONE, **more):
    return offer.described(shown(name, id, **more))


def cells(row):
    return list(row["sites"].values())


def test_same_everywhere():
    [row] = glance_matrix.matrix({"zurich": [image()], "geneva": [image()]})
    assert cells(row) == ["present", "present"]
    assert row["differences"] == {}
    assert glance_matrix.alike(row)


def test_missing():
    [row] = glance_matrix.matrix({"zurich": [], "geneva": [image()]})
    assert row["sites"] == {"zurich": "missing", "geneva": "present"}
    assert not glance_matrix.alike(row)


def test_a_site_that_could_not_be_asked_lacks_nothing():
    [row] = glance_matrix.matrix({"zurich": None, "geneva": [image()]})
    assert row["sites"] == {"zurich": "not asked", "geneva": "present"}
    assert glance_matrix.alike(row)


CHANGES = {
    "visibility": ("private", "geneva: visibility is private, not public"),
    "min_disk": (7, "geneva: min_disk is 7, not 0"),
    "protected": (True, "geneva: protected is true, not false"),
    "tags": (["b", "a"], "geneva: tags is a, b, not none"),
    "os_hash_value": ("e" * 128, f"geneva: content is sha512={'e' * 17}…, not sha512={'d' * 17}…"),
    "hw_disk_bus": ("virtio", "geneva: property hw_disk_bus is virtio, not unset"),
    "os_hidden": (True, "geneva: hidden is true, not false"),
    "status": ("deactivated", "geneva: deactivated is true, not false"),
    "name": ("other", "geneva: name is other, not cirros"),
}
COLUMNS = {"os_hash_value": "content", "hw_disk_bus": "properties", "os_hidden": "hidden", "status": "deactivated"}


@pytest.mark.parametrize("key", CHANGES)
def test_each_difference_is_named(key):
    value, text = CHANGES[key]
    [row] = glance_matrix.matrix({"zurich": [image()], "geneva": [image(**{key: value})]})
    assert cells(row) == ["present", f"differs: {COLUMNS.get(key, key)}"]
    assert glance_matrix.detail(row) == text


@pytest.mark.parametrize("key", ["owner", "created_at", "glance_formula_catalogue", "stores", "os_glance_x"])
def test_what_belongs_to_one_site_is_no_difference(key):
    [row] = glance_matrix.matrix({"zurich": [image()], "geneva": [image(**{key: "another"})]})
    assert glance_matrix.alike(row)


def test_same_name_under_another_id():
    [row] = glance_matrix.matrix({"zurich": [image()], "geneva": [image(id=TWO)]})
    assert cells(row) == ["present", "differs: id"]


def test_an_id_counts_more_than_a_name():
    offers = {"zurich": [image("a", ONE), image("b", TWO)], "geneva": [image("b", ONE), image("a", TWO)]}
    rows = glance_matrix.matrix(offers)
    assert [(row["image"], row["id"], cells(row)[1]) for row in rows] == [
        ("a", ONE, "differs: name"),
        ("b", TWO, "differs: name"),
    ]


def test_three_sites_have_the_first_as_their_measure():
    offers = {"zurich": [], "geneva": [image()], "basel": [image(min_ram=5)]}
    [row] = glance_matrix.matrix(offers)
    assert cells(row) == ["missing", "present", "differs: min_ram"]


IMAGES = st.lists(
    st.builds(image, st.sampled_from("abc"), st.sampled_from([ONE, TWO, THREE])), unique_by=lambda one: one["id"]
)


@given(offers=st.dictionaries(st.sampled_from(["zurich", "geneva", "basel"]), IMAGES))
def test_every_image_is_in_one_row(offers):
    rows = glance_matrix.matrix(offers)
    for site, images in offers.items():
        assert len(images) == len([row for row in rows if row["sites"][site] != "missing"])


@pytest.mark.parametrize(
    ("more", "ours"),
    [
        ({}, True),
        ({"visibility": "private"}, True),
        ({"status": "deactivated"}, True),
        ({"owner": "them"}, True),
        ({"owner": "them", "visibility": "private"}, False),
        ({"owner": "them", "visibility": "shared"}, False),
        ({"owner": "them", "visibility": "community"}, False),
        ({"status": "queued"}, False),
        ({"status": "saving"}, False),
        ({"glance_formula_upload": "minion/cirros"}, False),
        ({"glance_formula_retired": "cirros"}, False),
        ({"image_type": "snapshot"}, False),
    ],
)
def test_what_a_site_offers(more, ours):
    assert bool(offer.offered([shown(**more)], "us")) == ours


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {}, True),
        ({"os_hash_value": "e" * 128}, {}, False),
        ({"os_hash_algo": None}, {}, True),
        ({"os_hash_algo": None}, {"checksum": None}, None),
        ({"os_hash_algo": None}, {"checksum": None, "size": 6}, False),
    ],
)
def test_same_content_by_a_hash_that_both_have(one, other, same):
    assert offer.same_content(image(**one), image(**other)) is same
    assert offer.same_content(image(**other), image(**one)) is same
