"""The three questions about a site: tables for people, data and exit codes for programs."""

import pytest

pytestmark = pytest.mark.usefixtures("deployed")
QUESTIONS = ("preflight", "status", "verify")


@pytest.mark.parametrize("question", QUESTIONS)
def test_sound_site(salt_run, question):
    done = salt_run.run(f"glance.{question}", site="zurich")
    assert isinstance(done.data, dict), f"--out=json gives no data:\n{done.stdout}{done.stderr}"
    failed = [row for row in done.data["rows"] if row["result"] == "failed"]
    assert not failed, f"glance.{question} of a sound site: {failed}"
    assert done.returncode == 0, f"glance.{question} has no failed row, but exits with {done.returncode}"
    assert {row["host"] for row in done.data["rows"]} >= {"db-node", "auth-node", "image-node"}
    assert done.data["ok"] == len(done.data["rows"]) - done.data["not_checked"]


def test_table_for_people(lab):
    done = lab.master.run("salt-run", "glance.status", "site=zurich", check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines[0].split() == ["Host", "Check", "Result", "Detail"], f"no table:\n{done.stdout}"
    assert "status of site zurich: " in done.stdout, f"no sentence at the end:\n{done.stdout}"


def test_glance_stopped(lab, salt_run):
    node = lab.node("image-node")
    node.run("systemctl", "stop", "glance-api")
    try:
        status = salt_run.run("glance.status", site="zurich")
        verify = salt_run.run("glance.verify", site="zurich")
    finally:
        node.run("systemctl", "start", "glance-api")
    assert status.returncode == 1, f"Glance is stopped, and glance.status exits with {status.returncode}"
    rows = {row["check"]: row for row in status.data["rows"] if row["host"] == "image-node"}
    assert rows["service glance-api"]["result"] == "failed", rows["service glance-api"]
    assert rows["API answers"]["result"] == "failed", rows["API answers"]
    assert verify.returncode == 1, f"Glance is stopped, and glance.verify exits with {verify.returncode}"
    others = [row for row in verify.data["rows"] if row["host"] != "image-node" and row["result"] == "failed"]
    assert not others, f"only image-node is at fault, but: {others}"


def test_unknown_site(salt_run):
    for question in QUESTIONS:
        done = salt_run.run(f"glance.{question}", site="bern")
        assert done.returncode == 1, f"glance.{question} of a site that nobody is in exits with {done.returncode}"
        assert "known sites: " in done.data["rows"][0]["detail"], done.data["rows"]


def test_hosts_and_sites(salt_run):
    hosts = salt_run.run("glance.hosts", site="zurich").data
    assert hosts["api"] == ["image-node"], hosts
    assert hosts["database"] == hosts["messaging"] == ["db-node"], hosts
    assert hosts["identity"] == ["auth-node"], hosts
    assert "zurich" in salt_run.run("glance.sites").data
