"""What a host tells of itself, where it can be told without servers."""

import hashlib
import os
import socket
import struct

import glance_checks
import glance_master
import glance_proof
import pytest
from openstack_errors import Invalid, Unreachable
from oslo_utils.imageutils import format_inspector


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://auth-node:5000/v3", ("auth-node", 5000)),
        ("https://keystone.example.org", ("keystone.example.org", 443)),
        ("http://[fd00::1]:5000", ("fd00::1", 5000)),
        ("http://h", ("h", 80)),
    ],
)
def test_address(url, address):
    assert glance_checks.address(url) == address


def test_address_without_host():
    with pytest.raises(Invalid):
        glance_checks.address("auth-node:5000")


@pytest.mark.parametrize(
    ("version", "glance", "number", "fits"),
    [
        ("2:25.1.0-2+deb12u5", 25, "2022.2", True),
        ("2:30.0.0-3+deb13u5", 25, "2022.2", False),
        ("1:2014.2.3-0ubuntu1", 9, "2014.2", True),
        ("1:2014.1.3-0ubuntu1", 9, "2014.2", False),
        ("33.0.0", 33, "2026.2", True),
        ("3:3.0-1", 30, "2025.1", False),
    ],
)
def test_provides(version, glance, number, fits):
    assert glance_checks.provides(version, {"glance": glance, "number": number}) is fits


def test_listeners_names_the_process():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        [found] = glance_checks.listeners(port)
    assert found["pid"] == os.getpid()
    assert found["uid"] == os.getuid()
    assert found["command"]
    assert glance_checks.listeners(port) == []


def test_connect_tells_refused_from_unknown():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert glance_checks.connect("127.0.0.1", port) == "127.0.0.1"
    with pytest.raises(Unreachable, match="refuses connections"):
        glance_checks.connect("127.0.0.1", port)
    with pytest.raises(Unreachable, match="does not resolve"):
        glance_checks.connect("nowhere.invalid", port)


def _knock(address):
    for _ in range(4):
        glance_checks.connect(*address, timeout=0.3)


def test_connect_that_is_not_answered():
    """A socket whose queue of connections is full drops what comes, as a firewall does."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        with socket.create_connection(address), pytest.raises(Unreachable, match="does not answer within"):
            _knock(address)


def test_free_looks_at_what_is_there(tmp_path):
    free, where = glance_checks.free(tmp_path / "images" / "of glance")
    assert free > 0
    assert where == str(tmp_path)


@pytest.mark.parametrize(("count", "text"), [(512, "512 bytes"), (393216, "384.0 KiB"), (5 << 40, "5.0 TiB")])
def test_size(count, text):
    assert glance_checks.size(count) == text


@pytest.mark.parametrize(("theirs", "skew"), [(99.0, -1.0), (100.0, 0.0), (100.4, 0.0), (101.0, 0.0), (103.5, 2.5)])
def test_a_slow_answer_makes_no_clock_wrong(theirs, skew):
    assert glance_master.Answer({"ret": str(theirs)}, 100.0, 101.0).skew() == pytest.approx(skew)


def test_qcow2_is_one():
    image = glance_proof.qcow2()
    assert struct.unpack_from(">4sI", image) == (b"QFI\xfb", 2)
    assert hashlib.sha512(image).digest() != hashlib.sha512(glance_proof.qcow2()).digest()


def test_qcow2_for_those_who_know(tmp_path):
    (tmp_path / "image").write_bytes(glance_proof.qcow2())
    found = format_inspector.detect_file_format(str(tmp_path / "image"))
    assert (str(found), found.virtual_size) == ("qcow2", glance_proof.VIRTUAL_SIZE)
    found.safety_check()
