"""
What pillar can switch on, on a real host, as those see it who use it or operate it: an option in a file proves nothing.

One pillar with all of it; without it again at the end.
"""

import base64
import json
import secrets
import time
import uuid

import keystoneauth1.exceptions
import pytest
from functional import cloud
from keystoneauth1 import adapter
from keystoneclient.v3 import client as keystoneclient

from . import orchestration, override, site

pytestmark = pytest.mark.usefixtures("featured")
NODE, STORE, LOG = "image-node", "/var/lib/glance/images", "/var/log/glance/glance-api.log"
CACHE, OFF = "/var/lib/glance/image-cache", "/etc/glance/healthcheck_disable"
KIB, MIB = 1 << 10, 1 << 20
COUNT = 12  # Glance counts what waits for the scrubber, too
LIMITS = {"image_size_total": 1000, "image_stage_total": 1000, "image_count_total": COUNT, "image_count_uploading": 10}
ORIGIN, PREFLIGHT = "https://dashboard.example.org", {"Access-Control-Request-Method": "GET"}
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
GLANCE = {
    "api": {
        "size_cap": 8 * MIB,
        "page_size": 2,
        "logging": {"format": "json"},
        "cors": {"allowed_origin": [ORIGIN]},
        "formats": {"disk": ["raw", "qcow2"]},
        "property_protections": {
            "rules": [
                {
                    "property": "^billing_.*",
                    "create": ["admin"],
                    "read": ["@"],
                    "update": ["admin"],
                    "delete": ["admin"],
                },
                {"property": ".*", "create": ["@"], "read": ["@"], "update": ["@"], "delete": ["@"]},
            ]
        },
        "image_schema": {"rack": {"type": "string", "description": "Rack that the image is for"}},
        "healthcheck": {"disable_by_file_path": OFF},
        "audit": {"enabled": True, "driver": "log"},
        "policy": {"communitize_image": "role:admin"},
    },
    "import": {
        "plugins": ["image_decompression", "image_conversion", "inject_image_metadata"],
        "output_format": "raw",
        "inject": {"imported": "yes"},
        "disallowed_hosts": ["auth-node"],
        "allowed_ports": [80, 8000],
    },
    "cache": {"enabled": True, "max_size": MIB, "prune": "daily", "clean": "daily", "prefetch": "daily"},
    "quotas": {"tags": 3, "properties": 32},
    "scrubber": {"delayed_delete": True, "schedule": "daily"},
    "purge": {"schedule": "weekly"},
    "metadefs": {
        "load": True,
        "own": {
            "zurich-rack": {
                "namespace": "Zurich::Rack",
                "display_name": "Rack",
                "visibility": "public",
                "properties": {"rack": {"title": "Rack", "type": "string"}},
            }
        },
    },
}
UNDER_UWSGI = ("bullseye", "sid")
BEFORE_LIMITS = ("bullseye",)
BEFORE_LOOKUP = ("bookworm", "trixie")  # unified limits whose endpoint Glance does not find itself
STEPS = (("auth-node", "glance.identity"), (NODE, "glance.api"))


@pytest.fixture(scope="module")
def featured(servers, deployed):
    """The runs that switched it on: the plan, what was done, and once more."""
    pillar, suite = override.Override(servers), servers.status()["suite"]
    identity = {"identity": {"limits": LIMITS}} if suite not in BEFORE_LIMITS else {}
    found = {"endpoint_id": endpoint(servers)} if suite in BEFORE_LOOKUP else {}
    here = {**GLANCE, **identity, "quotas": {**GLANCE["quotas"], **found}}
    pillar.merge({"auth-node": {"glance": identity}, NODE: {"glance": here}})
    plan, done, again = (
        {sls: orchestration.apply(servers, host, sls, test) for host, sls in STEPS} for test in (True, False, False)
    )
    yield plan, done, again
    pillar.clear()
    for host, sls in STEPS:
        left = failed(orchestration.apply(servers, host, sls))
        assert not left, f"it cannot be switched off: {left}"


def endpoint(lab):
    """Id of the public endpoint, found as the message says that asks for it."""
    done = orchestration.salt(lab).run("openstack_identity.endpoint_list", "type=image", minion_tgt="auth-node")
    return next(each["id"] for each in done.data if each["interface"] == "public")


def failed(states):
    return {name: each.comment for name, each in states.items() if each.result is False}


def test_switched_on_as_planned_and_then_left_alone(featured):
    plan, done, again = featured
    for sls in done:
        assert not failed(done[sls])
        assert not orchestration.changes(again[sls])
        planned, changed = (set(orchestration.changes(each[sls])) for each in (plan, done))
        assert planned <= changed
        # Salt's own states of a unit that is not there yet plan nothing
        assert {name.rpartition("-")[2] for name in changed - planned} <= {"reload", "running", "enabled"}


@pytest.fixture(scope="module")
def administrator(servers):
    return cloud.session(site.auth(servers, "zurich"))


@pytest.fixture(scope="module")
def admin(administrator):
    """Glance as its administrator has it."""
    return glance(administrator)


@pytest.fixture(scope="module")
def person(servers, featured, administrator):
    """Glance as somebody has it who is no administrator, in a project of its own."""
    keystone, password = keystoneclient.Client(session=administrator, interface="public"), secrets.token_hex(16)
    project = keystone.projects.create("people", "default")
    user = keystone.users.create("person", domain="default", password=password)
    keystone.roles.grant(next(role for role in keystone.roles.list() if role.name == "member"), user, project=project)
    auth = site.auth(servers, "zurich", username=user.name, password=password, project_name=project.name)
    yield glance(cloud.session(auth))
    keystone.users.delete(user)
    keystone.projects.delete(project)


def glance(session):
    return adapter.Adapter(session, service_type="image", interface="public", raise_exc=False)


@pytest.fixture
def image(person, admin):
    """``image(hw_disk_bus="scsi")``: a new one of the person's; all of them are gone at the end."""
    made = []

    def create(**attributes):
        given = {"name": "feature", "disk_format": "raw", "container_format": "bare", **attributes}
        answer = person.post("/v2/images", json=given)
        if answer.status_code == 201:
            made.append(answer.json()["id"])
        return answer

    yield create
    for image_id in made:
        admin.delete(f"/v2/images/{image_id}")


def filled(glance, image_id, data, what="file"):
    return glance.put(f"/v2/images/{image_id}/{what}", data=data, headers={"Content-Type": "application/octet-stream"})


def imported(glance, image_id, method):
    """The image once Glance is done with it, for better or worse."""
    answer = glance.post(f"/v2/images/{image_id}/import", json={"method": method})
    assert answer.status_code == 202, answer.text
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = glance.get(f"/v2/images/{image_id}").json()
        if found["status"] == "active" or found.get("os_glance_failed_import"):
            return found
        time.sleep(0.5)
    raise AssertionError(f"not imported after 60 s: {found}")


def job(lab, name):
    """A job of a timer, now; its timer waits for its time."""
    node = lab.node(NODE)
    assert node.run("systemctl", "is-active", f"{name}.timer").stdout.strip() == "active"
    node.run("systemctl", "start", f"{name}.service", timeout=120)


def test_what_each_project_may_have(servers, person, image):
    if servers.status()["suite"] in BEFORE_LIMITS:
        pytest.skip("unified limits came with Xena, and this is an older release")
    answers = [image() for _ in range(COUNT + 1)]
    assert [answer.status_code for answer in answers] == [201] * COUNT + [413], answers[-1].text
    usage = person.get("/v2/info/usage").json()["usage"]
    assert usage["image_count_total"] == {"limit": COUNT, "usage": COUNT}
    assert {name: each["limit"] for name, each in usage.items()} == LIMITS


def test_no_image_is_larger_than_the_cap(servers, person, image):
    image_id = image().json()["id"]
    try:
        assert filled(person, image_id, bytes(9 * MIB)).status_code == 413
    except keystoneauth1.exceptions.ConnectionError:  # uWSGI closes the connection with data still on its way
        assert servers.status()["suite"] in UNDER_UWSGI
    assert person.get(f"/v2/images/{image_id}").json()["status"] == "queued"


def test_formats(image):
    assert image(disk_format="iso").status_code == 400
    assert image(disk_format="qcow2").status_code == 201


def test_more_tags_than_allowed(person, image):
    assert image(tags=list("abc")).status_code == 201
    assert image(tags=list("abcd")).status_code == 413


def test_a_protected_property(person, admin, image):
    assert image(billing_code="7").status_code == 403
    image_id = image(rack="a1").json()["id"]
    change = [{"op": "add", "path": "/billing_code", "value": "7"}]
    answers = [each.patch(f"/v2/images/{image_id}", json=change, headers=PATCH) for each in (person, admin)]
    assert [answer.status_code for answer in answers] == [403, 200], answers
    assert person.get(f"/v2/images/{image_id}").json()["billing_code"] == "7"


def test_a_rule_of_policy(person, admin, image):
    image_id = image().json()["id"]
    change = [{"op": "replace", "path": "/visibility", "value": "community"}]
    answers = [each.patch(f"/v2/images/{image_id}", json=change, headers=PATCH) for each in (person, admin)]
    assert [answer.status_code for answer in answers] == [403, 200], answers


def test_pages(person, image):
    for _ in range(3):
        image()
    found = person.get("/v2/images").json()
    assert (len(found["images"]), "next" in found) == (2, True)


def test_schema_and_metadata_definitions(person):
    assert person.get("/v2/schemas/image").json()["properties"]["rack"]["description"] == "Rack that the image is for"
    own = person.get("/v2/metadefs/namespaces/Zurich::Rack").json()
    assert own["properties"]["rack"]["title"] == "Rack"
    found = person.get("/v2/metadefs/namespaces?limit=100").json()["namespaces"]
    assert {"OS::Compute::CPUPinning", "OS::Compute::LibvirtImage"} <= {each["namespace"] for each in found}


def test_a_browser_from_elsewhere(person):
    allowed, other = (
        person.request("/v2/images", "OPTIONS", authenticated=False, headers={**PREFLIGHT, "Origin": origin}).headers
        for origin in (ORIGIN, "https://elsewhere.example.org")
    )
    assert allowed.get("Access-Control-Allow-Origin") == ORIGIN
    assert "Access-Control-Allow-Origin" not in other


def test_out_of_rotation(lab, person):
    node, ask = lab.node(NODE), lambda: person.get("/healthcheck", authenticated=False).status_code
    assert ask() == 200
    node.run("touch", OFF)
    try:
        assert ask() == 503
        assert person.get("/v2/images").status_code == 200, "it must still answer those who are there"
    finally:
        node.run("rm", OFF)
    assert ask() == 200


def test_who_did_what(lab, person, image):
    """Each request is audited, with who asked, in a log that is JSON."""
    image_id = image().json()["id"]
    said = lab.node(NODE).run("tail", "-n", "80", LOG).stdout.splitlines()
    lines = [json.loads(line) for line in said if line.startswith("{")]  # uWSGI has lines of its own
    audited = [line["message"] for line in lines if "audit" in line["name"]]
    assert [each for each in audited if "person" in str(each)], f"nothing of image {image_id} in {audited}"


def test_imported_unpacked_converted_and_marked(servers, lab, person, image):
    """A qcow2: Glance 30 refuses what it unpacks and need not convert, since its size is another than the upload's."""
    if servers.status()["suite"] == "bullseye":
        pytest.skip("uWSGI 2.0.19 has no py-sys-executable, and starts itself in place of Python with qemu-img")
    make = "qemu-img create -q -f qcow2 /tmp/a 1M && qemu-io -c 'write -q -P 7 0 64k' /tmp/a && gzip -c /tmp/a | base64"
    data = base64.b64decode(lab.node(NODE).run("sh", "-c", f"{make}; rm /tmp/a").stdout)
    image_id = image(disk_format="qcow2").json()["id"]
    assert filled(person, image_id, data, "stage").status_code == 204
    found = imported(person, image_id, {"name": "glance-direct"})
    assert (found["status"], found["size"], found["imported"]) == ("active", MIB, "yes")
    assert (found["disk_format"], found["virtual_size"]) == ("raw", MIB)
    assert person.get(f"/v2/images/{image_id}/file").content == b"\7" * 64 * KIB + bytes(MIB - 64 * KIB)


@pytest.mark.parametrize(
    "url", ["http://auth-node:8000/tiny.qcow2", "http://db-node:8001/tiny.qcow2", "ftp://db-node/a"]
)
def test_a_source_that_is_not_allowed(person, image, url):
    method = {"name": "web-download", "uri": url}
    answer = person.post(f"/v2/images/{image().json()['id']}/import", json={"method": method})
    assert answer.status_code == 400, answer.text


def cached(lab):
    return set(lab.node(NODE).run("ls", CACHE).stdout.split())


def test_cached_pruned_and_cleaned(lab, person, admin, image):
    ids = [image().json()["id"] for _ in range(2)]
    for image_id in ids:
        filled(person, image_id, uuid.uuid4().bytes * (48 * KIB))  # 768 KiB: both are more than the cache may hold
        assert len(person.get(f"/v2/images/{image_id}/file").content) == 768 * KIB
    assert set(ids) <= cached(lab)
    job(lab, "glance-cache-prune")
    assert len(cached(lab) & set(ids)) == 1, f"of {ids} there is {cached(lab)}"
    if (told := admin.get("/v2/cache")).status_code != 404:  # before Yoga Glance has another way to ask
        assert {each["image_id"] for each in told.json()["cached_images"]} & set(ids) == cached(lab) & set(ids)
    lab.node(NODE).run("touch", "--date=3 days ago", f"{CACHE}/incomplete/{ids[0]}")
    job(lab, "glance-cache-clean")
    assert lab.node(NODE).run("ls", f"{CACHE}/incomplete").stdout == ""


def test_fetched_ahead(servers, lab, person, admin, image):
    if servers.status()["suite"] == "bullseye":
        pytest.skip("glance-cache-prefetcher of Glance 21 knows one backend: Image not found in any configured backend")
    image_id = image().json()["id"]
    filled(person, image_id, bytes(64 * KIB))
    assert admin.put(f"/v2/cache/{image_id}").status_code == 202
    if servers.status()["suite"] != "sid":  # Glance 33 does it by itself, and its prefetcher does not start
        job(lab, "glance-cache-prefetch")
    end = time.monotonic() + 30
    while image_id not in cached(lab):
        assert time.monotonic() < end, "it is not in the cache"
        time.sleep(1)


def test_deleted_now_scrubbed_later(lab, person, image):
    node, image_id = lab.node(NODE), image().json()["id"]
    filled(person, image_id, bytes(64 * KIB))
    assert person.delete(f"/v2/images/{image_id}").status_code == 204
    assert person.get(f"/v2/images/{image_id}").status_code == 404
    node.run("test", "-e", f"{STORE}/{image_id}")
    job(lab, "glance-scrub")
    assert node.run("test", "-e", f"{STORE}/{image_id}", check=False).returncode, "its data is still there"


def test_old_rows(lab, person, image):
    image_id = image().json()["id"]
    person.delete(f"/v2/images/{image_id}")
    site.sql(
        lab,
        "db-node",
        f"UPDATE glance.images SET deleted_at = NOW() - INTERVAL 40 DAY WHERE id = '{image_id}';"
        " INSERT INTO glance.image_properties (image_id, name, value, created_at, deleted_at, deleted)"
        f" VALUES ('{image_id}', 'purge-me', '', NOW(), NOW() - INTERVAL 40 DAY, 1)",
    )
    rows = "SELECT COUNT(*) FROM glance.image_properties WHERE name = 'purge-me'"
    assert site.sql(lab, "db-node", rows).strip() == "1"
    job(lab, "glance-db-purge")
    assert site.sql(lab, "db-node", rows).strip() == "0"
    kept = f"SELECT COUNT(*) FROM glance.images WHERE id = '{image_id}'"
    assert site.sql(lab, "db-node", kept).strip() == "1", (
        "an id that is free again can be taken by somebody else: OSSN-0075"
    )
