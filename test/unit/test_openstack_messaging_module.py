"""What is asked of rabbitmqctl, and what becomes of what it says: a script stands in for it."""

import json
import os
import pathlib
import time

import openstack_rabbitmq_password
import openstack_rabbitmqctl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid, OpenStackError, Unreachable

from unit.files import load

SHA256 = "rabbit_password_hashing_sha256"
DEFINITIONS = {
    "rabbitmq_version": "4.0.5",
    "vhosts": [
        {"name": "/glance", "limits": [], "metadata": {"tags": ["b", "a"], "protected": True}},
        {"name": "/", "metadata": {"description": "x", "default_queue_type": "undefined"}},
    ],
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
    "topic_permissions": [{"user": "glance", "vhost": "/glance", "exchange": "e", "write": "", "read": "^x"}],
    "policies": [
        {
            "vhost": "/glance",
            "name": "p",
            "pattern": "^n",
            "apply-to": "queues",
            "definition": {"max-length": 5},
            "priority": 1,
        }
    ],
}
CONTEXT = {}


@pytest.fixture
def messaging(tmp_path, monkeypatch):
    """The module, with a rabbitmqctl that records its arguments and the file it is given, and answers from files."""
    monkeypatch.setattr(openstack_rabbitmqctl, "PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(openstack_rabbitmqctl, "system_user", lambda: {"user": os.geteuid(), "group": os.getegid()})
    answers(tmp_path, DEFINITIONS)
    pillar = {"key": "test12", "other": "s3cret", "flag": True}
    return load("_modules", "openstack_messaging", __context__=CONTEXT, __pillar__=pillar, __grains__={"id": "db-node"})


@pytest.fixture(autouse=True)
def context():
    CONTEXT.clear()


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


@given(st.text(min_size=1), st.sampled_from(["sha256", "sha512", "md5"]))
def test_a_hash_fits_its_own_password_only(password, kind):
    algorithm, stored = openstack_rabbitmq_password.make(password, f"rabbit_password_hashing_{kind}")
    assert algorithm.endswith(kind)
    assert openstack_rabbitmq_password.fits(algorithm, stored, password)
    assert not openstack_rabbitmq_password.fits(algorithm, stored, password + "x")
    assert not openstack_rabbitmq_password.fits("rabbit_password_hashing_sha3", stored, password)
    assert not openstack_rabbitmq_password.fits(algorithm, "no base64!", password)


def test_two_hashes_of_a_password_differ():
    assert openstack_rabbitmq_password.make("x") != openstack_rabbitmq_password.make("x")


def test_everything_is_read_at_once(messaging, tmp_path):
    assert messaging.version() == "4.0.5"
    assert messaging.vhost_list() == ["/", "/glance"]
    assert messaging.user_list() == [{"name": "glance", "tags": ["a", "b"]}, {"name": "nobody", "tags": ["a"]}]
    assert messaging.user_get("none") is None
    assert messaging.permissions_get("glance", "/glance") == {"configure": "", "write": ".*", "read": "^x"}
    assert messaging.permissions_get("glance", "/") is None
    assert messaging.permissions_list(vhost="/glance")[0]["user"] == "glance"
    assert messaging.permissions_list("nobody") == []
    assert messaging.topic_permissions_get("glance", "/glance", "e") == {"write": "", "read": "^x"}
    assert messaging.topic_permissions_get("glance", "/glance", "none") is None
    assert messaging.topic_permissions_list("glance", "/") == []
    policy = {"pattern": "^n", "definition": {"max-length": 5}, "apply_to": "queues", "priority": 1}
    assert messaging.policy_get("p", "/glance") == policy
    assert messaging.policy_list() == [{"name": "p", "vhost": "/glance", **policy}]
    assert messaging.policy_list("/") == []
    assert messaging.vhost_get("/")["default_queue_type"] is None
    assert messaging.vhost_get("none") is None
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
    assert openstack_rabbitmq_password.fits(user["hashing_algorithm"], user["password_hash"], "s3cret")
    command, mode = called(tmp_path)[-2:]
    assert mode == "600"
    assert "s3cret" not in "".join(called(tmp_path))
    assert not pathlib.Path(command.split()[4]).exists()
    assert "openstack_messaging.definitions" not in CONTEXT


def test_a_right_password_keeps_its_hash(messaging, tmp_path):
    messaging.user_set("glance", "key", [])
    (user,) = json.loads((tmp_path / "imported").read_text(encoding="utf-8"))["users"]
    assert user["password_hash"] == DEFINITIONS["users"][0]["password_hash"]


@pytest.mark.parametrize(("user", "vhost"), [("x", "/"), ("glance", "x")])
def test_permissions_need_user_and_vhost(messaging, user, vhost):
    with pytest.raises(OpenStackError, match="x does not exist"):
        messaging.permissions_set(user, vhost)


def imported(folder):
    return json.loads((folder / "imported").read_text(encoding="utf-8"))


def test_what_is_sent_in_the_words_of_the_broker(messaging, tmp_path):
    messaging.policy_set("p", "/", "^x", {"expires": 1}, "queues", 2)
    policy = {"name": "p", "vhost": "/", "pattern": "^x", "definition": {"expires": 1}, "apply-to": "queues"}
    assert imported(tmp_path) == {"policies": [{**policy, "priority": 2}]}
    messaging.topic_permissions_set("glance", "/", "e", write="")
    sent = {"user": "glance", "vhost": "/", "exchange": "e", "write": "", "read": ".*"}
    assert imported(tmp_path) == {"topic_permissions": [sent]}
    messaging.permissions_set("glance", "/", read="")
    sent = {"user": "glance", "vhost": "/", "configure": ".*", "write": ".*", "read": ""}
    assert imported(tmp_path) == {"permissions": [sent]}


@pytest.mark.parametrize(
    ("function", "arguments", "command"),
    [
        ("user_remove", ["-u"], "delete_user -- -u"),
        ("permissions_remove", ["-u", "/"], "clear_permissions --vhost=/ -- -u"),
        ("topic_permissions_remove", ["-u", "/", "-e"], "clear_topic_permissions --vhost=/ -- -u -e"),
        ("policy_remove", ["-p", "/"], "clear_policy --vhost=/ -- -p"),
    ],
)
def test_what_is_removed_is_read_again(messaging, tmp_path, function, arguments, command):
    messaging.vhost_list()
    assert getattr(messaging, function)(*arguments) is True
    messaging.vhost_list()
    export = "--quiet --timeout 60 export_definitions - --format json"
    assert called(tmp_path) == [export, f"--quiet --timeout 60 {command}", export]


def test_attributes_of_a_virtual_host_that_are_not_given_stay(messaging, tmp_path):
    messaging.vhost_set("/glance", tags=["a", "b"])
    assert imported(tmp_path) == {"vhosts": [{"name": "/glance", "metadata": {"tags": ["a", "b"], "protected": True}}]}


def test_a_release_that_does_not_take_an_attribute_of_a_virtual_host_says_so(messaging):
    with pytest.raises(
        OpenStackError, match=r"RabbitMQ 4\.0\.5 did not take default_queue_type of virtual host /glance"
    ):
        messaging.vhost_set("/glance", default_queue_type="quorum")


def test_policies_need_a_vhost(messaging):
    with pytest.raises(OpenStackError, match="virtual host x does not exist"):
        messaging.policy_set("p", "x", "", {"expires": 1})


@pytest.mark.parametrize("name", ["", None, 1, "nul\0"])
def test_impossible_names(messaging, name):
    remove_policy = lambda value: messaging.policy_remove(value, "/")  # noqa: E731
    for call in (messaging.vhost_set, messaging.user_remove, messaging.vhost_queues, remove_policy):
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
    monkeypatch.setattr(openstack_rabbitmqctl, "TIMEOUT", -14)
    answers(tmp_path, script=f"sh -c 'echo $$ > {tmp_path}/child; sleep 50; true'")
    with pytest.raises(Unreachable, match="did not end"):
        messaging.vhost_list()
    child = pathlib.Path("/proc", (tmp_path / "child").read_text(encoding="utf-8").strip(), "cmdline")
    end = time.monotonic() + 10
    while child.exists() and child.read_bytes() and time.monotonic() < end:
        time.sleep(0.05)
    assert not child.exists() or not child.read_bytes()


def test_rabbitmqctl_that_is_not_there(messaging, tmp_path, monkeypatch):
    monkeypatch.setattr(openstack_rabbitmqctl, "PATH", str(tmp_path / "none"))
    with pytest.raises(Unreachable, match="not installed on db-node"):
        messaging.vhost_list()
