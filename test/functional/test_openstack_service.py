"""
A real process, its real file and its real answers: what a wrong configuration comes to. Only Salt's module ``service``
is another, so that no unit of this machine is touched.
"""

import os
import signal
import socket
import stat
import sys

import pytest

NAME = "glance-api"
PASSWORD = "s3cr3t@/:%"
SERVER = """
import configparser, http.server, socketserver, sys
options = configparser.ConfigParser(interpolation=None)
options.read(sys.argv[1])
if options["paste_deploy"]["flavor"] != "keystone":
    print("2026 1 CRITICAL glance [-] no flavor for", options["database"]["connection"], flush=True)
    sys.exit(1)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401)
        self.end_headers()
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer(("127.0.0.1", int(sys.argv[2])), Answer).serve_forever()
"""
# the loader may have several of it, so it knows its process by a file
SERVICE = """
import os, pathlib, signal, subprocess
COMMAND, LOG, PID = {command!r}, {log!r}, pathlib.Path({pid!r})

def restart(name):
    if pid(name):
        os.kill(pid(name), signal.SIGKILL)
        os.waitpid(int(PID.read_text()), 0)
    with open(LOG, "a") as log:
        PID.write_text(str(subprocess.Popen(COMMAND, stdout=log, stderr=log).pid))
    return True

def status(name):
    return pid(name) is not None

def enabled(name):
    return True

def pid(name):
    try:
        found = int(PID.read_text())
        return found if os.waitpid(found, os.WNOHANG) == (0, 0) else None
    except (FileNotFoundError, ChildProcessError):
        return None
"""


@pytest.fixture(scope="module")
def pillar():
    return {"glance": {"database": {"password": PASSWORD}}}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def url():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture(scope="module")
def minion_opts(minion_opts, place, url):
    (place / "server.py").write_text(SERVER)
    (place / "_modules").mkdir()
    command = [sys.executable, str(place / "server.py"), str(place / "api.conf"), url.rsplit(":", 1)[1]]
    files = {"log": str(place / "api.log"), "pid": str(place / "api.pid")}
    (place / "_modules" / "service.py").write_text(SERVICE.format(command=command, **files))
    minion_opts["module_dirs"] = [*minion_opts["module_dirs"], str(place)]
    minion_opts["openstack_service"] = {"directory": str(place / "kept")}
    return minion_opts


@pytest.fixture
def process(loaders):
    """Nothing of it is left."""
    yield loaders.modules
    pid = loaders.modules["service.pid"](NAME)
    if pid:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@pytest.fixture
def deploy(state, process, place, url):
    """``deploy("keystone")``: what the role does, with one option; its last state."""
    answers, path = {"openstack_service.responds": {"url": url}}, str(place / "api.conf")
    connection = "mysql+pymysql://glance:{pillar:glance:database:password|url}@db/glance"
    owner = {"user": os.getuid(), "group": os.getgid()}

    def run(flavor, test=False):
        options = {"database": {"connection": connection}, "paste_deploy": {"flavor": flavor}}
        state("openstack_service.kept", test, name=NAME, files=[path], answers=answers)
        state("openstack_config.present", test, name=path, options=options, **owner)
        logs = [str(place / "api.log")]
        arguments = {"name": NAME, "files": [path], "answers": answers, "logs": logs, "timeout": 20}
        return state("openstack_service.running", test, **arguments)

    return run


def test_a_wrong_configuration_and_the_way_back(deploy, process, place):
    conf = place / "api.conf"
    first = deploy("wrong")
    assert first.result is False
    assert "nothing was put back" in first.comment
    assert deploy("keystone").result is True
    assert process["service.pid"](NAME)
    right, pid = conf.read_text(), process["service.pid"](NAME)
    for test in (True, False):
        again = deploy("keystone", test)
        assert (again.result, again.changes, process["service.pid"](NAME)) == (True, {}, pid)
    ret = deploy("wrong")
    assert ret.result is False
    assert "CRITICAL glance [-] no flavor for" in ret.comment
    assert "is back in place and the service answers with it" in ret.comment
    assert PASSWORD not in str(ret)
    assert "s3cr3t" not in str(ret)
    assert conf.read_text() == right
    assert process["service.status"](NAME) is True
    refused = place / "kept" / NAME / f"refused{conf}"
    assert "flavor = wrong" in refused.read_text()
    assert stat.S_IMODE(refused.stat().st_mode) == 0o640
    assert stat.S_IMODE((place / "kept" / NAME).stat().st_mode) == 0o700
    words = process["openstack_service.last_words"](NAME, [NAME], logs=[str(place / "api.log")])
    assert any("no flavor for ***" in word for word in words)
