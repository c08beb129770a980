"""Data out of Glance arrives whole whatever breaks on the way, and only whole data takes a file's name."""

import contextlib
import fcntl
import hashlib
import stat
import types

import openstack_image_download as download
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import OpenStackError, Unreachable

DATA = bytes(range(256)) * 40
IMAGE = {
    "id": "5c5ad5b2-0b2d-4f0e-8ed8-3f0d3d8f4fd4",
    "status": "active",
    "size": len(DATA),
    "checksum": hashlib.md5(DATA).hexdigest(),
    "os_hash_algo": "sha512",
    "os_hash_value": hashlib.sha512(DATA).hexdigest(),
}


class Glance:
    """Cuts a connection after each of ``cuts`` bytes, silently or with an error; then serves without a fault."""

    base = "http://glance"

    def __init__(self, cuts=(), seeks=True, loud=True, data=DATA):
        self._cuts, self._seeks, self._loud, self._data = list(cuts), seeks, loud, data
        self.starts = []

    @contextlib.contextmanager
    def data(self, _image_id, start=0):
        self.starts.append(start)
        body = self._data[start:] if self._seeks else self._data
        yield types.SimpleNamespace(
            status_code=206 if start and self._seeks else 200, iter_content=lambda size: self._content(body)
        )

    def _content(self, body):
        cut = self._cuts.pop(0) if self._cuts else len(body)
        for at in range(0, min(cut, len(body)), 1000):
            yield body[at : min(at + 1000, cut)]
        if cut < len(body) and self._loud:
            raise requests.exceptions.ChunkedEncodingError


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(download.time, "sleep", lambda _: None)


@given(
    cuts=st.lists(st.integers(1, len(DATA)), max_size=6),
    start=st.integers(0, len(DATA)),
    loud=st.booleans(),
)
def test_a_cut_connection_is_taken_up_where_it_was(cuts, start, loud):
    glance = Glance(cuts, loud=loud)
    assert b"".join(download.blocks(glance, IMAGE, start)) == DATA[start:]
    assert glance.starts == sorted(set(glance.starts))


@given(cut=st.integers(1, len(DATA)), start=st.integers(0, len(DATA)))
def test_a_store_that_cannot_seek_gives_no_byte_twice(cut, start):
    assert b"".join(download.blocks(Glance([cut], seeks=False), IMAGE, start)) == DATA[start:]


@pytest.mark.parametrize("loud", [True, False])
def test_a_connection_that_never_gives_anything_ends(loud):
    with pytest.raises(Unreachable, match=f"after 0 of {len(DATA)} bytes, {download.TRIES} times"):
        b"".join(download.blocks(Glance([0] * 20, loud=loud), IMAGE))


def test_whole_file(tmp_path):
    dest = tmp_path / "disk"
    assert download.save(Glance(), IMAGE, dest) == len(DATA)
    assert dest.read_bytes() == DATA
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [dest]


def test_file_that_is_there_is_not_asked_for(tmp_path):
    (tmp_path / "disk").write_bytes(DATA)
    glance = Glance()
    assert download.save(glance, IMAGE, tmp_path / "disk") == 0
    assert glance.starts == []


@pytest.mark.parametrize("have", [1, 5000, len(DATA)])
def test_next_call_goes_on_with_what_is_there(tmp_path, have):
    part(tmp_path).write_bytes(DATA[:have])
    glance = Glance()
    assert download.save(glance, IMAGE, tmp_path / "disk") == len(DATA) - have
    assert glance.starts == ([have] if have < len(DATA) else [])
    assert (tmp_path / "disk").read_bytes() == DATA


def test_what_came_is_kept_and_the_old_file_stays(tmp_path):
    (tmp_path / "disk").write_bytes(b"old")
    with pytest.raises(Unreachable):
        download.save(Glance([3000, *[0] * 20]), IMAGE, tmp_path / "disk")
    assert (tmp_path / "disk").read_bytes() == b"old"
    assert part(tmp_path).read_bytes() == DATA[:3000]


@pytest.mark.parametrize("begin", [b"", b"other", DATA + b"more"])
def test_other_data_never_gets_the_name(tmp_path, begin):
    part(tmp_path).write_bytes(begin)
    glance = Glance(data=DATA if begin == b"other" else DATA[::-1])
    with pytest.raises(OpenStackError, match="got sha512="):
        download.save(glance, IMAGE, tmp_path / "disk")
    assert list(tmp_path.iterdir()) == []


def test_two_writers(tmp_path):
    with open(part(tmp_path), "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(OpenStackError, match="another process"):
            download.save(Glance(), IMAGE, tmp_path / "disk")


def test_a_link_in_the_way_is_not_followed(tmp_path):
    (tmp_path / "precious").write_bytes(b"precious")
    part(tmp_path).symlink_to(tmp_path / "precious")
    with pytest.raises(OpenStackError):
        download.save(Glance(), IMAGE, tmp_path / "disk")
    assert (tmp_path / "precious").read_bytes() == b"precious"


@pytest.mark.parametrize("image", [{**IMAGE, "status": "queued"}, {"id": "x", "status": "active", "size": 5}])
def test_without_a_hash_there_is_nothing_to_compare(image):
    with pytest.raises(OpenStackError, match="no hash"):
        download.strongest(image)


def part(folder):
    return folder / f"disk.{IMAGE['id']}.part"
