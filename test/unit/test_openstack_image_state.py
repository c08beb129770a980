"""The states over a stand-in for the execution module that keeps images: both test modes, twice, with drift."""

import importlib.util
import pathlib
import time

import openstack_image_declared as declaration
import openstack_image_marks as marks
import openstack_image_metadata as metadata
import openstack_image_patch as patching
import pytest
from openstack_errors import OpenStackError, Refused, Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]
SHA, OTHER = "sha512=" + "a" * 128, "sha512=" + "b" * 128
NOW = "2026-11-24T10:00:00Z"
PROJECTS = {"team-a": "a" * 32, "team-b": "b" * 32}


class States:
    """The functions of all files that make the one state module."""

    def __init__(self, functions, cachedir):
        self.opts = {"test": False, "id": "minion", "cachedir": str(cachedir)}
        for path in sorted((REPO / "_states").glob("openstack_image*.py")):
            spec = importlib.util.spec_from_file_location(f"formula_states_{path.stem}", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.__salt__, module.__opts__ = functions, self.opts
            self.__dict__.update({key: value for key, value in vars(module).items() if not key.startswith("_")})


class Cloud:
    """Images, and what was done to them."""

    def __init__(self):
        self.images, self.calls, self.sources = {}, [], {"http://a/a": SHA, "http://a/b": OTHER}
        self.members_of, self.trouble, self.answers = {}, None, [None]

    def functions(self):
        names = ["list", "show", "source_hash", "source_exists", "upload", "update", "delete", "retire", "deactivate"]
        names += [
            "leftovers",
            "supported",
            "reactivate",
            "member_list",
            "members",
            "copy",
            "remove_from_store",
            "answering",
        ]
        found = {f"openstack_image.{name}": getattr(self, f"{name}_", None) or getattr(self, name) for name in names}
        return {**found, "openstack_identity.project_get": self.project_get}

    def list_(self, profile):
        if self.trouble:
            raise self.trouble
        return list(self.images.values())

    def leftovers(self, profile):
        uploads = {key: marks.uploading(image) for key, image in self.images.items()}
        return {key: name for key, (host, name) in uploads.items() if host == "minion"}

    def show(self, name_or_id, profile, project=None):
        return self.images.get(name_or_id) or metadata.named(self.list_(profile), name_or_id, ["me", project])

    def project_get(self, name, domain, profile):
        return {"id": PROJECTS[name]} if name in PROJECTS else None

    def supported(self, attributes, profile):
        return attributes

    def source_hash(self, source, source_hash, proxy, fetch):
        return source_hash

    def source_exists(self, source, proxy, fetch, profile):
        if source not in self.sources:
            raise OpenStackError(f"{source}: HTTP 404")

    def upload(self, name, source, source_hash, proxy, fetch, profile, replaces=None, retire=None, **given):
        self.calls.append("upload")
        if self.sources.get(source) != source_hash:
            raise OpenStackError(f"{source} has another hash")
        if replaces:
            self.images[replaces].update(name=f"{name} (retired)", os_hidden=True)
        given = declaration.declared(name=name, **given)
        new = str(len(self.images) + 1)
        body = patching.creation({**metadata.DEFAULTS, "id": new, "owner": "me", **given})
        hashes = {"os_hash_algo": "sha512", "os_hash_value": source_hash.partition("=")[2], "stores": "local"}
        mark = {marks.CATALOGUE: marks.of(given["catalogue"], body["id"])}
        self.images[body["id"]] = {"status": "active", "os_hidden": False, "size": 1, **hashes, **mark, **body}
        return self.images[body["id"]]

    def update(self, name_or_id, recorded_hash, set_properties, profile, **given):
        self.calls.append("update")
        image = self.images[name_or_id]
        patch = patching.operations(image, declaration.declared(**given)) + patching.additions(image, set_properties)
        for operation in patch:
            key = operation["path"][1:]
            image.pop(key) if operation["op"] == "remove" else image.update({key: operation["value"]})

    def delete(self, name_or_id, force=False, profile=None):
        self.calls.append("delete")
        assert force or not self.images[name_or_id]["protected"]
        del self.images[name_or_id]

    def retire(self, name_or_id, policy, profile):
        self.calls.append("retire")
        image, mark = self.images[name_or_id], marks.RETIRED
        noted = {} if mark in image else {mark: marks.of(image["name"], image["id"]), marks.RETIRED_AT: NOW}
        image.update(noted, os_hidden=True, visibility=(policy or {}).get("visibility") or image["visibility"])

    def deactivate(self, name_or_id, profile):
        self.calls.append("deactivate")
        self.images[name_or_id]["status"] = "deactivated"

    def reactivate(self, name_or_id, profile):
        self.calls.append("reactivate")
        self.images[name_or_id]["status"] = "active"

    def member_list(self, name_or_id, profile):
        return dict(self.members_of.get(name_or_id, {}))

    def members(self, name_or_id, members, profile):
        self.calls.append("members")
        self.members_of[name_or_id] = {key: status or "pending" for key, status in members.items()}

    def copy(self, name_or_id, stores, profile):
        self.calls.append("copy")
        self.images[name_or_id]["stores"] += "".join(f",{store}" for store in stores)

    def remove_from_store(self, name_or_id, store, profile):
        self.calls.append("remove_from_store")
        image = self.images[name_or_id]
        image["stores"] = ",".join(each for each in image["stores"].split(",") if each != store)

    def answering(self, profile, url):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"error": answer}


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def state(cloud, tmp_path):
    return States(cloud.functions(), tmp_path)


@pytest.fixture
def both(state, cloud):
    """Run a state under test=True, for real, and again; the three results."""

    def run(function, **arguments):
        results = []
        for test in (True, False, False):
            before = list(cloud.calls)
            state.opts["test"] = test
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


# attribute: what a new image has, what is declared then, the calls that repair it
DRIFTS = {
    "visibility": ("shared", "public", ["update"]),
    "properties": ({}, {"a": "1"}, ["update"]),
    "architecture": (None, "aarch64", ["update"]),
    "os_distro": (None, "debian", ["update"]),
    "tags": ([], ["x"], ["update"]),
    "min_disk": (0, 1, ["update"]),
    "min_ram": (0, 1, ["update"]),
    "protected": (False, True, ["update"]),
    "hidden": (False, True, ["update"]),
    "catalogue": ("default", "other", ["update"]),
    "owner": ("me", "team-a", ["update"]),
    "deactivated": (False, True, ["deactivate"]),
    "members": ({}, {"team-a": "accepted", "team-b": "pending"}, ["members"]),
    "stores": (["local"], ["far", "fast"], ["copy", "remove_from_store"]),
}


@pytest.mark.parametrize("attribute", DRIFTS)
def test_present_repairs(both, cloud, attribute):
    both("present", **arguments())
    cloud.calls.clear()
    old, new, calls = DRIFTS[attribute]
    changes = assert_converges(both("present", **arguments(**{attribute: new})))
    assert changes == {attribute: {"old": old, "new": new}}
    assert cloud.calls == calls


def test_present_creates_with_everything(both, cloud):
    wanted = {attribute: new for attribute, (_, new, _) in DRIFTS.items() if attribute != "visibility"}
    changes = assert_converges(both("present", **arguments(**wanted)))
    assert {attribute: changes[attribute]["new"] for attribute in wanted} == wanted
    assert cloud.calls == ["upload", "members", "copy", "remove_from_store", "deactivate"]


def test_acceptance_is_left_to_the_project_where_nothing_is_declared(both, cloud):
    both("present", **arguments(members=["team-a"]))
    cloud.members_of["1"] = {PROJECTS["team-a"]: "rejected"}
    assert [result["changes"] for result in both("present", **arguments(members=["team-a"]))] == [{}, {}, {}]


def test_a_member_that_nobody_declares_goes(both, cloud):
    both("present", **arguments())
    cloud.members_of["1"] = {"c" * 32: "accepted"}
    changes = assert_converges(both("present", **arguments(members={})))
    assert changes == {"members": {"old": {"c" * 32: "accepted"}, "new": {}}}
    assert cloud.members_of == {"1": {}}


def test_the_members_of_an_image_go_to_the_one_that_replaces_it(both, cloud):
    both("present", **arguments(members={"team-a": "accepted"}))
    both("present", **arguments(source="http://a/b", source_hash=OTHER, members={"team-a": "accepted"}))
    assert cloud.members_of["2"] == {PROJECTS["team-a"]: "accepted"}


def test_a_deactivated_image_stays_so(both, cloud):
    both("present", **arguments())
    cloud.images["1"]["status"] = "deactivated"
    assert both("present", **arguments())[1]["changes"] == {}
    changes = assert_converges(both("present", **arguments(deactivated=False)))
    assert changes == {"deactivated": {"old": True, "new": False}}


def test_a_run_that_was_stopped_before_the_old_image_retired(both, cloud):
    both("present", **arguments())
    cloud.images["2"] = {**cloud.images["1"], "id": "2", marks.REPLACES: "1"}
    cloud.images["2"][marks.CATALOGUE] = marks.of("default", "2")
    planned, done, _ = both("present", **arguments())
    assert planned["changes"] == {"status": {"old": "active, and 1 has its name too", "new": "active"}}
    assert done["result"] is False  # this cloud's retire does not rename
    assert cloud.calls[-1] == "retire"


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
    [
        {"min_disk": -1},
        {"visibility": "all"},
        {"properties": {"id": "1"}},
        {"source": "http://a/none"},
        {"members": {"team-a": "maybe"}},
        {"members": ["team-a"], "visibility": "public"},
        {"members": ["nobody"]},
        {"owner": "nobody"},
        {"retire": {"keep": -1}},
        {"retire": {"kept": 1}},
        {"architecture": "x86_64", "properties": {"architecture": "x86_64"}},
    ],
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


def leave(cloud, name, host="minion"):
    """An upload that was stopped."""
    cloud.images["9"] = {
        **patching.creation({**metadata.DEFAULTS, "id": "9", "name": f"{name} (upload)"}),
        "status": "queued",
        marks.UPLOAD: f"{host}/{name}",
    }


def test_what_a_stopped_upload_left_goes(both, cloud):
    both("present", **arguments())
    leave(cloud, "a")
    changes = assert_converges(both("present", **arguments()))
    assert changes == {"status": {"old": "active, and 9 is left of an upload", "new": "active"}}
    assert list(cloud.images) == ["1"]


def test_absent_is_what_a_stopped_upload_left_too(both, cloud):
    leave(cloud, "a")
    assert assert_converges(both("absent", name="a")) == {"unfinished": {"old": ["9"], "new": None}}
    leave(cloud, "b")
    assert both("absent", name="a")[1]["changes"] == {}


def test_absent_needs_force_for_a_protected_image(both, cloud):
    both("present", **arguments(protected=True))
    assert {result["result"] for result in both("absent", name="a")} == {False}
    assert_converges(both("absent", name="label", id="1", force=True))


def test_deactivated(both, cloud):
    both("present", **arguments())
    changes = assert_converges(both("deactivated", name="a"))
    assert changes == {"status": {"old": "active", "new": "deactivated"}}


@pytest.mark.parametrize("status", [None, "queued"])
def test_deactivated_needs_an_image_with_data(both, cloud, status):
    if status:
        both("present", **arguments())
        cloud.images["1"]["status"] = status
    assert {result["result"] for result in both("deactivated", name="a")} == {False}


# --- the catalogue


@pytest.fixture
def catalogue(both, cloud):
    """Three images of the catalogue, one of another, one that nobody noted, and a snapshot of one of the three."""
    for number, name in enumerate(("a", "b", "c", "elsewhere"), 1):
        catalogue = "other" if name == "elsewhere" else "default"
        both("present", **arguments(name=name, catalogue=catalogue))
        assert cloud.images[str(number)]["name"] == name
    cloud.images["5"] = {**cloud.images["1"], "id": "5", "name": "snapshot", "owner": "you"}
    cloud.images["6"] = {key: value for key, value in cloud.images["5"].items() if not key.startswith("glance_formula")}
    cloud.images["6"].update(id="6", name="by hand")
    cloud.calls.clear()


def test_undeclared_images_are_reported_first(both, cloud, catalogue):
    for result in both("only_declared", name="all", images=["a"], ids=["3"]):
        assert (result["result"], result["changes"]) == (True, {})
        assert "1 not declared: b (2)" in result["comment"]
    assert cloud.calls == []


def test_undeclared_images_are_retired(both, cloud, catalogue):
    changes = assert_converges(both("only_declared", name="all", images=["a"], ids=["3"], report=False))
    assert changes == {"2": {"old": "b", "new": "retired"}}
    assert cloud.calls == ["retire"]


def test_leftovers_of_images_that_nobody_declares_any_more(both, cloud, catalogue):
    for number, host in (("7", "minion"), ("8", "other-minion")):
        cloud.images[number] = {**cloud.images["6"], "id": number, "name": "z (upload)", marks.UPLOAD: f"{host}/z"}
    changes = assert_converges(both("only_declared", name="all", images=["a", "b", "c"], report=False))
    assert changes == {"7": {"old": "z (upload)", "new": None}}
    assert "8" in cloud.images


@pytest.fixture
def versions(both, cloud, catalogue, state):
    """``b`` and ``c`` are retired."""
    state.only_declared(name="all", images=["a"], report=False)
    cloud.images["3"]["protected"] = True
    cloud.calls.clear()


def test_retired_images_stay(both, cloud, versions):
    assert [result["changes"] for result in both("retired", name="old")] == [{}, {}, {}]
    assert cloud.calls == []


def test_retired_images_follow_their_policy(both, cloud, versions):
    changes = assert_converges(both("retired", name="old", policies={"c": {"visibility": "community"}}))
    shown = {"name": "c", "status": "active", "hidden": True}
    assert changes == {"3": {"old": {**shown, "visibility": "shared"}, "new": {**shown, "visibility": "community"}}}


def test_retired_images_are_deleted_in_the_end(both, cloud, versions):
    results = both("retired", name="old", retire={"keep": 0})
    changes = assert_converges(results)
    assert (list(changes), changes["2"]["new"]) == (["2"], None)
    assert all("kept: 3 (protected)" in result["comment"] for result in results)
    assert sorted(cloud.images) == ["1", "3", "4", "5", "6"]
    assert_converges(both("retired", name="old", retire={"keep": 0, "unprotect": True}))


def test_images_in_use_are_not_deleted(both, state, cloud, versions):
    functions = state.retired.__globals__["__salt__"]
    functions["nova.images"] = lambda: ["2"]
    for used in (["2"], ["nova.images"]):
        for result in both("retired", name="old", retire={"keep": 0}, in_use=used):
            assert (result["result"], result["changes"]) == (True, {})
            assert "2 (in use)" in result["comment"]
    functions["nova.images"] = lambda: None
    for used, message in ((["nova.images"], "NoneType"), (["nova.unknown"], "no execution function nova.unknown")):
        for result in both("retired", name="old", retire={"keep": 0}, in_use=used):
            assert (result["result"], result["changes"]) == (False, {})
            assert message in result["comment"]
    assert "2" in cloud.images


@pytest.mark.parametrize("function", ["only_declared", "retired"])
def test_the_catalogue_before_there_is_an_api(both, cloud, function):
    cloud.trouble = Unreachable("nobody there")
    planned, done, _ = both(function, name="all")
    assert (planned["result"], done["result"]) == (None, False)
    assert "nobody there" in planned["comment"]


@pytest.mark.parametrize("function", ["only_declared", "retired"])
def test_the_catalogue_refuses_a_wrong_policy(both, cloud, catalogue, function):
    for result in both(function, name="all", retire={"keep": -1}):
        assert (result["result"], result["changes"]) == (False, {})
        assert "retire:keep" in result["comment"]


def test_answering(state, cloud, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    cloud.answers = ["HTTP 503", "HTTP 503", "HTTP 500", None]
    state.opts["test"] = True
    expected = {"api": {"old": "HTTP 503", "new": "answering"}}
    planned = state.answering("x")
    assert (planned["result"], planned["changes"], len(cloud.answers)) == (None, expected, 3)
    state.opts["test"] = False
    done = state.answering("x")
    assert (done["result"], done["changes"]) == (True, expected)
    assert state.answering("x")["changes"] == {}


@pytest.mark.parametrize("test", [True, False])
def test_answering_with_wrong_credentials(state, cloud, test):
    state.opts["test"] = test
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
