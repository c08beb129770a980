"""
A TCP relay in front of a Keystone: it can speak TLS, writes down what is asked, and can be gone after some requests.

Each request of this formula has a connection of its own, so a connection is a request.
"""

import contextlib
import socket
import ssl
import threading


class Relay:
    """
    One relay; ``with`` starts and ends it.

    target
        ``(host, port)`` of the Keystone.

    certificate
        Mapping with ``cert`` and ``key``, files in PEM. Default ``None``: no TLS.
    """

    def __init__(self, target, certificate=None):
        self.requests = []
        self.left = None  # how many more are answered; None for all
        self._target = target
        self._tls = certificate and _context(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                threading.Thread(target=self._one, args=(accepted,), daemon=True).start()

    def _one(self, accepted):
        with contextlib.suppress(OSError), contextlib.closing(self._opened(accepted)) as client:
            line, rest = _first_line(client)
            if self.left == 0:
                return
            self.left = None if self.left is None else self.left - 1
            self.requests.append(" ".join(line.decode().split()[:2]))
            forwarded = b"\r\nX-Forwarded-Proto: https" if self._tls else b""
            with socket.create_connection(self._target, timeout=60) as server:
                server.sendall(line + forwarded + rest)
                there = threading.Thread(target=_pump, args=(client, server), daemon=True)
                there.start()
                _pump(server, client)

    def _opened(self, accepted):
        accepted.settimeout(60)
        return self._tls.wrap_socket(accepted, server_side=True) if self._tls else accepted


def _context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate["cert"], certificate["key"])
    return context


def _first_line(client):
    data = b""
    while b"\r\n" not in data:
        more = client.recv(65536)
        if not more:
            raise ConnectionError("no request")
        data += more
    line, _, rest = data.partition(b"\r\n")
    return line, b"\r\n" + rest


def _pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
