"""
Images in a real Glance, behind a real Keystone.

Glance is reached through a window that the tests open in a region of their own: it notes every request, so "no data
moved" and "one PATCH" are counted, and it can be shut, which is how "Glance is down" looks. What is true is asked with
python-glanceclient.
"""

import contextlib
import functools
import io
import os
import signal
import time
import tracemalloc
import urllib.parse
import uuid

import glanceclient
import pytest
from keystoneclient.v3 import client as keystoneclient

from functional import cloud, images, webserver
from functional.webserver import digest

REGION = "images-under-test"
SECRET = "not in any message"
GOOD = images.qcow2()
OTHER = images.qcow2(b"another content\n")
MARK, RECORD = "glance_formula_upload", "glance_formula_source_hash"


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
def present(states, name, web):
    """The state with usual arguments."""
    return functools.partial(
        states.openstack_image.present,
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


def assert_nothing_left(found, name):
    assert found(name) == []


def sent(window, method):
    return [entry for entry in window.log if entry[0] == method]


# --- present: where data comes from


@pytest.fixture(params=["http", "chunked", "file", "file-url", "salt", "ftp", "sums", "query"])
def source(request, web, tmp_path, minion_opts):
    """One kind of source: URL or path, source_hash."""
    path = tmp_path / "good.qcow2"
    path.write_bytes(GOOD)
    web.files["/SHA256SUMS"] = f"{'0' * 64}  bad.qcow2\n{digest(GOOD).removeprefix('sha256=')} *good.qcow2\n".encode()
    web.files["/chunked"] = webserver.chunked(GOOD)
    if request.param == "salt":
        (tmp_path / "root").mkdir()
        (tmp_path / "root" / "good.qcow2").write_bytes(GOOD)
        roots = minion_opts["file_roots"]["base"]
        roots.append(str(tmp_path / "root"))
        yield "salt://good.qcow2", digest(GOOD)
        roots.pop()
    elif request.param == "ftp":
        with webserver.serving(webserver.Ftp) as server:
            server.files = {"/good.qcow2": GOOD}
            yield f"ftp://127.0.0.1:{server.port}/good.qcow2", digest(GOOD, "md5")
    else:
        yield {
            "http": (f"{web.url}/good.qcow2", digest(GOOD, "sha512")),
            "chunked": (f"{web.url}/chunked", digest(GOOD, "sha384")),
            "file": (str(path), None),
            "file-url": (f"file://{path}", digest(GOOD, "md5")),
            "sums": (f"{web.url}/good.qcow2", f"{web.url}/SHA256SUMS"),
            "query": (f"{web.url}/good.qcow2?token={SECRET.replace(' ', '')}", digest(GOOD).removeprefix("sha256=")),
        }[request.param]


def test_present_from_every_kind_of_source(present, source, name, found, window):
    arguments = {"source": source[0], "source_hash": source[1], "visibility": "public", "tags": ["b", "a"]}
    arguments["properties"] = {"hw_disk_bus": "virtio", "hw_qemu_guest_agent": True, "count": 2}
    planned = present(test=True, **arguments)
    assert planned.result is None, planned.comment
    assert not sent(window, "POST")
    done = present(**arguments)
    assert done.result is True, done.comment
    assert done.changes == planned.changes
    [image] = found(name)
    assert (image.name, image.status, image.visibility) == (name, "active", "public")
    assert (image.hw_disk_bus, image.hw_qemu_guest_agent, image["count"]) == ("virtio", "true", "2")
    assert sorted(image.tags) == ["a", "b"]
    assert image.os_hash_value == digest(GOOD, "sha512").removeprefix("sha512=")
    assert MARK not in image

    window.log.clear()
    for test in (True, False):
        again = present(test=test, **arguments)
        assert (again.result, again.changes) == (True, {}), again.comment
    assert {method for method, _, _ in window.log} <= {"GET"}
    assert not [path for _, path, _ in window.log if path.endswith("/file")]


def test_second_run_moves_no_data(present, web):
    present()
    web.log.clear()
    assert present().changes == {}
    assert web.log == []


def test_http_source_is_read_once(present, web):
    present()
    assert [entry for entry in web.log if entry[2] > 1] == [["GET", "/good.qcow2", len(GOOD)]]


def test_memory_is_flat(present, web, found, name):
    big = bytes(64 << 20)
    web.files["/big"] = big
    tracemalloc.start()
    try:
        # the window keeps what it passes on, so this goes to Glance's own region
        ret = present(source=f"{web.url}/big", source_hash=digest(big), disk_format="raw", profile="glance:direct")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ret.result, ret.comment
    assert peak < 24 << 20
    assert found(name)[0].size == len(big)


# --- present: drift


ATTRIBUTES = {
    "visibility": ("public", "private", {"visibility": "private"}),
    "properties changed": ({"hw_disk_bus": "virtio"}, {"hw_disk_bus": "ide"}, {"hw_disk_bus": "ide"}),
    "properties added": ({"a": "1"}, {"a": "1", "b/c~d": "2"}, {"b/c~d": "2"}),
    "properties missing": ({"a": "1"}, {}, ["a"]),
    "tags": (["a", "b"], ["a", "c"], {"tags": ["c", "a"]}),
    "tags emptied": ([], ["a"], {"tags": ["a"]}),
    "min_disk": (1, 5, {"min_disk": 5}),
    "min_ram": (64, 0, {"min_ram": 0}),
    "protected": (True, False, {"protected": False}),
    "hidden": (False, True, {"os_hidden": True}),
}


@pytest.mark.parametrize("case", ATTRIBUTES)
def test_drift_is_shown_and_repaired_with_one_patch(present, glance, found, name, window, case, loaders):
    attribute = case.split()[0]
    wanted, drifted, change = ATTRIBUTES[case]
    arguments = {attribute: wanted}
    assert present(**arguments).result
    image = found(name)[0]
    removed = change if isinstance(change, list) else None
    glance.images.update(image.id, remove_props=removed, **({} if removed else change))
    loaders.reset_state()
    window.log.clear()
    expected = {attribute: {"old": drifted, "new": wanted}}
    planned = present(test=True, **arguments)
    assert (planned.result, planned.changes) == (None, expected)
    assert not sent(window, "PATCH")
    done = present(**arguments)
    assert (done.result, done.changes) == (True, expected), done.comment
    assert len(sent(window, "PATCH")) == 1
    assert present(**arguments).changes == {}


def test_several_drifts_are_one_patch(present, window):
    present(tags=["a"], properties={"a": "1"}, min_ram=1)
    window.log.clear()
    changes = present(tags=["b"], properties={"b": "1"}, min_ram=2, visibility="public", protected=True).changes
    assert set(changes) == {"tags", "properties", "min_ram", "visibility", "protected"}
    assert len(sent(window, "PATCH")) == 1


def test_what_is_not_declared_is_left_alone(present, glance, found, name):
    present()
    image = found(name)[0]
    glance.images.update(image.id, visibility="public", min_ram=7, mine="1", tags=["t"])
    assert present().changes == {}
    assert found(name)[0].visibility == "public"


def test_properties_of_services_are_not_drift(present, glance, found, name):
    present(properties={"a": "1"})
    glance.images.update(found(name)[0].id, **{"owner_specified.openstack.md5": "1", "instance_uuid": "2"})
    assert present(properties={"a": "1"}).changes == {}


def test_disk_format_of_an_active_image_is_refused(present):
    present()
    for test in (True, False):
        ret = present(disk_format="raw", test=test)
        assert (ret.result, ret.changes) == (False, {})
        assert "does not change the disk_format" in ret.comment


def test_deactivated_image_stays_deactivated(present, modules, found, name):
    present()
    modules.openstack_image.deactivate(name)
    assert present().changes == {}
    assert found(name)[0].status == "deactivated"
    assert modules.openstack_image.reactivate(name)["status"] == "active"


# --- present: content


def test_other_content_replaces_and_loses_nothing(present, found, name, web):
    present(visibility="public", tags=["kept"], protected=True)
    old = found(name)[0]
    arguments = {"source": f"{web.url}/other.qcow2", "source_hash": digest(OTHER)}
    planned = present(test=True, **arguments)
    done = present(**arguments)
    assert (planned.result, done.result) == (None, True), done.comment
    assert done.changes == planned.changes
    assert list(done.changes) == ["content"]
    now = {image.id: image for image in found(name)}
    [new] = [image for image in now.values() if image.id != old.id]
    assert (new.name, new.visibility, new.tags, new.protected) == (name, "public", ["kept"], True)
    assert now[old.id].name.startswith(f"{name} (retired ")
    assert (now[old.id].status, now[old.id].os_hidden, now[old.id].glance_formula_retired) == ("active", True, name)
    assert present(**arguments).changes == {}


def test_replacement_that_fails_leaves_the_old_image(present, found, name, web):
    present(visibility="public")
    ret = present(source=f"{web.url}/other.qcow2", source_hash="sha256=" + "0" * 64)
    assert (ret.result, ret.changes) == (False, {})
    [image] = found(name)
    assert (image.name, image.visibility, image.os_hidden) == (name, "public", False)


def test_image_that_came_by_other_ways_is_read_once(present, glance, name, window):
    image = glance.images.create(name=name, disk_format="qcow2", container_format="bare")
    glance.images.upload(image.id, io.BytesIO(GOOD))
    planned = present(test=True)
    done = present()
    assert planned.changes == done.changes == {"content": {"old": f"{digest(GOOD)}, not recorded", "new": digest(GOOD)}}
    assert done.result, done.comment
    window.log.clear()
    assert present().changes == {}
    assert not [path for _, path, _ in window.log if path.endswith("/file")]


def test_record_of_a_snapshot_is_not_believed(present, glance, found, name):
    present()
    recorded = found(name)[0][RECORD]
    snapshot = glance.images.create(
        name=f"{name}-snapshot", disk_format="qcow2", container_format="bare", **{RECORD: recorded}
    )
    glance.images.upload(snapshot.id, io.BytesIO(OTHER))
    ret = present(name=f"{name}-snapshot", test=True)
    assert ret.changes["content"]["old"].startswith(digest(OTHER))


def test_queued_image_of_the_name_is_filled(present, glance, found, name):
    queued = glance.images.create(name=name, disk_format="raw", container_format="bare", visibility="public")
    ret = present(visibility="public")
    assert ret.result, ret.comment
    assert [(image.id, image.status, image.visibility) for image in found(name)] == [(queued.id, "active", "public")]


def test_two_images_of_a_name_are_ambiguous(present, glance, name):
    ids = [glance.images.create(name=name, disk_format="raw", container_format="bare").id for _ in range(2)]
    for test in (True, False):
        ret = present(test=test)
        assert ret.result is False
        assert all(image_id in ret.comment for image_id in ids)


def test_pinned_id(present, found, name, web):
    pinned = str(uuid.uuid4())
    assert present(id=pinned).result
    assert [image.id for image in found(name)] == [pinned]
    assert present(id=pinned).changes == {}
    renamed = present(name=f"{name}-new", id=pinned)
    assert renamed.changes == {"name": {"old": name, "new": f"{name}-new"}}
    ret = present(name=f"{name}-new", id=pinned, source=f"{web.url}/other.qcow2", source_hash=digest(OTHER), test=True)
    assert ret.result is False
    assert "never changes the data of an id" in ret.comment


@pytest.mark.parametrize("source", ["/cut", "/cut-chunked", "/wrong"])
def test_pinned_id_survives_a_failed_upload(present, found, name, web, source):
    pinned = str(uuid.uuid4())
    long = GOOD + bytes(1 << 20)
    web.files.update(
        {"/cut": webserver.cut(long), "/cut-chunked": webserver.chunked(long, whole=False), "/wrong": long}
    )
    assert present(id=pinned, source=web.url + source, visibility="public").result is False
    [image] = found(name)
    assert (image.id, image.status, image.visibility) == (pinned, "queued", "private")
    ret = present(id=pinned, visibility="public")
    assert ret.result, ret.comment
    [image] = found(name)
    assert (image.id, image.name, image.status, image.visibility) == (pinned, name, "active", "public")


# --- present: failures


def bad_sources(web):
    raw = images.raw()
    web.files.update(
        {
            "/cut": webserver.cut(GOOD),
            "/cut-chunked": webserver.chunked(raw, whole=False),
            "/chunked": webserver.chunked(GOOD),
            "/empty": b"",
            "/backing": images.qcow2(backing="/etc/passwd"),
            "/data-file": images.qcow2(data_file="/etc/shadow"),
            "/vmdk": images.vmdk_descriptor("/etc/passwd"),
            "/raw": raw,
        }
    )
    wrong = "sha256=" + "0" * 64
    return {
        "404": ({"source": "/missing"}, "HTTP 404"),
        "wrong hash": ({"source": "/good.qcow2", "source_hash": wrong}, f"has {digest(GOOD)}, declared is {wrong}"),
        "wrong hash, no length": ({"source": "/chunked", "source_hash": wrong}, "declared is"),
        "cut": ({"source": "/cut", "source_hash": None}, "connection was cut"),
        "cut, no length": ({"source": "/cut-chunked", "source_hash": None, "disk_format": "raw"}, "connection was cut"),
        "empty": ({"source": "/empty", "source_hash": None}, "is empty"),
        "backing file": ({"source": "/backing", "source_hash": None}, "backing_file"),
        "data file": ({"source": "/data-file", "source_hash": None}, "data_file"),
        "vmdk": ({"source": "/vmdk", "source_hash": None, "disk_format": "vmdk"}, "not safe"),
        "qcow2 as raw": ({"source": "/backing", "source_hash": None, "disk_format": "raw"}, "is qcow2"),
        "raw as qcow2": ({"source": "/raw", "source_hash": None}, "is raw"),
        "not in sums": ({"source": "/good.qcow2", "source_hash": "/raw"}, "has no digest of good.qcow2"),
    }


CASES = list(bad_sources(type("Web", (), {"files": {}})))


@pytest.mark.parametrize("case", CASES)
def test_bad_source_leaves_nothing(present, web, found, name, case):
    arguments, message = bad_sources(web)[case]
    arguments = {key: web.url + value if str(value).startswith("/") else value for key, value in arguments.items()}
    ret = present(visibility="public", **arguments)
    assert (ret.result, ret.changes) == (False, {})
    assert message in ret.comment
    assert arguments["source"] in ret.comment or "/raw" in ret.comment
    assert_nothing_left(found, name)


@pytest.mark.parametrize("test", [True, False])
def test_missing_source_is_said_in_the_plan(present, web, window, test):
    ret = present(source=f"{web.url}/missing", test=test)
    assert (ret.result, ret.changes) == (False, {})
    assert f"{web.url}/missing: HTTP 404" in ret.comment
    assert not sent(window, "POST")


@pytest.mark.parametrize("test", [True, False])
def test_unreachable_source(present, test, window):
    ret = present(source="http://127.0.0.1:9/a.qcow2", test=test)
    assert ret.result is False
    assert "http://127.0.0.1:9/a.qcow2: nobody answers" in ret.comment
    assert not sent(window, "POST")


def test_plan_asks_a_web_server_for_one_byte(present, web):
    assert present(test=True).result is None
    assert [entry[2] for entry in web.log] == [1]


def test_no_secret_of_a_url_in_a_message(present, web):
    reference = "http://me:{pillar:glance:mirror:password|url}@127.0.0.1:9/a.qcow2"
    for source in (reference, f"{web.url}/missing?token={SECRET}", f"http://me:{SECRET}@127.0.0.1:9/a"):
        ret = present(source=source)
        assert ret.result is False
        assert SECRET not in ret.comment
        assert SECRET.replace(" ", "%20") not in ret.comment


def test_upload_that_glance_breaks_off(present, window, found, name):
    window.break_upload = True
    ret = present()
    assert (ret.result, ret.changes) == (False, {})
    assert_nothing_left(found, name)
    assert present().result


def test_image_is_private_until_verified(present, web, found, name):
    seen = []

    def look():
        deadline = time.monotonic() + 20
        while not (now := found(name)) and time.monotonic() < deadline:
            time.sleep(0.1)
        seen.extend(now)

    web.files["/slow"] = webserver.chunked(GOOD, meanwhile=look)
    assert present(source=f"{web.url}/slow", visibility="public").result
    assert seen
    assert {image.visibility for image in seen} == {"private"}
    assert name not in {image.name for image in seen}


# --- present: interrupted runs


def test_killed_run_leaves_nothing_after_the_next(present, web, found, name):
    web.files["/slow"] = webserver.chunked(GOOD, meanwhile=lambda: time.sleep(5))
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            present(source=f"{web.url}/slow", visibility="public")
        os._exit(0)
    deadline = time.monotonic() + 60
    while not found(name) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    [leftover] = found(name)
    assert leftover.visibility == "private"
    ret = present(visibility="public")
    assert ret.result, ret.comment
    [image] = found(name)
    assert (image.name, image.status, image.visibility) == (name, "active", "public")
    assert image.id != leftover.id


@pytest.mark.parametrize("pinned", [False, True])
def test_whole_leftover_is_taken_over(present, glance, found, name, web, pinned):
    arguments = {"id": str(uuid.uuid4())} if pinned else {}
    present(**arguments)
    image = found(name)[0]
    mark = {MARK: f"functional/{name}"}
    glance.images.update(image.id, name=f"{name} (upload)", visibility="private", **mark)
    web.log.clear()
    ret = present(visibility="public", **arguments)
    assert ret.result, ret.comment
    assert [(one.id, one.name, one.visibility) for one in found(name)] == [(image.id, name, "public")]
    assert MARK not in found(name)[0]
    assert present(visibility="public", **arguments).changes == {}


def test_another_minion_is_uploading(present, glance, found, name):
    mark = {MARK: f"other-minion/{name}"}
    queued = glance.images.create(name=f"{name} (upload)", disk_format="raw", container_format="bare", **mark)
    ret = present()
    assert ret.result is False
    assert "other-minion" in ret.comment
    assert queued.id in ret.comment
    assert [image.id for image in found(name)] == [queued.id]


# --- proxy


def test_proxy_is_used(present, found, name):
    with webserver.serving(webserver.Files) as proxy:
        proxy.files = {"/far.qcow2": GOOD}
        ret = present(source="http://images.example.org/far.qcow2", proxy=proxy.url)
        assert ret.result, ret.comment
        assert {entry[1] for entry in proxy.log} == {"http://images.example.org/far.qcow2"}
    assert found(name)[0].status == "active"


def test_proxy_that_is_down_is_named(present):
    ret = present(source="http://images.example.org/far.qcow2", proxy=f"http://me:{SECRET}@127.0.0.1:9")
    assert ret.result is False
    assert "proxy http://127.0.0.1:9" in ret.comment or "proxy 127.0.0.1:9" in ret.comment
    assert SECRET not in ret.comment


# --- the cloud is not there, or says no


@contextlib.contextmanager
def glance_is(window, how):
    if how == "nobody behind the balancer":
        window.answer = 503
    yield {"no endpoint": "glance:elsewhere", "no keystone": "glance:nowhere"}.get(how, "glance:identity:admin")
    window.answer = None


@pytest.mark.parametrize("how", ["nobody behind the balancer", "no endpoint", "no keystone"])
def test_first_plan_before_glance_is_there(present, window, how, glance):
    with glance_is(window, how) as profile:
        planned = present(test=True, profile=profile)
        assert planned.result is None
        assert planned.changes["status"] == {"old": None, "new": "active"}
        assert "would be created, once the Image API can be asked" in planned.comment
        done = present(profile=profile)
        assert (done.result, done.changes) == (False, {})


def test_wrong_password(present, states):
    """A plan may be the one that makes the user or sets the password, so it goes on; a run does not."""
    for state in (states.openstack_image.answering, present):
        planned = state(name="test-x", profile="glance:identity:stranger", test=True)
        assert planned.result is None
        assert "does not accept" in planned.comment + str(planned.changes.get("api"))
        assert SECRET not in planned.comment + str(planned.changes)
    for state in (states.openstack_image.answering, present, states.openstack_image.absent):
        done = state(name="test-x", profile="glance:identity:stranger")
        assert (done.result, done.changes) == (False, {})
        assert "does not accept" in done.comment
        assert SECRET not in done.comment


def test_token_that_glance_refuses(present, window, glance):
    window.answer = 401
    done = present()
    assert (done.result, done.changes) == (False, {})
    assert "[keystone_authtoken]" in done.comment
    assert "[keystone_authtoken]" in present(test=True).comment


# --- absent


def test_absent(present, states, found, name):
    present()
    planned = states.openstack_image.absent(name=name, test=True)
    assert planned.result is None
    assert len(found(name)) == 1
    done = states.openstack_image.absent(name=name)
    assert (done.result, done.changes) == (True, planned.changes)
    assert done.changes["name"] == {"old": name, "new": None}
    assert_nothing_left(found, name)
    assert states.openstack_image.absent(name=name).changes == {}


def test_absent_refuses_a_protected_image(present, states, found, name):
    present(protected=True)
    for test in (True, False):
        ret = states.openstack_image.absent(name=name, test=test)
        assert ret.result is False
        assert "is protected" in ret.comment
    assert states.openstack_image.absent(name="anything", id=found(name)[0].id, force=True).result
    assert_nothing_left(found, name)


# --- answering


def test_answering(states, window, glance):
    for test in (True, False):
        ret = states.openstack_image.answering(name="glance", test=test)
        assert (ret.result, ret.changes) == (True, {})
        ret = states.openstack_image.answering(name=f"http://{window.target}", test=test)
        assert (ret.result, ret.changes) == (True, {})


def test_answering_waits(states, window, glance):
    window.answer = 500
    planned = states.openstack_image.answering(name="glance", test=True)
    assert planned.result is None
    assert "HTTP 500" in planned.changes["api"]["old"]
    window.log.clear()

    def back():
        while len(window.log) < 3:
            time.sleep(0.1)
        window.answer = None

    thread = webserver.threading.Thread(target=back)
    thread.start()
    done = states.openstack_image.answering(name="glance", timeout=30)
    thread.join()
    assert (done.result, done.changes) == (True, planned.changes)


def test_answering_gives_up(states, window, glance):
    window.answer = 500
    start = time.monotonic()
    ret = states.openstack_image.answering(name="glance", timeout=2)
    assert time.monotonic() - start < 15
    assert (ret.result, ret.changes) == (False, {})
    assert "HTTP 500" in ret.comment
    assert "journalctl" in ret.comment
    ret = states.openstack_image.answering(name="http://127.0.0.1:9", timeout=1)
    assert "no answer from http://127.0.0.1:9" in ret.comment


# --- execution functions


def test_answer_as_data(modules, window, glance):
    answer = modules.openstack_image.answering()
    assert (answer["status"], answer["error"], answer["url"]) == (200, None, window.url)
    assert answer["version"].startswith("v2.")
    assert modules.openstack_image.endpoint() == window.url


def test_listing_is_asked_once_and_knows_own_writes(modules, window, glance, web, name):
    modules.openstack_image.list()
    listings = len(sent(window, "GET"))
    image = modules.openstack_image.upload(name, f"{web.url}/good.qcow2", "qcow2", hidden=True)
    assert modules.openstack_image.show(name) == modules.openstack_image.show(image["id"])
    assert modules.openstack_image.update(name, tags=["x"])["tags"] == ["x"]
    assert image["id"] in [one["id"] for one in modules.openstack_image.list()]
    assert modules.openstack_image.delete(name) is True
    assert modules.openstack_image.delete(name) is False
    assert modules.openstack_image.show(name) is None
    assert len([path for _, path, _ in sent(window, "GET") if "/v2/images?" in path]) == listings


def test_download(modules, glance, web, name, tmp_path):
    modules.openstack_image.upload(name, f"{web.url}/good.qcow2", "qcow2")
    dest = tmp_path / "copy.qcow2"
    ret = modules.openstack_image.download(name, str(dest))
    assert ret == {"path": str(dest), "size": len(GOOD), "hash": digest(GOOD, "sha512")}
    assert dest.read_bytes() == GOOD
    assert list(tmp_path.iterdir()) == [dest]
    assert modules.openstack_image.digest(name) == digest(GOOD)
    assert modules.openstack_image.digest(name, "md5") == digest(GOOD, "md5")


def test_inspect(modules, tmp_path):
    path = tmp_path / "image"
    path.write_bytes(GOOD)
    ret = modules.openstack_image.inspect(str(path))
    assert (ret["format"], ret["virtual_size"], ret["findings"]) == ("qcow2", 64 << 20, [])
    path.write_bytes(images.qcow2(backing="/etc/passwd"))
    assert "backing_file" in modules.openstack_image.inspect(str(path))["findings"][0]
