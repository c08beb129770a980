"""The listings that a run keeps: asked for once, corrected by what the run does, never half believed."""

import types

import keystoneauth1.exceptions as ka
import openstack_identity_client
import pytest
from openstack_errors import Ambiguous, Invalid, OpenStackError

DOMAINS = [{"id": "default", "name": "Default"}, {"id": "d2", "name": "other"}]


class Keystone(openstack_identity_client.Keystone):
    """One that answers from a mapping of paths, and counts."""

    def __init__(self, **answers):
        self.found = {"auth_url": "http://auth-node"}
        self._listings = {}
        self.answers = {"domains": DOMAINS, **answers}
        self.asked = []

    def manager(self, kind):
        key = openstack_identity_client._MANAGERS[kind]
        return types.SimpleNamespace(collection_key=key, key=kind, client=self)

    def get(self, path, params=None):
        self.asked.append((path, params))
        kind, _, id = path.strip("/").partition("/")
        rows = self.answers[kind]
        if id:
            found = [row for row in rows if row["id"] == id]
            if not found:
                raise ka.NotFound
            return None, {kind.removesuffix("s"): dict(found[0])}
        home = (params or {}).get("domain_id")
        listed = [dict(row) for row in rows if home in (None, row.get("domain_id"))]
        return None, {kind: listed, **({"truncated": True} if self.answers.get("cut") else {})}


def things(*names, domain="default"):
    return [{"id": f"{domain}-{number}", "name": name, "domain_id": domain} for number, name in enumerate(names)]


@pytest.mark.parametrize("kind", ["project", "user"])
def test_two_of_one_name_in_a_domain(kind):
    keystone = Keystone(**{f"{kind}s": things("a", "b", "a") + things("a", domain="d2")})
    with pytest.raises(Ambiguous, match="default-0, default-2"):
        keystone.in_domain(kind, "a", "Default")
    assert keystone.in_domain(kind, "a", "other")["id"] == "d2-0"
    assert keystone.in_domain(kind, "B", "Default") is None
    assert keystone.in_domain(kind, "a", "no such domain") is None


def test_two_roles_of_one_name():
    with pytest.raises(Ambiguous, match="default-0, default-1"):
        Keystone(roles=things("a", "a")).need("role", "a")


def test_what_must_exist():
    keystone = Keystone(projects=[], users=[], roles=[])
    for arguments in (("role", "a"), ("project", "a", "Default"), ("user", "a", "none"), ("domain", "a")):
        with pytest.raises(OpenStackError, match=rf"{arguments[0]} a does not exist"):
            keystone.need(*arguments)


def test_a_domain_is_given_by_its_name():
    with pytest.raises(Invalid, match="default is the id of domain Default"):
        Keystone().domain("default")


def test_a_listing_that_was_cut_short_says_nothing():
    with pytest.raises(OpenStackError, match="list_limit"):
        Keystone(roles=[], cut=True).rows("role")


def test_listings_are_asked_for_once_and_not_kept_for_ever(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(openstack_identity_client.time, "monotonic", lambda: now[0])
    keystone = Keystone(users=things("a"))
    for _ in range(3):
        keystone.rows("user", "default")
        keystone.rows("user", "d2")
    assert keystone.asked == [("/users", {"domain_id": "default"}), ("/users", {"domain_id": "d2"})]
    now[0] = openstack_identity_client.MAX_AGE + 1
    keystone.rows("user", "default")
    assert len(keystone.asked) == 3


def test_what_changed_is_read_again_into_the_listings_it_belongs_to():
    keystone = Keystone(users=things("a"))
    here, there = keystone.rows("user", "default"), keystone.rows("user", "d2")
    keystone.answers["users"] = things("renamed", "new")
    for id in ("default-0", "default-1"):
        keystone.reread("user", "user", id)
    assert [row["name"] for row in here] == ["renamed", "new"]
    assert there == []
    keystone.answers["users"] = things("renamed")
    assert keystone.reread("user", "user", "default-1") is None
    assert [row["name"] for row in here] == ["renamed"]
    assert keystone.rows("user", "default") is here


def test_what_keystone_removes_along_is_asked_for_again():
    keystone = Keystone(services=[], endpoints=[])
    keystone.manager = lambda kind, manager=keystone.manager: types.SimpleNamespace(
        **vars(manager(kind)), delete=lambda id: None
    )
    keystone.rows("endpoint")
    keystone.rows("service")
    keystone.delete("service", "service", "1")
    keystone.rows("endpoint")
    keystone.rows("service")
    paths = [path for path, _ in keystone.asked]
    assert paths == ["/endpoints", "/services", "/services/1", "/endpoints"]


def test_only_direct_assignments_of_users_on_projects_count():
    user, project = {"user": {"id": "u"}}, {"project": {"id": "p"}}
    rows = [
        {"role": {"id": "direct"}, **user, "scope": project},
        {"role": {"id": "inherited"}, **user, "scope": {**project, "OS-INHERIT:inherited_to": "projects"}},
        {"role": {"id": "group"}, "group": {"id": "u"}, "scope": project},
        {"role": {"id": "domain"}, **user, "scope": {"domain": {"id": "p"}}},
        {"role": {"id": "system"}, **user, "scope": {"system": {"all": True}}},
        {"role": {"id": "elsewhere"}, **user, "scope": {"project": {"id": "q"}}},
    ]
    assert Keystone(role_assignments=rows).roles_of("u", "p") == ["direct"]


def test_one_keystone_a_profile(monkeypatch):
    monkeypatch.setattr(openstack_identity_client.keystoneclient.v3.client, "Client", lambda **_: None)
    context, profile = {}, {"auth_url": "http://a", "username": "u", "password": "s3cr3t"}
    connect = openstack_identity_client.connect
    assert connect(profile, context, {}, None) is connect(dict(profile), context, {}, None)
    assert connect({**profile, "username": "v"}, context, {}, None) is not connect(profile, context, {}, None)
    assert "s3cr3t" not in "".join(context)
