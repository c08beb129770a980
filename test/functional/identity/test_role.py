"""The role ``glance.identity`` itself, from pillar to Keystone, and what it asks when there is nothing to do."""

import pytest

from .common import IMAGE, PASSWORD, PREFIX, TYPE

LIMITS = {"image_size_total": 1000, "image_count_total": -1}
KINDS = ["domains", "endpoints", "projects", "regions", "role_assignments", "roles", "services", "users"]


@pytest.fixture(scope="module")
def pillar(admin):
    who = {key: value for key, value in admin.items() if key not in ("auth_url", "region_name")}
    return {
        "glance": {
            "site": "test",
            "roles": ["identity"],
            "region": f"{PREFIX}one",
            "identity": {
                "auth_url": admin["auth_url"],
                "admin": who,
                "user": f"{PREFIX}glance",
                "password": PASSWORD,
                "project": f"{PREFIX}service",
                "roles": [f"{PREFIX}admin", f"{PREFIX}more"],
                "service": {"name": f"{PREFIX}glance", "type": TYPE},
                "endpoints": {"public": IMAGE},
            },
        }
    }


@pytest.fixture
def role(modules, loaders):
    """Applies it, with more in ``glance:identity``; returns the changes of each state."""

    def apply(test=False, **more):
        loaders.context.clear()
        ret = modules.state.sls("glance.identity", test=test, pillar={"glance": {"identity": more}} if more else None)
        assert all(each["result"] is not False for each in ret.raw.values()), [
            each["comment"] for each in ret.raw.values()
        ]
        return {name.split("_|-")[1]: each["changes"] for name, each in ret.raw.items()}

    return apply


def test_it_converges_with_one_list_a_kind(role, sent):
    planned = role(test=True)
    assert all(planned.values())
    assert role() == planned
    sent.clear()
    assert not any(role().values())
    asked = [request.partition("?")[0] for request in sent]
    tokens = asked.count("POST /v3/auth/tokens")
    lists = sorted(request for request in asked if request.split("/")[-1] in KINDS)
    assert lists == [f"GET /v3/{kind}" for kind in KINDS]
    assert tokens == 2  # the administrator's, and one that tries the password of Glance's user
    assert len(asked) <= len(KINDS) + tokens + 3, asked  # where the API is


@pytest.mark.slow
def test_limits(role, modules, sent):
    role()
    planned = role(test=True, limits=LIMITS)
    changed = {name for name, changes in planned.items() if changes}
    assert changed == {
        "glance-identity-system-assignment-present",
        *(f"glance-identity-limit-{name}-present" for name in LIMITS),
    }
    assert role(limits=LIMITS) == planned
    sent.clear()
    assert not any(role(limits=LIMITS).values())
    assert sum("/registered_limits" in request for request in sent) == 1
    identity = modules.openstack_identity
    assert {each["name"]: each["limit"] for each in identity.registered_limit_list(TYPE)} == LIMITS
    assert identity.assignment_get(f"{PREFIX}glance", system=True) == ["reader"]
