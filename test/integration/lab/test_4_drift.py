"""What somebody changed by hand is found by ``test=True``, named, repaired by the run, and clean after it."""

from dataclasses import dataclass

import pytest

from . import orchestration, site

pytestmark = pytest.mark.usefixtures("deployed")
CONF = "/etc/glance/glance-api.conf"
FILE = f"glance-api-config-file-{CONF}"
SERVICE = "glance-api-service-running"


@dataclass(frozen=True)
class Drift:
    """How to break it, which state of which host must see it, and a word that its changes or comment must have."""

    host: str
    sls: str
    state: str
    word: str
    command: tuple
    sql: str = ""

    def make(self, lab):
        if self.sql:
            site.sql(lab, self.host, self.sql)
        else:
            lab.node(self.host).run(*self.command)


def sed(expression):
    return ("sed", "-i", expression, CONF)


ENDPOINT = (
    "UPDATE keystone.endpoint SET url = 'http://wrong.example.org:9292' WHERE interface = 'internal' AND service_id ="
    " (SELECT id FROM keystone.service WHERE type = 'image')"
)
OPENSTACK = ". /root/glance-openrc && openstack "
DRIFTS = {
    "grant removed": Drift(
        "db-node", "glance.database", "glance-database-grants-present", "ALL PRIVILEGES", (),
        "REVOKE ALL PRIVILEGES ON glance.* FROM 'glance'@'%'",
    ),
    "password of the database user": Drift(
        "db-node", "glance.database", "glance-database-user-present", "password", (),
        "ALTER USER 'glance'@'%' IDENTIFIED BY 'changed-by-hand'",
    ),
    "permissions in RabbitMQ": Drift(
        "db-node", "glance.messaging", "glance-messaging-permissions-present", "write",
        ("rabbitmqctl", "set_permissions", "-p", "/glance", "glance", ".*", "^$", ".*"),
    ),
    "option changed": Drift(
        "image-node", "glance.api", FILE, "DEFAULT/workers", sed("s/^workers = .*/workers = 7/"),
    ),
    "option added": Drift(
        "image-node", "glance.api", FILE, "DEFAULT/debug", sed("s/^\\[DEFAULT\\]/&\\ndebug = true/"),
    ),
    "permissions of the file": Drift(
        "image-node", "glance.api", FILE, "mode", ("chmod", "0644", CONF),
    ),
    "service stopped": Drift(
        "image-node", "glance.api", SERVICE, "glance-api", ("systemctl", "stop", "glance-api"),
    ),
    "service not enabled": Drift(
        "image-node", "glance.api", SERVICE, "enabled",
        ("systemctl", "disable", "glance-api"),
    ),
    "property of the image": Drift(
        "image-node", "glance.images", "glance-images-tiny", "hw_disk_bus",
        ("sh", "-c", OPENSTACK + "image set --property hw_disk_bus=ide tiny"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DRIFTS)
def test_drift(lab, apply, name):
    drift = DRIFTS[name]
    drift.make(lab)
    planned = apply(drift.host, drift.sls, test=True)
    state = planned[drift.state]
    assert state.result is None, f"test=True does not see that {name}: {state.comment}"
    assert drift.word in f"{state.changes} {state.comment}", f"test=True does not name {drift.word}: {state}"
    run = apply(drift.host, drift.sls)
    failed = [f"{each.id}: {each.comment}" for each in run.values() if each.result is False]
    assert not failed, f"the repair of {name} fails: {failed}"
    if "service" not in name:
        assert run[drift.state].changes == state.changes, f"the plan of {name} was another than the run"
    left = orchestration.changes(apply(drift.host, drift.sls, test=True))
    assert not left, f"after the repair of {name} there is still something to do: {left}"


def test_a_service_that_is_enabled_too_is_restarted(lab, apply):
    """Salt restarts no service for what it watches in the state that enables it."""
    started = ("systemctl", "show", "--property=ActiveEnterTimestampMonotonic", "--value", "glance-api")
    node = lab.node("image-node")
    before = node.run(*started).stdout
    DRIFTS["service not enabled"].make(lab)
    DRIFTS["option changed"].make(lab)
    run = apply("image-node", "glance.api")
    assert all(each.result for each in run.values()), [each.comment for each in run.values() if not each.result]
    assert node.run(*started).stdout != before, "Glance still runs with the options that it had before"


def test_no_option_of_another_hand_is_told_by_value(lab, apply):
    """An option that nobody declared may be a secret."""
    lab.node("image-node").run(*sed("s/^\\[database\\]/&\\nslave_connection = mysql:\\/\\/u:S3cr3t-by-hand@h\\/d/"))
    try:
        states = apply("image-node", "glance.api", test=True)
    finally:
        lab.node("image-node").run(*sed("/S3cr3t-by-hand/d"))
    assert "database/slave_connection" in str(states), "test=True does not see the option"
    assert "S3cr3t-by-hand" not in str(states), "test=True shows the value of an option that is a secret"


def test_drift_on_all_hosts_at_once(lab):
    """As an operator finds it: one plan of the site, one run, nothing left."""
    site.sql(lab, "db-node", ENDPOINT)
    lab.node("auth-node").run("systemctl", "restart", "keystone")  # it keeps what it has read
    for name in ("permissions in RabbitMQ", "option changed", "property of the image"):
        DRIFTS[name].make(lab)
    seen = {
        "auth-node: glance-identity-endpoint-internal-present": "http://wrong.example.org:9292",
        "db-node: glance-messaging-permissions-present": "write",
        f"image-node: {FILE}": "DEFAULT/workers",
        "image-node: glance-images-tiny": "hw_disk_bus",
    }
    plan = orchestration.deploy(lab, "zurich", test=True)
    assert plan.code == 0, f"the plan fails:\n{plan}"
    for where, word in seen.items():
        assert word in str(plan.changes().get(where)), f"the plan does not name {word} of {where}:\n{plan}"
    run = orchestration.deploy(lab, "zurich")
    assert run.code == 0, f"the repair fails:\n{run}"
    missing = set(seen) - set(run.changes())
    assert not missing, f"the run did not repair {missing}:\n{run}"
    after = orchestration.deploy(lab, "zurich", test=True)
    assert not after.changes(), f"there is still something to do:\n{after}"
