"""A wire between client and server that can be cut: after so many packets from the client, or at once."""

import contextlib
import socket
import threading


class Wire:
    """Listens on a port of its own and passes on what comes, to a server."""

    def __init__(self, server):
        self._server, self._left, self._pairs = server, None, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.packets = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, after=0):
        """Pass on so many packets of clients, then close every connection and take no other."""
        self._left = after
        if after == 0:
            self._close()

    def mend(self):
        self._left = None

    def remove(self):
        self._close()
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._left == 0:
                    client.close()
                    continue
                pair = client, socket.create_connection(self._server)
                self._pairs.append(pair)
                threading.Thread(target=self._pass, args=(*pair, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(*reversed(pair), False), daemon=True).start()

    def _pass(self, source, target, counted):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counted and not self._may():
                    break
                target.sendall(data)
        for each in (source, target):
            _shut(each)

    def _may(self):
        self.packets += 1
        if self._left == 0:
            self._close()
            return False
        if self._left is not None:
            self._left -= 1
        return True

    def _close(self):
        for pair in self._pairs:
            for each in pair:
                _shut(each)
        self._pairs.clear()


def _shut(each):
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
