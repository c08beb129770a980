"""Images of zurich in geneva: two Keystones that know nothing of each other, and data that does not pass the master."""

import hashlib
import json
import subprocess
import time

import pytest
from functional import cloud
from keystoneclient.v3 import client as keystoneclient

from . import leaks, orchestration, site

pytestmark = pytest.mark.usefixtures("deployed")
NAMES = ("across-one", "across-two", "across-three")
MIB = 1 << 20


@pytest.fixture(scope="module")
def password():
    return leaks.password()


@pytest.fixture(scope="module")
def reader(servers, deployed, password):
    """An account of zurich that is no administrator's, in a project of its own; its name."""
    if "geneva-node" not in servers.nodes:
        pytest.skip("the lab has one site: ./lab test brings up two, as does ./lab up --sites 2")
    run = orchestration.deploy(servers, "geneva")
    assert run.code == 0, f"geneva cannot be deployed:\n{run}"
    keystone = keystoneclient.Client(session=cloud.session(site.auth(servers, "zurich")), interface="public")
    project = keystone.projects.create("replication", "default")
    user = keystone.users.create("replication", domain="default", password=password)
    keystone.roles.grant(next(each for each in keystone.roles.list() if each.name == "member"), user, project=project)
    yield user.name
    keystone.users.delete(user)
    keystone.projects.delete(project)


@pytest.fixture
def accounts(pillar, reader, password):
    """Geneva's host has the account at zurich."""
    source = {
        "auth_url": "http://auth-node.example.org:5000",
        "username": reader,
        "password": password,
        "project_name": "replication",
    }
    pillar.merge({"geneva-node": {"glance": {"replication": {"sources": {"zurich": source}}}}})


def made(lab, name, size, *options):
    """An image of random data in zurich."""
    node = lab.node("image-node")
    node.run("sh", "-c", f"head -c {size} /dev/urandom > /tmp/{name}")
    script = (
        f". /root/glance-openrc && openstack image create --disk-format raw --public --file /tmp/{name}"
        f" {' '.join(options)} {name}; rm /tmp/{name}"
    )
    node.run("sh", "-c", script, timeout=600)


def removed(lab, *names):
    for host in ("image-node", "geneva-node"):
        ids = [image_id for name, (image_id, _) in checksums(lab, host).items() if name.startswith(names)]
        if ids:
            script = f". /root/glance-openrc && openstack image delete {' '.join(ids)}"
            lab.node(host).run("sh", "-c", script, timeout=300)


@pytest.fixture
def images(lab, reader):
    """Three images that only zurich has."""
    for name in NAMES:
        made(lab, name, 3 * MIB, "--property hw_disk_bus=scsi", "--tag across")
    yield NAMES
    removed(lab, *NAMES)


def copy(salt_run, *arguments, **more):
    """``(rows by image, answer)``."""
    given = {"from": "zurich", "to": "geneva", "images": ",".join(NAMES), **more}
    done = salt_run.run("glance.replicate", *arguments, *(f"{key}={value}" for key, value in given.items()))
    assert isinstance(done.data, dict), f"no data:\n{done.stdout}{done.stderr}"
    return {row["check"]: row for row in done.data["rows"]}, done


def cells(salt_run):
    """What ``glance.images`` says of each image, and its exit code."""
    done = salt_run.run("glance.images", "sites=zurich,geneva")
    return {row["image"]: row["sites"] for row in done.data["rows"]}, done.returncode


def checksums(lab, host):
    """``{name: (id, hash)}`` of a site's images."""
    script = ". /root/glance-openrc && openstack image list --long -f json -c ID -c Name -c Checksum"
    found = json.loads(lab.node(host).run("sh", "-c", script).stdout)
    return {image["Name"]: (image["ID"], image["Checksum"]) for image in found}


def test_without_an_account_it_is_said_who_needs_one(salt_run, reader):
    rows, done = copy(salt_run)
    assert done.returncode == 1
    [row] = rows.values()
    assert row["host"] == "geneva-node"
    assert "glance:replication:sources:zurich is in no pillar of site geneva" in row["detail"]


def test_copied_once(lab, salt_run, accounts, images):
    found, code = cells(salt_run)
    assert code == 1
    assert {found[name]["geneva"] for name in images} == {"missing"}
    before = site.snapshot(lab, "zurich")

    rows, done = copy(salt_run, test=True)
    assert done.returncode == 0, done.stdout
    assert {rows[name]["detail"] for name in images} == {"would be copied: 3.0 MiB"}
    assert not set(checksums(lab, "geneva-node")) & set(images), "a plan copied something"

    rows, done = copy(salt_run)
    assert done.returncode == 0, done.stdout
    assert {rows[name]["action"] for name in images} == {"copy"}
    zurich, geneva = checksums(lab, "image-node"), checksums(lab, "geneva-node")
    assert {name: geneva[name] for name in images} == {name: zurich[name] for name in images}
    found, _ = cells(salt_run)
    assert {cell for name in images for cell in found[name].values()} == {"present"}

    rows, done = copy(salt_run)
    assert {rows[name]["detail"] for name in images} == {"as at the source"}
    assert not site.differences(before, site.snapshot(lab, "zurich")), "the source was changed"


def test_a_table_for_people(lab, accounts, images):
    done = lab.master.run("salt-run", "glance.images", "sites=zurich,geneva", check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0].split() == ["Image", "zurich", "geneva", "Result", "Detail"], done.stdout
    assert [line.split()[:4] for line in lines if line.startswith("across-one")] == [
        ["across-one", "present", "missing", "failed"]
    ]


@pytest.mark.slow
def test_power_loss_in_the_middle(lab, salt_run, accounts, reader):
    name = "across-big"
    made(lab, name, 700 * MIB)
    try:
        running = subprocess.Popen(
            lab.master.argv("salt-run", "glance.replicate", "from=zurich", "to=geneva", f"images={name}"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        wait_for_upload(lab, f"{name} (upload)")
        lab.node("geneva-node").kill()
        running.kill()
        running.wait()
        lab.node("geneva-node").start()
        lab.node("geneva-node").wait_minion()
        again(salt_run, name)
        zurich, geneva = checksums(lab, "image-node"), checksums(lab, "geneva-node")
        # its Glance went down with an image that it never gives up, and gives an id out once
        assert (geneva[name][1], geneva[name][0] != zurich[name][0]) == (zurich[name][1], True)
        assert f"{name} (upload)" not in geneva
    finally:
        removed(lab, name)


def wait_for_upload(lab, name):
    query = f"SELECT COUNT(*) FROM glance.images WHERE name = '{name}' AND status = 'saving' AND deleted = 0"
    end = time.monotonic() + 120
    while site.sql(lab, "geneva-node", query).strip() != "1":
        assert time.monotonic() < end, "the copy did not begin within 120 s"
        time.sleep(0.2)


def again(salt_run, name, seconds=240):
    """Until the host's servers are back and its Glance has noticed that the upload is dead."""
    end = time.monotonic() + seconds
    while True:
        rows, done = copy(salt_run, images=name)
        if done.returncode == 0:
            return
        assert time.monotonic() < end, f"{seconds} s after the machine came back: {rows or done.stdout}"
        time.sleep(5)


@pytest.mark.slow
def test_the_account_is_where_pillar_put_it_and_nowhere_else(lab, salt_run, accounts, images, password, tmp_path):
    with leaks.recorded(lab, tmp_path / "events"), leaks.watched(lab.node("geneva-node")) as processes:
        copy(salt_run)
    search = leaks.Search({"reader": password, "again": hashlib.sha256(password.encode()).hexdigest()})
    assert not search.text((tmp_path / "events").read_text(errors="replace")), "the event bus has it"
    assert not search.text("\n".join(processes)), "a command line or environment has it"
    found = {(name, path) for name in lab.nodes for path, _ in search.files(lab.node(name))}
    pillars = {
        ("salt-master", "/srv/pillar/override.json"),
        ("salt-master", "/var/cache/salt/master/pillar/geneva-node.p"),
    }
    assert found <= pillars, f"also in {found - pillars}"
