"""Names in place of ids, and the forms in which things are compared."""

import datetime

import openstack_identity_names as names
import openstack_identity_places as places
import openstack_identity_records as records
import pytest
from hypothesis import given
from hypothesis import strategies as some
from openstack_errors import Invalid

NAMES = some.text(min_size=1, max_size=8)
REFERENCES = some.one_of(NAMES, some.fixed_dictionaries({"name": NAMES, "domain": some.one_of(some.none(), NAMES)}))


@given(some.lists(REFERENCES), some.one_of(some.none(), NAMES))
def test_references_have_one_form(listed, home):
    once = records.references(listed, home)
    assert records.references(once, home) == once
    assert records.references(listed[::-1] + listed, home) == once
    assert {records.split(each, home) for each in once} == {records.split(each, home) for each in listed}


def test_a_reference_names_the_domain_only_where_it_is_another():
    listed = ["b", {"name": "a", "domain": "d"}, {"name": "c"}, {"name": "a", "domain": None}, "b"]
    assert records.references(listed) == ["a", "b", "c", {"name": "a", "domain": "d"}]
    assert records.references(listed, "d") == ["a", "b", "c", {"name": "a", "domain": None}]
    assert records.references("a") == ["a"]
    assert records.references({"name": "a", "domain": "d"}) == [{"name": "a", "domain": "d"}]


@pytest.mark.parametrize(
    "given",
    [
        "2027-01-31",
        "2027-01-31T00:00:00Z",
        "2027-01-31T00:00:00.000000",
        "2027-01-31T01:30:00+01:30",
        datetime.date(2027, 1, 31),
        datetime.datetime(2027, 1, 31),
        datetime.datetime(2027, 1, 31, tzinfo=datetime.timezone.utc),
    ],
)
def test_one_moment_has_one_form(given):
    assert records.expiry(given) == "2027-01-31T00:00:00Z"
    assert records.moment(given) == datetime.datetime(2027, 1, 31)


@pytest.mark.parametrize("given", ["soon", "", "2027-13-01"])
def test_what_is_no_moment(given):
    with pytest.raises(Invalid, match="is no moment"):
        records.expiry(given)


def test_no_moment():
    assert records.expiry(None) is None
    assert records.moment(None) is None


def test_access_rules_are_compared_without_ids_and_order():
    one = {"service": "image", "method": "GET", "path": "/a"}
    two = {"service": "image", "method": "GET", "path": "/b"}
    assert records.access_rules([{**two, "id": "1"}, one]) == [one, two]


@given(some.sets(some.text(some.characters(exclude_characters="/,"), min_size=1)))
def test_tags(tags):
    assert names.tags(tags) == sorted(tags)
    assert names.tags([*tags, *tags]) == sorted(tags)


@pytest.mark.parametrize("tag", ["", "a/b", "a,b"])
def test_what_cannot_be_a_tag(tag):
    with pytest.raises(Invalid, match="cannot be a tag"):
        names.tags(["a", tag])


@pytest.mark.parametrize("name", [None, "", "  ", 5, ["a"]])
def test_what_cannot_be_a_name(name):
    with pytest.raises(Invalid, match="is named by a text"):
        names.named("role", name)


@given(some.sampled_from(["user", "group"]), NAMES, some.sampled_from(["project", "domain"]), NAMES, some.booleans())
def test_a_place_is_read_from_the_row_that_it_makes(holder, holder_id, scope, scope_id, inherited):
    place = places.Place(holder, holder_id, scope, scope_id, inherited)
    assert places.of(places.row(place, "role")) == place


def test_the_system_is_a_place():
    place = places.Place("user", "u", "system", places.SYSTEM)
    assert places.of(places.row(place, "role")) == place
    assert places.row(place, "role")["scope"] == {"system": {"all": True}}


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        (("glance", "user", "service", None, False), "user glance on project service"),
        (("ops", "group", None, "Default", True), "group ops on the projects below domain Default"),
        (("glance", "user", None, None, False), "user glance on the system"),
    ],
)
def test_places_in_words(arguments, label):
    assert places.label(*arguments) == label


@pytest.mark.parametrize(
    ("place", "query"),
    [
        (places.Place("user", "u", "project", "p"), {"user.id": "u", "scope.project.id": "p"}),
        (places.Place("group", "g", "system", "all"), {"group.id": "g", "scope.system": "all"}),
        (
            places.Place("group", "g", "domain", "d", True),
            {"group.id": "g", "scope.domain.id": "d", "scope.OS-INHERIT:inherited_to": "projects"},
        ),
    ],
)
def test_what_a_place_is_listed_by(place, query):
    assert places.query(place) == query
