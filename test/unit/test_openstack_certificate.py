"""The file of a certificate, and the server that shows it; module and state together, in both modes."""

import grp
import importlib.util
import os
import pathlib
import pwd
import socket
import ssl
import threading

import authority
import pytest
from openstack_errors import Invalid, OpenStackError, Unreachable

REPO = pathlib.Path(__file__).resolve().parents[2]
CA = authority.Authority()
FIRST, SECOND = CA.issue("image-node"), CA.issue("image-node", "localhost", days=10)
OWNER = {"user": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
SOURCE = {"certificate_pillar": "tls:certificate", "key_pillar": "tls:key"}


def load(folder):
    path = REPO / folder / "openstack_certificate.py"
    spec = importlib.util.spec_from_file_location(f"openstack_certificate_{folder}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def module():
    found = load("_modules")
    found.__pillar__ = {"tls": dict(zip(("certificate", "key"), FIRST))}
    return found


@pytest.fixture
def state(module):
    found = load("_states")
    functions = ("check", "info", "owner", "write", "served")
    found.__salt__ = {f"openstack_certificate.{name}": getattr(module, name) for name in functions}
    found.__opts__ = {"test": False}
    return found


@pytest.fixture
def present(state, tmp_path):
    path = tmp_path / "tls" / "certificate.pem"

    def run(test=False, **arguments):
        state.__opts__["test"] = test
        return state.present(str(path), **{**SOURCE, **OWNER, "makedirs": True, "hosts": ["image-node"], **arguments})

    run.path = path
    return run


def test_it_is_written_once(present):
    planned = present(test=True)
    assert planned["result"] is None
    assert not present.path.exists()
    done = present()
    assert (done["result"], done["changes"]) == (True, planned["changes"])
    assert present.path.read_text() == "".join(FIRST)
    assert present.path.stat().st_mode & 0o777 == 0o600
    assert done["changes"]["subject"] == {"old": None, "new": "CN=image-node"}
    assert done["changes"]["key"] == {"old": None, "new": "belongs to the certificate"}
    assert present()["changes"] == present(test=True)["changes"] == {}
    assert "PRIVATE" not in str(done)


def test_another_one(module, present):
    present()
    module.__pillar__["tls"] = dict(zip(("certificate", "key"), SECOND))
    planned, done = present(test=True), present()
    assert planned["changes"] == done["changes"]
    assert set(done["changes"]) == {"not_after", "fingerprint", "names"}
    assert done["changes"]["names"]["new"] == ["image-node", "localhost"]
    assert done["warnings"] == [f"The certificate for {present.path} ends in 9 days: renew it."]
    assert "warnings" not in present(warn_days=9)


@pytest.mark.parametrize("drift", ["mode", "key", "chain", "damaged", "no key"])
def test_drift(present, drift):
    present()
    certificate, key = FIRST
    damage = {
        "key": certificate + SECOND[1],
        "chain": certificate + CA.pem + key,
        "damaged": "nothing of use",
        "no key": certificate,
    }
    if drift in damage:
        present.path.write_text(damage[drift])
    else:
        present.path.chmod(0o644)
    planned, done = present(test=True), present()
    assert planned["changes"] == done["changes"] != {}
    assert done["result"] is True
    assert present()["changes"] == {}
    assert present.path.read_text() == "".join(FIRST)


@pytest.mark.parametrize("test", [True, False])
def test_what_will_not_do_is_refused(module, present, test):
    module.__pillar__["tls"]["key"] = SECOND[1]
    ret = present(test, hosts=["glance.example.org"])
    assert ret["result"] is False
    for words in ("pillar key tls:certificate cannot be used", "the key does not belong", "not for glance.example.org"):
        assert words in ret["comment"]
    assert not present.path.exists()


@pytest.mark.parametrize("test", [True, False])
def test_from_files(present, tmp_path, test):
    files = {key: str(tmp_path / key) for key in ("certificate_file", "key_file")}
    given = {**dict.fromkeys(SOURCE), **files}
    missing = present(test, **given)
    assert missing["result"] is False
    assert f"there is no {files['certificate_file']}" in missing["comment"]
    for path, text in zip(files.values(), FIRST):
        pathlib.Path(path).write_text(text)
    assert present(test, **given)["changes"]["fingerprint"]["old"] is None


@pytest.mark.parametrize(
    "source", [{}, {**SOURCE, "certificate_file": "/x"}, {"certificate_pillar": "tls:certificate"}]
)
def test_one_source(module, source):
    with pytest.raises(Invalid, match="say either"):
        module.check(**source)


def test_info(module, tmp_path):
    path = tmp_path / "x.pem"
    assert module.info(str(path)) is None
    path.write_text(FIRST[0])
    assert module.info(str(path))["key"] is None
    path.write_text(FIRST[0] + SECOND[1])
    assert module.info(str(path))["key"] is False


class Server:
    """A server of TLS that shows what its file has."""

    def __init__(self, folder):
        self.pem, self._listener = folder / "server.pem", socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.show(SECOND)
        threading.Thread(target=self._run, daemon=True).start()

    def show(self, pair):
        self.pem.write_text("".join(pair))
        self.load()

    def load(self):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.pem)

    def _run(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(plain, server_side=True) as connection:
                    connection.recv(1)
            except OSError:
                pass

    def close(self):
        self._listener.close()


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path)
    yield found
    found.close()


def test_what_a_server_shows(module, server, tmp_path):
    (tmp_path / "ca.pem").write_text(CA.pem)
    ask = {"port": server.port, "address": "127.0.0.1", "cafile": str(tmp_path / "ca.pem")}
    assert module.served("localhost", **ask)["error"] is None
    assert module.served("localhost", **ask)["names"] == ["image-node", "localhost"]
    assert "not valid for 'db-node'" in module.served("db-node", **ask)["error"]
    assert "is not accepted" in module.served("localhost", **{**ask, "cafile": None})["error"]
    with pytest.raises(OpenStackError, match="cannot read /nowhere"):
        module.served("localhost", **{**ask, "cafile": "/nowhere"})


def test_nobody_there(module):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="does not answer"):
        module.served("localhost", port)


def test_no_tls(module):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(OpenStackError, match="speaks no TLS"):
            module.served("localhost", listener.getsockname()[1], "127.0.0.1")


def test_a_server_that_shows_another_one_reloads(state, server):
    reloads = []
    state.__salt__["service.reload"] = lambda name: reloads.append(name) or server.load()
    arguments = {"service": "front", "host": "image-node", "port": server.port, "address": "127.0.0.1", "timeout": 1}

    def run(test, path=server.pem):
        state.__opts__["test"] = test
        return state.served(str(path), **arguments)

    assert run(True)["changes"] == run(False)["changes"] == {}
    server.pem.write_text("".join(FIRST))
    planned = run(True)
    assert planned["result"] is None
    done = run(False)
    assert (done["result"], done["changes"], reloads) == (True, planned["changes"], ["front"])
    assert run(False)["changes"] == {}
    gone = run(True, server.pem.with_name("none"))
    assert (gone["result"], gone["changes"]) == (True, {})
