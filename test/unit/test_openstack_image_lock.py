"""One run on a minion at a time makes an image of a name."""

import os
import signal

import openstack_image_lock as lock
import pytest
from openstack_errors import OpenStackError


def test_a_second_run_is_told(tmp_path):
    with lock.held(tmp_path, "a"):
        assert lock.is_held(tmp_path, "a")
        assert not lock.is_held(tmp_path, "b")
        with pytest.raises(OpenStackError, match="another run on this minion is making a"), lock.held(tmp_path, "a"):
            pytest.fail("two runs have the lock")
    assert not lock.is_held(tmp_path, "a")


def test_a_run_that_fails_gives_it_back(tmp_path):
    with pytest.raises(ValueError, match="why"), lock.held(tmp_path, "a"):
        raise ValueError("why")
    assert not lock.is_held(tmp_path, "a")


def test_a_run_that_is_killed_gives_it_back(tmp_path):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with lock.held(tmp_path, "a"):
            os.write(writing, b"x")
            signal.pause()
    assert os.read(reading, 1) == b"x"
    assert lock.is_held(tmp_path, "a")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert not lock.is_held(tmp_path, "a")
    os.close(reading)
    os.close(writing)


def test_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OpenStackError, match="Not a directory"), lock.held(tmp_path / "file", "a"):
        pytest.fail("there is no lock")


def test_nobody_else_reads_what_is_made(tmp_path):
    with lock.held(tmp_path, "http://glance a"):
        [folder] = tmp_path.iterdir()
        [file] = folder.iterdir()
        assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
        assert "glance" not in file.name
