"""
What a tutorial of Juno does by hand, by this formula on Pike, the oldest release that can be had: Glance's tenant,
user, role, service and endpoints over Identity v2.0, then an image with ``is_public`` over the Image API v1.
"""

import glanceclient.v1.client
import keystoneauth1.identity
import keystoneauth1.session
import keystoneclient.v2_0.client
import pytest
from releases import formula

from functional import images
from functional.webserver import digest

pytestmark = pytest.mark.slow

NAME, DATA = "cirros-0.3.3", images.qcow2()


def session(url, user, password, tenant):
    auth = keystoneauth1.identity.V2Password(url, user, password, tenant_name=tenant)
    return keystoneauth1.session.Session(auth=auth, timeout=60)


def results(run):
    return {id: (each["result"], bool(each["changes"])) for id, each in run.items()}


def test_glance_is_made_in_keystone(registered, pike):
    pillar, (plan, done, again, converged) = registered
    there = {"glance-identity-role-admin-present": (True, False)}  # bootstrap makes it
    assert results(plan) == {**dict.fromkeys(plan, (None, True)), **there}
    assert results(done) == {**dict.fromkeys(plan, (True, True)), **there}, [each["comment"] for each in done.values()]
    assert {id: each["changes"] for id, each in plan.items()} == {id: each["changes"] for id, each in done.items()}
    for run in (again, converged):
        assert results(run) == dict.fromkeys(plan, (True, False))
    identity = pillar["glance"]["identity"]
    url, password = identity["auth_url"], identity["admin"]["password"]
    keystone = keystoneclient.v2_0.client.Client(session=session(url, "admin", password, "admin"), interface="admin")
    [user] = [each for each in keystone.users.list() if each.name == "glance"]
    [tenant] = [each for each in keystone.tenants.list() if each.name == "service"]
    assert [each.name for each in keystone.roles.roles_for_user(user.id, tenant.id)] == ["admin"]
    [service] = [each for each in keystone.services.list() if each.type == "image"]
    [record] = [each.to_dict() for each in keystone.endpoints.list() if each.service_id == service.id]
    assert {record[f"{each}url"] for each in ("public", "internal", "admin")} == {f"{pike.image_url}/v2"}


def test_glance_can_log_in_with_its_own_password(registered):
    identity = registered[0]["glance"]["identity"]
    own = session(identity["auth_url"], "glance", identity["password"], "service")
    assert own.get_token()


@pytest.fixture
def catalogue(registered, tmp_path):
    """What the state of one image in pillar returned: planned, done, again."""
    (tmp_path / "cirros.img").write_bytes(DATA)
    image = {
        "source": str(tmp_path / "cirros.img"),
        "source_hash": digest(DATA),
        "disk_format": "qcow2",
        "visibility": "public",
    }
    settings = registered[0]["glance"]
    identity = {**settings["identity"], "image_api_version": 1}
    pillar = {"glance": {**settings, "identity": identity, "images": {NAME: image}}}
    runs = [formula.apply("glance.images", pillar, tmp_path / "salt", test=test) for test in (True, False, False)]
    return [run[f"glance-images-{NAME}"] for run in runs]


def test_image_is_uploaded_and_listed(catalogue, registered, pike):
    plan, done, again = catalogue
    assert (plan["result"], done["result"], again["result"]) == (None, True, True), done["comment"]
    assert plan["changes"] == done["changes"] != {}
    assert again["changes"] == {}
    identity = registered[0]["glance"]["identity"]
    asked = session(identity["auth_url"], "glance", identity["password"], "service")
    glance = glanceclient.v1.client.Client(session=asked, endpoint_override=pike.image_url)
    [image] = [each for each in glance.images.list() if each.name == NAME]
    assert (image.is_public, image.status, image.size) == (True, "active", len(DATA))
    assert b"".join(glance.images.data(image.id)) == DATA
    glance.images.delete(image.id)
