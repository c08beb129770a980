"""Who has which role on what, who is in which group, and which roles imply others."""

import itertools

import pytest

from .common import PREFIX, new

pytestmark = pytest.mark.slow

SCOPES = {
    "project": {"project": f"{PREFIX}project"},
    "project, inherited": {"project": f"{PREFIX}project", "inherited": True},
    "domain": {"domain": f"{PREFIX}domain"},
    "domain, inherited": {"domain": f"{PREFIX}domain", "inherited": True},
    "system": {"system": True},
}
HOLDERS = {"user": {"name": f"{PREFIX}user"}, "group": {"name": f"{PREFIX}group", "holder": "group"}}
EVERYWHERE = [
    pytest.param({**holder, **scope}, id=f"{who} on {where}")
    for (who, holder), (where, scope) in itertools.product(HOLDERS.items(), SCOPES.items())
]


@pytest.mark.parametrize("where", EVERYWHERE)
def test_roles_come_and_go_everywhere(converges, modules, site, domain, where):
    assert converges("assignment_present", roles=["reader", "member"], **where) == new(roles=["member", "reader"])
    assert converges("assignment_absent", roles=["reader"], **where) == {"roles": {"old": ["reader"], "new": None}}
    assert converges("assignment_present", roles=["reader"], exact=True, **where) == {
        "roles": {"old": ["member"], "new": ["reader"]}
    }
    assert modules.openstack_identity.assignment_get(**where) == ["reader"]
    # nothing of it is anywhere else
    for other in EVERYWHERE:
        if other.values[0] != where:
            assert modules.openstack_identity.assignment_get(**other.values[0]) == []
    assert converges("assignment_absent", **where) == {"roles": {"old": ["reader"], "new": None}}


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({}, "exactly one of project, domain and system"),
        ({"project": "a", "domain": "b"}, "exactly one of project, domain and system"),
        ({"project": "a", "system": True}, "exactly one of project, domain and system"),
        ({"system": True, "inherited": True}, "cannot be inherited"),
        ({"project": "a", "holder": "role"}, "one of user, group"),
    ],
)
def test_places_that_there_are_not(refused, where, words):
    assert words in refused("assignment_present", name="x", roles=["reader"], **where)


def test_other_roles_stay_unless_exact(converges, cloud, site):
    where = {"name": site["user"].name, "project": site["project"].name}
    cloud.roles.grant(site["role"], user=site["user"], project=site["project"])
    assert converges("assignment_present", roles=["reader"], **where) == new(roles=["reader"])
    assert {each.name for each in cloud.roles.list(user=site["user"], project=site["project"])} == {
        "reader",
        site["role"].name,
    }
    both = [site["role"].name, "reader"]
    changes = converges("assignment_present", roles=["member", "reader"], exact=True, **where)
    assert changes == {"roles": {"old": both, "new": ["member", "reader"]}}
    assert converges("assignment_absent", roles=["reader"], **where) == {"roles": {"old": ["reader"], "new": None}}
    assert [each.name for each in cloud.roles.list(user=site["user"], project=site["project"])] == ["member"]


def test_roles_of_a_domain(converges, cloud, domain):
    user = cloud.users.create(f"{PREFIX}user", domain=domain)
    cloud.roles.create(f"{PREFIX}own", domain=domain)
    own = {"name": f"{PREFIX}own", "domain": domain.name}
    where = {"name": user.name, "user_domain": domain.name, "domain": domain.name}
    assert converges("assignment_present", roles=[own, "reader"], **where) == new(roles=["reader", own])
    changes = converges("assignment_present", roles=["reader"], exact=True, **where)
    assert changes == {"roles": {"old": ["reader", own], "new": ["reader"]}}
    converges("assignment_present", roles=[own], **where)
    assert converges("assignment_absent", roles=[own], **where) == {"roles": {"old": [own], "new": None}}


def test_roles_across_domains(converges, cloud, domain, site):
    cloud.projects.create(site["project"].name, domain=domain)
    where = {"name": site["user"].name, "project": site["project"].name, "roles": ["reader"]}
    converges("assignment_present", **where, project_domain=domain.name)
    converges("assignment_present", **where)
    where["project_domain"] = domain.name
    assert converges("assignment_absent", **where) == {"roles": {"old": ["reader"], "new": None}}


def test_roles_that_go_with_their_holder(run, modules, cloud, site):
    """In one run: what another state removes along is not believed to be there still."""
    where = {"name": site["user"].name, "project": site["project"].name}
    cloud.roles.grant(site["role"], user=site["user"], project=site["project"])
    identity = modules.openstack_identity
    assert identity.assignment_get(**where) == [site["role"].name]
    identity.role_remove(site["role"].name)
    assert identity.assignment_get(**where) == []


# --- groups


def test_members_of_a_group(converges, cloud, site, domain):
    name = site["group"].name
    cloud.users.create(f"{PREFIX}more", domain="default")
    twin = cloud.users.create(site["user"].name, domain=domain)
    own, theirs = [f"{PREFIX}more", site["user"].name], {"name": twin.name, "domain": domain.name}
    assert converges("membership_present", name=name, users=own[:1]) == new(users=own[:1])
    assert converges("membership_present", name=name, users=[*own, theirs]) == {
        "users": {"old": own[:1], "new": [*own, theirs]}
    }
    assert converges("membership_absent", name=name, users=own[:1]) == {"users": {"old": own[:1], "new": None}}
    changes = converges("membership_present", name=name, users=own[1:], exact=True)
    assert changes == {"users": {"old": [own[1], theirs], "new": own[1:]}}
    assert [each.id for each in cloud.users.list(group=site["group"])] == [site["user"].id]
    assert converges("membership_present", name=name, users=[], exact=True)["users"]["new"] is None


def test_members_who_are_gone(modules, site, cloud):
    cloud.users.add_to_group(site["user"], site["group"])
    identity = modules.openstack_identity
    assert identity.membership_get(site["group"].name) == [site["user"].name]
    identity.user_update(site["user"].name, new_name=f"{PREFIX}renamed")
    assert identity.membership_get(site["group"].name) == [f"{PREFIX}renamed"]
    identity.user_remove(f"{PREFIX}renamed")
    assert identity.membership_get(site["group"].name) == []
    assert identity.membership_get(f"{PREFIX}none") == []


# --- implied roles


def test_implied_roles_are_exact(converges, run, cloud, site):
    name = site["role"].name
    assert converges("role_present", name=name, implies=["reader", "member"]) == {
        "implies": {"old": [], "new": ["member", "reader"]}
    }
    assert run("role_present", name=name).changes == {}
    reader = next(each for each in cloud.roles.list() if each.name == "reader")
    cloud.inference_rules.delete(site["role"], reader)
    assert converges("role_present", name=name, implies=["reader"]) == {
        "implies": {"old": ["member"], "new": ["reader"]}
    }
    assert converges("role_present", name=name, implies=[]) == {"implies": {"old": ["reader"], "new": []}}


def test_implied_role_that_there_is_not(run, site):
    ret = run("role_present", name=site["role"].name, implies=[f"{PREFIX}none"])
    assert (ret.result, ret.changes) == (False, {})
    assert f"role {PREFIX}none does not exist" in ret.comment


def test_role_of_a_domain_implies_another(converges, cloud, domain):
    cloud.roles.create(f"{PREFIX}own", domain=domain)
    own = {"name": f"{PREFIX}own", "domain": domain.name}
    changes = converges("role_present", name=f"{PREFIX}prior", domain=domain.name, implies=[own, "reader"])
    assert changes["implies"] == {"old": None, "new": ["reader", own]}
