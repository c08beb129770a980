"""The listings that a run keeps: asked for once, corrected by what the run does, never half believed."""

import openstack_identity_client
import pytest
from openstack_errors import Ambiguous, Invalid, OpenStackError
from openstack_identity_places import Place, row

DOMAINS = [{"id": "default", "name": "Default"}, {"id": "d2", "name": "other"}]


class Api:
    """One that answers from a mapping of kinds, and counts."""

    lists_assignments = True
    only_domain = None

    def __init__(self, cut=False, **answers):
        self.answers = {"domain": DOMAINS, **answers}
        self.cut = cut
        self.asked = []

    def list(self, kind, home=None):
        self.asked.append((kind, home))
        return [dict(row) for row in self.answers[kind] if home in (None, row.get("domain_id"))], self.cut

    def get(self, kind, id, home=None):
        self.asked.append((kind, id))
        return next((dict(row) for row in self.answers[kind] if row["id"] == id), None)

    def delete(self, kind, id, home=None):
        self.answers[kind] = [row for row in self.answers[kind] if row["id"] != id]

    def grant(self, role_id, place):
        self.answers["assignment"].append(row(place, role_id))

    def revoke(self, role_id, place):
        self.answers["assignment"].remove(row(place, role_id))

    def granted(self, place):
        return [each["role"]["id"] for each in self.answers["assignment"] if each == row(place, each["role"]["id"])]


def keystone_of(**answers):
    return openstack_identity_client.Keystone(Api(**answers), None, {"auth_url": "http://auth-node"})


def things(*names, domain="default"):
    return [{"id": f"{domain}-{number}", "name": name, "domain_id": domain} for number, name in enumerate(names)]


@pytest.mark.parametrize("kind", ["project", "user"])
def test_two_of_one_name_in_a_domain(kind):
    keystone = keystone_of(**{kind: things("a", "b", "a") + things("a", domain="d2")})
    with pytest.raises(Ambiguous, match="default-0, default-2"):
        keystone.in_domain(kind, "a", "Default")
    assert keystone.in_domain(kind, "a", "other")["id"] == "d2-0"
    assert keystone.in_domain(kind, "B", "Default") is None
    assert keystone.in_domain(kind, "a", "no such domain") is None


def test_two_roles_of_one_name():
    with pytest.raises(Ambiguous, match="default-0, default-1"):
        keystone_of(role=things("a", "a")).need("role", "a")


def test_what_must_exist():
    keystone = keystone_of(project=[], user=[], role=[])
    for arguments in (("role", "a"), ("project", "a", "Default"), ("user", "a", "none"), ("domain", "a")):
        with pytest.raises(OpenStackError, match=rf"{arguments[0]} a does not exist"):
            keystone.need(*arguments)


def test_a_domain_is_given_by_its_name():
    with pytest.raises(Invalid, match="default is the id of domain Default"):
        keystone_of().domain("default")


def test_a_listing_that_was_cut_short_says_nothing():
    with pytest.raises(OpenStackError, match="list_limit"):
        keystone_of(role=[], cut=True).rows("role")


def test_listings_are_asked_for_once_and_not_kept_for_ever(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(openstack_identity_client.time, "monotonic", lambda: now[0])
    keystone = keystone_of(user=things("a"))
    for _ in range(3):
        keystone.rows("user", "default")
        keystone.rows("user", "d2")
    assert keystone.api.asked == [("user", "default"), ("user", "d2")]
    now[0] = openstack_identity_client.MAX_AGE + 1
    keystone.rows("user", "default")
    assert len(keystone.api.asked) == 3


def test_what_changed_is_read_again_into_the_listings_it_belongs_to():
    keystone = keystone_of(user=things("a"))
    here, there = keystone.rows("user", "default"), keystone.rows("user", "d2")
    keystone.api.answers["user"] = things("renamed", "new")
    for id in ("default-0", "default-1"):
        keystone.reread("user", "user", id)
    assert [row["name"] for row in here] == ["renamed", "new"]
    assert there == []
    keystone.api.answers["user"] = things("renamed")
    assert keystone.reread("user", "user", "default-1") is None
    assert [row["name"] for row in here] == ["renamed"]
    assert keystone.rows("user", "default") is here


def test_what_keystone_removes_along_is_asked_for_again():
    keystone = keystone_of(service=[{"id": "1"}], endpoint=[])
    keystone.rows("endpoint")
    keystone.rows("service")
    keystone.delete("service", "service", "1")
    keystone.rows("endpoint")
    assert keystone.rows("service") == []
    assert keystone.api.asked == [("endpoint", None), ("service", None), ("service", "1"), ("endpoint", None)]


def test_a_removal_that_keystone_did_not_carry_out_is_a_failure():
    keystone = keystone_of(role=things("a"))
    keystone.api.delete = lambda kind, id, home: None
    with pytest.raises(OpenStackError, match="role a is still there"):
        keystone.delete("role", "role a", "default-0")


def test_roles_of_a_domain_are_another_list():
    keystone = keystone_of(role=things("a", domain=None) + things("a", domain="d2"))
    keystone.api.list = lambda kind, home=None: (
        DOMAINS if kind == "domain" else [each for each in keystone.api.answers[kind] if each["domain_id"] == home],
        False,
    )
    assert keystone.role("a")["id"] == "None-0"
    assert keystone.role("a", "other")["id"] == "d2-0"
    assert keystone.role("a", "no such domain") is None
    keystone.api.answers["role"] = things("a", domain=None)
    keystone.reread("role", "role", "d2-0")
    assert keystone.role("a", "other") is None
    assert keystone.role("a")["id"] == "None-0"


def test_an_id_that_no_listing_has_is_asked_for_once():
    keystone = keystone_of(role=things("a", domain="d2"))
    for _ in range(2):
        assert keystone.by_id("role", "d2-0")["name"] == "a"
    assert keystone.by_id("role", "none") is None
    assert keystone.api.asked == [("role", "d2-0"), ("role", "none")]


PLACES = [
    Place(holder, "h", scope, "all" if scope == "system" else "s", inherited)
    for holder in ("user", "group")
    for scope in ("project", "domain", "system")
    for inherited in ((False, True) if scope != "system" else (False,))
]


@pytest.mark.parametrize("place", PLACES)
def test_only_roles_of_the_place_itself_count(place):
    rows = [row(other, f"role-{number}") for number, other in enumerate(PLACES)]
    rows += [row(place._replace(holder_id="x"), "x"), row(Place("user", "h", "project", "y"), "y")]
    keystone = keystone_of(assignment=rows)
    assert keystone.roles_at(place) == [f"role-{PLACES.index(place)}"]


@pytest.mark.parametrize("place", PLACES)
def test_what_was_given_and_taken_is_in_the_listing(place):
    keystone = keystone_of(assignment=[row(other, "a") for other in PLACES])
    keystone.rows("assignment")
    keystone.assign("roles", "grant", ["b"], place)
    assert keystone.roles_at(place) == ["a", "b"]
    keystone.assign("roles", "revoke", ["a"], place)
    assert keystone.roles_at(place) == ["b"]
    assert keystone.api.asked == [("assignment", None)]
    assert all(keystone.roles_at(other) == ["a"] for other in PLACES if other != place)


def test_one_keystone_a_profile():
    context, profile = {}, {"auth_url": "http://a", "username": "u", "password": "s3cr3t"}
    connect = openstack_identity_client.connect
    assert connect(profile, context, {}, None) is connect(dict(profile), context, {}, None)
    assert connect({**profile, "username": "v"}, context, {}, None) is not connect(profile, context, {}, None)
    assert "s3cr3t" not in "".join(context)


def test_without_a_list_of_assignments_roles_are_asked_for_place_by_place():
    keystone = keystone_of(assignment=[])
    keystone.api.lists_assignments = False
    here, there = Place("user", "u", "project", "p"), Place("user", "u", "project", "p2")
    keystone.assign("roles", "grant", ["r1", "r2"], here)
    assert (keystone.roles_at(here), keystone.roles_at(there)) == (["r1", "r2"], [])
    assert ("assignment", None) not in keystone.api.asked


def test_where_there_is_one_domain_another_is_refused():
    keystone = keystone_of(user=things("a"))
    keystone.api.only_domain = "Default"
    assert keystone.in_domain("user", "a", "Default")
    with pytest.raises(Invalid, match="has no domain but Default"):
        keystone.in_domain("user", "a", "other")
