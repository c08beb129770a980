"""
The proof with an image when Glance or its store is not as it should be.

A sound Glance is asked in the tests of the lab; here each step is broken in turn, which a real one cannot be told to.
"""

import contextlib
import hashlib
import os
import pwd

import glance_node_servers
import glance_node_verify
import glance_proof
import pytest
from openstack_errors import OpenStackError, Unreachable

from unit.files import question

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
def prove(tmp_path, monkeypatch):
    """Runs the proof against a Glance that is broken in one way; returns ``{check: (result, detail)}``."""
    monkeypatch.setattr(glance_node_verify.salt.utils.path, "which", lambda name: None)
    settings = {
        "stores": {"backends": {"local": {"datadir": str(tmp_path)}}},
        "api": {"url": "http://127.0.0.1:9292", "directories": [{"user": USER}]},
        "identity": {"service_profile": {}},
    }

    def run(broken=""):
        glance = Glance(tmp_path, broken)
        monkeypatch.setattr(glance_node_servers, "api", lambda question: glance)
        asked = question(settings)
        glance_node_verify.image(asked)
        run.left = glance.images
        return {row["check"]: (row["result"], row["detail"]) for row in asked.rows}

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


def test_the_image_is_removed_when_the_host_is_interrupted(prove, monkeypatch):
    def interrupted(api, image_id):
        raise KeyboardInterrupt

    monkeypatch.setattr(glance_proof, "download_digest", interrupted)
    deleted = []
    monkeypatch.setattr(Glance, "delete", lambda self, image_id: deleted.append(image_id))
    with pytest.raises(KeyboardInterrupt):
        prove()
    assert deleted == ["id-1"]


@pytest.mark.parametrize(
    ("write", "error", "checks"),
    [
        (True, None, ["image"]),
        (True, "HTTP 401", ["image goes up"]),
        (False, None, []),
        (False, "HTTP 401", []),
    ],
)
def test_an_image_is_made_of_an_api_that_answers(monkeypatch, write, error, checks):
    found = {"url": "http://127.0.0.1:9292", "error": error, "version": "v2.16", "latency": 0.1}
    settings = {"api": {"url": found["url"], "tls": {"enabled": False}}, "identity": {"service_profile": {}}}
    asked = question(settings, {"openstack_image.answering": lambda profile, url: found}, roles=["api"])
    monkeypatch.setattr(asked, "ready", lambda quiet: True)
    monkeypatch.setattr(glance_node_verify, "image", lambda question: question.rows.ok("image"))
    rows = glance_node_verify.answer(asked, write)
    assert [row["check"] for row in rows] == ["API answers", "API by catalogue", *checks]
