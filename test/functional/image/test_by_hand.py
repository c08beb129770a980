"""What operators call by hand besides states: data out of Glance, members, the cache of a host, what Glance can do."""

import time

import pytest
from keystoneclient.v3 import client as keystoneclient

from functional.image.common import GOOD
from functional.webserver import digest


@pytest.fixture
def image(modules, glance, web, name):
    """An image with data."""
    return modules.openstack_image.upload(name, f"{web.url}/good.qcow2", "qcow2", visibility="shared")


@pytest.fixture
def project(session):
    """Another project, ``(id, name)``."""
    keystone = keystoneclient.Client(session=session, interface="public")
    found = [each for each in keystone.projects.list(domain="default") if each.name == "test-images-team"]
    found = found or [keystone.projects.create("test-images-team", "default")]
    yield found[0]
    keystone.projects.delete(found[0])


# --- data


def test_download(modules, image, name, tmp_path):
    dest = tmp_path / "copy.qcow2"
    found = {"path": str(dest), "size": len(GOOD), "hash": digest(GOOD, "sha512")}
    assert modules.openstack_image.download(name, str(dest)) == {**found, "transferred": len(GOOD)}
    assert dest.read_bytes() == GOOD
    assert dest.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [dest]
    assert modules.openstack_image.download(name, str(dest)) == {**found, "transferred": 0}
    assert [modules.openstack_image.digest(name, kind) for kind in ("sha256", "md5")] == [
        digest(GOOD),
        digest(GOOD, "md5"),
    ]


def test_download_goes_on_where_it_was(modules, image, name, tmp_path, window):
    dest = tmp_path / "copy.qcow2"
    (tmp_path / f"copy.qcow2.{image['id']}.part").write_bytes(GOOD[:1000])
    ret = modules.openstack_image.download(name, str(dest))
    assert ret["transferred"] == len(GOOD) - 1000
    assert dest.read_bytes() == GOOD


def test_download_of_what_is_not_there(modules, glance, name, tmp_path):
    with pytest.raises(Exception, match=f"there is no image {name}"):
        modules.openstack_image.download(name, str(tmp_path / "x"))
    queued = glance.images.create(name=name, disk_format="raw", container_format="bare")
    with pytest.raises(Exception, match="is queued and Glance has no hash"):
        modules.openstack_image.download(queued.id, str(tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


def test_download_to_where_nobody_can_write(modules, image, name, tmp_path):
    with pytest.raises(Exception, match="No such file or directory"):
        modules.openstack_image.download(name, str(tmp_path / "nowhere" / "x"))


# --- members


def test_members(modules, image, name, project):
    assert modules.openstack_image.member_list(name) == {}
    assert modules.openstack_image.member_add(name, project.name) is True
    assert modules.openstack_image.member_add(name, project.id) is False
    assert modules.openstack_image.member_list(name) == {project.id: "pending"}
    assert modules.openstack_image.member_accept(name, project.name) == {project.id: "accepted"}
    assert modules.openstack_image.member_list(name) == {project.id: "accepted"}
    modules.openstack_image.member_accept(image["id"], project.id, status="rejected")
    assert modules.openstack_image.member_list(name) == {project.id: "rejected"}
    assert modules.openstack_image.member_remove(name, project.name) is True
    assert modules.openstack_image.member_remove(name, project.name) is False
    assert modules.openstack_image.member_add(name, project.name, accept=True) is True
    assert modules.openstack_image.member_list(name) == {project.id: "accepted"}


def test_members_that_cannot_be(modules, glance, image, name, project):
    with pytest.raises(Exception, match="there is no project test-nobody in domain Default"):
        modules.openstack_image.member_add(name, "test-nobody")
    with pytest.raises(Exception, match="use pending, accepted, rejected"):
        modules.openstack_image.member_accept(name, project.id, status="maybe")
    glance.images.update(image["id"], visibility="public")
    modules.openstack_image.update(name, visibility="public")
    assert modules.openstack_image.member_list(name) == {}
    with pytest.raises(Exception, match="sharing image"):
        modules.openstack_image.member_add(name, project.id)


# --- the cache of a host


@pytest.fixture
def cached(modules, session, window):
    """Its state, where the Glance under test has a cache."""
    response = session.get(f"http://{window.target}/v2/cache", raise_exc=False)
    if response.status_code == 404:
        pytest.skip("GET /v2/cache answers 404: this Glance has no cache, or is older than 24")
    modules.openstack_image.cache_clear()
    yield modules.openstack_image.cache_list
    modules.openstack_image.cache_clear()


def entry(cached):
    """The only image in the cache, once the host has fetched it."""
    deadline = time.monotonic() + 60
    while not cached()["cached"] and time.monotonic() < deadline:
        time.sleep(0.5)
    [found] = cached()["cached"]
    return found


def test_cache(modules, cached, image, name):
    assert cached() == {"cached": [], "queued": []}
    assert modules.openstack_image.cache_queue(name) == image["id"]
    found = entry(cached)
    assert (found["image_id"], found["size"]) == (image["id"], len(GOOD))
    assert modules.openstack_image.cache_delete(name) is True
    assert modules.openstack_image.cache_delete(name) is False
    assert cached() == {"cached": [], "queued": []}


def test_cache_is_cleared(modules, cached, image, window):
    modules.openstack_image.cache_queue(image["id"], url=f"http://{window.target}")
    entry(cached)
    assert modules.openstack_image.cache_clear()["cached"] == 1
    assert cached() == {"cached": [], "queued": []}
    with pytest.raises(Exception, match="target 'some'"):
        modules.openstack_image.cache_clear("some")


def test_without_a_cache_it_is_said_what_is_missing(modules, window, glance):
    window.answer = 404  # as Glance before 24 answers, and one without a cache
    for function in (modules.openstack_image.cache_list, modules.openstack_image.cache_clear):
        with pytest.raises(Exception, match="has no image cache to manage; it needs Glance 24"):
            function()


# --- what Glance can do


def test_what_glance_says_of_itself(modules, session, window, image, name):
    def said(path):
        response = session.get(f"http://{window.target}{path}", raise_exc=False)
        return None if response.status_code == 404 else response.json()

    assert modules.openstack_image.import_methods() == said("/v2/info/import")["import-methods"]["value"]
    stores = said("/v2/info/stores")
    assert modules.openstack_image.stores() == (stores and stores["stores"])
    if modules.openstack_image.stores(detail=True):
        assert {store["type"] for store in modules.openstack_image.stores(detail=True)} == {"file"}
    usage = said("/v2/info/usage")
    assert modules.openstack_image.usage() == (usage and usage["usage"])
    tasks = said(f"/v2/images/{image['id']}/tasks")
    assert modules.openstack_image.tasks(name) == (tasks and tasks["tasks"])


def test_who_may_not_is_told(modules, window, glance):
    window.answer = 403
    with pytest.raises(Exception, match="policy does not let"):
        modules.openstack_image.cache_list()
