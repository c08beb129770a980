"""An option that leaves pillar leaves the file, and Glance runs without it."""

import pytest

from . import orchestration

pytestmark = pytest.mark.usefixtures("deployed")
CONF = "/etc/glance/glance-api.conf"
STATE = f"glance-api-config-file-{CONF}"


def started(lab):
    found = lab.node("image-node").run("systemctl", "show", "--property=MainPID,ActiveState", "glance-api").stdout
    return dict(line.split("=") for line in found.splitlines())


def test_option_comes_and_goes(lab, apply, pillar):
    before = started(lab)
    pillar.merge({"image-node": {"glance": {"api": {"config": {"DEFAULT": {"image_member_quota": 77}}}}}})
    came = apply("image-node", "glance.api")
    assert came[STATE].changes == {"DEFAULT/image_member_quota": {"old": None, "new": "77"}}, came[STATE]
    assert "image_member_quota = 77" in lab.node("image-node").read(CONF)
    between = started(lab)
    assert between["MainPID"] != before["MainPID"], "the option came, but Glance was not restarted: look at watch"
    pillar.clear()
    gone = apply("image-node", "glance.api")
    assert gone[STATE].changes == {"DEFAULT/image_member_quota": {"old": "77", "new": None}}, gone[STATE]
    assert "image_member_quota" not in lab.node("image-node").read(CONF)
    after = started(lab)
    assert after["ActiveState"] == "active", "Glance does not run: ./lab exec image-node -- journalctl -u glance-api"
    assert after["MainPID"] != between["MainPID"], "the option is gone, but Glance was not restarted: look at watch"
    left = orchestration.changes(apply("image-node", "glance.api"))
    assert not left, f"there is still something to do: {left}"
