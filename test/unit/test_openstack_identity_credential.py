"""Application credentials over a stand-in for the execution module: which is in use, and what is replaced when."""

import pytest
from openstack_errors import Refused

from unit.identity_states import load_states

FILE = "/etc/backup/clouds.yaml"


class Keystone(dict):
    """Execution functions over a list of credentials and a file."""

    def __init__(self):
        super().__init__()
        self.made, self.file, self.secrets = [], None, {}
        self.writes, self.number, self.accepts = [], 0, True

    def __missing__(self, function):
        return getattr(self, function.removeprefix("openstack_identity.application_credential_"))

    def list(self, profile):
        return sorted((dict(each) for each in self.made), key=lambda each: each["name"])

    def create(self, name, secret_pillar, file, cloud, user, group, mode, profile, expires_at=None, **attributes):
        self.writes.append(f"create {name}")
        if not self.accepts:
            raise Refused("not accepted")
        self.number += 1
        given = {key: value for key, value in attributes.items() if value is not None}
        self.made.append({"id": str(self.number), "name": name, "roles": [], "access_rules": [], **given})
        self.secrets[str(self.number)] = secret_pillar
        if file:
            self.file = {"id": str(self.number), "user": user, "group": group, "mode": mode}

    def remove(self, name, profile):
        self.writes.append(f"remove {name}")
        self.made = [each for each in self.made if each["name"] != name]

    def check(self, name, secret_pillar, file, profile):
        (id,) = (each["id"] for each in self.made if each["name"] == name)
        if file and (self.file is None or self.file["id"] != id):
            return None
        return "right" if secret_pillar in (None, self.secrets[id]) else "wrong"

    def protect(self, file, **owner):
        self.writes.append("protect")
        self.file |= owner

    def forget(self, file):
        self.writes.append("forget")
        self.file = None


@pytest.fixture
def keystone():
    return Keystone()


@pytest.fixture
def states(keystone):
    module = load_states()
    keystone["openstack_identity.application_credential_file"] = lambda file: keystone.file and dict(keystone.file)
    module.__salt__, module.__opts__ = keystone, {"test": False}
    module.__pillar__ = {"a": "s3cr3t", "b": "0ther"}
    return module


def apply(states, test=False, **arguments):
    states.__opts__ = {"test": test}
    return states.application_credential_present("backup", **arguments)


@pytest.fixture
def converges(states, keystone):
    def check(**arguments):
        planned = apply(states, test=True, **arguments)
        assert planned["result"] is None, planned
        assert keystone.writes == []
        done = apply(states, **arguments)
        assert done["result"] is True, done
        assert done["changes"] == planned["changes"]
        writes, keystone.writes = keystone.writes, []
        assert apply(states, **arguments)["changes"] == {}
        assert keystone.writes == []
        return done["changes"], writes

    return check


@pytest.mark.parametrize("where", [{"file": FILE}, {"secret_pillar": "a"}, {"file": FILE, "secret_pillar": "a"}])
def test_the_new_one_is_there_before_the_old_one_goes(converges, where):
    _, writes = converges(**where, roles=["reader"])
    assert writes == ["create backup"]
    changes, writes = converges(**where, roles=["member"])
    assert changes == {"roles": {"old": ["reader"], "new": ["member"]}}
    assert writes == ["create backup (2)", "remove backup"]
    _, writes = converges(**where, roles=["reader"])
    assert writes == ["create backup", "remove backup (2)"]


def test_another_secret_is_another_credential(converges):
    converges(secret_pillar="a")
    changes, writes = converges(secret_pillar="b")
    assert changes == {"secret": {"old": "not as in pillar, or expired", "new": "as in pillar"}}
    assert writes == ["create backup (2)", "remove backup"]


def test_a_lost_file_is_another_credential(converges, keystone):
    converges(file=FILE)
    keystone.file = None
    changes, writes = converges(file=FILE)
    assert changes["secret"] == {"old": "no file", "new": "as in pillar"}
    assert writes == ["create backup (2)", "remove backup"]


def test_old_ones_can_stay(converges):
    converges(file=FILE, roles=["a"])
    _, writes = converges(file=FILE, roles=["b"], remove_old=False)
    assert writes == ["create backup (2)"]
    _, writes = converges(file=FILE, roles=["c"], remove_old=False)
    assert writes == ["create backup (3)"]
    changes, writes = converges(file=FILE, roles=["c"])
    assert changes == {"old": {"old": ["backup", "backup (2)"], "new": []}}
    assert writes == ["remove backup", "remove backup (2)"]


def test_permissions_alone_are_no_reason_for_another(converges, keystone):
    converges(file=FILE)
    keystone.file["mode"] = "0644"
    changes, writes = converges(file=FILE)
    assert changes == {"mode": {"old": "0644", "new": "0600"}}
    assert writes == ["protect"]


def test_the_old_one_stays_where_the_new_one_is_of_no_use(states, keystone, converges):
    converges(file=FILE, roles=["a"])
    keystone.accepts = False
    ret = apply(states, file=FILE, roles=["b"])
    assert (ret["result"], ret["changes"]) == (False, {})
    assert keystone.writes == ["create backup (2)"]
    assert [each["name"] for each in keystone.made] == ["backup"]


@pytest.mark.parametrize("name", ["backup2", "backup (two)", "my backup", "backup (2) x"])
def test_others_are_left_alone(converges, keystone, name):
    keystone.made = [{"id": "x", "name": name, "roles": [], "unrestricted": False}]
    converges(secret_pillar="a")
    converges(secret_pillar="b")
    assert keystone.made[0]["name"] == name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "set secret_pillar or file"),
        ({"secret_pillar": "none"}, "pillar key none is missing"),
        ({"file": FILE, "expires_at": "soon"}, "'soon' is no moment"),
    ],
)
def test_arguments_are_checked_first(states, keystone, arguments, words):
    for test in (True, False):
        ret = apply(states, test, **arguments)
        assert (ret["result"], ret["changes"], keystone.writes) == (False, {}, [])
        assert words in ret["comment"]


def test_all_of_it_goes(states, keystone, converges):
    converges(file=FILE, roles=["a"])
    converges(file=FILE, roles=["b"], remove_old=False)
    for test in (True, False):
        states.__opts__ = {"test": test}
        ret = states.application_credential_absent("backup", file=FILE)
        assert ret["changes"]["credentials"] == {"old": ["backup", "backup (2)"], "new": None}
        assert ret["changes"]["file"] == {"old": FILE, "new": None}
    assert (keystone.made, keystone.file) == ([], None)
    assert states.application_credential_absent("backup", file=FILE)["changes"] == {}
