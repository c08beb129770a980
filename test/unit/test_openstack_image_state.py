"""The states over a stand-in for the execution module that keeps images: both test modes, twice, with drift."""

import importlib.util
import pathlib

import openstack_image_metadata as metadata
import pytest
from openstack_errors import OpenStackError, Refused, Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]
SHA, OTHER = "sha512=" + "a" * 128, "sha512=" + "b" * 128


def load_state():
    path = REPO / "_states" / "openstack_image.py"
    spec = importlib.util.spec_from_file_location("formula_states_openstack_image", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Cloud:
    """Images, and what was done to them."""

    def __init__(self):
        self.images, self.calls, self.sources = {}, [], {"http://a/a": SHA, "http://a/b": OTHER}
        self.trouble = None
        self.answers = [None]

    def functions(self):
        names = ["show", "source_hash", "source_exists", "upload", "update", "delete", "answering"]
        return {f"openstack_image.{name}": getattr(self, name) for name in names}

    def show(self, name_or_id, profile):
        if self.trouble:
            raise self.trouble
        return self.images.get(name_or_id) or metadata.named(self.images.values(), name_or_id, ["me"])

    def source_hash(self, source, source_hash, proxy):
        return source_hash

    def source_exists(self, source, proxy):
        if source not in self.sources:
            raise OpenStackError(f"{source}: HTTP 404")

    def upload(self, name, source, source_hash, proxy, profile, replaces=None, **given):
        self.calls.append("upload")
        if self.sources.get(source) != source_hash:
            raise OpenStackError(f"{source} has another hash")
        if replaces:
            self.images[replaces].update(name=f"{name} (retired)", os_hidden=True)
        given = metadata.declared(name=name, **given)
        new = str(len(self.images) + 1)
        body = metadata.creation({**metadata.DEFAULTS, "id": new, **given})
        hashes = {"os_hash_algo": "sha512", "os_hash_value": source_hash.partition("=")[2]}
        self.images[body["id"]] = {"owner": "me", "status": "active", "os_hidden": False, "size": 1, **hashes, **body}

    def update(self, name_or_id, recorded_hash, profile, **given):
        self.calls.append("update")
        image = self.images[name_or_id]
        for operation in metadata.operations(image, metadata.declared(**given)):
            key = operation["path"][1:]
            image.pop(key) if operation["op"] == "remove" else image.update({key: operation["value"]})

    def delete(self, name_or_id, force, profile):
        self.calls.append("delete")
        del self.images[name_or_id]

    def answering(self, profile, url):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"error": answer}


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def state(cloud):
    module = load_state()
    module.__salt__ = cloud.functions()
    module.__opts__ = {"test": False}
    return module


@pytest.fixture
def both(state, cloud):
    """Run a state under test=True, for real, and again; the three results."""

    def run(function, **arguments):
        results = []
        for test in (True, False, False):
            before = list(cloud.calls)
            state.__opts__["test"] = test
            results.append(getattr(state, function)(**arguments))
            if test:
                assert cloud.calls == before
        return results

    return run


def arguments(**changes):
    return {"name": "a", "source": "http://a/a", "disk_format": "raw", "source_hash": SHA, **changes}


def assert_converges(results):
    planned, done, again = results
    assert (planned["result"], done["result"], again["result"]) == (None, True, True), results
    assert planned["changes"] == done["changes"] != {}
    assert again["changes"] == {}
    return done["changes"]


def test_present_creates(both, cloud):
    changes = assert_converges(both("present", **arguments(tags=["x"], id="7")))
    assert changes["content"] == {"old": None, "new": SHA}
    assert cloud.calls == ["upload"]
    assert cloud.images["7"]["tags"] == ["x"]


DRIFTS = {
    "visibility": "public",
    "properties": {"a": "1"},
    "tags": ["x"],
    "min_disk": 1,
    "min_ram": 1,
    "protected": True,
    "hidden": True,
}


@pytest.mark.parametrize("attribute", DRIFTS)
def test_present_repairs(both, cloud, attribute):
    both("present", **arguments())
    cloud.calls.clear()
    changes = assert_converges(both("present", **arguments(**{attribute: DRIFTS[attribute]})))
    assert changes == {
        attribute: {
            "old": metadata.DEFAULTS[attribute] if attribute != "visibility" else "shared",
            "new": DRIFTS[attribute],
        }
    }
    assert cloud.calls == ["update"]


def test_present_replaces_and_inherits(both, cloud):
    both("present", **arguments(tags=["kept"], visibility="public"))
    changes = assert_converges(both("present", **arguments(source="http://a/b", source_hash=OTHER)))
    assert changes == {"content": {"old": SHA, "new": OTHER}}
    assert [(image["name"], image["tags"], image["visibility"]) for image in cloud.images.values()] == [
        ("a (retired)", ["kept"], "public"),
        ("a", ["kept"], "public"),
    ]


@pytest.mark.parametrize(
    "changes",
    [{"min_disk": -1}, {"visibility": "all"}, {"properties": {"id": "1"}}, {"source": "http://a/none"}],
)
def test_present_refuses_alike_in_both_modes(both, cloud, changes):
    for result in both("present", **arguments(**changes)):
        assert (result["result"], result["changes"]) == (False, {})
    assert cloud.images == {}


def test_present_says_what_failed(both):
    planned, done, _ = both("present", **arguments(source_hash=OTHER))
    assert (planned["result"], done["result"], done["changes"]) == (None, False, {})
    assert "has another hash" in done["comment"]


def test_present_before_there_is_an_api(both, cloud):
    cloud.trouble = Unreachable("nobody there")
    planned, done, _ = both("present", **arguments())
    assert planned["result"] is None
    assert "nobody there" in planned["comment"]
    assert (done["result"], done["changes"]) == (False, {})


def test_user_that_keystone_does_not_know_yet(both, cloud):
    cloud.trouble = Refused("wrong password")
    planned, done, _ = both("present", **arguments())
    assert (planned["result"], done["result"]) == (None, False)
    assert "wrong password" in planned["comment"]
    assert {result["result"] for result in both("absent", name="a")} == {False}


def test_absent(both, cloud):
    both("present", **arguments())
    changes = assert_converges(both("absent", name="a"))
    assert changes["name"] == {"old": "a", "new": None}
    assert cloud.images == {}


def test_absent_needs_force_for_a_protected_image(both, cloud):
    both("present", **arguments(protected=True))
    assert {result["result"] for result in both("absent", name="a")} == {False}
    assert_converges(both("absent", name="label", id="1", force=True))


def test_answering(state, cloud, monkeypatch):
    monkeypatch.setattr(state.time, "sleep", lambda seconds: None)
    cloud.answers = ["HTTP 503", "HTTP 503", "HTTP 500", None]
    state.__opts__["test"] = True
    expected = {"api": {"old": "HTTP 503", "new": "answering"}}
    planned = state.answering("x")
    assert (planned["result"], planned["changes"], len(cloud.answers)) == (None, expected, 3)
    state.__opts__["test"] = False
    done = state.answering("x")
    assert (done["result"], done["changes"]) == (True, expected)
    assert state.answering("x")["changes"] == {}


@pytest.mark.parametrize("test", [True, False])
def test_answering_with_wrong_credentials(state, cloud, test):
    state.__opts__["test"] = test
    cloud.answers = [Refused("wrong password")]
    ret = state.answering("x")
    assert ret["result"] is (None if test else False)
    assert "wrong password" in str(ret)


def test_answering_gives_up(state, cloud):
    cloud.answers = ["HTTP 500"]
    ret = state.answering("x", timeout=0)
    assert (ret["result"], ret["changes"]) == (False, {})
    assert "last: HTTP 500" in ret["comment"]
    assert "journalctl" in ret["comment"]
