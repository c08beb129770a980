"""The lab itself: that its machines are machines, and that its failures are failures."""

import json
import re
import socket
import subprocess
import time

import pytest
from lab.errors import LabError
from lab.settings import GATEWAY, REPO

CAP_SYS_TIME = 25


def cli(*argv, **more):
    return subprocess.run([str(REPO / "lab"), *argv], capture_output=True, text=True, timeout=120, check=False, **more)


def reaches(lab, one, other):
    return lab.node(one).run("ping", "-c1", "-W1", other, check=False).returncode == 0


def test_every_machine_is_up_and_no_unit_of_it_failed(lab):
    for name in lab.nodes:
        state = lab.node(name).run("systemctl", "is-system-running", "--wait", check=False, timeout=60).stdout.strip()
        failed = lab.node(name).run("systemctl", "--failed", "--no-legend").stdout
        assert state == "running", f"{name} is {state}: {failed}"


def test_no_command_in_a_machine_can_set_the_clock_of_the_host(lab):
    for name in lab.nodes:
        status = lab.node(name).run("cat", "/proc/self/status").stdout
        for kind in ("CapEff", "CapPrm", "CapBnd"):
            held = int(re.search(rf"{kind}:\s*(\w+)", status)[1], 16)
            assert not held >> CAP_SYS_TIME & 1, f"a command in {name} holds CAP_SYS_TIME ({kind})"
    done = lab.node("db-node").run("date", "--set", "@1", check=False)
    assert done.returncode != 0
    assert time.time() > 1_000_000_000


def test_the_only_way_out_is_the_package_proxy(lab):
    node = lab.node("db-node")
    assert node.run("ip", "route", "show", "default").stdout == ""
    tunnel = f"exec 3<>/dev/tcp/{GATEWAY}/3142; printf 'CONNECT localhost:22 HTTP/1.1\\r\\n\\r\\n' >&3; head -1 <&3"
    assert " 403 " in node.run("bash", "-c", tunnel).stdout
    assert node.run("apt-get", "update", "--quiet", "--error-on=any").returncode == 0


def test_all_machines_know_each_other_inside_and_outside(lab):
    for name in lab.nodes:
        for known in (name, f"{name}.example.org"):
            found = lab.node("image-node").run("getent", "hosts", known).stdout.split()
            assert found[0] == lab.node(name).address


def test_secrets_are_the_masters_alone(lab):
    assert lab.master.run("stat", "-c", "%a %U", "/srv/pillar/lab_secrets.sls").stdout.strip() == "600 root"
    assert lab.node("db-node").run("ls", "/srv/pillar").stdout == ""


def test_a_command_hands_on_its_exit_code_its_input_and_its_words(lab):
    node = lab.node("db-node")
    done = node.run("sh", "-c", "cat; echo bad >&2; exit 7", check=False, input="grüezi\n")
    assert (done.returncode, done.stdout, done.stderr) == (7, "grüezi\n", "bad\n")
    with pytest.raises(LabError, match=r"db-node: sh -c echo why.*exit 3\nwhy"):
        node.run("sh", "-c", "echo why; exit 3")


def test_a_command_that_takes_too_long_is_ended_in_the_machine_too(lab):
    node = lab.node("db-node")
    with pytest.raises(LabError, match="no end after 1 s"):
        node.run("sleep", "98765", timeout=1)
    for _ in range(20):
        if node.run("pgrep", "-f", "sleep 98765", check=False).returncode:
            return
        time.sleep(0.1)
    pytest.fail("it runs on")


def test_files_are_written_with_folder_and_mode(lab):
    node = lab.node("db-node")
    node.write("/var/tmp/lab-test/deep/file", "one\ntwo", mode="0640")
    assert node.read("/var/tmp/lab-test/deep/file") == "one\ntwo"
    assert node.run("stat", "-c", "%a", "/var/tmp/lab-test/deep/file").stdout.strip() == "640"
    node.run("rm", "-r", "/var/tmp/lab-test")


def test_power_loss_and_return(lab):
    node = lab.node("image-node")
    node.write("/var/tmp/kept", "what was written stays")
    boots, identity = node.facts["boots"], node.run("cat", "/etc/machine-id").stdout
    node.kill()
    assert node.facts["state"] == "off"
    with pytest.raises(LabError, match="image-node is off"):
        node.run("true")
    node.start()
    node.wait_minion()
    assert node.facts["boots"] == boots + 1
    assert node.run("cat", "/etc/machine-id").stdout == identity
    assert node.read("/var/tmp/kept") == "what was written stays"


def test_a_machine_that_salt_reboots_comes_back(lab):
    node = lab.node("image-node")
    boots = node.facts["boots"]
    lab.salt("--async", "image-node", "system.reboot")
    end = time.monotonic() + 60
    while node.facts["boots"] == boots and time.monotonic() < end:
        time.sleep(0.2)
    node.wait_minion()
    assert node.facts["boots"] == boots + 1


def test_a_pulled_cable(lab):
    node = lab.node("db-node")
    node.cut()
    answer = lab.salt("-t", "3", "-L", "db-node,auth-node", "test.ping")
    assert answer.data["auth-node"] is True
    assert answer.data.get("db-node") is not True
    node.join()
    node.wait_minion()


def test_a_split_between_two_machines(lab):
    lab.split("db-node", "image-node")
    assert not reaches(lab, "db-node", "image-node")
    assert reaches(lab, "db-node", "auth-node")
    assert reaches(lab, "image-node", "salt-master")
    lab.heal()
    assert reaches(lab, "db-node", "image-node")


def test_lost_packets(lab):
    lab.node("db-node").loss(100)
    assert not reaches(lab, "auth-node", "db-node")
    lab.node("db-node").loss(0)
    assert reaches(lab, "auth-node", "db-node")


def test_a_machine_that_hangs_answers_pings_and_nothing_else(lab):
    node = lab.node("auth-node")
    node.freeze()
    assert reaches(lab, "db-node", "auth-node")
    assert lab.salt("-t", "3", "auth-node", "test.ping").data.get("auth-node") is not True
    node.thaw()
    node.wait_minion()


def test_the_checkouts_code_is_synced_when_it_changed(lab):
    lab.sync()
    assert lab.sync() is False
    (lab.run_dir / "synced").write_text("of yesterday", encoding="utf-8")
    assert lab.sync() is True


def test_status_for_scripts_and_people(lab):
    done = cli("status", "--out=json")
    assert done.returncode == 0
    facts = json.loads(done.stdout)
    assert facts["phase"] == "up"
    assert all(facts["nodes"][name]["minion"] is True for name in lab.minions)
    table = cli("status").stdout
    assert re.search(r"^db-node +zurich +10\.33\.0\.11 +on +in +\d+ +answers$", table, re.MULTILINE), table


def test_commands_hand_on_what_they_ran(lab):
    assert cli("exec", "db-node", "--", "sh", "-c", "cat; exit 9", input="typed").returncode == 9
    assert cli("exec", "db-node", "--", "cat", input="typed").stdout == "typed"
    assert cli("exec", "no-such-node", "--", "true").returncode == 2
    assert cli("salt", "--out=txt", "db-node", "test.echo", "hello").stdout == "db-node: hello\n"
    assert GATEWAY in cli("enter", "--", "ip", "addr").stdout


def test_a_second_up_is_quick_and_says_so(lab):
    done = cli("up")
    assert done.returncode == 0
    assert "up already" in done.stderr
    assert cli("up", "--suite", "bookworm" if lab.status()["suite"] != "bookworm" else "trixie").returncode == 1


def test_the_lab_s_network_knows_the_machines_by_name(lab):
    """Tests run there, and the addresses in Keystone's catalogue are names."""
    found = socket.gethostbyname("image-node.example.org")
    assert found == lab.node("image-node").address
