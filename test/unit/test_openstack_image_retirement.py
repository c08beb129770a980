"""What becomes of retired images: by policy, position, age, protection and use."""

import datetime

import openstack_image_marks as marks
import openstack_image_retirement as retirement
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid

NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.timezone.utc)


def image(number, days=0, name="a", **changes):
    """An image that was retired so many days ago."""
    when = (NOW - datetime.timedelta(days=days)).strftime(marks.TIME)
    return {
        "id": str(number),
        "name": f"{name} (retired {when})",
        "status": "active",
        "visibility": "public",
        "protected": False,
        "os_hidden": True,
        marks.RETIRED: marks.of(name, number),
        marks.RETIRED_AT: when,
        **changes,
    }


def deleted(images, policy, used=()):
    found = retirement.fates(images, {}, retirement.policy(policy), used, NOW)
    return [key for key, (_, wanted, _) in found.items() if wanted is None]


VERSIONS = [image(1, 40), image(2, 10), image(3, 5), image(4, 0)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, []),
        ({"hide": False}, []),
        ({"keep": 0}, ["4", "3", "2", "1"]),
        ({"keep": 2}, ["2", "1"]),
        ({"keep": 9}, []),
        ({"delete_after": 5}, ["3", "2", "1"]),
        ({"delete_after": 5.1}, ["2", "1"]),
        ({"keep": 3, "delete_after": 7}, ["1"]),
        ({"keep": 1, "delete_after": 60}, []),
    ],
)
def test_which_are_deleted(policy, expected):
    assert deleted(VERSIONS, policy) == expected


def test_names_have_versions_and_policies_of_their_own():
    images = [*VERSIONS, image(5, 3, "b"), image(6, 2, "b")]
    own = {"b": retirement.policy({"keep": 1})}
    found = retirement.fates(images, own, retirement.policy({"keep": 3}), now=NOW)
    assert [key for key, (_, wanted, _) in found.items() if wanted is None] == ["1", "5"]


def test_the_protected_and_the_used_stay():
    images = [image(1, 3, protected=True), image(2, 2), image(3, 1)]
    policy = retirement.policy({"keep": 0})
    found = retirement.fates(images, {}, policy, ["2"], NOW)
    assert {key: (wanted is None, reason) for key, (_, wanted, reason) in found.items()} == {
        "1": (False, "protected"),
        "2": (False, "in use"),
        "3": (True, None),
    }
    assert deleted(images, {"keep": 0, "unprotect": True}, ["2"]) == ["3", "1"]


def test_an_unreadable_time_is_the_last_change():
    broken = image(1, **{marks.RETIRED_AT: "long ago"}, updated_at="2026-11-20T12:00:00Z")
    assert deleted([broken], {"delete_after": 3}) == ["1"]
    assert deleted([broken], {"delete_after": 5}) == []


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, {"hidden": True}),
        ({"hide": False}, {"hidden": False}),
        ({"visibility": "community"}, {"visibility": "community", "hidden": True}),
        ({"deactivate": True}, {"status": "deactivated", "hidden": True}),
    ],
)
def test_what_the_others_should_be(policy, expected):
    current = image(1, os_hidden=False)
    [(shown, wanted, reason)] = retirement.fates([current], {}, retirement.policy(policy), now=NOW).values()
    assert shown == {"name": current["name"], "status": "active", "visibility": "public", "hidden": False}
    assert wanted == {**shown, **expected}
    assert reason is None


def test_where_nothing_can_be_hidden_nothing_should_be():
    current = {key: value for key, value in image(1).items() if key != "os_hidden"}
    [(shown, wanted, _)] = retirement.fates([current], {}, retirement.policy(None), now=NOW).values()
    assert wanted == shown


def test_a_snapshot_of_a_retired_image_is_not_retired():
    snapshot = {**image(1, 100), "id": "2"}
    ordinary = {key: value for key, value in image(3).items() if not key.startswith("glance_formula")}
    assert retirement.fates([snapshot, ordinary], {}, retirement.policy({"keep": 0}), now=NOW) == {}


@given(
    ages=st.lists(st.floats(0, 100), max_size=8),
    keep=st.none() | st.integers(0, 9),
    days=st.none() | st.integers(0, 100),
    protected=st.sets(st.integers(0, 7)),
    used=st.sets(st.integers(0, 7)),
)
def test_nothing_is_deleted_that_any_rule_keeps(ages, keep, days, protected, used):
    images = [image(number, age, protected=number in protected) for number, age in enumerate(ages)]
    gone = {int(key) for key in deleted(images, {"keep": keep, "delete_after": days}, {str(each) for each in used})}
    assert not gone & (protected | used)
    assert gone == set() or (keep, days) != (None, None)
    newest = sorted(range(len(ages)), key=lambda number: ages[number])
    assert len(ages) - len(gone) >= min(keep or 0, len(newest))
    assert all(ages[number] >= (days or 0) - 1 / 86400 for number in gone)


@pytest.mark.parametrize(
    "policy",
    [
        {"keep": -1},
        {"keep": "2"},
        {"keep": True},
        {"delete_after": -1},
        {"hide": "yes"},
        {"deactivate": 1},
        {"visibility": "hidden"},
        {"remove": True},
    ],
)
def test_unusable_policies(policy):
    with pytest.raises(Invalid, match=f"retire:{next(iter(policy))}"):
        retirement.policy(policy)


@pytest.mark.parametrize("policy", ["hide", ["hide"], 1])
def test_a_policy_is_a_mapping(policy):
    with pytest.raises(Invalid, match="use a mapping"):
        retirement.policy(policy)
