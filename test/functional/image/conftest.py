"""
Images in a real Glance, behind a real Keystone.

Glance is reached through a window that the tests open in a region of their own: it notes every request, so "no data
moved" and "one PATCH" are counted, and it can be shut, which is how "Glance is down" looks. What is true is asked with
python-glanceclient.
"""

import functools
import pathlib
import sys
import urllib.parse
import uuid

import glanceclient
import pytest
from keystoneclient.v3 import client as keystoneclient

from functional import cloud, webserver
from functional.image.common import GOOD, OTHER, REGION, SECRET
from functional.webserver import digest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "_utils"))  # as Salt's loader has it


@pytest.fixture(scope="module")
def account(servers):
    """Who may publish images."""
    found = {**servers.get("identity", {}), **servers.get("image", {})}
    if "auth_url" not in found or "image" not in servers:
        pytest.skip("the file that GLANCE_TEST_SERVERS names has no identity or no image")
    return {key: value for key, value in found.items() if key not in ("url", "region_name")}


@pytest.fixture(scope="module")
def session(account):
    return cloud.session(account)


@pytest.fixture(scope="module")
def window(servers, session):
    """The way to Glance in the region under test."""
    region = servers["identity"].get("region_name", "RegionOne")
    url = servers["image"].get("url") or session.get_endpoint(service_type="image", region_name=region)
    target = urllib.parse.urlsplit(url).netloc
    keystone = keystoneclient.Client(session=session, region_name=region, interface="public")
    with webserver.serving(webserver.Window, target=target, answer=None, break_upload=False) as server:
        service = keystone.services.list(type="image")[0]
        if REGION not in [one.id for one in keystone.regions.list()]:
            keystone.regions.create(REGION)
        for stale in keystone.endpoints.list(region=REGION):
            keystone.endpoints.delete(stale)
        # with a version, as many catalogues have it
        endpoint = keystone.endpoints.create(service, f"{server.url}/v2", "public", REGION)
        yield server
        keystone.endpoints.delete(endpoint)
        keystone.regions.delete(REGION)


@pytest.fixture(scope="module")
def pillar(account, servers):
    place = {"auth_url": account["auth_url"], "region_name": REGION}
    admin = {key: value for key, value in account.items() if key != "auth_url"}
    identity = {**place, "admin": admin, "stranger": {**admin, "password": SECRET}}
    others = {
        "direct": {**admin, **place, "region_name": servers["identity"].get("region_name", "RegionOne")},
        "elsewhere": {**admin, **place, "region_name": "nowhere"},
        "nowhere": {**admin, "auth_url": "http://127.0.0.1:9"},
    }
    return {"glance": {"identity": identity, "mirror": {"password": SECRET}, **others}}


@pytest.fixture
def glance(session, window):
    """The witness; cleans up behind a test."""
    window.log.clear()
    window.answer, window.break_upload = None, False
    client = glanceclient.Client("2", session=session, endpoint_override=f"http://{window.target}")
    yield client
    for hidden in ("false", "true"):
        for image in list(client.images.list(filters={"os_hidden": hidden})):
            if image.name.startswith("test-"):
                client.images.update(image.id, protected=False)
                client.images.delete(image.id)


@pytest.fixture
def web():
    with webserver.serving(webserver.Files) as server:
        server.files = {"/good.qcow2": GOOD, "/other.qcow2": OTHER}
        yield server


@pytest.fixture
def name():
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def fresh(state, forget_images):
    """Runs a state function as in a run of its own: nothing is remembered, but the token, for a short while."""

    def run(function, **arguments):
        forget_images()
        return state(function, **arguments)

    return run


@pytest.fixture
def present(fresh, name, web):
    """The state with usual arguments."""
    return functools.partial(
        fresh,
        "openstack_image.present",
        name=name,
        source=f"{web.url}/good.qcow2",
        source_hash=digest(GOOD),
        disk_format="qcow2",
    )


@pytest.fixture
def found(glance):
    """All images of a name or with one that begins so, hidden ones too."""

    def find(name):
        pages = [glance.images.list(filters={"os_hidden": hidden}) for hidden in ("false", "true")]
        return [image for page in pages for image in page if image.name.startswith(name)]

    return find


@pytest.fixture
def keystone(session, servers):
    """Projects and users, as they are."""
    region = servers["identity"].get("region_name", "RegionOne")
    return keystoneclient.Client(session=session, region_name=region, interface="public")


@pytest.fixture
def projects(keystone):
    """Two projects, name to id."""
    made = [keystone.projects.create(f"test-{uuid.uuid4().hex[:8]}", "default") for _ in range(2)]
    yield {project.name: project.id for project in made}
    for project in made:
        keystone.projects.delete(project)


@pytest.fixture
def stores(session, window):
    """Ids of Glance's stores, the default one first."""
    answer = session.get(f"http://{window.target}/v2/info/stores", raise_exc=False)
    found = answer.json().get("stores", []) if answer.status_code == 200 else []
    found = sorted((store for store in found if not store.get("read-only")), key=lambda store: not store.get("default"))
    if len(found) < 2:
        pytest.skip("this Glance has one store (GET /v2/info/stores)")
    return [store["id"] for store in found]
