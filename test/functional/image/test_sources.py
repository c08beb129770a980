"""Where the data comes from, and what is wrong with it."""

import time

import pytest

from functional import images, webserver
from functional.image.common import GOOD, SECRET, assert_nothing_left, sent
from functional.webserver import digest

MARK = "glance_formula_upload"


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
        "cut": ({"source": "/cut", "source_hash": None, "fetch": {"retries": 0}}, "connection was cut"),
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
