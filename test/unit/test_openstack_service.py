"""
A service and its configuration. The files are real; the service is a pretended one that starts when all of its files
are sound, and says in its log why it does not.
"""

import http.server
import os
import socket
import socketserver
import threading
import time
import types

import pytest
from openstack_errors import Invalid, Refused
from salt.exceptions import CommandExecutionError

from .files import load

CURRENT, OLD = "started with what is there", "started with what was there before"
PROCESS = {"process": {"old": OLD, "new": CURRENT}}
PASSWORD = "s3cret!"
NAME = "glance-api"


class Service:
    """What Salt's own module and the server would say."""

    def __init__(self, files, log):
        self.files, self.log = files, log
        self.enabled, self.running, self.error = True, False, "refused"
        self.restarts, self.asked, self.answers_never, self.refuses = 0, 0, False, False

    def restart(self, name):
        self.restarts += 1
        bad = [path for path in self.files if os.path.exists(path) and "bad" in read(path)]
        self.running = not bad
        self.error = "no answer" if bad or self.answers_never else None
        with open(self.log, "a") as log:
            log.writelines(f"1 CRITICAL glance [-] {path} is bad, with {PASSWORD}\n" for path in bad)
        return True

    def ask(self, url):
        assert url == "http://here"
        self.asked += 1
        if self.refuses:
            raise Refused("wrong password")
        return {"error": self.error}

    def enable(self, name):
        self.enabled = True
        return True


@pytest.fixture
def files(tmp_path):
    """Two that it reads when it starts, of which the second is not there, and one that it reads again."""
    (tmp_path / "etc").mkdir()
    return [str(tmp_path / "etc" / name) for name in ("api.conf", "paste.ini", "policy.yaml")]


@pytest.fixture
def service(files, tmp_path):
    found = Service(files, str(tmp_path / "api.log"))
    with open(files[0], "w") as file:
        file.write("good")
    found.restart(NAME)
    return found


@pytest.fixture
def salt(service, tmp_path, monkeypatch):
    """``__salt__``, in which the formula's own module is the real one."""
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    found = {
        "config.get": lambda key, default: str(tmp_path / "kept"),
        "cmd.run_all": lambda command, **options: {"retcode": 1, "stdout": "", "stderr": ""},
        "service.enabled": lambda name: service.enabled,
        "service.enable": service.enable,
        "service.status": lambda name: service.running,
        "service.restart": lambda name: service.restart(name),
        "its.answer": service.ask,
    }
    pillar = {"glance": {"password": PASSWORD}}
    module = load("_modules", "openstack_service", __salt__=found, __pillar__=pillar, __context__={})
    names = {key: value for key, value in vars(module).items() if isinstance(value, types.FunctionType)}
    found.update({f"openstack_service.{key}": value for key, value in names.items()})
    return found


@pytest.fixture
def state(salt, files, service):
    """``state("running", test=True)``; ``arguments`` replace those of an ordinary one."""
    opts = {"test": False}
    module = load("_states", "openstack_service", __salt__=salt, __opts__=opts)
    common = {"name": NAME, "answers": {"its.answer": {"url": "http://here"}}}
    running = {**common, "files": files[:2], "reread": files[2:], "logs": [service.log], "timeout": 60}
    given = {"kept": {**common, "files": files}, "running": running, "mod_watch": {**running, "sfun": "running"}}

    def run(function, test=False, **arguments):
        opts["test"] = test
        return getattr(module, function)(**{**given[function], **arguments})

    return run


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def read(path):
    with open(path) as file:
        return file.read()


@pytest.fixture
def converged(state, service):
    """It answers with what is there, and that is kept."""
    assert state("running")["result"]
    service.restarts = 0


def test_first_run_restarts_and_keeps(state, salt, service):
    before = service.restarts
    plan = state("running", test=True)
    assert (plan["result"], plan["changes"], service.restarts) == (None, PROCESS, before)
    assert salt["openstack_service.kept"](NAME) is None
    done = state("running")
    assert (done["result"], done["changes"], service.restarts) == (True, PROCESS, before + 1)
    for test in (True, False):
        again = state("running", test=test)
        assert (again["result"], again["changes"], service.restarts) == (True, {}, before + 1)


def test_what_is_kept_can_be_seen_without_content(converged, salt, files):
    write(files[0], "good too")
    found = salt["openstack_service.kept"](NAME)
    assert {path: each and each["same"] for path, each in found.items()} == {
        files[0]: False,
        files[1]: None,
        files[2]: None,
    }
    assert "good" not in str(found)


@pytest.mark.parametrize("function", ["running", "mod_watch"])
def test_good_change(converged, state, service, files, function):
    write(files[0], "good too")
    plan = state(function, test=True)
    assert (plan["result"], plan["changes"], service.restarts) == (None, PROCESS, 0)
    done = state(function)
    assert (done["result"], done["changes"], service.restarts) == (True, PROCESS, 1)
    assert state("running")["changes"] == {}
    assert read(files[0]) == "good too"


def test_what_is_watched_restarts_though_the_files_are_the_same(converged, state, service):
    plan = state("mod_watch", test=True, __reqs__={})
    assert (plan["result"], plan["changes"], service.restarts) == (None, PROCESS, 0)
    done = state("mod_watch", __reqs__={})
    assert (done["result"], done["changes"], service.restarts) == (True, PROCESS, 1)


@pytest.mark.parametrize("bad", [[0], [1], [0, 1]])
def test_bad_change_is_put_back_as_one(converged, state, service, files, bad):
    new = {0: "good and new", 1: "new", 2: "policy"}
    for number, path in enumerate(files):
        write(path, "bad" if number in bad else new[number])
    assert state("running", test=True)["changes"] == PROCESS
    ret = state("running")
    assert ret["result"] is False
    assert ret["changes"] == {path: {"old": "new", "new": "put back"} for path in files}
    assert (read(files[0]), *map(os.path.exists, files[1:])) == ("good", False, False)
    assert (service.error, service.restarts) == (None, 2)
    assert "is back in place and the service answers with it" in ret["comment"]
    for number, path in enumerate(files):
        refused = f"kept/{NAME}/refused{path}"
        assert refused in ret["comment"]
        assert read(ret["comment"].split(refused)[0].split()[-1] + refused) == ("bad" if number in bad else new[number])
    for number in bad:
        assert f"CRITICAL glance [-] {files[number]} is bad, with ***" in ret["comment"]
    assert PASSWORD not in str(ret)


def test_the_run_after_it_tries_again(converged, state, service, files):
    for _ in range(2):
        write(files[0], "bad")
        assert state("running")["result"] is False
        assert read(files[0]) == "good"
    write(files[0], "good at last")
    assert (state("running")["result"], read(files[0])) == (True, "good at last")
    write(files[0], "bad")
    state("running")
    assert read(files[0]) == "good at last"


def test_a_run_that_ended_before_the_restart_is_made_up_for(converged, state, service, files):
    write(files[0], "good but never read")
    assert state("kept")["changes"] == {}  # of the next run: the files that it answered with stay kept
    assert state("running")["changes"] == PROCESS
    assert service.restarts == 1


def test_nothing_is_put_back_in_a_first_deployment(state, service, files):
    write(files[0], "bad")
    ret = state("running")
    assert (ret["result"], ret["changes"], read(files[0])) == (False, {}, "bad")
    assert "nothing was put back" in ret["comment"]
    assert "is bad, with ***" in ret["comment"]


def test_what_was_there_before_the_formula_is_put_back(state, service, files):
    """Somebody else deployed it; it answers."""
    kept = {path: {"old": None, "new": "kept"} for path in files}
    assert (state("kept", test=True)["result"], state("kept", test=True)["changes"]) == (None, kept)
    assert state("kept")["changes"] == kept
    assert state("kept")["changes"] == {}
    write(files[0], "bad")
    assert state("running")["result"] is False
    assert read(files[0]) == "good"


def test_a_file_that_is_new_to_the_formula_is_put_back(converged, state, service, files, tmp_path):
    other = str(tmp_path / "etc" / "swift.conf")
    service.files = [*files, other]
    write(other, "of the package")
    kept = {other: {"old": None, "new": "kept"}}
    assert state("kept", test=True, files=[*files, other])["changes"] == kept
    assert state("kept", files=[*files, other])["changes"] == kept
    write(other, "bad")
    assert state("running", files=[*files[:2], other])["result"] is False
    assert read(other) == "of the package"


@pytest.mark.parametrize("why", ["error", "refuses"])
def test_what_does_not_answer_is_not_worth_keeping(state, service, salt, why):
    setattr(service, why, "HTTP 503")
    for test in (True, False):
        ret = state("kept", test=test)
        assert (ret["result"], ret["changes"]) == (True, {})
    assert salt["openstack_service.kept"](NAME) is None


def test_files_that_need_no_restart(converged, state, service, files):
    write(files[2], "policy")
    for test in (True, False):
        ret = state("running", test=test)
        assert (ret["result"], ret["changes"], service.restarts) == (True, {}, 0)
    write(files[0], "bad")
    state("running")
    assert read(files[2]) == "policy"


def test_test_mode_keeps_nothing(converged, state, salt, files):
    write(files[2], "policy")
    state("running", test=True)
    assert files[2] in salt["openstack_service.differing"](NAME, files)


@pytest.mark.parametrize(
    ("attribute", "value", "restarts"), [("enabled", False, 1), ("running", False, 1), ("error", "HTTP 503", 0)]
)
def test_drift_of_the_service(converged, state, service, monkeypatch, attribute, value, restarts):
    setattr(service, attribute, value)
    if attribute == "error":
        monkeypatch.setattr(time, "sleep", lambda seconds: setattr(service, "error", None))
    key = {"error": "answers"}.get(attribute, attribute)
    changes = {key: {"old": value, "new": "yes" if key == "answers" else True}}
    plan = state("running", test=True)
    assert (plan["result"], plan["changes"], service.restarts) == (None, changes, 0)
    done = state("running")
    assert (done["result"], done["changes"], service.restarts) == (True, changes, restarts)
    assert state("running")["changes"] == {}


def test_trouble_that_is_not_of_the_configuration(converged, state, service, files):
    """The database is away: what it answered with before is what it has."""
    service.error = "HTTP 503"
    write(service.log, "1 ERROR glance [-] said before this run\n")
    ret = state("running")
    assert "said before this run" in ret["comment"]
    assert (ret["result"], ret["changes"], service.restarts) == (False, {}, 0)
    assert "no answer within 60 s, last: HTTP 503" in ret["comment"]
    assert "nothing was put back" in ret["comment"]


def test_neither_answers(converged, state, service, files):
    service.answers_never = True
    write(files[0], "good and new")
    ret = state("running")
    assert (ret["result"], read(files[0])) == (False, "good")
    assert "it does not answer with that either: no answer within 60 s" in ret["comment"]


def test_what_is_put_back_is_asked_where_it_answered(state, salt, files):
    """A configuration may hold the address, as the one with TLS in front does."""

    def listens(url):
        return {"error": None if read(files[0]) == f"good {url}" else f"no answer from {url}"}

    salt["its.answer"] = listens
    write(files[0], "good http://there")
    assert state("running", answers={"its.answer": {"url": "http://there"}})["result"] is True
    write(files[0], "good, but another")
    ret = state("running", answers={"its.answer": {"url": "http://elsewhere"}})
    assert (ret["result"], read(files[0])) == (False, "good http://there")
    assert "no answer from http://elsewhere" in ret["comment"]
    assert "is back in place and the service answers with it" in ret["comment"]


def test_what_cannot_be_put_back_is_told(converged, state, salt, files):
    def full(name):
        raise CommandExecutionError("No space left on device")

    salt["openstack_service.put_back"] = full
    write(files[0], "bad")
    ret = state("running")
    assert (ret["result"], ret["changes"]) == (False, {})
    assert "could not be put back: No space left on device" in ret["comment"]
    assert "is bad" in ret["comment"]


def test_who_may_not_ask_does_not_wait(converged, state, service, files):
    service.refuses = True
    write(files[0], "good and new")
    plan = state("running", test=True)
    assert plan["result"] is None
    assert plan["changes"]["answers"]["old"] == "wrong password"
    before = service.asked
    ret = state("running")
    assert ret["result"] is False
    assert "wrong password" in ret["comment"]
    assert read(files[0]) == "good"
    assert service.asked - before < 6


def test_one_that_does_not_run_is_given_up_early(converged, state, files):
    write(files[0], "bad")
    begin = time.monotonic()
    assert "it does not run: no answer" in state("running")["comment"]
    assert time.monotonic() - begin < 20


def test_a_restart_that_fails(converged, state, salt, service, files):
    real = salt["service.restart"]

    def restart(name):
        real(name)
        if not service.running:
            raise CommandExecutionError("Job for glance-api.service failed.\nSee journalctl")
        return True

    salt["service.restart"] = restart
    write(files[0], "bad")
    ret = state("running")
    assert "the restart of glance-api failed: Job for glance-api.service failed." in ret["comment"]
    assert "the service answers with it" in ret["comment"]
    salt["service.restart"] = lambda name: False
    assert "the restart of glance-api failed" in state("mod_watch")["comment"]


def test_a_question_that_cannot_be_asked(state, files):
    for function in ("kept", "running"):
        ret = state(function, answers={"not.loaded": {}})
        assert (ret["result"], ret["changes"]) == (False, {})
        assert "not.loaded is not available" in ret["comment"]


@pytest.fixture(params=[200, 300, 401, 404, 500, 503])
def web(request):
    """A server that always answers the same."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(request.param)
            self.end_headers()

        def log_message(self, *args):
            pass

    with socketserver.TCPServer(("127.0.0.1", 0), Answer) as server:  # HTTPServer asks DNS for its name
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", request.param
        server.shutdown()


def test_what_is_no_server_error_is_an_answer(salt, web):
    url, status = web
    error = f"{url} answers HTTP {status}" if status >= 500 else None
    assert salt["openstack_service.responds"](url) == {"url": url, "status": status, "error": error}


def test_nobody_responds(salt):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "no answer from" in salt["openstack_service.responds"](url, timeout=0.1)["error"]
    assert "refused" in salt["openstack_service.responds"](url)["error"]
    with pytest.raises(Invalid, match="no URL of HTTP"):
        salt["openstack_service.responds"]("file:///etc/passwd")


@pytest.mark.parametrize("answers", [{}, [], {"its.answer": {}, "other": {}}])
def test_one_function_asks(state, answers):
    ret = state("running", answers=answers)
    assert (ret["result"], "answers must be one" in ret["comment"]) == (False, True)


def test_one_that_answers_once_and_no_more_is_not_what_is_kept(converged, state, service, files, salt):
    """The next run does not take it for one that the service has answered with."""

    def restart(name):
        service.restarts += 1
        service.running, service.error = True, None
        return True

    asked = []

    def ask(url):
        asked.append(url)
        return {"error": None if len(asked) < 3 else "gone again"}

    salt["service.restart"], salt["its.answer"] = restart, ask
    write(files[0], "good and new")
    ret = state("running")
    assert (ret["result"], "answers is 'gone again'" in ret["comment"]) == (False, True)
    assert salt["openstack_service.differing"](NAME, files) == files[:1]


@pytest.mark.parametrize("name", ["", "../x", "a/b", "."])
def test_a_name_is_no_path(state, name):
    ret = state("kept", name=name)
    assert ret["result"] is False
    assert "is no name of a service" in ret["comment"]


def test_files_are_absolute(converged, state):
    ret = state("running", files=["api.conf"])
    assert ret["result"] is False
    assert "must be absolute paths: api.conf" in ret["comment"]


def test_systemd_reads_units_anew_and_forgets_failures(salt, monkeypatch):
    """Else a part of a unit has no effect, and a unit that failed too often is not started again."""
    ran = []
    monkeypatch.setattr("salt.utils.systemd.booted", lambda context: True)

    def run(command, **options):
        ran.append(command)
        assert options["python_shell"] is False
        assert options["timeout"]
        return {"retcode": 0, "stdout": "ERROR it said so", "stderr": ""}

    salt["cmd.run_all"] = run
    asks = {"its.answer": {"url": "http://here"}}
    assert salt["openstack_service.restart"]([NAME], asks) is None
    assert salt["openstack_service.last_words"](NAME, [NAME]) == ["ERROR it said so"]
    assert ran[:2] == [["systemctl", "daemon-reload"], ["systemctl", "reset-failed", NAME]]
    assert ran[2][0] == "journalctl"
