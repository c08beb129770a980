"""Sources on servers that break, stall, lie and move, against servers that do."""

import re

import openstack_image_fetch
import openstack_image_source
import openstack_image_stream
import pytest
from functional import images, mirror
from openstack_errors import OpenStackError, Refused, Unreachable

BODY = images.raw(5 << 20, b"0123456789abcde")
SECRET = "not for others"


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Nobody waits between tries; how long it would have been."""
    waited = []
    monkeypatch.setattr(openstack_image_stream.time, "sleep", waited.append)
    return waited


def read(server, first_byte=False, path="/a.raw", **access):
    access = openstack_image_fetch.Access(**{"timeout": 1, **access})
    with openstack_image_source.opened(server.url + path, access, first_byte) as stream:
        return b"".join(stream.blocks)


def asked(server):
    return [(span, status) for span, status, _ in server.log]


CUTS = {
    "once": [("cut", 3 << 20)],
    "before the first byte": [("cut", 0)],
    "in the middle of a block": [("cut", (1 << 20) + 17)],
    "again and again": [("cut", 1 << 20)] * 4,
    "then busy": [("cut", 2 << 20), ("status", 503), ("status", 429)],
    "stalls": [("stall", 2 << 20)],
    "stalls in the middle of a block": [("stall", (2 << 20) + 5)],
    "busy at first": [("status", 503), None],
}


@pytest.mark.parametrize("case", CUTS)
@pytest.mark.parametrize("ranges", [True, False])
def test_a_read_that_breaks_goes_on(case, ranges):
    with mirror.serving(BODY, faults=list(CUTS[case]), ranges=ranges) as server:
        if not ranges and case == "again and again":  # gets no further than before
            server.how.faults = server.how.faults[:2]
        assert read(server) == BODY
        if ranges and case == "once":
            assert asked(server) == [(None, 200), (f"bytes={3 << 20}-", 206)]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_read_without_a_length_goes_on(ranges):
    with mirror.serving(BODY, faults=[("cut", 2 << 20)], ranges=ranges, length=None) as server:
        assert read(server) == BODY


def test_a_file_without_a_length_may_break_at_its_very_end():
    with mirror.serving(BODY, faults=[("cut", len(BODY))], length=None) as server:
        assert read(server) == BODY
        assert asked(server)[-1] == (f"bytes={len(BODY)}-", 416)


def test_it_gives_up(pauses):
    with mirror.serving(BODY, faults=[("cut", 1 << 20)] + [("cut", 0)] * 9) as server:
        with pytest.raises(Unreachable, match=r"the connection was cut .*before the end"):
            read(server, retries=3)
        assert len(server.log) == 4
    assert pauses == [1, 2, 4]


@pytest.mark.parametrize("retries", [0, 2])
def test_a_stalled_server_is_named(retries):
    with (
        mirror.serving(BODY, faults=[("stall", 1 << 20)] + [("stall", 0)] * 9) as server,
        pytest.raises(Unreachable, match="nothing came for 1 s before the end"),
    ):
        read(server, retries=retries)


CHANGES = {
    "another file": {"faults": [("cut", 2 << 20), ("become", BODY[::-1])]},
    "a shorter file": {"faults": [("cut", 2 << 20), ("become", BODY[: 3 << 20])], "headers": {}},
    "a shorter file, no ranges": {
        "faults": [("cut", 2 << 20), ("become", BODY[: 3 << 20])],
        "headers": {},
        "ranges": False,
    },
    "a file that ends before": {"faults": [("cut", 2 << 20), ("become", BODY[: 1 << 20])], "headers": {}},
}


@pytest.mark.parametrize("case", CHANGES)
def test_only_the_same_file_is_gone_on_with(case):
    with (
        mirror.serving(BODY, **{**CHANGES[case], "faults": list(CHANGES[case]["faults"])}) as server,
        pytest.raises(OpenStackError, match="has changed on the server"),
    ):
        read(server)


def test_a_file_that_nothing_tells_from_another_is_not_gone_on_with():
    with mirror.serving(BODY, faults=[("cut", 2 << 20)], headers={}, length=None) as server:
        with pytest.raises(Unreachable, match="the connection was cut"):
            read(server)
        assert len(server.log) == 1


def test_a_length_that_promises_too_much():
    with mirror.serving(BODY, length=len(BODY) + 10) as server, pytest.raises(OpenStackError, match=r"changed|cut"):
        read(server, retries=1)


def test_a_length_that_promises_too_little_is_all_that_is_read():
    """What comes after it belongs to no answer; the hash tells."""
    with mirror.serving(BODY, length=1 << 20) as server:
        assert read(server) == BODY[: 1 << 20]


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [(404, OpenStackError, "has moved"), (403, Refused, "other credentials"), (500, Unreachable, "try again later")],
)
def test_what_a_server_says(status, kind, message, pauses):
    with mirror.serving(BODY, faults=[("status", status)] * 9) as server:
        with pytest.raises(kind, match=f"HTTP {status}.*{message}"):
            read(server, retries=2)
        assert len(server.log) == (3 if status == 500 else 1)


def test_one_byte_is_asked_for_once():
    with mirror.serving(BODY, faults=[("status", 503)]) as server:
        with pytest.raises(Unreachable):
            read(server, first_byte=True)
        assert asked(server) == [("bytes=0-0", 503)]


def test_redirects_are_followed():
    with mirror.serving(BODY) as server, mirror.serving(b"", location=f"{server.url}/b") as first:
        assert read(first) == BODY


def test_a_secret_header_goes_to_no_other_server():
    with mirror.serving(BODY) as server, mirror.serving(b"", location=f"{server.url}/b") as first:
        first.url = first.url.replace("127.0.0.1", "localhost")
        assert read(first, headers={"X-Token": SECRET}) == BODY
        assert first.log[0][2]["X-Token"] == SECRET
        assert SECRET not in str(server.log)


def test_no_compression_is_asked_for():
    with mirror.serving(BODY) as server:
        read(server)
        assert server.log[0][2]["Accept-Encoding"] == "identity"


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return mirror.certificate(tmp_path_factory.mktemp("tls") / "mirror.pem")


def test_tls_with_a_ca_of_its_own(tls):
    with mirror.serving(BODY, tls=tls, faults=[("cut", 1 << 20)]) as server:
        assert read(server, ca_file=tls) == BODY
        with pytest.raises(Unreachable, match=r"certificate is not accepted.*fetch:ca_file"):
            read(server)


def test_no_way_from_https_to_http(tls):
    with mirror.serving(BODY) as server, mirror.serving(b"", tls=tls, location=f"{server.url}/b?t={SECRET}") as first:
        with pytest.raises(Refused, match="from https to http://") as caught:
            read(first, ca_file=tls)
        assert SECRET not in str(caught.value)
        assert server.log == []


def test_s3_is_signed_for_each_request():
    settings = {"keyid": "AKIA", "key": SECRET, "path_style": True, "https_enable": False, "location": "zurich-1"}
    with mirror.serving(BODY, faults=[("cut", 2 << 20)]) as server:
        access = openstack_image_fetch.Access(
            timeout=1, s3=lambda: {**settings, "service_url": f"127.0.0.1:{server.port}"}
        )
        with openstack_image_source.opened("s3://images/a b/c.raw", access) as stream:
            assert (stream.label, b"".join(stream.blocks)) == ("s3://images/a b/c.raw", BODY)
    assert asked(server) == [(None, 200), (f"bytes={2 << 20}-", 206)]
    for _, _, headers in server.log:
        assert re.match(
            r"AWS4-HMAC-SHA256 Credential=AKIA/\d{8}/zurich-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;"
            r"x-amz-date, Signature=[0-9a-f]{64}$",
            headers["Authorization"],
        )
        assert SECRET not in str(headers)
