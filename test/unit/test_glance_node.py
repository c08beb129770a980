"""
The proof with an image when Glance or its store is not as it should be.

A sound Glance is asked in the tests of the lab; here each step is broken in turn, which a real one cannot be told to.
"""

import contextlib
import hashlib
import importlib.util
import os
import pathlib
import pwd

import glance_proof
import pytest
from openstack_errors import OpenStackError, Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]
USER = pwd.getpwuid(os.getuid()).pw_name


class Glance:
    """An Image API with a store of its own; ``broken`` names what it does wrong."""

    def __init__(self, store, broken=""):
        self.store, self.broken, self.images = store, broken, {}

    def create(self, body):
        self.images["id-1"] = {"id": "id-1", "status": "queued", **body}
        return self.images["id-1"]

    def send(self, image_id, content, size):
        if self.broken == "upload":
            raise Unreachable("no answer")
        (self.store / image_id).write_bytes(content[: size - 1 if self.broken == "short" else size])
        digest = hashlib.sha512(b"other" if self.broken == "digest" else content).hexdigest()
        self.images[image_id] |= {"status": "active", "os_hash_algo": "sha512", "os_hash_value": digest}
        if self.broken == "elsewhere":
            (self.store / image_id).rename(self.store / "elsewhere")

    def image(self, image_id):
        return self.images.get(image_id)

    @contextlib.contextmanager
    def data(self, image_id):
        if self.broken == "download":
            raise OpenStackError("HTTP 500")
        yield self

    def iter_content(self, size):
        name = "elsewhere" if self.broken == "elsewhere" else "id-1"
        content = (self.store / name).read_bytes()
        yield b"x" + content[1:] if self.broken == "bits" else content

    def delete(self, image_id):
        if self.broken == "delete":
            raise OpenStackError("HTTP 500")
        if self.broken != "file stays":
            for file in self.store.iterdir():
                file.unlink()
        self.images.pop(image_id, None)


@pytest.fixture
def node(monkeypatch):
    spec = importlib.util.spec_from_file_location("formula_modules_glance_node", REPO / "_modules" / "glance_node.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__salt__, module.__context__, module.__grains__ = {"config.get": None}, {}, {"id": "image-node"}
    monkeypatch.setattr(module.salt.utils.path, "which", lambda name: None)
    return module


@pytest.fixture
def prove(node, tmp_path, monkeypatch):
    """Runs the proof against a Glance that is broken in one way; returns ``{check: (result, detail)}``."""
    settings = {
        "stores": {"backends": {"local": {"datadir": str(tmp_path)}}},
        "api": {"url": "http://127.0.0.1:9292", "directories": [{"user": USER}]},
        "identity": {"service_profile": {}},
    }

    def run(broken=""):
        glance = Glance(tmp_path, broken)
        monkeypatch.setattr(node, "_api", lambda settings: glance)
        rows = node.glance_report.Rows("image-node")
        node._image(rows, settings)
        run.left = glance.images
        return {row["check"]: (row["result"], row["detail"]) for row in rows}

    return run


def test_a_sound_glance(prove):
    rows = prove()
    assert rows.pop("image is qcow2")[0] == "not checked"
    assert {result for result, _ in rows.values()} == {"ok"}
    assert list(rows) == ["image goes up", "image comes back", "image lies in store", "image is gone"]


@pytest.mark.parametrize(
    ("broken", "check", "words"),
    [
        ("upload", "image goes up", "no answer"),
        ("bits", "image comes back", "not what went up"),
        ("digest", "image comes back", "another sha512"),
        ("download", "image comes back", "HTTP 500"),
        ("short", "image lies in store", "should be"),
        ("elsewhere", "image lies in store", "glance:stores:backends:local:datadir"),
    ],
)
def test_what_is_wrong_is_said_and_the_image_is_removed(prove, tmp_path, broken, check, words):
    rows = prove(broken)
    assert rows[check][0] == "failed"
    assert words in rows[check][1]
    assert prove.left == {}
    assert list(tmp_path.iterdir()) == []


def test_an_image_that_cannot_be_removed_is_named(prove):
    result, detail = prove("delete")["image is gone"]
    assert result == "failed"
    assert "openstack_image.delete id-1" in detail
    result, detail = prove("file stays")["image is gone"]
    assert result == "failed"
    assert "still there" in detail


def test_the_image_is_removed_when_the_host_is_interrupted(node, prove, monkeypatch):
    def interrupted(api, image_id):
        raise KeyboardInterrupt

    monkeypatch.setattr(glance_proof, "download_digest", interrupted)
    monkeypatch.setattr(node.glance_proof, "download_digest", interrupted)
    deleted = []
    monkeypatch.setattr(Glance, "delete", lambda self, image_id: deleted.append(image_id))
    with pytest.raises(KeyboardInterrupt):
        prove()
    assert deleted == ["id-1"]


@pytest.mark.parametrize(
    ("urls", "wanted", "result", "words"),
    [
        (["http://a:9292"], "http://a:9292", "ok", "RegionOne"),
        ([], "http://a:9292", "failed", "glance.identity registers"),
        (["http://a:9292/v2"], "http://a:9292", "failed", "pillar says"),
        (["http://a:9292", "http://b:9292"], "http://a:9292", "failed", "2 in region"),
        (["http://a:9292"], None, "not checked", "glance:identity:endpoints:public"),
    ],
)
def test_catalogue(node, urls, wanted, result, words):
    endpoints = [{"interface": "public", "url": url, "enabled": True} for url in urls]
    node.__salt__["openstack_identity.endpoint_list"] = lambda **kwarg: endpoints
    identity = {"service": {"type": "image"}, "admin_profile": {}, "endpoints": {"public": wanted} if wanted else {}}
    rows = node.glance_report.Rows("auth-node")
    node._catalogue(rows, {"identity": identity, "region": "RegionOne"})
    found = {row["check"]: row for row in rows}["public endpoint"]
    assert found["result"] == result
    assert words in found["detail"]


@pytest.mark.parametrize(
    ("listeners", "result"),
    [
        ([], "ok"),
        ([{"pid": 1, "command": "/usr/bin/python3 /usr/bin/glance-api --config-file=x", "uid": 64062}], "ok"),
        ([{"pid": 1, "command": "/usr/bin/uwsgi_python313 --http-socket :9292", "uid": 64062}], "ok"),
        ([{"pid": 1, "command": "/usr/sbin/haproxy -Ws -f /etc/glance-api-tls/haproxy.cfg", "uid": 0}], "ok"),
        ([{"pid": 7, "command": "nginx: master process", "uid": 0}], "failed"),
        ([{"pid": 7, "command": "nc -l 9292 # not-a-glance-api", "uid": 0}], "failed"),
    ],
)
def test_port(node, monkeypatch, listeners, result):
    monkeypatch.setattr(node.glance_checks, "listeners", lambda port: listeners)
    node.__salt__["user.info"] = lambda name: {"uid": 64062}
    rows = node.glance_report.Rows("image-node")
    node._port(rows, {"api": {"directories": [{"user": "glance"}]}}, 9292)
    assert rows[0]["result"] == result
    if result == "failed":
        assert "(pid 7)" in rows[0]["detail"]


@pytest.mark.parametrize(
    ("latest", "installed", "result"),
    [
        ("2:25.1.0-2", "", "ok"),
        ("2:30.0.0-3", "", "failed"),
        ("", "2:25.1.0-2", "ok"),
        ({"glance-api": ""}, "", "failed"),
    ],
)
def test_package(node, latest, installed, result):
    node.__salt__ |= {
        "pkg.latest_version": lambda name, refresh: latest,
        "pkg.version": lambda name: installed,
    }
    release = {"codename": "zed", "glance": 25, "number": "2022.2"}
    rows = node.glance_report.Rows("image-node")
    node._package(rows, {"release": release, "api": {"packages": ["glance-api"]}})
    assert rows[0]["result"] == result
