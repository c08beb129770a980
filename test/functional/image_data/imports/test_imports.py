"""What Glance does itself: it downloads, takes staged data, copies to more stores; and how it fails."""

import hashlib

import pytest

from functional import images
from functional.webserver import digest

GOOD = images.qcow2()
RAW = images.raw(3 * images.MIB)


STORES = ["local", "second"]
# it starts servers from PyPI
pytestmark = pytest.mark.slow


# --- web-download


@pytest.mark.parametrize("algorithm", ["sha512", "sha256", "md5"])
def test_glance_downloads(twice, web, algorithm):
    image = twice(
        source=f"{web.url}/a.qcow2",
        source_hash=digest(web.how.body, algorithm),
        disk_format="qcow2",
        visibility="public",
        fetch={"via": "web-download"},
    )
    assert (image.status, image.visibility) == ("active", "public")
    assert image.os_hash_value == hashlib.sha512(web.how.body).hexdigest()


def test_glance_downloads_something_else(refused, web):
    comment = refused(
        source=f"{web.url}/a.qcow2",
        source_hash=digest(RAW),
        disk_format="qcow2",
        fetch={"via": "web-download", "import_timeout": 60},
    )
    assert "Glance keeps other data" in comment


def test_glance_cannot_download(refused, web):
    """The minion is told yes, Glance no: it says why."""
    web.how.faults = [None] + [("status", 404)] * 9
    comment = refused(
        source=f"{web.url}/a.qcow2", disk_format="qcow2", fetch={"via": "web-download", "import_timeout": 60}
    )
    assert "Glance's import failed: " in comment
    assert "Glance gives no reason" not in comment


def test_glance_is_not_done_in_time(refused, web):
    web.how.faults = [None, ("stall", 1000), ("stall", 1000)]
    comment = refused(
        source=f"{web.url}/a.qcow2", disk_format="qcow2", fetch={"via": "web-download", "import_timeout": 3}
    )
    assert "after 3 s and Glance is not done" in comment


def test_only_the_web_can_be_downloaded(refused, tmp_path):
    (tmp_path / "a").write_bytes(GOOD)
    comment = refused(source=f"{tmp_path}/a", disk_format="qcow2", fetch={"via": "web-download"})
    assert "is not on a web server" in comment


# --- glance-direct


@pytest.mark.parametrize("source_hash", [True, False])
def test_staged_and_imported(twice, web, source_hash):
    arguments = {"source": f"{web.url}/a.qcow2", "fetch": {"via": "glance-direct"}}
    image = twice(**arguments, **({"source_hash": digest(web.how.body)} if source_hash else {}))
    assert (image.status, image.disk_format) == ("active", "qcow2")
    assert image.os_hash_value == hashlib.sha512(web.how.body).hexdigest()


def test_staged_data_that_is_bad_leaves_nothing(refused, web):
    web.how.body = images.qcow2(backing="/etc/passwd")
    comment = refused(source=f"{web.url}/a.qcow2", fetch={"via": "glance-direct"})
    assert "backing_file" in comment


def test_staged_data_with_another_hash_leaves_nothing(refused, web):
    arguments = {"source_hash": f"sha256={'0' * 64}", "fetch": {"via": "glance-direct"}}
    assert "declared is sha256=00" in refused(source=f"{web.url}/a.qcow2", **arguments)


# --- stores


def test_copies_come_and_go(twice, present, modules, web, name):
    arguments = {"source": f"{web.url}/a.qcow2", "source_hash": digest(web.how.body)}
    image = twice(**arguments)
    assert image.stores == STORES[0]
    both = present(**arguments, stores=STORES)
    assert both.changes == {"stores": {"old": [STORES[0]], "new": STORES}}, both.comment
    assert present(**arguments, stores=STORES).changes == {}
    one = present(**arguments, stores=[STORES[1]])
    assert one.changes == {"stores": {"old": STORES, "new": [STORES[1]]}}, one.comment
    assert modules.openstack_image.digest(name) == digest(web.how.body)


def test_copy_by_hand(twice, modules, web, name):
    twice(source=f"{web.url}/a.qcow2")
    for _ in range(2):
        assert set(modules["openstack_image.copy"](name, STORES)["stores"].split(",")) == set(STORES)
    for _ in range(2):
        assert modules.openstack_image.remove_from_store(name, STORES[1])["stores"] == STORES[0]


def test_the_last_copy_stays(twice, modules, web, name):
    twice(source=f"{web.url}/a.qcow2")
    with pytest.raises(Exception, match="from store"):
        modules.openstack_image.remove_from_store(name, STORES[0])


def test_a_store_that_is_not_there(twice, modules, web, name):
    twice(source=f"{web.url}/a.qcow2")
    with pytest.raises(Exception, match="store nowhere is not one of its stores"):
        modules["openstack_image.copy"](name, ["nowhere"])


# --- by hand


@pytest.mark.parametrize("method", ["glance-direct", "web-download", "copy-image"])
def test_nothing_speaks_against_it(modules, glance, tmp_path, method):
    staging = tmp_path / "staging"
    staging.mkdir(mode=0o770)
    config = tmp_path / "glance-api.conf"
    config.write_text(
        f"[DEFAULT]\nworker_self_reference_url = http://a:9292\n"
        f"[os_glance_staging_store]\nfilesystem_store_datadir = {staging}\n",
        encoding="utf-8",
    )
    staging.chmod(0o770)
    assert modules["openstack_image.import_findings"](method, config=str(config)) == []
    staging.chmod(0o700)
    found = modules["openstack_image.import_findings"](method, config=str(config))
    assert ("Glance cannot write to it" in str(found)) == (staging.stat().st_uid == 0)


def test_what_speaks_against_it(modules, glance, tmp_path):
    config = tmp_path / "glance-api.conf"
    config.write_text(f"[os_glance_staging_store]\nfilesystem_store_datadir = {tmp_path}/no\n", encoding="utf-8")
    found = modules.openstack_image.import_findings("glance-direct", ["nowhere"], config=str(config))
    assert [text.split(":")[0] for text in found] == [
        "store nowhere is not one of its stores (local, second)",
        f"staging directory {tmp_path}/no does not exist",
        str(config),
    ]
    assert "worker_self_reference_url is not set" in found[-1]


def test_import_by_hand(modules, glance, web, name):
    image = glance.images.create(name=name, disk_format="qcow2", container_format="bare")
    done = modules["openstack_image.import"](image.id, uri=f"{web.url}/a.qcow2", timeout=60)
    assert (done["status"], done["size"]) == ("active", len(web.how.body))


def test_import_by_hand_fails_in_glances_words(modules, glance, web, name):
    image = glance.images.create(name=name, disk_format="qcow2", container_format="bare")
    web.how.faults = [("status", 404)] * 9
    with pytest.raises(Exception, match=r"Glance's import failed: \S+"):
        modules["openstack_image.import"](image.id, uri=f"{web.url}/a.qcow2", timeout=60)
