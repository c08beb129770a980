"""The one pass of an upload: no data that is not right is ever whole."""

import contextlib
import hashlib
import itertools
import lzma

import openstack_image_checked
import openstack_image_fetch
import openstack_image_progress
import pytest
from functional import images
from hypothesis import given, settings
from hypothesis import strategies as st
from openstack_errors import OpenStackError
from openstack_image_stream import Stream

GOOD = images.qcow2()
RAW = images.raw(1 << 18)
UNSAFE = {
    "backing file": (images.qcow2(backing="/etc/passwd"), "qcow2"),
    "data file": (images.qcow2(data_file="/etc/shadow"), "qcow2"),
    "data file, as raw": (images.qcow2(data_file="/etc/shadow"), "raw"),
    "vmdk of another file": (images.vmdk_descriptor("/etc/passwd"), "vmdk"),
    "raw as qcow2": (RAW, "qcow2"),
    "qcow2 as raw": (GOOD, "raw"),
    "qcow2 as kernel": (GOOD, "aki"),
    "half a header": (GOOD[:40], "qcow2"),
}


def digest(data, algorithm="sha256"):
    return f"{algorithm}={hashlib.new(algorithm, data).hexdigest()}"


def checked(data, cuts=(), wanted=None, disk_format="qcow2", container_format="bare", known=True):
    edges = [0, *sorted(cuts), len(data)]
    blocks = [data[start:end] for start, end in itertools.pairwise(edges) if start < end]
    return openstack_image_checked.Checked(
        Stream("it", len(data) if known else None, iter(blocks)), wanted, disk_format, container_format
    )


def drain(stream, got):
    with contextlib.closing(stream):
        for block in stream:
            got += block
    return got


CUTS = st.lists(st.integers(0, len(GOOD)), max_size=6)


@settings(max_examples=30)
@given(cuts=CUTS, algorithm=st.sampled_from(["sha256", "sha512", "md5", None]))
def test_good_data_goes_through_unchanged(cuts, algorithm):
    stream = checked(GOOD, cuts, algorithm and digest(GOOD, algorithm))
    assert drain(stream, bytearray()) == GOOD
    assert stream.digests["sha512"] == digest(GOOD, "sha512").partition("=")[2]


@settings(max_examples=30)
@given(cuts=CUTS)
def test_data_with_another_hash_never_ends(cuts):
    got = bytearray()
    with pytest.raises(OpenStackError, match="declared is sha256=00"):
        drain(checked(GOOD, cuts, "sha256=" + "0" * 64), got)
    assert len(got) < len(GOOD)


@pytest.mark.parametrize("case", UNSAFE)
@pytest.mark.parametrize("cuts", [(), range(0, 2048, 100)])
def test_unsafe_data_never_ends(case, cuts):
    data, disk_format = UNSAFE[case]
    got = bytearray()
    stream = checked(data, [cut for cut in cuts if cut < len(data)], None, disk_format)
    with pytest.raises(OpenStackError, match=r"it is (?!empty)"):
        drain(stream, got)
    assert len(got) < len(data)


@pytest.mark.parametrize(
    ("data", "disk_format", "container_format"),
    [
        (RAW, "raw", "bare"),
        (RAW, "aki", "bare"),
        (RAW, "ploop", "bare"),
        (b"tar of an appliance", "vmdk", "ova"),
        (b"x", "raw", "bare"),
    ],
)
def test_what_fits_goes_through(data, disk_format, container_format):
    stream = checked(data, disk_format=disk_format, container_format=container_format)
    assert drain(stream, bytearray()) == data


def test_bad_data_is_refused_early():
    big = images.qcow2(backing="/etc/passwd") + bytes(8 << 20)
    read = []
    blocks = (read.append(1) or big[start : start + 65536] for start in range(0, len(big), 65536))
    with pytest.raises(OpenStackError, match="backing_file"):
        drain(openstack_image_checked.Checked(Stream("it", len(big), blocks), None, "qcow2", "bare"), bytearray())
    assert len(read) < 40


def test_nothing_is_no_image():
    with pytest.raises(OpenStackError, match="it is empty"):
        drain(checked(b""), bytearray())


def test_length_is_told_only_when_known():
    assert (checked(GOOD).len, checked(GOOD).size) == (len(GOOD), len(GOOD))
    assert not hasattr(checked(GOOD, known=False), "len")
    assert checked(GOOD, known=False).size is None


def test_what_a_uwsgi_in_front_of_glance_does_not_take_is_not_sent():
    with contextlib.closing(checked(images.raw(3 << 20), known=False, disk_format="raw")) as stream:
        assert {len(block) for block in stream} == {openstack_image_checked.CHUNK}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("data", "disk_format"), [(GOOD, "qcow2"), (RAW, "raw"), (images.iso(), "iso")])
def test_the_format_is_known_before_the_data_goes_out(data, disk_format, known):
    stream = checked(data, range(1000, 9000, 1000), disk_format=None, known=known)
    assert stream.disk_format() == disk_format
    assert drain(stream, bytearray()) == data


def test_a_format_that_is_out_of_sight_has_to_be_declared():
    with (
        contextlib.closing(checked(b"a tar", disk_format=None, container_format="ova")) as stream,
        pytest.raises(OpenStackError, match="declare disk_format"),
    ):
        stream.disk_format()


PACKED = lzma.compress(GOOD)
# what is declared, the digest that is noted
COMPRESSED = [
    ("source:" + digest(PACKED), "source:" + digest(PACKED)),
    ("source:" + digest(PACKED, "sha512"), "source:" + digest(PACKED, "sha512")),
    (digest(GOOD), digest(GOOD)),
    (None, "source:" + digest(PACKED, "sha512")),
]


def compressed(data, wanted, **given):
    stream = Stream("it", len(data), iter([data[:1000], data[1000:]]))
    fetch = openstack_image_fetch.parsed({"decompress": "xz"})
    return openstack_image_checked.Checked(stream, wanted, "qcow2", "bare", fetch=fetch, **given)


@pytest.mark.parametrize(("wanted", "record"), COMPRESSED)
def test_compressed_data_is_compared_as_declared(wanted, record):
    stream = compressed(PACKED, wanted)
    assert drain(stream, bytearray()) == GOOD
    assert stream.digests["sha512"] == digest(GOOD, "sha512").partition("=")[2]
    assert (stream.record, stream.size, stream.virtual_size) == (record, None, 64 << 20)


@pytest.mark.parametrize("wanted", ["source:" + digest(GOOD), digest(PACKED)])
def test_compressed_data_with_another_hash_never_ends(wanted):
    got = bytearray()
    with pytest.raises(OpenStackError, match="declared is sha256"):
        drain(compressed(PACKED, wanted), got)
    assert len(got) < len(GOOD)


def test_progress_counts_the_data():
    said = []
    counting = openstack_image_progress.Progress("it", None, lambda line, data: said.append(data["bytes"]), every=0)
    drain(compressed(PACKED, None, progress=counting), bytearray())
    assert said[-1] == len(GOOD)
