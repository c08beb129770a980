"""What preflight says of a host of the API, by what is on it."""

import glance_checks
import glance_front
import glance_node_preflight
import pytest

from unit.files import question

PILLAR = {"glance": {"stores": {"backends": {"other": {"key": "s3cr3t"}}}}}
STORES = {"mount.is_mounted": lambda name: name == "/", "file.file_exists": lambda name: False}


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
def test_ports(monkeypatch, listeners, result):
    monkeypatch.setattr(glance_checks, "listeners", lambda port: listeners)
    monkeypatch.setattr(glance_front, "ports", lambda settings: [9292, 9293])
    execution = {"user.info": lambda name: {"uid": 64062}}
    asked = question({"api": {"directories": [{"user": "glance"}]}}, execution)
    glance_node_preflight.ports(asked)
    assert [(row["check"], row["result"]) for row in asked.rows] == [("port 9292", result), ("port 9293", result)]
    if result == "failed":
        assert "(pid 7)" in asked.rows[0]["detail"]


@pytest.mark.parametrize(
    ("latest", "installed", "result"),
    [
        ("2:25.1.0-2", "", "ok"),
        ("2:30.0.0-3", "", "failed"),
        ("", "2:25.1.0-2", "ok"),
        ({"glance-api": ""}, "", "failed"),
    ],
)
def test_package(latest, installed, result):
    execution = {
        "pkg.latest_version": lambda name, refresh: latest,
        "pkg.version": lambda name: installed,
    }
    release = {"codename": "zed", "glance": 25, "number": "2022.2"}
    asked = question({"release": release, "api": {"packages": ["glance-api"]}}, execution)
    glance_node_preflight.source(asked)
    assert asked.rows[0]["result"] == result


@pytest.mark.parametrize(
    ("store", "deprecated", "expected"),
    [
        (
            {"type": "file", "datadir": "/a/b", "mountpoint": "/a"},
            {},
            [("mount of store one", "failed", "nothing is mounted on /a: mount it")],
        ),
        (
            {"type": "file", "datadir": "/a", "mountpoint": "/"},
            {},
            [("mount of store one", "ok", "/"), ("room in store one",)],
        ),
        ({"type": "file", "datadirs": {"/a": 1, "/b": 2}}, {}, [("room in store one",), ("room in store one",)]),
        (
            {"type": "rbd", "user": "glance", "ceph_conf": "/etc/ceph/ceph.conf"},
            {},
            [
                (
                    "keyring of store one",
                    "failed",
                    "no /etc/ceph/ceph.client.glance.keyring: put it there, or set key",
                )
            ],
        ),
        ({"type": "vmware"}, {"one": "it will go"}, [("store one", "ok", "it will go")]),
        ({"type": "s3"}, {}, []),
    ],
)
def test_stores(store, deprecated, expected):
    settings = {"stores": {"backends": {"one": store}}, "api": {"deprecated_stores": deprecated}}
    asked = question(settings, STORES, PILLAR)
    glance_node_preflight.disks(asked)
    glance_node_preflight.stores(asked)
    found = [(row["check"], row["result"], row["detail"]) for row in asked.rows]
    assert [row[: len(wanted)] for row, wanted in zip(found, expected)] == expected
    assert len(found) == len(expected)


def test_a_keyring_that_pillar_brings_need_not_be_there():
    settings = {"stores": {"backends": {"other": {"type": "rbd"}}}, "api": {"deprecated_stores": {}}}
    asked = question(settings, STORES, PILLAR)
    glance_node_preflight.stores(asked)
    assert asked.rows == []


@pytest.mark.parametrize(
    ("roles", "times"),
    [
        (["client"], 1),
        (["images", "client"], 1),
        (["api", "client"], 1),
        (["identity", "client"], 0),
        (["database"], 0),
    ],
)
def test_keystone_is_reached_once_from_who_needs_it(monkeypatch, roles, times):
    found = []
    asked = question(
        {
            "identity": {"auth_url": "http://auth-node:5000"},
            "database": {"host": "db-node", "port": 3306},
            "messaging": {"hosts": [], "port": 5672},
        },
        roles=roles,
    )
    monkeypatch.setattr(asked, "reach", lambda check, host, port: found.append((check, host, port)))
    of_keystone = (glance_node_preflight.connections, glance_node_preflight.keystone)
    asked.make([each for each in glance_node_preflight.CHECKS if each[1] in of_keystone])
    assert found.count(("reaches Keystone", "auth-node", 5000)) == times
