"""Glance does not start with a configuration: it goes on with the one it had, and the error has its last words."""

import pytest

from . import orchestration

pytestmark = pytest.mark.usefixtures("deployed")
CONF = "/etc/glance/glance-api.conf"
FILE, SERVICE = f"glance-api-config-file-{CONF}", "glance-api-service-running"
KEPT = "/var/lib/openstack_service/glance-api"
# What this formula lets pass and Glance does not: nobody has written a pipeline of that name, and a process of the
# test has that port.
BROKEN = {
    "a flavor that is in no file": ({"paste_deploy": {"flavor": "nobody-wrote-this"}}, "nobody-wrote-this"),
    "a port that is taken": ({"DEFAULT": {"bind_port": 9393}}, "9393"),
}
LISTENER = "import socket,time; s=socket.create_server(('0.0.0.0', 9393)); time.sleep(900)"


def glance(more):
    return {"image-node": {"glance": {"api": {"config": more}}}}


@pytest.fixture(scope="module", autouse=True)
def neighbour(servers):
    """Somebody who has the port."""
    node = servers.node("image-node")
    node.run("systemd-run", "--unit=lab-test-neighbour", "python3", "-c", LISTENER)
    yield
    node.run("systemctl", "stop", "lab-test-neighbour", check=False)


@pytest.fixture(autouse=True)
def sound(lab, pillar, apply):
    """Before and after, Glance runs as the checkout's pillar has it."""
    yield
    pillar.clear()
    left = [each.comment for each in apply("image-node", "glance.api").values() if each.result is False]
    assert not left, f"the pillar of before does not bring Glance back: {left}"


def answers(salt):
    done = salt.run("openstack_image.answering", url="http://127.0.0.1:9292", minion_tgt="image-node")
    return done.data["error"] is None, done.data


def test_the_files_of_a_service_that_answers_are_kept(lab):
    node = lab.node("image-node")
    assert node.run("stat", "-c", "%a %U", KEPT, f"{KEPT}/kept.json").stdout.split() == ["700", "root", "600", "root"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_configuration_that_glance_refuses(lab, apply, pillar, salt, name):
    if lab.status()["suite"] in ("bullseye", "sid") and "port" in name:
        pytest.skip("under uWSGI Glance has no port of its own, and pillar that gives it one is refused before")
    node, (broken, word) = lab.node("image-node"), BROKEN[name]
    before = node.read(CONF)
    pillar.merge(glance(broken))
    planned = apply("image-node", "glance.api", test=True)
    assert planned[SERVICE].result is None, f"the plan does not say that Glance is restarted: {planned[SERVICE]}"
    run = apply("image-node", "glance.api")
    assert run[FILE].changes == planned[FILE].changes
    state = run[SERVICE]
    assert state.result is False, f"Glance must not come up with {name}: {state}"
    for text in (word, "is back in place and the service answers with it", f"{KEPT}/refused{CONF}"):
        assert text in state.comment, f"the error does not name {text!r}: {state.comment}"
    assert state.changes[CONF] == {"old": "new", "new": "put back"}
    assert node.read(CONF) == before, "the file is not what it was"
    assert answers(salt)[0], f"Glance does not answer with the old configuration: {answers(salt)[1]}"
    assert node.run("stat", "-c", "%a %U %G", f"{KEPT}/refused{CONF}").stdout.split() == ["640", "root", "glance"]


def test_the_next_right_run(lab, apply, pillar, salt):
    pillar.merge(glance({**BROKEN["a flavor that is in no file"][0], "DEFAULT": {"image_member_quota": 77}}))
    for _ in range(2):  # the second one tries again
        wrong = apply("image-node", "glance.api")
        assert "DEFAULT/image_member_quota" in wrong[FILE].changes
        assert wrong[SERVICE].result is False
    pillar.merge(glance({"DEFAULT": {"image_member_quota": 77}}))
    run = apply("image-node", "glance.api")
    failed = [each.comment for each in run.values() if each.result is False]
    assert not failed, f"a right configuration after a wrong one fails: {failed}"
    assert run[FILE].changes == {"DEFAULT/image_member_quota": {"old": None, "new": "77"}}
    assert set(run[SERVICE].changes) == {"process"}
    assert answers(salt)[0]
    gone = lab.node("image-node").run("test", "-e", f"{KEPT}/refused", check=False).returncode
    assert gone, "what was refused is still there"
    left = orchestration.changes(apply("image-node", "glance.api"))
    assert not left, f"there is still something to do: {left}"


def test_a_run_that_ended_before_the_restart(lab, apply, pillar):
    """The file is as declared, but Glance has not read it: no state that is watched has changes."""
    pillar.merge(glance({"DEFAULT": {"image_member_quota": 78}}))
    wrote = apply("image-node", "glance.api.config")
    assert wrote[FILE].changes
    plan = apply("image-node", "glance.api", test=True)
    assert set(plan[SERVICE].changes) == {"process"}
    run = apply("image-node", "glance.api")
    assert (run[SERVICE].result, run[SERVICE].changes) == (True, plan[SERVICE].changes)
