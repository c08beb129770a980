"""The states that look before anything is written."""

import importlib.util
import pathlib

import pytest
from openstack_errors import Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]

CONFIG = "[DEFAULT]\nenabled_backends = fast:file,far:swift\n"


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=[False, True], ids=["real", "test"])
def states(request):
    """The state module; ``lost`` and ``mounted`` are what the host answers."""
    module = load(REPO / "_states" / "glance_store.py", f"formula_states_glance_store_{request.param}")
    module.lost, module.mounts, module.asked = {}, [], []

    def lost(backends, profile, config, schema):
        module.asked.append((backends, profile, config, schema))
        if isinstance(module.lost, Exception):
            raise module.lost
        return module.lost

    module.__opts__ = {"test": request.param}
    module.__salt__ = {"glance_store.lost": lost, "mount.is_mounted": lambda name: name in module.mounts}
    return module


def test_a_mount(states):
    ret = states.mounted("/srv/nfs")
    assert (ret["result"], ret["changes"]) == (False, {})
    assert "nothing is mounted on /srv/nfs: mount it" in ret["comment"]
    states.mounts = ["/srv/nfs"]
    assert states.mounted("/srv/nfs")["result"] is True


@pytest.mark.parametrize(
    ("lost", "give_up", "result", "words"),
    [
        ({}, [], True, "No store with images goes"),
        (
            {"fast": 3, "far": 2},
            [],
            False,
            "lost with their store: far (2), fast (3). Keep it in glance:stores:backends",
        ),
        ({"fast": 3, "far": 2}, ["far"], False, "lost with their store: fast (3)."),
        ({"fast": 3}, ["fast"], True, "No store with images goes"),
        (Unreachable("db:3306 refuses"), [], False, "nobody can say whether it has images: db:3306 refuses"),
    ],
)
def test_stores_that_go(states, lost, give_up, result, words):
    states.lost = lost
    ret = states.kept("/etc/glance/glance-api.conf", {"new": "s3"}, "glance:database", give_up)
    assert (ret["result"], ret["changes"]) == (result, {})
    assert words in ret["comment"]
    assert states.asked == [({"new": "s3"}, "glance:database", "/etc/glance/glance-api.conf", "glance")]


@pytest.fixture
def module(tmp_path, monkeypatch):
    found = load(REPO / "_modules" / "glance_store.py", "formula_modules_glance_store")
    found.__context__, found.__pillar__ = {}, {}
    found.path = tmp_path / "glance-api.conf"
    return found


def test_the_stores_of_the_running_configuration(module):
    assert module.enabled(str(module.path)) == {}
    module.path.write_text(CONFIG)
    assert module.enabled(str(module.path)) == {"fast": "file", "far": "swift"}


def test_the_server_is_not_asked_when_no_store_goes(module, monkeypatch):
    module.path.write_text(CONFIG)
    monkeypatch.setattr(
        module, "_locations", lambda *_: [{"metadata": '{"store": "far"}', "scheme": "swift+config", "images": 2}]
    )
    assert module.lost({"fast": "file"}, "glance:database", str(module.path)) == {"far": 2}
    monkeypatch.setattr(module, "_locations", None)
    assert module.lost({"fast": "file", "far": "swift", "new": "s3"}, "glance:database", str(module.path)) == {}
