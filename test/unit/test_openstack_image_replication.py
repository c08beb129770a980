"""What is to be done so that one cloud has the images of another, and that doing it stops where it is told to."""

import threading
import time

import openstack_image_replication as replication
import openstack_image_replication_plan as planning
import pytest
from openstack_errors import OpenStackError

from unit.test_glance_matrix import DIGEST, ONE, TWO, shown

HOST = planning.uploader("geneva-node", "zurich")
OTHER_DATA = {"os_hash_value": "e" * 128, "checksum": "f" * 32}


def one(image, *there, host=HOST):
    [step] = planning.plan([image], list(there), "us", host)
    return step


def test_what_is_not_there_is_copied():
    step = one(shown(hw_disk_bus="virtio"))
    assert (step.action, step.error) == ("copy", None)
    assert step.changes["content"] == {"old": None, "new": f"sha512={DIGEST}"}
    assert step.changes["properties"] == {"old": None, "new": {"hw_disk_bus": "virtio"}}


def test_what_is_there_is_left_alone():
    step = one(shown(), shown(owner="others", created_at="another day"))
    assert (step.action, step.changes, step.error) == ("none", {}, None)


CHANGES = {
    "visibility": ("private", "visibility"),
    "os_hidden": (True, "hidden"),
    "tags": (["x"], "tags"),
    "hw_disk_bus": ("virtio", "properties"),
    "status": ("deactivated", "deactivated"),
    "name": ("renamed", "name"),
    "glance_formula_source_hash": ("sha256=1 of 2", "recorded"),
}


@pytest.mark.parametrize("key", CHANGES)
def test_attributes_are_brought_in_line(key):
    value, named = CHANGES[key]
    step = one(shown(**{key: value}), shown())
    assert (step.action, list(step.changes), step.error) == ("update", [named], None)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (OTHER_DATA, "content is sha512=eee"),
        ({"disk_format": "raw"}, "disk_format is raw, not qcow2"),
        ({"status": "saving"}, "is saving there"),
        ({"status": "queued"}, "is queued there"),
        ({"glance_formula_retired": "cirros"}, "is active there"),
        ({"glance_formula_upload": "geneva-node/cirros"}, "geneva-node is uploading it there"),
    ],
)
def test_what_cannot_be_made_the_same_is_an_error(more, said):
    step = one(shown(), shown(**more))
    assert step.action == "none"
    assert said in step.error


def test_what_an_interrupted_run_left_is_copied_again():
    step = one(shown(), shown(name="cirros (upload)", status="queued", glance_formula_upload=f"{HOST}/cirros"))
    assert (step.action, step.error) == ("copy", None)


@pytest.mark.parametrize("status", ["queued", "saving", "importing"])
def test_what_the_source_has_not_whole_is_an_error(status):
    step = one(shown(status=status))
    assert f"is {status} at the source" in step.error


@pytest.mark.parametrize(("more", "said"), [({}, None), (OTHER_DATA, "its name belongs to")])
def test_a_name_is_never_given_twice(more, said):
    step = one(shown(id=ONE), shown(id=TWO, **more))
    assert step.action == "none"
    assert TWO in (step.error or step.detail)
    assert (said is None and step.error is None) or said in step.error


def test_only_own_leftovers_without_a_source_are_removed():
    gone = shown(id=TWO, status="queued", glance_formula_upload=f"{HOST}/gone")
    still = shown(id=ONE, status="queued", glance_formula_upload=f"{HOST}/cirros")
    foreign = shown(id="3", status="queued", glance_formula_upload="geneva-node/gone")
    assert [step.there for step in planning.leftovers([], [shown()], [gone, still, foreign], HOST)] == [gone]


def test_what_a_step_goes_on_with_is_no_leftover():
    image = shown(id=ONE)
    begun = shown(id=TWO, name="cirros (upload)", status="queued", glance_formula_upload=f"{HOST}/cirros")
    steps = planning.plan([image], [begun], "us", HOST)
    assert [step.action for step in steps] == ["copy"]
    assert planning.leftovers(steps, [image], [begun], HOST) == []
    assert [step.there for step in planning.leftovers([], [image], [begun], HOST)] == [begun]


COPY_OF = {"glance_formula_copy_of": f"{ONE} of {TWO}"}


@pytest.mark.parametrize(("more", "action"), [({}, "none"), ({"visibility": "private"}, "update")])
def test_a_copy_with_another_id_is_known_again(more, action):
    step = one(shown(id=ONE), shown(id=TWO, **COPY_OF, **more))
    assert (step.action, list(step.changes), step.error) == (action, list(more), None)
    assert (
        step.row()["detail"]
        == f"is there as {TWO}, since Glance there gave id {ONE} out before, and gives an id out once"
    )
    assert step.there["id"] == TWO


@pytest.mark.parametrize(
    "more",
    [
        {"id": "3", **COPY_OF},  # a snapshot of a server made from the copy
        {"id": TWO, **COPY_OF, "owner": "them"},
    ],
)
def test_marks_of_others_are_not_believed(more):
    step = one(shown(id=ONE), shown(**{"name": "another", **more}))
    assert (step.action, step.there) == ("copy", None)


def test_of_two_images_of_a_name_one_is_copied():
    steps = planning.plan([shown(id=ONE), shown(id=TWO)], [], "us", HOST)
    assert [step.action for step in steps] == ["copy", "none"]
    assert ONE in steps[1].error


def test_names_and_ids_are_found():
    private = shown("mine", TWO, owner="them", visibility="private")
    images = [shown(), private]
    assert planning.chosen(images, None, "us") == [shown()]
    assert planning.chosen(images, ["cirros"], "us") == [shown()]
    assert planning.chosen(images, [TWO, ONE, "cirros"], "us") == [private, shown()]
    with pytest.raises(OpenStackError, match="does not offer mine, nothing"):
        planning.chosen(images, ["mine", "nothing", "cirros"], "us")


# --- doing it


def steps(number):
    return [planning.Step(None, shown(id=str(each)), planning.REMOVE) for each in range(number)]


class Target:
    """Deletes images, but for one."""

    def __init__(self, bad=None):
        self.deleted, self._bad = [], bad

    def delete(self, image_id):
        if image_id == self._bad:
            raise OpenStackError("no")
        self.deleted.append(image_id)


def test_an_error_is_of_one_image():
    target, todo = Target(bad="1"), steps(4)
    replication.carry_out(todo, lambda: (None, target), HOST, 2)
    assert [step.error for step in todo] == [None, "no", None, None]
    assert sorted(target.deleted) == ["0", "2", "3"]


def test_steps_with_an_error_are_not_done():
    target, todo = Target(), steps(2)
    todo[0].error = "cannot be"
    replication.carry_out(todo, lambda: (None, target), HOST, 1)
    assert target.deleted == ["1"]


@pytest.mark.parametrize("parallel", [1, 3])
def test_no_more_threads_than_said_and_each_with_its_own_connection(parallel):
    made, barrier = [], threading.Barrier(parallel)

    def connect():
        made.append(threading.get_ident())
        barrier.wait(timeout=30)
        return None, Target()

    replication.carry_out(steps(20), connect, HOST, parallel)
    assert len(made) == len(set(made)) == parallel


def test_an_end_from_outside_stops_the_rest(monkeypatch):
    begun = threading.Event()

    class Slow(Target):
        def delete(self, image_id):
            super().delete(image_id)
            begun.set()
            time.sleep(0.02)

    def interrupted(*_, **__):
        """As a signal does it to the thread that waits; a real one may hit a callback whose exceptions are ignored."""
        begun.wait()
        raise KeyboardInterrupt

    target = Slow()
    monkeypatch.setattr(replication.concurrent.futures, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replication.carry_out(steps(500), lambda: (None, target), HOST, 1)
    assert len(target.deleted) < 499


def test_a_transfer_breaks_off_at_its_next_block():
    stop = threading.Event()
    blocks = replication._until(stop, iter("abc"))
    assert next(blocks) == "a"
    stop.set()
    with pytest.raises(OpenStackError, match="interrupted"):
        next(blocks)


class Saving:
    """A Glance that notices a dead upload after some questions; ``None`` never."""

    def __init__(self, after):
        self._after, self.asked = after, 0

    def image(self, image_id):
        self.asked += 1
        return shown(id=image_id, status="saving" if self._after is None or self.asked < self._after else "queued")


@pytest.mark.parametrize(("after", "lost"), [(1, False), (5, False), (None, True)])
def test_a_dead_upload_is_waited_for(monkeypatch, after, lost):
    monkeypatch.setattr(replication.time, "sleep", lambda _: None)
    assert replication._lost(Saving(after), ONE) is lost


def test_news_are_told_by_the_one_who_waits():
    told = []
    news = replication.queue.SimpleQueue()
    news.put(("line", {"bytes": 1}))
    running = [replication.concurrent.futures.Future()]
    running[0].set_result(None)
    replication._follow(running, news, lambda line, data: told.append((line, data, threading.current_thread())))
    assert told == [("line", {"bytes": 1}, threading.current_thread())]


# --- members


class Sharing:
    """An Image API that only knows members, ``{image id: {project id: status}}``."""

    def __init__(self, **members):
        self.known = members

    def members(self, image_id):
        return dict(self.known[image_id])


def test_members_are_compared_by_what_they_are_called_there():
    step = one(shown(id="one", visibility="shared"), shown(id="one", visibility="shared"))
    source, target = Sharing(one={"a": "accepted"}), Sharing(one={"A": "pending"})
    replication.add_members(step, source, target, lambda members: {key.upper(): members[key] for key in members})
    assert step.action == "update"
    assert step.changes == {"members": {"old": {"A": "pending"}, "new": {"A": "accepted"}}}
    step = one(shown(id="one", visibility="shared"), shown(id="one", visibility="shared"))
    replication.add_members(step, source, Sharing(one={"a": "accepted"}), lambda members: members)
    assert (step.action, step.changes) == ("none", {})


def test_a_member_without_a_counterpart_is_an_error():
    def translated(_):
        raise OpenStackError("is shared with nobody")

    step = one(shown(id="one", visibility="shared"))
    replication.add_members(step, Sharing(one={"a": "accepted"}), Sharing(), translated)
    assert step.error == "is shared with nobody"


def test_a_public_image_is_not_asked_for_members():
    step = one(shown())
    replication.add_members(step, None, None, None)
    assert step.members is None
