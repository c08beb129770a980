"""``glance_node`` where no server is needed: this host's own ports, connections, disks, libraries."""

import importlib.util
import socket
import subprocess
import sys

import pytest

PASSWORD = "S3cr3t-of-the-test"


@pytest.fixture(scope="module")
def taken():
    """A port that another process listens on."""
    code = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0));"
        "print(s.getsockname()[1], flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield int(process.stdout.readline()), process.pid
    process.communicate("", timeout=30)


@pytest.fixture(scope="module")
def refusing():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="module")
def pillar(taken, refusing, tmp_path_factory):
    port, _ = taken
    return {
        "glance": {
            "site": "zurich",
            "roles": ["api", "client"],
            "release": "epoxy",
            "database": {"host": "127.0.0.1", "port": refusing, "password": PASSWORD},
            "messaging": {"hosts": ["nowhere.invalid"], "password": PASSWORD},
            "identity": {
                "auth_url": f"http://127.0.0.1:{port}",
                "timeout": 3,  # seconds, for a port that accepts and says nothing
                "password": PASSWORD,
                "endpoints": {"public": "http://localhost:9292"},
            },
            "api": {"bind_port": port},
            "stores": {"backends": {"local": {"datadir": str(tmp_path_factory.mktemp("store") / "images")}}},
        }
    }


@pytest.fixture
def rows(modules):
    found = modules.glance_node.preflight()
    assert PASSWORD not in str(found)
    return {row["check"]: (row["result"], row["detail"]) for row in found}


def test_preflight_of_a_host(rows, taken, refusing):
    port, pid = taken
    assert rows["pillar"] == ("ok", "valid; roles api, client")
    assert rows["Python libraries"][0] == "ok"
    assert rows["reaches Keystone"] == ("ok", f"127.0.0.1:{port}")
    result, detail = rows["reaches database"]
    assert result == "failed"
    assert f"127.0.0.1:{refusing} refuses connections" in detail
    result, detail = rows["reaches RabbitMQ"]
    assert result == "failed"
    assert "nowhere.invalid does not resolve" in detail
    result, detail = rows[f"port {port}"]
    assert result == "failed"
    assert f"(pid {pid})" in detail
    assert "glance:api:bind_port" in detail
    assert rows["name of public, internal, admin endpoint"][0] == "ok"
    assert rows["room in store local"][0] == "ok"


def test_a_library_that_is_missing_is_no_failure_before_it_is_due(modules, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jsonschema" else found(name))
    for strict, result in ((False, "not checked"), (True, "failed")):
        rows = {row["check"]: row for row in modules.glance_node.preflight(strict=strict)}
        assert rows["Python libraries"]["result"] == result
        assert "glance.client.python" in rows["Python libraries"]["detail"]
        assert "reaches database" in rows


def test_status_of_a_host_without_glance(modules):
    if modules.glance_manage.installed():
        pytest.skip("glance-manage is on this machine, and this is about one without")
    rows = {row["check"]: row for row in modules.glance_node.status()}
    assert rows["service glance-api"]["detail"].startswith("stopped")
    assert rows["database schema"]["result"] == "failed"
    assert rows["API answers"]["result"] == "failed"
