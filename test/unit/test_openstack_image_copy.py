"""A copy on the minion: whole, verified, and gone afterwards."""

import contextlib
import hashlib
import os
import shutil
import subprocess

import openstack_image_copy
import pytest
from openstack_errors import OpenStackError, Unreachable
from openstack_image_stream import Stream

DATA = bytes(range(256)) * 8192
SIZE = len(DATA)
DIGEST = "sha256=" + hashlib.sha256(DATA).hexdigest()


def blocks(data=DATA, then=None):
    for start in range(0, len(data), 300_000):
        yield data[start : start + 300_000]
    if then:
        raise then


def copied(directory, digest=DIGEST, of_file=True, size=SIZE, **given):
    return openstack_image_copy.copied(Stream("it", size, blocks(**given)), digest, of_file, str(directory))


@pytest.mark.parametrize("size", [SIZE, None])
def test_the_copy_is_the_same_and_leaves_nothing(tmp_path, size):
    with copied(tmp_path, size=size) as copy:
        assert os.listdir(tmp_path) == []
        assert (copy.label, copy.size, b"".join(copy.blocks)) == ("it", SIZE, DATA)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("digest", "of_file"), [(None, True), ("sha256=" + "0" * 64, False)])
def test_what_cannot_be_compared_here_is_compared_later(tmp_path, digest, of_file):
    with copied(tmp_path, digest, of_file) as copy:
        assert b"".join(copy.blocks) == DATA


def test_another_hash_is_refused_before_anything_is_uploaded(tmp_path):
    with (
        pytest.raises(OpenStackError, match=r"it has sha256=.*, declared is sha256=0000"),
        copied(tmp_path, "sha256=" + "0" * 64),
    ):
        pytest.fail("nobody may read the copy")


def test_an_error_of_the_source_goes_through(tmp_path):
    with pytest.raises(Unreachable, match=r"^cut$"), copied(tmp_path, then=Unreachable("cut")):
        pytest.fail("the copy is not whole")


def test_a_directory_that_is_not_there(tmp_path):
    with (
        pytest.raises(OpenStackError, match=r"cannot be copied to .*/no: No such file or directory: set"),
        copied(tmp_path / "no"),
    ):
        pytest.fail("there is no such place")


def test_too_little_room_is_said_before(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(OpenStackError, match="GiB left: set fetch:directory"), copied(tmp_path, size=free + (1 << 40)):
        pytest.fail("there is no room")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one MiB."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if made.returncode:
        pytest.skip(f"no file system of one MiB can be mounted: {made.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True, timeout=30)


def test_a_disk_that_fills_up_on_the_way(small_disk):
    with (
        pytest.raises(OpenStackError, match="No space left on device: set fetch:directory"),
        copied(small_disk, size=None),
    ):
        pytest.fail("the copy is not whole")
    with contextlib.suppress(OpenStackError), copied(small_disk, size=SIZE):
        pytest.fail("there is no room")
    assert os.listdir(small_disk) == []
