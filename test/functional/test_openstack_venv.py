"""Virtual environments through Salt's loader: made by real pip, from an index of tiny distributions in a folder."""

import os
import pathlib
import sys
import zipfile

import pytest

PYTHON = sys.executable
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
SECRET = "s3cr3t"


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A package index: ``one`` in two versions, ``two``, which needs it, and ``three``."""
    root = tmp_path_factory.mktemp("index")
    for name, version, needs in (("one", "1.0", ""), ("one", "2.0", ""), ("two", "1.0", "one"), ("three", "1.0", "")):
        wheel(root / name, name, version, needs)
    for folder in root.iterdir():
        links = "".join(f'<a href="{each.name}">{each.name}</a>\n' for each in sorted(folder.glob("*.whl")))
        (folder / "index.html").write_text(links)
    return f"file://{root}"


def wheel(folder, name, version, needs):
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {needs}\n" if needs else ""
    contents = {
        f"{name}.py": f"version = {version!r}\n",
        f"{name}-{version}.data/data/etc/{name}/{name}.ini": f"[{name}]\nversion = {version}\n",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in contents) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


@pytest.fixture(scope="module")
def pillar(index):
    # nobody looks at a user of file://, but whoever repeats the URL repeats the password
    return {"index": index, "nowhere": f"http://user:{SECRET}@127.0.0.1:9/simple"}


@pytest.fixture(autouse=True)
def only_this_index(monkeypatch, tmp_path):
    """No settings of this machine's pip, and no waiting for an index that is not there."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    # what is asked is on this host
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")


@pytest.fixture
def name(tmp_path):
    return tmp_path / "glance"


@pytest.fixture
def present(states, tmp_path, name):
    def run(*pins, **kwargs):
        requirements = tmp_path / "requirements"
        requirements.write_text("# of a test\n" + "\n".join(pins) + "\n")
        arguments = {"requirements": str(requirements), "python": PYTHON, "index_pillar": "index", **kwargs}
        ret = states.openstack_venv.present(name=str(name), **arguments)
        assert SECRET not in str(ret.raw)
        return ret

    return run


def says(name, module="one"):
    """What a program of the environment says."""
    return os.popen(f"{name}/bin/python -c 'import {module}; print({module}.version)'").read().strip()


def new(**versions):
    return {name: {"old": None, "new": version} for name, version in versions.items()}


def test_made_as_planned_left_alone_changed_and_removed(present, states, name, tmp_path):
    plan = present("one==1.0", "two==1.0", test=True)
    assert (plan.result, plan.changes) == (None, new(one="1.0", two="1.0", python=VERSION))
    assert not os.path.lexists(name)
    done = present("one==1.0", "two==1.0")
    assert (done.result, done.changes) == (True, plan.changes), done.comment
    assert says(name) == "1.0"
    for test in (True, False):
        assert (present("one==1.0", "two==1.0", test=test).changes) == {}

    first = name.resolve()
    changes = {"one": {"old": "1.0", "new": "2.0"}, "two": {"old": "1.0", "new": None}, **new(three="1.0")}
    assert present("one==2.0", "three==1.0", test=True).changes == changes
    assert present("one==2.0", "three==1.0").changes == changes
    assert (says(name), says(first)) == ("2.0", "1.0"), "what runs in the old one must go on"
    assert name.resolve() != first
    assert present("one==1.0", extra=["one==2.0", "three==1.0"]).changes == {}, "extra wins"

    removed = states.openstack_venv.absent(name=str(name))
    assert (removed.result, removed.changes["one"]) == (True, {"old": "2.0", "new": None})
    assert sorted(each.name for each in tmp_path.iterdir()) == ["requirements"]
    assert states.openstack_venv.absent(name=str(name)).changes == {}


def test_what_was_interrupted_or_broken_is_made_anew(present, name):
    half = pathlib.Path(f"{name}.1")
    (half / "lib").mkdir(parents=True)
    (half / ".openstack_venv").touch()
    assert present("one==1.0").result is True
    python = name / "bin" / "python"
    python.unlink()
    ret = present("one==1.0")
    assert ret.changes == {"one": {"old": None, "new": "1.0"}, "python": {"old": None, "new": VERSION}}
    assert says(name) == "1.0"


def test_what_is_somebody_elses_is_left_alone(present, states, name):
    name.mkdir()
    (name / "precious").touch()
    for ret in (present("one==1.0"), present("one==1.0", test=True), states.openstack_venv.absent(name=str(name))):
        assert ret.result is False
        assert "no environment of openstack_venv" in ret.comment
    assert (name / "precious").exists()


def test_a_directory_of_somebody_else_beside_it(present, name):
    precious = pathlib.Path(f"{name}.1/precious")
    precious.parent.mkdir()
    precious.touch()
    ret = present("one==1.0")
    assert (ret.result, ret.changes) == (False, {})
    assert "was not made by openstack_venv" in ret.comment
    assert precious.exists()


@pytest.mark.parametrize(
    ("pins", "more", "words"),
    [
        (["one==9.9"], {}, "No matching distribution found for one==9.9"),
        (["two==1.0"], {}, "pip check fails: two 1.0 requires one, which is not installed."),
        (["one==1.0"], {"index_pillar": "nowhere"}, "No matching distribution found for one==1.0"),
        (["one==1.0"], {"index_pillar": "not:there"}, "pillar key not:there is missing or empty"),
        (["one>=1.0"], {}, "line 2: it must be NAME==VERSION, and is 'one>=1.0'"),
        (["one==1.0"], {"python": "/nowhere/python3"}, "/nowhere/python3 is missing"),
        (["one==1.0"], {"timeout": 0.01}, "Timed out after 0.01 seconds"),
    ],
)
def test_a_failure_leaves_what_was_there(present, name, pins, more, words):
    assert present("three==1.0").result is True
    before = name.resolve()
    ret = present(*pins, **more)
    assert ret.result is False
    assert words in ret.comment
    assert ret.changes == {}
    assert (name.resolve(), says(name, "three")) == (before, "1.0")


def test_files_that_an_environment_brings(states, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    owner = {"user": os.getuid(), "group": os.getgid()}

    def files(**kwargs):
        return states.openstack_venv.files(name=str(target), source=str(source), **owner, **kwargs)

    target.mkdir()
    plan = files(test=True)
    assert (plan.result, list(plan.changes)) == (None, [f"all of {source}"])
    assert "has to be made first" in files().comment
    source.mkdir()
    for each in ("a.json", "b.json", "own.json"):
        (source / each).write_text(each)
    (target / "b.json").write_text("other")
    (target / "mine.json").write_text("mine")
    changes = {
        "a.json": {"old": None, "new": "as the environment brings it"},
        "b.json": {"old": "another content", "new": "as the environment brings it"},
    }
    assert files(omit=["own.json"], test=True).changes == changes
    assert files(omit=["own.json"]).changes == changes
    assert files(omit=["own.json"]).changes == {}
    found = {each.name: each.read_text() for each in target.iterdir()}
    assert found == {"a.json": "a.json", "b.json": "b.json", "mine.json": "mine"}


def test_only_a_file_with_the_mark_goes(states, tmp_path):
    path = tmp_path / "unit"
    path.write_text("of somebody else")
    assert states.openstack_venv.unmarked(name=str(path), mark="ours").changes == {}
    path.write_text("# ours\n")
    for test in (True, False):
        ret = states.openstack_venv.unmarked(name=str(path), mark="ours", test=test)
        assert ret.changes == {"file": {"old": "ours", "new": None}}
    assert not path.exists()
    assert states.openstack_venv.unmarked(name=str(path), mark="ours").changes == {}
