"""The runner's two questions about images: who is asked what, what a script sees of the answers."""

import importlib.util
import pathlib
import types

import pytest
from openstack_errors import Invalid

from unit.test_glance_matrix import ONE, TWO, image

PATH = pathlib.Path(__file__).resolve().parents[2] / "_runners" / "glance_images.py"
ACCOUNT = {"replication": {"parallel": 5, "sources": {"zurich": {"cloud": "zurich"}}}}


def pillar(site, *roles, **more):
    return {"glance": {"site": site, "roles": list(roles), **more}, "errors": []}


PILLARS = {
    "api": pillar("zurich", "api"),
    "keeper": pillar("zurich", "api", "images"),
    "all": pillar("geneva", "identity", "api", **ACCOUNT),
    "auth": pillar("basel", "identity"),
}


class Master:
    """Minions that answer what ``answers`` says; those that are not in it are down."""

    def __init__(self):
        self.answers, self.asked = {}, []

    def pillars(self, _opts):
        return PILLARS

    def sync(self, opts, minions):
        return {minion: self._answer(minion, True) for minion in minions}

    def ask(self, opts, minions, function, kwarg=None):
        self.asked += [(minion, function, kwarg) for minion in minions]
        return {minion: self._answer(minion, self.answers[minion]) for minion in minions}

    def _answer(self, minion, value):
        return types.SimpleNamespace(returned=minion in self.answers, value=value)


@pytest.fixture
def master():
    return Master()


@pytest.fixture
def runner(monkeypatch, master):
    spec = importlib.util.spec_from_file_location("glance_images_under_test", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__opts__, module.__context__ = {}, {}
    for name in ("pillars", "sync", "ask"):
        monkeypatch.setattr(module.glance_master, name, getattr(master, name))
    return module


# --- images


def test_the_one_with_the_catalogue_is_asked_else_an_api(runner, master):
    master.answers = {"keeper": [image()], "all": [image()]}
    found = runner.images("zurich,geneva")
    assert master.asked == [(minion, "openstack_image.catalogue", None) for minion in ("keeper", "all")]
    assert (found["failed"], found["retcode"]) == (0, 0)
    assert found["columns"] == ["image", "sites:zurich", "sites:geneva", "result", "detail"]
    assert found["rows"][0]["sites"] == {"zurich": "present", "geneva": "present"}
    assert runner.__context__["retcode"] == 0


def test_all_sites_by_default(runner, master):
    master.answers = {"keeper": [image()], "all": [image(id=TWO, min_ram=5)]}
    found = runner.images()
    assert found["site"] == "basel, geneva, zurich"
    problem, row = found["rows"]
    assert "basel: no accepted minion with role images or api" in problem["detail"]
    assert row["sites"] == {"basel": "not asked", "geneva": "present", "zurich": "differs: id, min_ram"}
    assert (row["result"], found["retcode"]) == ("failed", 1)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "keeper does not answer"),
        ({"keeper": "Traceback (most recent call last):\n  x\nOpenStackError: Glance is away"}, "Glance is away"),
        ({"keeper": "'openstack_image.catalogue' is not available."}, "is not available"),
    ],
)
def test_a_site_that_does_not_answer_lacks_nothing(runner, master, answers, said):
    master.answers = {"all": [image()], **answers}
    problem, row = runner.images("zurich,geneva")["rows"]
    assert said in problem["detail"]
    assert problem["result"] == "failed"
    assert row["sites"] == {"zurich": "not asked", "geneva": "present"}


def test_no_site_is_no_success(runner, master, monkeypatch):
    monkeypatch.setattr(runner.glance_master, "pillars", lambda _opts: {})
    assert runner.images()["retcode"] == 1


# --- replicate


def done(**more):
    facts = {"changes": {}, "size": 5, "seconds": 1.0, "detail": "", "error": None}
    return {"name": "cirros", "id": ONE, "action": "copy", **facts, **more}


def test_the_host_with_the_account_copies(runner, master):
    master.answers = {"all": [done(), done(name="b", error="no space")]}
    found = runner.replicate("geneva", images="cirros,b", test=True, **{"from": "zurich", "__pub_user": "root"})
    kwarg = {"source": "glance:replication:sources:zurich", "images": "cirros,b", "test": True, "parallel": 5}
    assert master.asked == [("all", "openstack_image.replicate", kwarg)]
    assert [(row["check"], row["result"]) for row in found["rows"]] == [("cirros", "ok"), ("b", "failed")]
    assert (found["site"], found["from"], found["test"], found["retcode"]) == ("geneva", "zurich", True, 1)


def test_without_an_account_nobody_is_asked(runner, master):
    found = runner.replicate("zurich", **{"from": "geneva"})
    assert master.asked == []
    assert found["rows"][0]["host"] == "keeper"
    assert found["retcode"] == 1


@pytest.mark.parametrize(
    ("answers", "said"),
    [({}, "does not answer"), ({"all": "Keystone does not accept x"}, "does not accept")],
)
def test_a_host_that_cannot(runner, master, answers, said):
    master.answers = answers
    [row] = runner.replicate("geneva", **{"from": "zurich"})["rows"]
    assert said in row["detail"]
    assert row["result"] == "failed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "needs from=SITE"),
        ({"from": ""}, "needs from=SITE"),
        ({"from": "a", "image": "x"}, "no argument image"),
    ],
)
def test_what_is_typed_wrong_is_said(runner, given, said):
    with pytest.raises(Invalid, match=said):
        runner.replicate("geneva", **given)
