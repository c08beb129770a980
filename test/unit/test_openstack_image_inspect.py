"""What data is, what it may be declared to be, and how large its disk is."""

import gzip
import re

import openstack_image_inspect as inspect
import pytest
from functional import images
from openstack_errors import Invalid, OpenStackError

MIB, GIB = images.MIB, 1 << 30
QCOW2 = images.qcow2()
DATA = {
    "qcow2": QCOW2,
    "raw": images.raw(),
    "disk": images.disk(),
    "odd disk": images.disk(partitions=2),
    "iso": images.iso(),
    "hybrid": images.iso(partitions=1),
    "odd hybrid": images.iso(partitions=2),
    "kernel": images.disk(partitions=0),
    "vmdk": images.vmdk_descriptor("disk-flat.vmdk"),
}


def looked_at(data, disk_format=None, container_format="bare", limit=None, step=65536):
    found = inspect.Inspection(disk_format, container_format, "it", limit)
    for start in range(0, len(data), step):
        found.eat(data[start : start + step])
    found.finish()
    return found


DERIVED = {"qcow2": "qcow2", "raw": "raw", "disk": "raw", "iso": "iso", "hybrid": "iso", "odd hybrid": "iso"}


@pytest.mark.parametrize("data", DERIVED)
@pytest.mark.parametrize("step", [512, 65536, 1 << 24])
def test_what_it_is(data, step):
    found = looked_at(DATA[data], step=step)
    assert found.disk_format == DERIVED[data]
    assert found.virtual_size == (64 * MIB if data == "qcow2" else MIB)


REFUSED = [
    ("qcow2", "raw", "it is qcow2, declared is disk_format raw"),
    ("qcow2", "iso", "it is qcow2, declared is disk_format iso"),
    ("raw", "qcow2", "it is raw, declared is disk_format qcow2"),
    ("raw", "iso", "it is raw, declared is disk_format iso"),
    ("disk", "qcow2", "it is gpt, declared is disk_format qcow2"),
    ("hybrid", "raw", "it is gpt and iso, declared is disk_format raw"),
    ("iso", "raw", "it is iso, declared is disk_format raw"),
    ("iso", "qcow2", "it is iso, declared is disk_format qcow2"),
    ("vmdk", "vmdk", "it is not safe"),
    ("odd disk", "raw", "it is not safe: mbr: "),
    ("odd disk", None, "it is not safe: mbr: "),
    ("vmdk", None, "it is not safe"),
]


@pytest.mark.parametrize(("data", "disk_format", "message"), REFUSED)
def test_what_it_is_not(data, disk_format, message):
    with pytest.raises(OpenStackError, match=message):
        looked_at(DATA[data], disk_format)


ALSO = [
    ("disk", "raw"),
    ("disk", "ami"),
    ("hybrid", "iso"),
    ("raw", "aki"),
    ("kernel", "aki"),
    ("kernel", "ari"),
    ("raw", "ploop"),
]


@pytest.mark.parametrize(("data", "disk_format"), ALSO)
def test_what_it_may_be_declared_to_be(data, disk_format):
    assert looked_at(DATA[data], disk_format).disk_format == disk_format


def test_two_formats_at_once():
    both = QCOW2[:32768] + images.iso()[32768:]
    for disk_format in (None, "qcow2", "iso", "raw"):
        with pytest.raises(OpenStackError, match=r"it is iso and qcow2"):
            looked_at(both, disk_format)


@pytest.mark.parametrize(("size", "limit", "fits"), [(GIB, 1, True), (GIB + 1, 1, False), (1 << 60, 1024, False)])
def test_a_disk_may_claim_to_be_only_so_large(size, limit, fits):
    data = images.qcow2(virtual_size=size)
    if fits:
        assert looked_at(data, limit=limit).virtual_size == size
    else:
        with pytest.raises(OpenStackError, match=re.escape(f"more than fetch:max_virtual_size ({limit} GiB)")):
            looked_at(data, limit=limit)


def test_a_raw_disk_is_as_large_as_its_file():
    with pytest.raises(OpenStackError, match="fetch:max_virtual_size"):
        looked_at(images.raw(3 * MIB), "raw", limit=2 / 1024)


@pytest.mark.parametrize("disk_format", [None, "raw"])
def test_a_file_that_somebody_forgot_to_unpack(disk_format):
    with pytest.raises(OpenStackError, match="it is a gz file: set fetch:decompress to gz"):
        looked_at(gzip.compress(QCOW2), disk_format)


def test_kernels_and_ramdisks_are_compressed():
    assert looked_at(gzip.compress(QCOW2), "ari").disk_format == "ari"


def test_what_is_in_another_container_is_out_of_sight():
    found = looked_at(b"a tar", "vmdk", "ova")
    assert (found.disk_format, found.virtual_size) == ("vmdk", None)


def test_the_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(inspect, "HAS_INSPECTOR", False)
    with pytest.raises(Invalid, match=r"state\.apply glance\.client\.python installs it"):
        looked_at(QCOW2)
