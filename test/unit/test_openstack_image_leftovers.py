"""A failed upload is taken back once Glance has noticed the failure, not while it writes its own end of it."""

import openstack_image_leftovers as leftovers
import openstack_image_marks as marks
import pytest

MARK = {marks.UPLOAD: "minion/a"}


class Glance:
    """Shows an image in one status after the other; the last stays."""

    def __init__(self, *statuses, **attributes):
        self._statuses, self._attributes, self.deleted_in = list(statuses), attributes, None

    def image(self, image_id):
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        self.shown = status
        return {"id": image_id, "status": status, **MARK, **self._attributes} if status else None

    def delete(self, image_id):
        self.deleted_in = self.shown
        return True


@pytest.fixture(autouse=True)
def slept(monkeypatch):
    slept = []
    monkeypatch.setattr(leftovers.time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize(
    ("statuses", "deleted_in"),
    [
        (["queued"], "queued"),
        (["saving", "saving", "queued"], "queued"),
        (["saving", "active"], "active"),
        (["saving"], "saving"),  # Glance went down in the upload, and never notices
        (["saving", None], None),
    ],
)
def test_deleted_once_glance_has_noticed(slept, statuses, deleted_in):
    api = Glance(*statuses)
    leftovers.take_back(api, "id", pinned=False)
    assert api.deleted_in == deleted_in
    assert slept, "Glance may not even have begun to read when the upload breaks off"


@pytest.mark.parametrize(
    ("statuses", "attributes", "deleted_in"),
    [
        (["saving", "queued"], {}, None),
        (["active"], {marks.RECORD: "sha256=0"}, None),
        (["active"], {}, "active"),
    ],
)
def test_a_pinned_id_is_kept_where_the_next_run_can_use_it(statuses, attributes, deleted_in):
    api = Glance(*statuses, **attributes)
    leftovers.take_back(api, "id", pinned=True)
    assert api.deleted_in == deleted_in


def test_one_that_is_somebodys_image_by_now_is_left():
    api = Glance("active")
    api.image = lambda image_id: {"id": image_id, "status": "active"}
    leftovers.take_back(api, "id", pinned=False)
    assert api.deleted_in is None
