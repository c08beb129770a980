"""Files of oslo.config through Salt's loader: what a state says, what is in the file afterwards."""

import grp
import os
import pwd
import stat
import sys

import pytest
from oslo_config import cfg

PASSWORD = "s3cr3t@/:%"
QUOTED = "s3cr3t%40%2F%3A%25"
OWNER = {"user": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
CONNECTION = "mysql+pymysql://glance:{pillar:glance:database:password|url}@db/glance"
OPTIONS = {
    "DEFAULT": {"debug": True, "workers": 2},
    "database": {"connection": CONNECTION},
    "keystone_authtoken": {"password": "{pillar:glance:database:password}"},
    "oslo_messaging_notifications": {"driver": ["messagingv2", "log"]},
}


@pytest.fixture(scope="module")
def pillar():
    return {"glance": {"database": {"password": PASSWORD}}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "glance-api.conf"


@pytest.fixture
def present(states, path):
    def run(options, **kwargs):
        return states.openstack_config.present(name=str(path), options=options, **{**OWNER, **kwargs})

    return run


def read(path):
    """As oslo.config itself reads the file."""
    sections = {}
    cfg.ConfigParser(str(path), sections).parse()
    return sections


def clean(ret):
    assert "s3cr3t" not in str(ret.raw)
    return ret


def test_created_as_planned_and_then_left_alone(present, path):
    plan = clean(present(OPTIONS, test=True))
    assert plan.result is None
    assert not path.exists()
    assert plan.changes["database/connection"] == {"old": None, "new": "as in pillar"}
    assert plan.changes["keystone_authtoken/password"] == {"old": None, "new": "as in pillar"}
    assert plan.changes["DEFAULT/debug"] == {"old": None, "new": "true"}
    assert plan.changes["mode"] == {"old": None, "new": "0640"}
    ret = clean(present(OPTIONS))
    assert ret.result is True
    assert ret.changes == plan.changes
    assert read(path) == {
        "DEFAULT": {"debug": ["true"], "workers": ["2"]},
        "database": {"connection": [f"mysql+pymysql://glance:{QUOTED}@db/glance"]},
        "keystone_authtoken": {"password": [PASSWORD]},
        "oslo_messaging_notifications": {"driver": ["messagingv2", "log"]},
    }
    assert path.read_text().startswith("# Managed by Salt")
    for test in (True, False):
        again = present(OPTIONS, test=test)
        assert again.result is True
        assert not again.changes


@pytest.mark.parametrize(
    ("old", "new", "key", "change"),
    [
        ("debug = true", "debug = false", "DEFAULT/debug", {"old": "false", "new": "true"}),
        ("debug = true\n", "", "DEFAULT/debug", {"old": None, "new": "true"}),
        ("debug = true\n", "debug = true\nextra = 1\n", "DEFAULT/extra", {"old": "1", "new": None}),
        (QUOTED, "other", "database/connection", {"old": "not as in pillar", "new": "as in pillar"}),
        (
            "driver = log\n",
            "",
            "oslo_messaging_notifications/driver",
            {"old": "messagingv2", "new": ["messagingv2", "log"]},
        ),
    ],
)
def test_drift_of_each_kind_is_shown_and_repaired(present, path, old, new, key, change):
    present(OPTIONS)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    plan = clean(present(OPTIONS, test=True))
    assert plan.result is None
    assert path.read_text() != text
    ret = clean(present(OPTIONS))
    assert ret.result is True
    assert ret.changes == plan.changes == {key: change}
    assert path.read_text() == text


def test_mode_and_owner_drift(present, path):
    present(OPTIONS)
    path.chmod(0o666)
    assert present(OPTIONS, test=True).changes == {"mode": {"old": "0666", "new": "0640"}}
    assert present(OPTIONS).changes == {"mode": {"old": "0666", "new": "0640"}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(os.getuid() != 0, reason="not root: only root gives files away")
def test_owner_drift(present, path):
    present(OPTIONS)
    os.chown(path, 65534, -1)
    old = pwd.getpwuid(65534).pw_name
    assert present(OPTIONS).changes == {"user": {"old": old, "new": OWNER["user"]}}
    assert path.stat().st_uid == 0


def test_a_secret_that_is_not_declared_any_more_is_not_shown(present, path):
    path.write_text("[old]\npassword = s3cr3t\nurl = http://me:s3cr3t@proxy/\n")
    ret = clean(present(OPTIONS))
    assert ret.changes["old/password"] == {"old": "not as in pillar", "new": None}
    assert ret.changes["old/url"] == {"old": "not as in pillar", "new": None}


def test_comments_and_foreign_options_stay_without_purge(present, path):
    path.write_text("# one\n[DEFAULT]\n#debug = false\ndebug = false\nfoo = a\n  b\n\n[other]\n# two\nbar = 1\n")
    ret = present({"DEFAULT": {"debug": True, "new": 1}, "third": {"x": "y"}}, purge=False, mode="0644")
    assert ret.result is True
    assert ret.changes["DEFAULT/debug"] == {"old": "false", "new": "true"}
    lines = path.read_text().splitlines()
    assert lines[1:] == [
        "# one",
        "[DEFAULT]",
        "#debug = false",
        "debug = true",
        "foo = a",
        "  b",
        "new = 1",
        "",
        "[other]",
        "# two",
        "bar = 1",
        "",
        "[third]",
        "x = y",
    ]
    assert not present({"DEFAULT": {"debug": True, "new": 1}, "third": {"x": "y"}}, purge=False, mode="0644").changes


def test_no_directory_is_a_plan_and_then_a_failure(present, path, states):
    path = path.parent / "none" / "a.conf"
    plan = states.openstack_config.present(name=str(path), options=OPTIONS, test=True, **OWNER)
    assert plan.result is None
    assert "DEFAULT/debug" in plan.changes
    ret = states.openstack_config.present(name=str(path), options=OPTIONS, **OWNER)
    assert ret.result is False
    assert "there is no directory" in ret.comment
    assert not ret.changes
    ret = states.openstack_config.present(name=str(path), options=OPTIONS, makedirs=True, **OWNER)
    assert ret.result is True


@pytest.mark.parametrize("test", [True, False])
def test_missing_pillar_key_fails_before_anything_is_written(present, path, test):
    ret = present({"a": {"b": "{pillar:glance:nothing}"}}, test=test)
    assert ret.result is False
    assert "pillar key glance:nothing is missing" in ret.comment
    assert not path.exists()


def test_missing_user_is_named(present, path):
    ret = present(OPTIONS, user="nobody-has-this-name")
    assert ret.result is False
    assert "there is no user nobody-has-this-name" in ret.comment
    assert not path.exists()


def test_what_a_file_cannot_hold_is_refused(present):
    ret = present({"a": {"b": "one\n\ntwo"}})
    assert ret.result is False
    assert "[a] b" in ret.comment


def test_no_temporary_file_is_left(present, path):
    present(OPTIONS)
    assert os.listdir(path.parent) == [path.name]


def test_a_link_stays_a_link(present, path, tmp_path):
    target = tmp_path / "real.conf"
    target.write_text("")
    path.symlink_to(target)
    present(OPTIONS)
    assert path.is_symlink()
    assert "debug = true" in target.read_text()


def test_absent_in_both_modes(states, path):
    path.write_text("[DEFAULT]\nrpc_backend = rabbit\n# stays\nrabbit_password = s3cr3t\ndebug = true\n")
    options = {"DEFAULT": ["rpc_backend", "rabbit_password", "not_there"]}
    plan = clean(states.openstack_config.absent(name=str(path), options=options, test=True))
    assert plan.result is None
    assert set(plan.changes) == {"DEFAULT/rpc_backend", "DEFAULT/rabbit_password"}
    ret = clean(states.openstack_config.absent(name=str(path), options=options))
    assert ret.result is True
    assert ret.changes == plan.changes
    assert path.read_text().splitlines()[1:] == ["[DEFAULT]", "# stays", "debug = true"]
    assert not states.openstack_config.absent(name=str(path), options=options).changes


def test_absent_without_a_file(states, path):
    ret = states.openstack_config.absent(name=str(path), options={"DEFAULT": ["a"]})
    assert ret.result is True
    assert not ret.changes
    assert not path.exists()


def test_read_masks(modules, present, path):
    assert modules.openstack_config.read(str(path)) is None
    present(OPTIONS)
    found = modules.openstack_config.read(str(path))
    assert "s3cr3t" not in str(found)
    assert found["DEFAULT"]["workers"] == "2"
    assert found["oslo_messaging_notifications"]["driver"] == ["messagingv2", "log"]


@pytest.fixture
def validator(tmp_path, monkeypatch):
    """The command of this Python's own oslo.config, with a namespace that has one option."""
    package = tmp_path / "site" / "validated"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        'from oslo_config import cfg\n\n\ndef options():\n    return [(None, [cfg.BoolOpt("debug")])]\n'
    )
    info = tmp_path / "site" / "validated-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: validated\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[oslo.config.opts]\nvalidated = validated:options\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    return {"namespaces": ["validated"], "accepted": ["fast", "DEFAULT/plugin"]}


def test_what_is_installed_has_a_say_before_the_file_is_replaced(present, path, validator):
    good = {"DEFAULT": {"debug": True, "plugin": 1}, "fast": {"datadir": "/x"}}
    assert present(good, validate=validator).result is True
    text = path.read_text()
    bad = {**good, "database": {"conection": CONNECTION}}
    assert present(bad, validate=validator, test=True).result is None
    ret = clean(present(bad, validate=validator))
    assert ret.result is False
    assert "does not read [database] conection: is glance:release" in ret.comment
    assert not ret.changes
    assert path.read_text() == text
    assert [each.name for each in path.parent.iterdir() if each.is_file()] == [path.name]


@pytest.mark.parametrize("namespaces", [[], ["validated", "not.installed.here"]])
def test_a_validator_that_cannot_judge_stops_nothing(present, path, validator, namespaces):
    ret = present({"DEFAULT": {"debgu": True}}, validate={"namespaces": namespaces, "accepted": []})
    assert ret.result is True
    assert "debgu" in path.read_text()


def test_a_copy_of_another_file_but_for_some_options(present, path, tmp_path):
    base = tmp_path / "paste.ini"
    options = {"app:health": {"backends": "none"}}
    plan = present(options, base=str(base), test=True)
    assert (plan.result, plan.changes["app:health/backends"]["new"]) == (None, "none")
    assert "has to be installed first" in present(options, base=str(base)).comment
    base.write_text("# why\n[composite:api]\n/: api\n[app:health]\nbackends = file\npath = /x\n")
    path.write_text("[composite:api]\n/: old\n[app:gone]\nuse = that\n")
    plan, done = present(options, base=str(base), test=True), present(options, base=str(base))
    assert plan.changes == done.changes
    assert done.changes["composite:api//"] == {"old": "old", "new": "api"}
    assert done.changes["app:gone/use"] == {"old": "that", "new": None}
    assert read(path) == {"composite:api": {"/": ["api"]}, "app:health": {"backends": ["none"], "path": ["/x"]}}
    assert "# why" in path.read_text()
    assert present(options, base=str(base)).changes == {}
    base.write_text("[composite:api]\n/: newer\n")
    assert present(options, base=str(base), test=True).changes["composite:api//"] == {"old": "api", "new": "newer"}
