"""The catalogue as a user of the cloud sees it, and sources that cannot be had."""

import hashlib
import json

import pytest

from . import site

pytestmark = pytest.mark.usefixtures("deployed")
SOURCE = "/srv/images/tiny.qcow2"  # on auth-node
SHA256 = "dd2b526d8ad2cf7f791a1e5e4006fb7158bacb07251f8fa8f7f78757b453040a"


@pytest.fixture
def openstack(lab):
    """python3-openstackclient on image-node, with the openrc that this formula wrote."""

    def run(command):
        script = f". /root/glance-openrc && openstack {command}"
        return lab.node("image-node").run("sh", "-c", script).stdout

    return run


def test_image_is_in_the_list(openstack):
    images = {image["Name"]: image["Status"] for image in json.loads(openstack("image list -f json"))}
    assert images.get("tiny") == "active", f"openstack image list shows {images}"


def test_cloud_of_clouds_yaml(lab):
    found = lab.node("image-node").run("sh", "-c", "openstack --os-cloud glance image list -f value -c Name").stdout
    assert "tiny" in found.split(), "the entry glance of clouds.yaml leads elsewhere: ./lab exec image-node"


def test_image_comes_back_as_it_was(lab, openstack):
    openstack("image save --file /tmp/tiny.back tiny")
    node = lab.node("image-node")
    source = lab.node("auth-node").run("sha256sum", SOURCE).stdout.split()[0]
    back = node.run("sha256sum", "/tmp/tiny.back").stdout.split()[0]
    assert back == source == SHA256, "what comes back is not what the source has"
    info = json.loads(node.run("qemu-img", "info", "--output=json", "/tmp/tiny.back").stdout)
    assert (info["format"], info["virtual-size"]) == ("qcow2", 64 << 20), f"qemu-img info: {info}"
    node.run("rm", "/tmp/tiny.back")


def test_image_says_what_pillar_says(openstack):
    image = json.loads(openstack("image show tiny -f json"))
    assert image["disk_format"] == "qcow2"
    assert image["container_format"] == "bare"
    assert image["visibility"] == "public"
    assert image["properties"]["hw_disk_bus"] == "virtio", f"its properties are {image['properties']}"


WRONG = {
    "404": ("http://auth-node:8000/none.qcow2", None, ["404"]),
    "unreachable": ("http://auth-node:8999/tiny.qcow2", None, ["auth-node:8999"]),
    "hash": ("http://auth-node:8000/tiny.qcow2", hashlib.sha256(b"another").hexdigest(), ["sha256"]),
}


@pytest.mark.parametrize("kind", WRONG)
def test_source_that_cannot_be_had(lab, apply, pillar, kind):
    source, digest, words = WRONG[kind]
    image = {"source": source, "disk_format": "qcow2", **({"source_hash": f"sha256={digest}"} if digest else {})}
    pillar.merge({"image-node": {"glance": {"images": {"broken": image}}}})
    before = site.snapshot(lab, "zurich")
    state = apply("image-node", "glance.images")["glance-images-broken"]
    assert state.result is False, f"an image whose source is {kind} came to {state}"
    assert not state.changes, f"a failed upload shows changes: {state.changes}"
    for word in ("broken", *words):
        assert word in state.comment, f"the refusal does not say {word}: {state.comment}"
    left = site.differences(before, site.snapshot(lab, "zurich"))
    assert not left, "a failed upload left something behind:\n" + "\n".join(left)
    planned = apply("image-node", "glance.images", test=True)["glance-images-broken"]
    if kind != "hash":  # that is known after the download only
        assert planned.result is False, f"test=True plans an image whose source is {kind}: {planned.comment}"
    assert "tiny" in str(apply("image-node", "glance.images")), "one wrong image must not hide the others"


def test_notifications_reach_the_broker(lab, openstack):
    """Glance sends them on the side: a broker that it cannot use stops no request."""
    openstack("image set --property seen=once tiny")
    try:
        queues = lab.node("db-node").run("rabbitmqctl", "-q", "list_queues", "-p", "/glance", "name", "messages").stdout
    finally:
        openstack("image unset --property seen tiny")
    counts = dict(line.split("\t") for line in queues.splitlines() if line.startswith("notifications."))
    assert int(counts.get("notifications.info", 0)) > 0, (
        f"no notification of Glance in vhost /glance, whose queues are {queues or 'none'}: look for oslo_messaging in"
        " /var/log/glance/glance-api.log on image-node, and at transport_url in glance-api.conf"
    )
