"""A source on an FTP server that goes wrong, read to its end or said what is wrong."""

import openstack_image_ftp as ftp
import openstack_image_stream
import pytest
from functional import webserver
from openstack_errors import Invalid, OpenStackError, Refused, Unreachable
from openstack_image_fetch import Access

BODY = bytes(range(256)) * 20000
MIB = 1 << 20


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(openstack_image_stream, "pause", lambda _: None)
    with webserver.serving(webserver.Ftp, cuts=[], lost=(), time=20261124100000) as found:
        found.files = {"/a b.img": BODY}
        yield found


def url(server, path="a%20b.img", user=""):
    return f"ftp://{user}127.0.0.1:{server.port}/{path}"


def read(source, retries=5, **given):
    with ftp.opened(source, Access(retries=retries, timeout=5, **given)) as stream:
        return stream.size, b"".join(stream.blocks)


@pytest.mark.parametrize("lost", [(), ("SIZE",), ("MDTM",), ("SIZE", "MDTM", "REST")])
def test_read_to_its_end(server, lost):
    server.lost = lost
    assert read(url(server)) == (None if "SIZE" in lost else len(BODY), BODY)
    assert server.log.count("RETR a b.img") == 1


@pytest.mark.parametrize(
    ("lost", "rests"),
    [((), ["REST 1000000", "REST 1000000", "REST 3000000"]), (("REST",), []), (("SIZE",), ["REST 1000000"] * 2)],
)
def test_a_read_that_is_cut_goes_on_where_it_was(server, lost, rests):
    server.lost, server.cuts = lost, [1000000, 0, 2000000]
    _, data = read(url(server))
    assert data == BODY
    assert [line for line in server.log if line.startswith("REST") and "REST" not in lost][: len(rests)] == rests
    assert server.log.count("RETR a b.img") == 4


def test_a_file_that_is_cut_again_and_again(server):
    server.cuts = [1000] + [0] * 9
    with pytest.raises(Unreachable, match="426"):
        read(url(server), retries=2)
    assert server.log.count("RETR a b.img") == 3


def test_a_file_that_nothing_tells_from_another_is_not_gone_on_with(server):
    server.lost, server.cuts = ("SIZE", "MDTM"), [1000]
    with pytest.raises(Unreachable):
        read(url(server))
    assert server.log.count("RETR a b.img") == 1


@pytest.mark.parametrize("change", [{"files": {"/a b.img": BODY[::-1] + b"!"}}, {"time": 20261124100001}])
def test_another_file_in_its_place(server, change):
    server.cuts = [1000]
    with ftp.opened(url(server), Access(timeout=5)) as stream:
        blocks = stream.blocks
        assert next(blocks)
        vars(server).update(change)
        with pytest.raises(OpenStackError, match="has changed on the server"):
            list(blocks)


def test_only_a_question(server):
    with ftp.opened(url(server), Access(timeout=5), first_byte=True) as stream:
        assert list(stream.blocks) == []
    assert "RETR a b.img" not in server.log


def test_who_asks(server):
    read(url(server, user="me:se%20cret@"))
    assert server.log[:2] == ["USER me", "PASS se cret"]


def test_not_there(server):
    with pytest.raises(OpenStackError, match="the server has no such file"):
        read(url(server, "no"))


@pytest.mark.parametrize("path", ["", "folder/", "a%0d%0aDELE%20b"])
def test_no_file_is_named(server, path):
    with pytest.raises(Invalid, match="name a server and a file on it"):
        read(url(server, path))
    assert server.log == []


def test_nobody_there():
    with pytest.raises(Unreachable, match="nobody answers"):
        read("ftp://127.0.0.1:9/a")


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        ("530 go away", Refused, "wants other credentials"),
        ("421 too many", Unreachable, "421, which means later"),
        ("553 no", OpenStackError, "the server says 553"),
        ("HTTP/1.1 400", OpenStackError, "what answers there is no FTP server"),
    ],
)
def test_what_a_server_says_is_told_without_its_words(monkeypatch, server, said, kind, message):
    monkeypatch.setattr(webserver.Ftp, "_answer", lambda self, *_: self._say(said))
    with pytest.raises(kind, match=message) as caught:
        read(url(server))
    assert said not in str(caught.value)
