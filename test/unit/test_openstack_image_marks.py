"""What the formula notes on images, and the ids that follow from name and content."""

import itertools
import uuid

import openstack_image_marks as marks
import pytest
from hypothesis import given
from hypothesis import strategies as st


@given(text=st.text(min_size=1), image_id=st.uuids().map(str), other=st.uuids().map(str))
def test_a_mark_counts_for_one_image(text, image_id, other):
    for mark in (marks.CATALOGUE, marks.RETIRED):
        noted = {mark: marks.of(text, image_id)}
        assert marks.read({"id": image_id, **noted}, mark) == text
        assert image_id == other or marks.read({"id": other, **noted}, mark) is None
    assert marks.read({"id": image_id}, marks.RETIRED) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("minion/a", ("minion", "a")), ("minion/a/b", ("minion", "a/b")), ("minion", (None, None)), ("", (None, None))],
)
def test_who_uploads_what(value, expected):
    assert marks.uploading({marks.UPLOAD: value}) == expected
    assert marks.uploading({}) == (None, None)


NAMES, DIGESTS = st.text("ab= 1"), st.none() | st.text("sha=0", min_size=1)


@given(one=st.tuples(NAMES, DIGESTS), other=st.tuples(NAMES, DIGESTS))
def test_ids_follow_from_name_and_digest_and_from_nothing_else(one, other):
    first, again, second = (list(itertools.islice(marks.ids(*each), 4)) for each in (one, one, other))
    assert first == again
    assert len(set(first)) == 4
    assert all(str(uuid.UUID(each)) == each for each in first)
    assert bool(set(first) & set(second)) == (one == other)


def test_ids_stay_what_they_are():
    """Minions with two versions of this formula must ask for the same."""
    assert next(marks.ids("cirros", "sha256=0")) == "28559f9d-e0ad-53dd-a472-43ed0548f201"
