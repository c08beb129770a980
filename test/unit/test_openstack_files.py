"""Files that hold secrets."""

import os

import openstack_files
import pytest
from openstack_errors import OpenStackError


def test_owner_and_mode_are_there_before_the_content(tmp_path, monkeypatch):
    path = tmp_path / "a.conf"
    seen = []
    monkeypatch.setattr(openstack_files.os, "fsync", lambda handle: seen.append(oct(os.fstat(handle).st_mode & 0o777)))
    openstack_files.write(str(path), "text", user=os.getuid(), group=os.getgid(), mode="0640")
    assert (path.read_text(), seen) == ("text", ["0o640"])
    assert openstack_files.owner(path)["mode"] == "0640"


def test_a_link_stays(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    openstack_files.write(str(tmp_path / "link"), "new", user=os.getuid(), group=os.getgid())
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.conf"
    path.write_text("old")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(openstack_files.os, "fsync", full)
    with pytest.raises(OpenStackError, match="No space left"):
        openstack_files.write(str(path), "new", user=os.getuid(), group=os.getgid())
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.conf"]


@pytest.mark.parametrize(("who", "text"), [({"user": "nobody-here"}, "no user"), ({"group": "none-here"}, "no group")])
def test_who_is_not_there_is_named(tmp_path, who, text):
    with pytest.raises(OpenStackError, match=text):
        openstack_files.write(str(tmp_path / "a"), "text", **{"user": os.getuid(), "group": os.getgid(), **who})
    assert not (tmp_path / "a").exists()


def test_no_directory(tmp_path):
    path = str(tmp_path / "none" / "a")
    who = {"user": os.getuid(), "group": os.getgid()}
    with pytest.raises(OpenStackError, match="install the package first"):
        openstack_files.write(path, "text", **who)
    openstack_files.write(path, "text", makedirs=True, **who)
    assert openstack_files.read(path) == "text"


def test_no_file_is_none(tmp_path):
    assert openstack_files.read(tmp_path / "a") is None
    assert openstack_files.read(tmp_path / "a" / "b") is None
