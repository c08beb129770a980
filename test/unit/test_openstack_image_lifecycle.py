"""Runs that are stopped at any request, one after the other, on a Glance in memory: one right image, no leftover."""

import hashlib

import openstack_image_declared as declaration
import openstack_image_digests
import openstack_image_leftovers
import openstack_image_lifecycle as lifecycle
import openstack_image_marks as marks
import openstack_image_metadata as metadata
import openstack_image_patch as patching
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openstack_errors import Conflict, OpenStackError

NAME, HOST, PROJECT = "a", "minion", "me"
DATA = {
    f"sha512={hashlib.sha512(text).hexdigest()}": text
    for text in (b"first", b"second")  # what else may be declared
}
FIRST, SECOND = DATA


@pytest.fixture(scope="module", autouse=True)
def hurry():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openstack_image_leftovers, "PAUSE", 0)
        yield


class Killed(BaseException):
    """The process is gone."""


class Glance:
    """As much of it as the life of an image takes; ids are given out once. ``dies`` is the request a run ends at."""

    project_id = PROJECT

    def __init__(self):
        self.known, self.deleted, self.dies, self.seen = {}, set(), None, 0
        self.last_word = False

    def kill_at(self, number, after):
        self.dies, self.last_word, self.seen = number, after, 0

    def images(self):
        return [dict(image) for image in self.known.values()]

    def image(self, image_id):
        return dict(self.known[image_id]) if image_id in self.known else None

    def named(self, name):
        return [dict(image) for image in self.known.values() if image["name"] == name]

    def create(self, body):
        def make():
            if body["id"] in self.known or body["id"] in self.deleted:
                raise Conflict("409")
            own = {"owner": PROJECT, "status": "queued", "os_hidden": False, "checksum": None, "size": None}
            self.known[body["id"]] = {**own, **body}
            return self.image(body["id"])

        return self._asked(make)

    def patch(self, image_id, operations):
        def change():
            image = self.known[image_id]
            for operation in operations:
                key = operation["path"][1:]
                if operation["op"] != "add" and key not in image:
                    raise Conflict("409")
                if operation["op"] == "remove":
                    del image[key]
                else:
                    image[key] = operation["value"]
            return self.image(image_id)

        return self._asked(change)

    def fill(self, image_id, text):
        def put():
            image = self.known[image_id]
            assert image["status"] == "queued"
            digest, md5 = hashlib.sha512(text).hexdigest(), hashlib.md5(text, usedforsecurity=False).hexdigest()
            image.update(status="active", checksum=md5, os_hash_algo="sha512", os_hash_value=digest, size=len(text))

        return self._asked(put)

    def action(self, image_id, action):
        def act():
            self.known[image_id]["status"] = "deactivated" if action == "deactivate" else "active"
            return self.image(image_id)

        return self._asked(act)

    def delete(self, image_id):
        def remove():
            self.deleted.add(image_id)
            return self.known.pop(image_id, None) is not None

        return self._asked(remove)

    def _asked(self, answer):
        self.seen += 1
        if self.dies is not None and self.seen > self.dies:
            raise Killed
        if self.seen == self.dies and not self.last_word:
            raise Killed
        found = answer()
        if self.seen == self.dies:
            raise Killed
        return found


def run(api, digest, pinned=None, host=HOST, between=None):
    """What a state does: nothing when the image is there, else make, or replace."""
    found = api.image(pinned) if pinned else None
    found = found or metadata.named(api.images(), NAME, [PROJECT])
    wanted = declaration.declared(name=NAME, id=pinned, disk_format="raw", container_format="bare", visibility="public")
    wanted = {**metadata.DEFAULTS, **wanted}
    if found and marks.UPLOAD not in found and openstack_image_digests.content(found, digest) == digest:
        tidy(api, found, host)
        return
    replaces = found["id"] if found and found["id"] != pinned and marks.UPLOAD not in found else None
    image = lifecycle.prepared(api, wanted, digest, host)
    if between:
        between()
    try:
        if image["status"] == "queued":
            api.fill(image["id"], DATA[digest])
            image = api.image(image["id"])
            noted = patching.operations(image, {"properties": lifecycle.recorded(image, digest)})
            image = api.patch(image["id"], noted)
        lifecycle.published(api, image, wanted, replaces)
    except BaseException:
        openstack_image_leftovers.take_back(api, image["id"], bool(pinned))
        raise


def tidy(api, found, host):
    """What the state does for an image that is as declared."""
    for image_id in openstack_image_leftovers.leftovers(api, host):
        openstack_image_leftovers.delete(api, image_id)
    replaced = api.image(found.get(marks.REPLACES, ""))
    if replaced and replaced["name"] == NAME:
        lifecycle.openstack_image_retirement.retire(api, replaced["id"])


def assert_one_right_image(api, digest):
    [image] = [image for image in api.images() if image["name"] == NAME]
    assert (image["status"], image["visibility"], openstack_image_digests.content(image, digest)) == (
        "active",
        "public",
        digest,
    )
    assert marks.UPLOAD not in image
    assert marks.RETIRED not in image
    others = [other for other in api.images() if other["name"] != NAME]
    assert all(marks.read(other, marks.RETIRED) == NAME and other["os_hidden"] for other in others)
    assert len({other["os_hash_value"] for other in api.images()}) == len(api.images())  # no data twice
    before = api.images()
    run(api, digest)
    assert api.images() == before


STOPS = st.lists(st.tuples(st.sampled_from(list(DATA)), st.integers(1, 8), st.booleans()), max_size=5)


@given(stops=STOPS, digest=st.sampled_from(list(DATA)))
@settings(max_examples=150)
def test_any_stopped_runs_then_one_whole(stops, digest):
    api = Glance()
    for other, number, after in stops:
        named = metadata.named(api.images(), NAME, [PROJECT])
        api.kill_at(number, after)
        try:
            run(api, other)
        except Killed:
            pass
        finally:
            api.kill_at(None, None)
        # there is no moment without an image of the name once there was one
        assert named is None or metadata.named(api.images(), NAME, [PROJECT])
    run(api, digest)
    if openstack_image_leftovers.leftovers(api, HOST):
        run(api, digest)
    assert_one_right_image(api, digest)


@given(stops=st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=4))
@settings(max_examples=50)
def test_a_pinned_id_whatever_stops(stops):
    api, pinned = Glance(), "5f6a3c1e-8f0b-4a52-9d0c-2f3d6a7b8c9d"
    for number, after in stops:
        api.kill_at(number, after)
        try:
            run(api, FIRST, pinned)
        except Killed:
            pass
        finally:
            api.kill_at(None, None)
    run(api, FIRST, pinned)
    assert list(api.known) == [pinned]
    assert_one_right_image(api, FIRST)


@pytest.mark.parametrize("other", list(DATA))
def test_another_minion_in_between(other):
    """The second comes when the first has made its image, and again when both are done."""
    api = Glance()

    def second():
        with pytest.raises(OpenStackError, match="minion minion has been uploading"):
            run(api, other, host="other")

    run(api, FIRST, between=second)
    run(api, FIRST, host="other")
    assert_one_right_image(api, FIRST)


def test_two_minions_that_declare_other_data():
    """Both have looked before either made an image: the one that comes last gives up, and says why."""
    api = Glance()
    looked = api.images()

    class Late(Glance):
        def images(self):
            return [dict(image) for image in looked]

    late = Late()
    late.known, late.deleted = api.known, api.deleted
    run(api, FIRST)
    with pytest.raises(OpenStackError, match="another run gave the name to image"):
        run(late, SECOND, host="other")
    assert_one_right_image(api, FIRST)


def test_two_minions_that_declare_the_same_data():
    """The one whose look is old finds the id taken, and the image right."""
    api = Glance()
    late = Glance()
    late.known, late.deleted = api.known, api.deleted
    late.images = list
    run(api, FIRST)
    run(late, FIRST, host="other")
    assert_one_right_image(api, FIRST)


@pytest.mark.parametrize("pinned", [None, "11111111-2222-4333-8444-555555555555"])
def test_an_image_that_glance_lost_since_it_was_listed_is_never_offered(pinned):
    """A listing may say ``queued`` of an image whose upload died with Glance, which leaves it ``saving`` for ever."""
    api = Glance()
    api.kill_at(1, True)
    with pytest.raises(Killed):
        run(api, FIRST, pinned)
    api.kill_at(None, False)
    [lost] = api.known
    listed = api.images()
    api.known[lost]["status"] = "saving"
    api.images = lambda: (
        [image for image in listed if image["id"] in api.known]
        + [dict(image) for key, image in api.known.items() if key != lost]
    )
    if pinned:
        with pytest.raises(OpenStackError, match=r"is saving.*declare another id"):
            run(api, FIRST, pinned)
        assert api.known[lost]["visibility"] == "private"
    else:
        run(api, FIRST)
        assert lost not in api.known
        assert_one_right_image(api, FIRST)
