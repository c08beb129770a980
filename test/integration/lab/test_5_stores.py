"""A store that leaves pillar while images are in it is not taken away."""

import pytest

pytestmark = pytest.mark.usefixtures("deployed")
CONF, KEPT = "/etc/glance/glance-api.conf", "glance-api-stores-kept"
PLACES = {"local": "/var/lib/glance/images", "spare": "/var/lib/glance/spare"}
STORES = {"default": "local", "backends": {name: {"type": "file", "datadir": path} for name, path in PLACES.items()}}


def test_a_store_with_images_stays(lab, apply, pillar, salt):
    """Glance's own database says what is in it."""
    pillar.merge({"image-node": {"glance": {"stores": STORES}}})
    came = apply("image-node", "glance.api")
    assert all(state.result for state in came.values()), [s.comment for s in came.values() if not s.result]
    copied = salt.run("openstack_image.copy", "tiny", ["spare"], minion_tgt="image-node")
    assert copied.returncode == 0, copied
    pillar.clear()
    for test in (True, False):
        refused = apply("image-node", "glance.api", test=test)
        assert refused[KEPT].result is False, refused[KEPT]
        assert "spare (1)" in refused[KEPT].comment
        assert "spare:file" in lab.node("image-node").read(CONF)
    removed = salt.run("openstack_image.remove_from_store", "tiny", "spare", minion_tgt="image-node")
    assert removed.returncode == 0, removed
    gone = apply("image-node", "glance.api")
    assert gone[KEPT].result is True, gone[KEPT]
    assert "spare" not in lab.node("image-node").read(CONF)
