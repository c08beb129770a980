"""What is called by hand."""

import urllib.parse

from functional import images
from functional.image.common import GOOD, sent


def test_answer_as_data(modules, window, glance):
    answer = modules.openstack_image.answering()
    assert (answer["status"], answer["error"], answer["url"]) == (200, None, window.url)
    assert answer["version"].startswith("v2.")
    assert modules.openstack_image.endpoint() == window.url


def test_listing_is_asked_once_and_knows_own_writes(modules, window, glance, web, name):
    modules.openstack_image.list()
    listings = asked(window)
    assert len(listings) == 2  # one page of those that are listed, one of those that are hidden
    image = modules.openstack_image.upload(name, f"{web.url}/good.qcow2", "qcow2", hidden=True)
    assert modules.openstack_image.show(name) == modules.openstack_image.show(image["id"])
    assert modules.openstack_image.update(name, tags=["x"])["tags"] == ["x"]
    assert image["id"] in [one["id"] for one in modules.openstack_image.list()]
    assert modules.openstack_image.delete(name) is True
    assert modules.openstack_image.delete(name) is False
    assert modules.openstack_image.show(name) is None
    [last_look] = asked(window)[len(listings) :]
    # before the image got its name: whether another minion had given it away since the listing
    assert f"name={urllib.parse.quote('in:' + chr(34) + name, safe='')}" in last_look


def asked(window):
    """Paths of the lists of images that were asked for."""
    return [path for _, path, _ in sent(window, "GET") if "/v2/images?" in path]


def test_inspect(modules, tmp_path):
    path = tmp_path / "image"
    path.write_bytes(GOOD)
    ret = modules.openstack_image.inspect(str(path))
    assert (ret["format"], ret["virtual_size"], ret["findings"]) == ("qcow2", 64 << 20, [])
    path.write_bytes(images.qcow2(backing="/etc/passwd"))
    assert "backing_file" in modules.openstack_image.inspect(str(path))["findings"][0]
