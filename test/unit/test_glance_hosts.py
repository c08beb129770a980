"""Which minion plays which role, and every way in which a site's pillars can be wrong about it."""

import glance_hosts
import pytest

SOUND = {
    "db": {"roles": ["database", "messaging"]},
    "auth": {"roles": ["identity"]},
    "image": {"roles": ["api", "client", "images"], "messaging": {"hosts": ["db"]}, "images": {"tiny": {}}},
}


def site(changes=None, errors=None):
    """The pillars of zurich, of a host in geneva and of one that has nothing to do with Glance."""
    glance = {minion: {"site": "zurich", **part, **(changes or {}).get(minion, {})} for minion, part in SOUND.items()}
    glance["geneva"] = {"site": "geneva", "roles": ["database", "identity", "api"]}
    found = {minion: {"glance": part, "errors": []} for minion, part in glance.items()}
    found["web"] = {"glance": None, "errors": []}
    for minion, error in (errors or {}).items():
        found[minion] = {"glance": (found[minion]["glance"] or None) if minion != "db" else None, "errors": [error]}
    return found


def failed(pillars, name="zurich"):
    return [
        (row["host"], row["check"], row["detail"])
        for row in glance_hosts.check(name, pillars)
        if row["result"] == "failed"
    ]


def test_sound_site():
    pillars = site()
    assert failed(pillars) == []
    assert glance_hosts.sites(pillars) == ["geneva", "zurich"]
    hosts = glance_hosts.assign(glance_hosts.members("zurich", pillars))
    assert hosts["all"] == ["auth", "db", "image"]
    assert hosts["database"] == hosts["messaging"] == ["db"]
    assert set(hosts) == {"all", *glance_hosts.ROLES}


def test_unknown_site():
    [(_, check, detail)] = failed(site(), "oslo")
    assert check == "site"
    assert "known sites: geneva, zurich" in detail


@pytest.mark.parametrize(
    ("minion", "roles", "role"),
    [
        ("db", ["messaging"], "database"),
        ("db", ["database"], "messaging"),
        ("auth", ["client"], "identity"),
        ("image", ["client", "images"], "api"),
        ("image", ["api", "client"], "images"),
    ],
)
def test_a_role_without_a_minion(minion, roles, role):
    pillars = site({minion: {"roles": roles}})
    [(_, check, detail)] = failed(pillars)
    assert check == f"role {role}"
    assert "glance:external_roles" in detail
    assert (
        failed(site({minion: {"roles": roles}, "auth" if minion != "auth" else "db": {"external_roles": [role]}})) == []
    )


@pytest.mark.parametrize(("change", "role"), [({"messaging": {}}, "messaging"), ({"images": {}}, "images")])
def test_a_role_that_nothing_asks_for(change, role):
    hosts = site({"image": {**change, "roles": ["api"]}, "db": {"roles": ["database"]}})
    assert role not in [check.removeprefix("role ") for _, check, _ in failed(hosts)]


@pytest.mark.parametrize("role", glance_hosts.SINGLE)
def test_two_minions_in_a_role_for_one(role):
    pillars = site()
    for minion in ("auth", "db"):
        pillars[minion]["glance"]["roles"] = sorted({*pillars[minion]["glance"]["roles"], role})
    pillars["image"]["glance"]["roles"] = ["api", "client"] if role == "images" else ["api", "client", "images"]
    assert [check for _, check, _ in failed(pillars)] == [f"role {role}"]
    assert "auth and db" in failed(pillars)[0][2]


def test_several_hosts_of_the_api_are_fine():
    assert failed(site({"auth": {"roles": ["identity", "api"]}})) == []


@pytest.mark.parametrize("roles", ["database", None, [], ["databse"], {"database": True}])
def test_roles_that_are_none(roles):
    found = failed(site({"auth": {"roles": roles}}))
    assert ("auth", "pillar") in [(host, check) for host, check, _ in found]


def test_a_pillar_that_does_not_render():
    pillars = site(errors={"web": "Rendering SLS 'web' failed", "geneva": "Rendering SLS 'geneva' failed"})
    rows = [(row["host"], row["result"]) for row in glance_hosts.check("zurich", pillars) if row["check"] == "pillar"]
    assert rows == [("web", "not checked")]
    assert [(host, check) for host, check, _ in failed(pillars, "geneva")] == [("geneva", "pillar")]


def test_the_strictest_clock_counts():
    assert glance_hosts.clock_skew(glance_hosts.members("zurich", site())) == 2
    mine = glance_hosts.members("zurich", site({"db": {"preflight": {"clock_skew": 5}}, "auth": {"preflight": None}}))
    assert glance_hosts.clock_skew(mine) == 5
    mine["auth"]["glance"]["preflight"] = {"clock_skew": 0.5}
    assert glance_hosts.clock_skew(mine) == 0.5
