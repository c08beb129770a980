"""Execution functions, as somebody calls them by hand."""

import uuid

import pytest

from .common import IMAGE, KEY, PREFIX, TYPE

pytestmark = pytest.mark.slow


def test_functions_by_hand(modules, site):
    identity = modules.openstack_identity
    name = site["project"].name
    assert name in [each["name"] for each in identity.project_list()]
    assert name in [each["name"] for each in identity.project_list(domain="Default")]
    assert identity.project_update(name, enabled=False)["enabled"] is False
    assert identity.project_get(name) == {
        "id": site["project"].id,
        "name": name,
        "domain": "Default",
        "description": "text",
        "enabled": False,
        "parent": "",
        "tags": [],
        "options": {},
    }
    assert identity.project_get(f"{PREFIX}none") is None
    assert identity.project_remove(name) is True
    assert identity.project_remove(name) is False
    assert site["user"].name in [each["name"] for each in identity.user_list()]
    assert site["role"].name in [each["name"] for each in identity.role_list()]
    assert site["region"].id in [each["name"] for each in identity.region_list()]
    assert [each["id"] for each in identity.service_list(TYPE)] == [site["service"].id]


def test_assignments_by_hand(modules, site):
    identity = modules.openstack_identity
    where = {"name": site["user"].name, "project": site["project"].name}
    assert identity.assignment_get(**where) == []
    assert identity.assignment_add(roles=["admin", "reader"], **where) == ["admin", "reader"]
    assert identity.assignment_remove(roles=["admin", "member"], **where) == ["reader"]
    assert identity.assignment_list(user=site["user"].name) == [
        {
            "role": "reader",
            "user": site["user"].name,
            "user_domain": "Default",
            "project": site["project"].name,
            "project_domain": "Default",
        }
    ]
    assert {"admin"} <= {each["role"] for each in identity.assignment_list(project="admin")}
    assert any(each.get("system") for each in identity.assignment_list())


def test_module_itself_makes_no_twin(modules, site):
    with pytest.raises(Exception, match="exists already"):
        modules.openstack_identity.service_create(site["service"].name, TYPE)
    place = (site["service"].name, TYPE, "public")
    modules.openstack_identity.endpoint_create(*place, IMAGE, f"{PREFIX}one")
    with pytest.raises(Exception, match="exists already"):
        modules.openstack_identity.endpoint_create(*place, IMAGE, f"{PREFIX}one")


def test_unknown_things_by_hand(modules):
    none = f"{PREFIX}{uuid.uuid4().hex}"
    identity = modules.openstack_identity
    for call in (
        lambda: identity.project_update(none),
        lambda: identity.user_update(none),
        lambda: identity.user_list(domain=none),
        lambda: identity.role_update(none),
        lambda: identity.service_update(none, none),
        lambda: identity.endpoint_update(none, none, "public", none),
        lambda: identity.region_update(none),
        lambda: identity.password_matches(none, KEY),
    ):
        with pytest.raises(Exception, match="does not exist"):
            call()
