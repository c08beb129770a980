"""What the benchmark measures: states that are there, and requests that are all counted."""

import http.server
import threading
import urllib.request

import pytest
from benchmark import objects, peers
from benchmark.counting import Counter

from unit.files import functions

STATES = functions("_states")


class Server(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        data = f"{self.command} {self.path} {body.decode()} {self.headers['X-One']}".encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Two", "2")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.HTTPServer(("127.0.0.1", 0), Server) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


def test_what_goes_through_the_proxy_arrives_and_is_counted(server):
    with Counter() as counter:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": counter.url}))
        for path in ("/v3/auth/tokens", "/v3/users?name=a%20b"):
            request = urllib.request.Request(server + path, b"data", {"X-One": "1"})
            with opener.open(request, timeout=10) as answer:
                assert answer.read().decode() == f"POST {path} data 1"
                assert (answer.status, answer.headers["X-Two"]) == (201, "2")
        assert counter.take() == (2, 1)
        assert counter.take() == (0, 0)


def test_a_server_that_is_not_there_is_an_answer_of_the_proxy():
    with Counter() as counter:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": counter.url}))
        with pytest.raises(urllib.error.HTTPError, match="502"):
            opener.open("http://127.0.0.1:1/", timeout=10)


@pytest.mark.parametrize("states", [objects.sls(["a", "b"], "always"), objects.sls_absent(["a", "b"])])
def test_the_states_are_there_and_take_these_arguments(states):
    for declared in states.values():
        ((function, arguments),) = declared.items()
        assert {key for argument in arguments for key in argument} <= STATES[function]


def test_a_service_more_is_as_many_objects_more():
    one, two, three = (len(objects.sls(objects.names(number), "always")) for number in (1, 2, 3))
    assert one < two
    assert two - one == three - two


def test_a_run_that_changed_something_is_noticed():
    said = '{"local": {"a": {"changes": {}}, "b": {"changes": {"x": 1}}}}'
    assert peers.changes("salt", said) == 1
    recap = "PLAY RECAP ****\nlocalhost                  : ok=8    changed={}    unreachable=0    failed=0"
    assert peers.changes("ansible", recap.format(2)) == 2
    assert peers.changes("ansible", recap.format(0)) == 0
