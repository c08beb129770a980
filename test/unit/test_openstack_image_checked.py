"""The one pass of an upload: no data that is not right is ever whole."""

import hashlib
import itertools

import openstack_image_checked
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
    for block in stream:
        got += block


CUTS = st.lists(st.integers(0, len(GOOD)), max_size=6)


@settings(max_examples=30, deadline=None)
@given(cuts=CUTS, algorithm=st.sampled_from(["sha256", "sha512", "md5", None]))
def test_good_data_goes_through_unchanged(cuts, algorithm):
    stream = checked(GOOD, cuts, algorithm and digest(GOOD, algorithm))
    assert b"".join(stream) == GOOD
    assert stream.digests["sha512"] == digest(GOOD, "sha512").partition("=")[2]


@settings(max_examples=30, deadline=None)
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
    assert b"".join(stream) == data


def test_bad_data_is_refused_early():
    big = images.qcow2(backing="/etc/passwd") + bytes(8 << 20)
    read = []
    blocks = (read.append(1) or big[start : start + 65536] for start in range(0, len(big), 65536))
    with pytest.raises(OpenStackError, match="backing_file"):
        list(openstack_image_checked.Checked(Stream("it", len(big), blocks), None, "qcow2", "bare"))
    assert len(read) < 40


def test_nothing_is_no_image():
    with pytest.raises(OpenStackError, match="it is empty"):
        list(checked(b""))


def test_length_is_told_only_when_known():
    assert checked(GOOD).len == len(GOOD)
    assert not hasattr(checked(GOOD, known=False), "len")
