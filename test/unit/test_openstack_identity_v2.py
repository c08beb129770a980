"""Identity v2.0: what it takes, and how it reads in the words of v3. The real one: test/functional/releases."""

import openstack_identity_v2 as v2
import pytest
from openstack_errors import Invalid

RECORD = {
    "id": "r1",
    "service_id": "s1",
    "region": "Region/One",
    "publicurl": "http://p",
    "adminurl": "http://a",
    "internalurl": None,
}


@pytest.fixture
def api():
    """The checks need no client."""
    return v2.V2.__new__(v2.V2)


def test_a_record_is_an_endpoint_for_each_url():
    rows = v2._endpoints(RECORD)
    assert [(row["interface"], row["url"]) for row in rows] == [("public", "http://p"), ("admin", "http://a")]
    assert {row["service_id"] for row in rows} == {"s1"}
    assert [v2._place(row["id"]) for row in rows] == [["s1", each, "Region/One"] for each in ("public", "admin")]


def test_catalogue_has_other_names():
    found = v2._in_catalog({"region": "R", "id": "r1", "publicURL": "http://p", "internalURL": "http://i"})
    assert found == [
        {"region": "R", "interface": "public", "url": "http://p"},
        {"region": "R", "interface": "internal", "url": "http://i"},
    ]


def test_a_tenant_is_a_project_of_the_one_domain():
    assert v2._row("project", {"id": "t", "name": "service"})["domain_id"] == v2.DOMAIN["id"]
    assert v2._row("user", {"id": "u", "name": "glance", "tenantId": "t"})["default_project_id"] == "t"
    assert v2._row("role", {"id": "r", "name": "admin"}) == {"id": "r", "name": "admin"}


@pytest.mark.parametrize(
    ("kind", "values", "new"),
    [
        ("project", {"name": "p", "domain": "default", "description": "d", "enabled": False}, True),
        ("project", {"name": "p", "tags": [], "options": {}, "parent": "", "domain": "Default"}, True),
        ("user", {"name": "u", "password": "x", "email": "e", "default_project": "t", "description": ""}, True),
        ("user", {"password": "x", "enabled": False}, False),
        ("role", {"name": "r", "description": ""}, True),
        ("service", {"name": "s", "type": "t", "description": "d", "enabled": True}, True),
        ("endpoint", {"url": "u", "enabled": True}, False),
    ],
)
def test_taken(api, kind, values, new):
    api.check(kind, values, new)


@pytest.mark.parametrize(
    ("kind", "values", "new", "words"),
    [
        ("project", {"domain": "4711"}, True, "no domain with projects"),
        ("project", {"tags": ["a"]}, True, "no tags with projects"),
        ("user", {"description": "d"}, True, "no description with users"),
        ("role", {"description": "d"}, True, "no description with roles"),
        ("service", {"enabled": False}, True, "no enabled with services"),
        ("endpoint", {"enabled": False}, False, "no enabled with endpoints"),
        ("service", {"description": "d"}, False, "cannot change services"),
        ("role", {"name": "r"}, False, "cannot change roles"),
        ("region", {"id": "R"}, True, "no regions to create"),
        ("group", {"name": "g"}, True, "no groups to create"),
        ("limit", {"resource_limit": 1}, False, "no limits to change"),
    ],
)
def test_refused(api, kind, values, new, words):
    with pytest.raises(Invalid, match=words):
        api.check(kind, values, new)
