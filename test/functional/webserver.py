"""Servers that a test talks to on loopback: where images come from, proxies, and a window onto Glance."""

import contextlib
import hashlib
import http.client
import http.server
import socket
import socketserver
import threading
import urllib.parse


class Files(http.server.BaseHTTPRequestHandler):
    """
    Serves ``server.files``: path to bytes, or to a function that is called with the handler.

    ``server.log`` has ``[method, path, bytes sent]`` of each request. A request with a whole URL is one to a proxy.
    """

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        body = self.server.files.get(path)
        entry = [self.command, self.path, 0]
        self.server.log.append(entry)
        if body is None:
            return self.send_error(404)
        if callable(body):
            return body(self)
        part = body
        if "Range" in self.headers:  # a server that does not know ranges; the client reads no further
            self.close_connection = True
            part = body[:1]
        entry[2] = len(part)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(part)
        return None

    def log_message(self, *_args):
        pass


def cut(body):
    """Answer with half of what was announced, then drop the connection."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    return answer


def chunked(body, whole=True, meanwhile=None):
    """Answer without a length, in chunks; end properly or not; call ``meanwhile`` between the chunks."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(body), 1 << 18):
            part = body[start : start + (1 << 18)]
            with contextlib.suppress(OSError):
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            if meanwhile:
                meanwhile()
        if whole:
            with contextlib.suppress(OSError):
                handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    return answer


class Window(http.server.BaseHTTPRequestHandler):
    """
    Passes requests on to ``server.target`` and notes them in ``server.log``, ``[method, path, bytes of the body]``.
    A body that breaks off on one side breaks off on the other.

    ``server.answer``, when set, is a status that is answered instead; ``server.break_upload`` drops the connection of
    the next PUT.
    """

    protocol_version = "HTTP/1.1"

    def handle_any(self):
        entry = [self.command, self.path, 0]
        self.server.log.append(entry)
        if self.server.answer:
            return self.send_error(self.server.answer)
        target = http.client.HTTPConnection(self.server.target, timeout=60)
        with contextlib.closing(target):
            try:
                self._forward(target, entry)
            except ConnectionError:  # one end hung up: so does the other
                self.close_connection = True
                return None
            self._answer(target.getresponse())
        return None

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def _forward(self, target, entry):
        target.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for key, value in self.headers.items():
            target.putheader(key, value)
        target.endheaders()
        for piece in self._body():
            entry[2] += len(piece)
            target.send(piece)
            if self.command == "PUT" and self.server.break_upload:
                self.server.break_upload = False
                self.connection.shutdown(socket.SHUT_RDWR)
                raise ConnectionError

    def _body(self):
        """The body as it comes, framing of chunks included."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            left = int(self.headers.get("Content-Length") or 0)
            while left:
                piece = self._read(min(left, 1 << 16))
                left -= len(piece)
                yield piece
            return
        size = None
        while size != 0:
            line = self.rfile.readline()
            if not line.endswith(b"\r\n"):
                raise ConnectionError
            size = int(line, 16)
            yield line + self._read(size + 2)

    def _read(self, size):
        piece = self.rfile.read(size)
        if len(piece) != size:
            raise ConnectionError
        return piece

    def _answer(self, response):
        data = response.read()
        self.send_response(response.status)
        for key, value in response.getheaders():
            if key.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(OSError):  # a client that hung up on purpose
            self.wfile.write(data)

    def log_message(self, *_args):
        pass


class Ftp(socketserver.StreamRequestHandler):
    """
    As much of an FTP server as downloading one file of ``server.files`` takes; ``server.log`` has what it was told.

    ``server.cuts`` has the number of bytes after which a transfer is cut off, one a transfer; of a command in
    ``server.lost`` it knows nothing; ``server.time`` is when the files were made.
    """

    def handle(self):
        self._data, self._rest = None, 0
        self._say("220 ready")
        with contextlib.suppress(ConnectionError):
            while line := self.rfile.readline().decode().strip():
                self._answer(*line.partition(" ")[::2])

    def _answer(self, command, argument):
        self.server.log.append(f"{command} {argument}".strip())
        body = self.server.files.get("/" + argument)
        if command in getattr(self.server, "lost", ()):
            self._say("502 not here")
        elif command in ("EPSV", "PASV"):
            self._listen(command)
        elif command in ("RETR", "SIZE", "MDTM") and body is None:
            self._say("550 no such file")
        elif command == "RETR":
            self._send(body[self._rest :])
        elif command == "REST":
            self._rest = int(argument)
            self._say("350 from there")
        else:
            known = {"USER": "331 password", "PASS": "230 in", "SIZE": f"213 {len(body or b'')}"}
            self._say({**known, "MDTM": f"213 {getattr(self.server, 'time', 20261124100000)}"}.get(command, "200 ok"))

    def _listen(self, command):
        self._data = socket.create_server(("127.0.0.1", 0))
        port = self._data.getsockname()[1]
        passive = f"227 ok (127,0,0,1,{port >> 8},{port & 255})"
        self._say(passive if command == "PASV" else f"229 ok (|||{port}|)")

    def _send(self, body):
        self._say("150 coming")
        cuts = getattr(self.server, "cuts", None)
        cut = cuts.pop(0) if cuts else None
        with self._data.accept()[0] as connection, contextlib.suppress(OSError):
            connection.sendall(body if cut is None else body[:cut])
        self._data.close()
        self._rest = 0
        self._say("226 done" if cut is None else "426 cut")

    def _say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


@contextlib.contextmanager
def serving(handler, **attributes):
    """Run a server on a free loopback port; it has ``files``, ``log``, ``port`` and the given attributes."""
    kind = http.server.ThreadingHTTPServer
    if issubclass(handler, socketserver.StreamRequestHandler) and not hasattr(handler, "do_GET"):
        kind = type("Server", (socketserver.ThreadingTCPServer,), {"daemon_threads": True})
    with kind(("127.0.0.1", 0), handler) as server:
        server.files, server.log, server.port = {}, [], server.server_address[1]
        server.url = f"http://127.0.0.1:{server.port}"
        for name, value in attributes.items():
            setattr(server, name, value)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()


def digest(body, algorithm="sha256"):
    """Return ``sha256=…`` of some bytes."""
    return f"{algorithm}={hashlib.new(algorithm, body).hexdigest()}"
