"""From bare servers to a site that works, and nothing more to do after that."""

import pytest

from . import orchestration, site
from .test_2_plan import OBJECTS


@pytest.fixture(scope="module")
def first(bare, request):
    """The run from bare: the site is deployed only after it was seen bare."""
    return request.getfixturevalue("deployed")


def test_every_step_is_well(first):
    assert {step.result for step in first.steps.values()} == {True}, f"which step is not True?\n{first}"


@pytest.mark.parametrize(("host", "name"), OBJECTS)
def test_object_was_made(first, host, name):
    state = first.state(host, name)
    assert state.result is True, f"{name}: {state.comment}"
    assert state.changes, f"{name} was made, but shows no changes: {state.comment}"


@pytest.mark.parametrize("test", [False, True], ids=["again", "test=True"])
def test_nothing_more_to_do(lab, first, test):
    before = site.snapshot(lab, "zurich")
    run = orchestration.deploy(lab, "zurich", test=test)
    assert run.code == 0, f"the second run fails:\n{run}"
    assert not run.changes(), f"the second run changes something, and must not:\n{run}"
    assert {step.result for step in run.steps.values()} == {True}, f"which step is not True?\n{run}"
    touched = site.differences(before, site.snapshot(lab, "zurich"))
    assert not touched, "the second run said that it changes nothing, but:\n" + "\n".join(touched)
