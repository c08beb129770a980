"""With whom an image is shared: what is asked of Glance so that members are what they should be, and no more."""

import openstack_image_sharing as sharing
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid


class Glance:
    """Members as Glance keeps them; a new one is pending."""

    def __init__(self, members):
        self.kept, self.asked = dict(members), 0

    def add_member(self, _image, project):
        self.asked += 1
        assert project not in self.kept
        self.kept[project] = "pending"
        return True

    def remove_member(self, _image, project):
        self.asked += 1
        return self.kept.pop(project) is not None

    def answer_member(self, _image, project, status):
        self.asked += 1
        assert self.kept[project] != status
        self.kept[project] = status


MEMBERS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(sharing.STATUSES))


@given(current=MEMBERS, wanted=MEMBERS)
def test_members_become_what_they_should_be(current, wanted):
    glance = Glance(current)
    sharing.bring_about(glance, "image", current, wanted)
    assert glance.kept == wanted
    asked = glance.asked
    sharing.bring_about(glance, "image", dict(glance.kept), wanted)
    assert glance.asked == asked


@pytest.mark.parametrize("status", ["maybe", "", None, "Accepted"])
def test_another_answer_is_refused_before_it_is_sent(status):
    glance = Glance({"a": "pending"})
    with pytest.raises(Invalid, match="use pending, accepted, rejected"):
        sharing.answer(glance, "image", "a", status)
    assert glance.asked == 0
