"""A proxy that counts: programs that are told about it by ``http_proxy`` ask their servers through it."""

import collections
import http.client
import http.server
import threading
import urllib.parse

HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
TIMEOUT = 120


class Counter(http.server.ThreadingHTTPServer):
    """``with Counter() as counter``: listens on ``counter.url``; ``counter.take()`` says what came since the last."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._seen = collections.Counter()
        self._lock = threading.Lock()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def count(self, method, url):
        """Note a request."""
        login = method == "POST" and urllib.parse.urlsplit(url).path.endswith("/auth/tokens")
        with self._lock:
            self._seen.update(["requests", *(["logins"] if login else [])])

    def take(self):
        """Return ``(requests, logins)`` since the last call; a login is a request too."""
        with self._lock:
            found, self._seen = self._seen, collections.Counter()
        return found["requests"], found["logins"]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _forward(self):
        self.server.count(self.command, self.path)
        target = urllib.parse.urlsplit(self.path)
        upstream = http.client.HTTPConnection(target.hostname, target.port or 80, timeout=TIMEOUT)
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urllib.parse.urlunsplit(("", "", target.path, target.query, ""))
            upstream.request(self.command, path, body or None, _kept(self.headers.items()))
            answer = upstream.getresponse()
            self._answer(answer, answer.read())
        except OSError as error:
            self.send_error(502, str(error))
        finally:
            upstream.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _forward

    def _answer(self, answer, data):
        self.send_response_only(answer.status, answer.reason)
        for name, value in _kept(answer.getheaders()).items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def _kept(headers):
    return {name: value for name, value in headers if name.lower() not in HOP_BY_HOP}
