"""Files of a service, kept as one set and put back as one."""

import os
import stat

import openstack_kept
import pytest
from openstack_errors import OpenStackError


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "kept" / "glance-api")


@pytest.fixture
def files(tmp_path):
    """Two files, of which the second is not there."""
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "a.conf").write_text("old")
    (etc / "a.conf").chmod(0o640)
    return [str(etc / "a.conf"), str(etc / "b.conf")]


def write(path, text, mode=0o640):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_only_its_owner_reads_what_is_kept(folder, files):
    os.makedirs(folder, mode=0o755)
    openstack_kept.keep(folder, files)
    assert mode(folder) == 0o700
    assert {mode(os.path.join(folder, name)) for name in os.listdir(folder)} == {0o600}


def test_nothing_kept(folder, files):
    assert openstack_kept.read(folder) is None
    with pytest.raises(OpenStackError, match="no configuration is kept"):
        openstack_kept.put_back(folder)
    assert read(files[0]) == "old"


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        (lambda a, b: None, []),
        (lambda a, b: write(a, "new"), [0]),
        (lambda a, b: os.chmod(a, 0o644), [0]),
        (lambda a, b: os.unlink(a), [0]),
        (lambda a, b: write(b, "new"), [1]),
        (lambda a, b: (write(a, "new"), write(b, "new")), [0, 1]),
    ],
    ids=["nothing", "content", "mode", "removed", "made", "both"],
)
def test_all_files_are_put_back_as_one(folder, files, change, differing):
    openstack_kept.keep(folder, files)
    change(*files)
    paths = [files[each] for each in differing]
    assert openstack_kept.differing(openstack_kept.read(folder), files) == paths
    there = [path for path in paths if os.path.exists(path)]
    texts = {path: (read(path), mode(path)) for path in there}
    refused = openstack_kept.put_back(folder)
    assert list(refused) == paths
    assert {path for path, place in refused.items() if place} == set(there)
    assert {path: (read(refused[path]), mode(refused[path])) for path in there} == texts
    assert (read(files[0]), mode(files[0]), os.path.exists(files[1])) == ("old", 0o640, False)
    assert openstack_kept.put_back(folder) == {}


def test_the_refused_ones_of_before_go(folder, files):
    openstack_kept.keep(folder, files)
    write(files[1], "first")
    first = openstack_kept.put_back(folder)[files[1]]
    write(files[0], "second")
    second = openstack_kept.put_back(folder)[files[0]]
    assert (os.path.exists(first), os.path.exists(second)) == (False, True)
    openstack_kept.keep(folder, files)
    assert not os.path.exists(second)


def test_one_that_comes_later_is_kept_as_it_is_and_the_others_stay(folder, files):
    openstack_kept.keep(folder, files[:1])
    write(files[0], "new")
    assert openstack_kept.differing(openstack_kept.read(folder), files) == files
    openstack_kept.add(folder, files)
    assert openstack_kept.read(folder)[files[0]]["text"] == "old"
    assert openstack_kept.read(folder)[files[1]] is None


def test_bytes_that_are_no_text_survive(folder, files):
    with open(files[0], "wb") as file:
        file.write(b"caf\xe9 \xff\n")
    openstack_kept.keep(folder, files)
    write(files[0], "new")
    openstack_kept.put_back(folder)
    assert read(files[0]) == "caf\udce9 \udcff\n"


def test_a_link_stays_a_link(folder, files):
    os.symlink(files[0], files[1])
    openstack_kept.keep(folder, files[1:])
    write(files[0], "new")
    openstack_kept.put_back(folder)
    assert os.path.islink(files[1])
    assert read(files[0]) == "old"


def test_how_it_was_asked_is_kept_with_them(folder, files):
    asks = {"its.answer": {"url": "http://here"}}
    assert openstack_kept.answers(folder) is None
    openstack_kept.keep(folder, files, asks)
    openstack_kept.add(folder, files)
    assert openstack_kept.answers(folder) == asks
    openstack_kept.keep(folder, files)
    assert openstack_kept.answers(folder) is None
    write(os.path.join(folder, "answers.json"), "{")
    assert openstack_kept.answers(folder) is None


def test_damage_is_told(folder, files):
    openstack_kept.keep(folder, files)
    write(os.path.join(folder, "kept.json"), "{")
    with pytest.raises(OpenStackError, match=r"kept\.json is damaged: remove it"):
        openstack_kept.read(folder)


def test_texts_are_those_of_now_of_before_and_refused(folder, files):
    openstack_kept.keep(folder, files)
    write(files[0], "refused")
    openstack_kept.put_back(folder)
    write(files[0], "now")
    assert openstack_kept.texts(folder, files) == ["old", "now", "refused"]
