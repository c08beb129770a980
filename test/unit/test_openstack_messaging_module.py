"""Passwords against RabbitMQ's hashes, and what becomes of what rabbitmqctl says: a script stands in for it."""

import importlib.util
import json
import os
import pathlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid, OpenStackError, Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]
SHA256 = "rabbit_password_hashing_sha256"
DEFINITIONS = {
    "rabbitmq_version": "4.0.5",
    "vhosts": [{"name": "/"}, {"name": "/glance"}],
    "users": [
        # of "test12", in RabbitMQ's own documentation
        {
            "name": "glance",
            "hashing_algorithm": SHA256,
            "password_hash": "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR",
            "tags": "b, a",
        },
        {"name": "nobody", "hashing_algorithm": SHA256, "password_hash": "", "tags": ["a"]},
    ],
    "permissions": [{"user": "glance", "vhost": "/glance", "configure": "", "write": ".*", "read": "^x"}],
}


@pytest.fixture
def messaging(tmp_path, monkeypatch):
    """The module, with a rabbitmqctl that records its arguments and the file it is given, and answers from files."""
    path = REPO / "_modules" / "openstack_messaging.py"
    spec = importlib.util.spec_from_file_location("formula_modules_openstack_messaging", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__context__, module.__pillar__ = {}, {"key": "test12", "other": "s3cret", "flag": True}
    module.__grains__ = {"id": "db-node"}
    monkeypatch.setattr(module, "PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(module, "_system_user", lambda: {"user": os.geteuid(), "group": os.getegid()})
    answers(tmp_path, DEFINITIONS)
    return module


def answers(folder, definitions=None, script=""):
    program = folder / "rabbitmqctl"
    (folder / "answer").write_text(json.dumps(definitions), encoding="utf-8")
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {folder}/called\n{script}\n'
        f"case $4 in import_definitions) cat $5 > {folder}/imported; stat -c %a $5 >> {folder}/called;;\n"
        f"export_definitions) cat {folder}/answer;; esac\n",
        encoding="utf-8",
    )
    program.chmod(0o755)


def called(folder):
    return (folder / "called").read_text(encoding="utf-8").splitlines()


@given(st.text(min_size=1), st.binary(min_size=4, max_size=4), st.sampled_from(["sha256", "sha512", "md5"]))
def test_a_hash_fits_its_own_password_only(password, salt, kind):
    path = REPO / "_modules" / "openstack_messaging.py"
    spec = importlib.util.spec_from_file_location("formula_modules_openstack_messaging", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    algorithm = f"rabbit_password_hashing_{kind}"
    stored = module._hash(password, algorithm, salt)
    assert module._fits(algorithm, stored, password)
    assert not module._fits(algorithm, stored, password + "x")
    assert not module._fits("rabbit_password_hashing_sha3", stored, password)
    assert not module._fits(algorithm, "no base64!", password)


def test_everything_is_read_at_once(messaging, tmp_path):
    assert messaging.version() == "4.0.5"
    assert messaging.vhost_list() == ["/", "/glance"]
    assert messaging.user_list() == [{"name": "glance", "tags": ["a", "b"]}, {"name": "nobody", "tags": ["a"]}]
    assert messaging.user_get("none") is None
    assert messaging.permissions_get("glance", "/glance") == {"configure": "", "write": ".*", "read": "^x"}
    assert messaging.permissions_get("glance", "/") is None
    assert called(tmp_path) == ["--quiet --timeout 60 export_definitions - --format json"]


@pytest.mark.parametrize(
    ("name", "key", "fits"),
    [("glance", "key", True), ("glance", "other", False), ("nobody", "key", False), ("x", "key", None)],
)
def test_passwords_are_compared_here(messaging, name, key, fits):
    assert messaging.password_matches(name, key) is fits


@pytest.mark.parametrize("key", ["none", "flag"])
def test_pillar_keys_without_a_password(messaging, key):
    with pytest.raises(Invalid, match=key):
        messaging.password_matches("glance", key)


def test_a_password_leaves_as_a_hash_in_a_file_of_the_broker(messaging, tmp_path):
    messaging.user_set("glance", "other", ["x", "a"])
    (user,) = json.loads((tmp_path / "imported").read_text(encoding="utf-8"))["users"]
    assert (user["name"], user["tags"]) == ("glance", "a,x")
    assert messaging._fits(user["hashing_algorithm"], user["password_hash"], "s3cret")
    command, mode = called(tmp_path)[-2:]
    assert mode == "600"
    assert "s3cret" not in "".join(called(tmp_path))
    assert not pathlib.Path(command.split()[4]).exists()
    assert "openstack_messaging.definitions" not in messaging.__context__


def test_a_right_password_keeps_its_hash(messaging, tmp_path):
    messaging.user_set("glance", "key", [])
    (user,) = json.loads((tmp_path / "imported").read_text(encoding="utf-8"))["users"]
    assert user["password_hash"] == DEFINITIONS["users"][0]["password_hash"]


@pytest.mark.parametrize(("user", "vhost"), [("x", "/"), ("glance", "x")])
def test_permissions_need_user_and_vhost(messaging, user, vhost):
    with pytest.raises(OpenStackError, match="x does not exist"):
        messaging.permissions_set(user, vhost)


@pytest.mark.parametrize("name", ["", None, 1, "nul\0"])
def test_impossible_names(messaging, name):
    for call in (messaging.vhost_create, messaging.user_remove, messaging.vhost_queues):
        with pytest.raises(Invalid, match="is no name"):
            call(name)


@pytest.mark.parametrize(
    ("script", "kind", "text"),
    [
        ("echo 'Error: unable to perform an operation on node' >&2; exit 69", Unreachable, "does not answer"),
        ("echo 'Error: {:timeout, 1}' >&2; exit 1", Unreachable, "did not answer in 60 s"),
        ("exit 75", Unreachable, "did not answer in 60 s"),
        ("echo 'Error: odd' >&2; exit 70", OpenStackError, "exit code 70.*odd"),
        ("echo no json; exit 0", OpenStackError, "JSON"),
    ],
)
def test_what_rabbitmqctl_says(messaging, tmp_path, script, kind, text):
    answers(tmp_path, script=script)
    with pytest.raises(kind, match=text) as caught:
        messaging.vhost_list()
    assert type(caught.value) is kind
    assert "db-node" in str(caught.value)


def test_a_failed_import_is_not_quoted(messaging, tmp_path):
    messaging.vhost_list()
    answers(tmp_path, script="cat $5 >&2; exit 65")
    with pytest.raises(OpenStackError, match="its log says why") as caught:
        messaging.user_set("glance", "other")
    assert "password_hash" not in str(caught.value)


def test_rabbitmqctl_that_does_not_end_is_ended_with_all_below_it(messaging, tmp_path, monkeypatch):
    monkeypatch.setattr(messaging, "TIMEOUT", -14)
    answers(tmp_path, script=f"sh -c 'echo $$ > {tmp_path}/child; sleep 50; true'")
    with pytest.raises(Unreachable, match="did not end"):
        messaging.vhost_list()
    child = pathlib.Path("/proc", (tmp_path / "child").read_text(encoding="utf-8").strip(), "cmdline")
    end = time.monotonic() + 10
    while child.exists() and child.read_bytes() and time.monotonic() < end:
        time.sleep(0.05)
    assert not child.exists() or not child.read_bytes()


def test_rabbitmqctl_that_is_not_there(messaging, tmp_path, monkeypatch):
    monkeypatch.setattr(messaging, "PATH", str(tmp_path / "none"))
    with pytest.raises(Unreachable, match="not installed on db-node"):
        messaging.vhost_list()
