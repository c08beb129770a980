"""openstack_identity over Identity v2.0 of a real Keystone 12 (Pike), with keystoneclient as the second opinion."""

import keystoneauth1.identity
import keystoneauth1.session
import keystoneclient.v2_0.client
import keystoneclient.v3.client
import pytest

pytestmark = pytest.mark.slow

PREFIX = "formula-"
PASSWORD, OTHER = "aaa'\"\\%s ü {{ x }} $(y)", "bbb: another, # one"
KEY, OTHER_KEY = "glance:identity:password", "glance:identity:other"
TYPE, REGION = "formula-image", f"{PREFIX}one"
URL = "http://image-node.example.org:9292/v2"
TAILS = ["plain", "a/b?c=d&e#f 50%25 ünï-日本 {{ jinja }} quote'\""]


@pytest.fixture(scope="module")
def auth(pike):
    """The administrator, as v2.0 knows him."""
    admin = pike.keystone.admin
    return {
        "auth_url": f"{pike.keystone.url}/v2.0",
        "username": admin["username"],
        "password": admin["password"],
        "tenant_name": admin["project_name"],
    }


@pytest.fixture(scope="module")
def pillar(auth):
    admin = {"username": auth["username"], "password": auth["password"], "project_name": auth["tenant_name"]}
    identity = {"auth_url": auth["auth_url"], "password": PASSWORD, "other": OTHER, "admin": admin}
    return {"glance": {"identity": identity}, "wrong": {**admin, "auth_url": auth["auth_url"], "password": "no"}}


@pytest.fixture(scope="module")
def cloud(auth):
    session = keystoneauth1.session.Session(auth=keystoneauth1.identity.V2Password(**auth), timeout=60)
    return keystoneclient.v2_0.client.Client(session=session, interface="admin")


@pytest.fixture(autouse=True)
def clean(cloud):
    yield
    services = {each.id for each in cloud.services.list() if each.name.startswith(PREFIX)}
    for endpoint in cloud.endpoints.list():
        if endpoint.service_id in services:
            cloud.endpoints.delete(endpoint.id)
    for manager in (cloud.services, cloud.users, cloud.tenants, cloud.roles):
        for each in manager.list():
            if each.name.startswith(PREFIX):
                manager.delete(each.id)


@pytest.fixture
def site(cloud):
    """Things that others belong to."""
    tenant = cloud.tenants.create(f"{PREFIX}tenant", "text")
    return {
        "project": tenant,
        "user": cloud.users.create(f"{PREFIX}user", "x", "a@example.org", tenant.id),
        "role": cloud.roles.create(f"{PREFIX}role"),
        "service": cloud.services.create(f"{PREFIX}service", TYPE, "text"),
    }


def records(cloud, service):
    """The URLs of a service: one mapping for each record."""
    found = [each.to_dict() for each in cloud.endpoints.list() if each.service_id == service.id]
    return [{key: each.get(f"{key}url") for key in ("public", "internal", "admin")} for each in found]


# --- everything comes and goes


@pytest.mark.parametrize("tail", TAILS)
def test_project(converges, cloud, tail):
    name = PREFIX + tail
    assert converges("openstack_identity.project_present", name=name, description="text") == {
        "name": {"old": None, "new": name},
        "domain": {"old": None, "new": "Default"},
        "description": {"old": None, "new": "text"},
        "enabled": {"old": None, "new": True},
    }
    [tenant] = [each for each in cloud.tenants.list() if each.name == name]
    assert (tenant.description, tenant.enabled) == ("text", True)
    drifted = converges("openstack_identity.project_present", name=name, description="other", enabled=False)
    assert drifted == {"description": {"old": "text", "new": "other"}, "enabled": {"old": True, "new": False}}
    assert cloud.tenants.get(tenant.id).enabled is False
    assert converges("openstack_identity.project_absent", name=name)["id"] == {"old": tenant.id, "new": None}


@pytest.mark.parametrize("tail", TAILS)
def test_user(converges, modules, cloud, site, tail):
    name, project = PREFIX + tail, site["project"].name
    declared = {"name": name, "password_pillar": KEY, "default_project": project, "email": "a@example.org"}
    changes = converges("openstack_identity.user_present", **declared)
    assert set(changes) == {
        *("name", "domain", "email", "enabled", "password", "default_project", "default_project_domain"),
    }
    assert (modules.openstack_identity.password_matches(name, KEY)) is True
    assert (modules.openstack_identity.password_matches(name, OTHER_KEY)) is False
    [user] = [each for each in cloud.users.list() if each.name == name]
    cloud.users.update(user.id, email="b@example.org")
    cloud.users.update_password(user.id, OTHER)
    assert converges("openstack_identity.user_present", **declared) == {
        "email": {"old": "b@example.org", "new": "a@example.org"},
        "password": {"old": "not as in pillar", "new": "as in pillar"},
    }
    assert converges("openstack_identity.user_absent", name=name)["name"] == {"old": name, "new": None}


def test_user_moves_to_another_project_and_is_disabled(converges, site):
    name = site["user"].name
    changes = converges("openstack_identity.user_present", name=name, default_project="admin", enabled=False)
    assert changes == {
        "default_project": {"old": site["project"].name, "new": "admin"},
        "enabled": {"old": True, "new": False},
    }


@pytest.mark.parametrize("tail", TAILS)
def test_role(converges, cloud, tail):
    assert set(converges("openstack_identity.role_present", name=PREFIX + tail)) == {"name"}
    assert PREFIX + tail in [role.name for role in cloud.roles.list()]
    assert "id" in converges("openstack_identity.role_absent", name=PREFIX + tail)


def test_assignment(converges, cloud, site):
    where = {"name": site["user"].name, "project": "admin"}
    role = site["role"].name
    changes = converges("openstack_identity.assignment_present", roles=["admin", role], **where)
    assert changes == {"roles": {"old": None, "new": ["admin", role]}}
    [admin] = [tenant for tenant in cloud.tenants.list() if tenant.name == "admin"]
    assert {each.name for each in cloud.roles.roles_for_user(site["user"].id, admin.id)} == {"admin", role}
    changes = converges("openstack_identity.assignment_present", roles=[role], exact=True, **where)
    assert changes == {"roles": {"old": ["admin", role], "new": [role]}}
    assert converges("openstack_identity.assignment_absent", **where) == {"roles": {"old": [role], "new": None}}


@pytest.mark.parametrize("tail", TAILS)
def test_service(converges, cloud, tail):
    service = {"name": PREFIX + tail, "type": TYPE}
    changes = converges("openstack_identity.service_present", **service, description="text")
    assert set(changes) == {*service, "description", "enabled"}
    [found] = [each for each in cloud.services.list() if each.name == PREFIX + tail]
    assert (found.type, found.description) == (TYPE, "text")
    assert converges("openstack_identity.service_absent", **service)["type"] == {"old": TYPE, "new": None}


def test_endpoints_of_one_record(converges, cloud, site):
    place = {"name": site["service"].name, "type": TYPE, "region": REGION}
    present, absent = "openstack_identity.endpoint_present", "openstack_identity.endpoint_absent"
    for interface in ("public", "internal", "admin"):
        changes = converges(present, **place, interface=interface, url=f"{URL}/{interface}")
        assert changes["url"] == {"old": None, "new": f"{URL}/{interface}"}
    assert records(cloud, site["service"]) == [{each: f"{URL}/{each}" for each in ("public", "internal", "admin")}]
    changes = converges(present, **place, interface="internal", url=URL)
    assert changes == {"url": {"old": f"{URL}/internal", "new": URL}}
    assert records(cloud, site["service"]) == [{"public": f"{URL}/public", "internal": URL, "admin": f"{URL}/admin"}]
    converges(absent, **place, interface="admin")
    assert records(cloud, site["service"]) == [{"public": f"{URL}/public", "internal": URL, "admin": None}]
    converges(absent, **place, interface="internal")
    converges(absent, **place, interface="public")
    assert records(cloud, site["service"]) == []


def test_endpoints_of_other_regions_stay(converges, cloud, site):
    cloud.endpoints.create("elsewhere", site["service"].id, "http://elsewhere")
    place = {"name": site["service"].name, "type": TYPE, "region": REGION, "interface": "public"}
    converges("openstack_identity.endpoint_present", **place, url=URL)
    converges("openstack_identity.endpoint_absent", **place)
    assert [each["public"] for each in records(cloud, site["service"])] == ["http://elsewhere"]


# --- what v2.0 cannot do


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        ("project_present", {"domain": "heat"}, "no domain but Default"),
        ("user_present", {"domain": "heat"}, "no domain but Default"),
        ("user_present", {"description": "text"}, "keeps no description with users"),
        ("role_present", {"description": "text"}, "keeps no description with roles"),
        ("service_present", {"type": TYPE, "enabled": False}, "keeps no enabled with services"),
        ("region_present", {}, "no regions to create"),
        ("group_present", {}, "no list of groups"),
        ("domain_present", {}, "no domain but Default"),
    ],
)
def test_what_v2_cannot_do_is_refused_in_both_modes(refused, function, arguments, words):
    comment = refused(f"openstack_identity.{function}", name=f"{PREFIX}none", **arguments)
    assert words in comment


def test_a_service_cannot_be_changed(refused, site):
    arguments = {"name": site["service"].name, "type": TYPE, "description": "other"}
    assert "cannot change services" in refused("openstack_identity.service_present", **arguments)


@pytest.mark.parametrize("interface", ["internal", "admin"])
def test_a_record_begins_with_its_public_url(run, cloud, site, interface):
    place = {"name": site["service"].name, "type": TYPE, "region": REGION, "interface": interface}
    done = run("openstack_identity.endpoint_present", **place, url=URL)
    assert (done.result, done.changes) == (False, {})
    assert "must have a public one: create it first" in done.comment
    assert records(cloud, site["service"]) == []


def test_a_record_ends_with_its_public_url(run, cloud, site):
    cloud.endpoints.create(REGION, site["service"].id, URL, URL)
    place = {"name": site["service"].name, "type": TYPE, "region": REGION, "interface": "public"}
    done = run("openstack_identity.endpoint_absent", **place)
    assert (done.result, done.changes) == (False, {})
    assert "remove the others first" in done.comment
    assert records(cloud, site["service"]) == [{"public": URL, "internal": None, "admin": URL}]


def test_endpoints_made_with_version_3_stay_whole(run, cloud, pike, site):
    auth = {key: value for key, value in pike.keystone.admin.items() if key not in ("region_name", "auth_url")}
    session = keystoneauth1.session.Session(
        auth=keystoneauth1.identity.V3Password(auth_url=f"{pike.keystone.url}/v3", **auth), timeout=60
    )
    v3 = keystoneclient.v3.client.Client(session=session, interface="admin")
    endpoint = v3.endpoints.create(site["service"].id, URL, "public", "RegionOne")
    place = {"name": site["service"].name, "type": TYPE, "region": "RegionOne", "interface": "public"}
    done = run("openstack_identity.endpoint_present", **place, url="http://other")
    assert (done.result, done.changes) == (False, {})
    assert "made with Identity API v3" in done.comment
    assert [each["public"] for each in records(cloud, site["service"])] == [URL]
    v3.endpoints.delete(endpoint)


# --- by hand


def test_login_and_catalogue(modules, auth):
    who = modules.openstack_identity.login()
    assert (who["auth_url"], who["user"], who["project"]) == (auth["auth_url"], "admin", "admin")
    assert "admin" in who["roles"]
    catalog = modules.openstack_identity.catalog()
    assert set(catalog["identity"]["RegionOne"]) == {"public", "internal", "admin"}
    assert catalog["identity"]["RegionOne"]["admin"].endswith(":35357/v2.0")


def test_lists(modules, site):
    assert site["project"].name in [each["name"] for each in modules.openstack_identity.project_list()]
    assert site["user"].name in [each["name"] for each in modules.openstack_identity.user_list()]
    assert site["role"].name in [each["name"] for each in modules.openstack_identity.role_list()]
    assert [each["name"] for each in modules.openstack_identity.service_list(TYPE)] == [site["service"].name]
    assert "RegionOne" in [each["name"] for each in modules.openstack_identity.region_list()]


def test_wrong_password_is_refused(run):
    done = run("openstack_identity.project_present", name=f"{PREFIX}none", profile="wrong")
    assert done.result is False
    assert "Keystone does not accept user admin" in done.comment
