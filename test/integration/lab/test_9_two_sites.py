"""Two sites on one master, each deployed alone, the second on one host."""

import pytest

from . import orchestration, site

pytestmark = pytest.mark.usefixtures("deployed")
ROLES = ("database", "messaging", "identity", "api", "client", "images")


@pytest.fixture(scope="module")
def geneva(servers, deployed):
    """Site geneva deployed; the run, and what zurich was before it and after it."""
    if "geneva-node" not in servers.nodes:
        pytest.skip("the lab has one site: ./lab test brings up two, as does ./lab up --sites 2")
    before = site.snapshot(servers, "zurich")
    run = orchestration.deploy(servers, "geneva")
    return run, before, site.snapshot(servers, "zurich")


def test_all_in_one(geneva):
    run, _, _ = geneva
    assert run.code == 0, f"geneva cannot be deployed:\n{run}"
    hosts = {host for step in run.steps.values() for host in step.hosts}
    assert hosts <= {"geneva-node"}, f"geneva's run was on {hosts}"


def test_the_other_site_is_as_it_was(geneva):
    _, before, after = geneva
    touched = site.differences(before, after)
    assert not touched, "the deployment of geneva changed zurich:\n" + "\n".join(touched)


def test_same_from_the_host_itself(geneva, apply):
    """What the master did step by step, ``state.apply glance`` on the host finds done."""
    states = apply("geneva-node", "glance")
    failed = [f"{state.id}: {state.comment}" for state in states.values() if state.result is False]
    assert not failed, f"state.apply glance fails on geneva-node: {failed}"
    assert not orchestration.changes(states), f"it has changes: {orchestration.changes(states)}"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_alone(geneva, apply, role):
    states = apply("geneva-node", f"glance.{role}")
    wrong = [f"{state.id}: {state.comment}" for state in states.values() if state.result is not True]
    assert not wrong, f"state.apply glance.{role} alone: {wrong}"
    assert not orchestration.changes(states), f"glance.{role} alone: {orchestration.changes(states)}"
    assert states, f"glance.{role} has no states"


def test_second_run_changes_nothing(geneva, lab):
    run = orchestration.deploy(lab, "geneva", test=True)
    assert run.code == 0, f"geneva's plan fails:\n{run}"
    assert not run.changes(), f"geneva's plan is not empty:\n{run}"
