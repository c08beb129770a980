"""Machines go and come back, Glance with them."""

import time

import pytest

from . import orchestration

pytestmark = pytest.mark.usefixtures("deployed")


def works(salt_run, seconds=180):
    """glance.verify until all is well again; services need their time after a boot."""
    end = time.monotonic() + seconds
    while True:
        done = salt_run.run("glance.verify", site="zurich")
        if done.returncode == 0:
            return
        rows = done.data["rows"] if isinstance(done.data, dict) else []
        failed = [row for row in rows if row["result"] == "failed"]
        assert time.monotonic() < end, f"{seconds} s after the machine came back: {failed or done.stdout + done.stderr}"


def test_reboot_of_the_api_host(lab, salt_run):
    lab.node("image-node").reboot()
    lab.node("image-node").wait_minion()
    works(salt_run)


def test_power_loss_of_the_database_host(lab, salt_run):
    lab.node("db-node").kill()
    lab.node("db-node").start()
    lab.node("db-node").wait_minion()
    works(salt_run)


def test_nothing_to_do_after_it(lab):
    run = orchestration.deploy(lab, "zurich", test=True)
    assert run.code == 0, f"the plan fails after machines came back:\n{run}"
    assert not run.changes(), f"machines came back other than they were:\n{run}"
