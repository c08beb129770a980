"""Connections of a session, against a server that closes them as uWSGI does."""

import socket
import struct
import threading

import keystoneauth1.session
import openstack_session
import pytest

PROFILE = {"auth_url": "http://127.0.0.1:1", "username": "u", "password": "p", "project_name": "x"}
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def rude():
    """A server that answers one request a connection, and resets the connection on the next one; how many it had."""
    connections = []

    def serve(connection):
        with connection:
            connection.recv(65536)
            connection.sendall(NO_CONTENT)
            connection.settimeout(5)
            if connection.recv(65536):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def accept():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", connections
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_connection_is_used_twice(rude, method):
    url, connections = rude
    session, _ = openstack_session.session(PROFILE, {}, {})
    for _ in range(3):
        assert session.request(url, method, authenticated=False).status_code == 204
    assert len(connections) == 3


def test_the_server_is_as_rude_as_it_says(rude):
    session = keystoneauth1.session.Session()
    session.get(rude[0], authenticated=False)
    with pytest.raises(keystoneauth1.exceptions.ConnectFailure):
        session.get(rude[0], authenticated=False)
