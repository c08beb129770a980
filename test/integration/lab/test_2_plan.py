"""The plan of a site that has nothing yet: all of it, and no hand moved."""

import pytest

from . import orchestration, site

OBJECTS = [
    ("db-node", "glance-database-schema-present"),
    ("db-node", "glance-database-user-present"),
    ("db-node", "glance-database-grants-present"),
    ("db-node", "glance-messaging-vhost-present"),
    ("db-node", "glance-messaging-user-present"),
    ("db-node", "glance-messaging-permissions-present"),
    ("auth-node", "glance-identity-project-present"),
    ("auth-node", "glance-identity-user-present"),
    ("auth-node", "glance-identity-assignment-present"),
    ("auth-node", "glance-identity-service-present"),
    ("auth-node", "glance-identity-endpoint-public-present"),
    ("auth-node", "glance-identity-endpoint-internal-present"),
    ("auth-node", "glance-identity-endpoint-admin-present"),
    ("image-node", "glance-api-package-installed"),
    ("image-node", "glance-api-config-file-/etc/glance/glance-api.conf"),
    ("image-node", "glance-api-schema-synced"),
    ("image-node", "glance-api-service-running"),
    ("image-node", "glance-client-files-openrc"),
    ("image-node", "glance-client-files-cloud"),
    ("image-node", "glance-images-tiny"),
]
OURS = [each for each in OBJECTS if each[1] not in ("glance-api-package-installed", "glance-client-files-openrc")]


@pytest.fixture(scope="module")
def plan(servers, bare):
    return orchestration.deploy(servers, "zurich", test=True)


def test_plan_is_no_failure(plan):
    assert plan.code == 0, f"a plan of a sound site fails, look at the first step that is False:\n{plan}"
    assert list(plan.steps) == [
        "preflight", "clients", "credentials", "database", "messaging", "identity", "api-first", "client", "images",
        "verify",
    ], f"the plan has other steps than the deployment:\n{plan}"  # fmt: skip
    assert plan.steps["verify"].result is None, f"a site that is not there cannot be verified:\n{plan}"


@pytest.mark.parametrize(("host", "name"), OBJECTS)
def test_object_is_planned(plan, host, name):
    state = plan.state(host, name)
    assert state.result is None, f"{name} is not planned ({state.result}): {state.comment}"
    assert state.changes, f"the plan does not show what {name} would make: {state.comment}"


@pytest.mark.parametrize(("host", "name"), OURS)
def test_plan_shows_old_and_new(plan, host, name):
    for attribute, change in plan.state(host, name).changes.items():
        assert set(change) == {"old", "new"}, f"{name}: {attribute} shows no old and new: {change}"


def test_plan_touched_nothing(lab, plan, bare):
    touched = site.differences(bare, site.snapshot(lab, "zurich"))
    assert not touched, "test=True changed something on the hosts:\n" + "\n".join(touched)
