"""The steps of an orchestration: their results in both modes, and what an operator reads."""

import importlib.util
import pathlib

import glance_report
import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(params=[False, True], ids=["real", "test"])
def test_mode(request):
    return request.param


@pytest.fixture
def glance_site(test_mode):
    """The state module, with the rows that the runner answers in ``answer`` and what it was asked in ``asked``."""
    spec = importlib.util.spec_from_file_location("formula_states_glance_site", REPO / "_states" / "glance_site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.answer, module.asked = [], []

    def runner(function, kwarg):
        module.asked.append((function, kwarg))
        rows = module.answer
        return rows if isinstance(rows, str) else glance_report.report(function, kwarg["site"], rows, 1)

    module.__opts__ = {"test": test_mode}
    module.__salt__ = {"saltutil.runner": runner}
    return module


def test_all_is_well(glance_site, test_mode):
    glance_site.answer = [
        glance_report.ok("db", "answers"),
        glance_report.not_checked("db", "login", "PyMySQL missing"),
    ]
    for state in (glance_site.preflight, glance_site.verified):
        ret = state("zurich")
        assert ret["result"] is True
        assert ret["changes"] == {}
        assert ret["comment"].count("\n") == 0
    assert glance_site.asked[1] == ("glance.verify", {"site": "zurich", "write": not test_mode})


def test_preflight_fails_in_both_modes(glance_site):
    glance_site.answer = [glance_report.ok("db", "clock"), glance_report.failed("db", "database login", "refused")]
    ret = glance_site.preflight("zurich")
    assert ret["result"] is False
    assert ret["comment"].splitlines()[1:] == ["db: database login: refused"]


def test_strict_waits_for_what_a_plan_only_plans(glance_site, test_mode):
    glance_site.preflight("zurich", strict=True)
    assert glance_site.asked == [("glance.preflight", {"site": "zurich", "strict": not test_mode})]


def test_a_site_that_is_not_deployed_yet(glance_site, test_mode):
    glance_site.answer = [glance_report.failed("image", "API answers", "refuses connections")]
    ret = glance_site.verified("zurich")
    assert ret["result"] is (None if test_mode else False)
    assert "API answers" in ret["comment"]


@pytest.mark.parametrize("check", ["site", "answers", "role api", "pillar"])
def test_what_no_deployment_mends_fails_in_both_modes(glance_site, check):
    glance_site.answer = [glance_report.failed("image", check, "wrong")]
    assert glance_site.verified("zurich")["result"] is False


def test_a_master_without_the_runner(glance_site, test_mode):
    glance_site.answer = "Traceback …\nKeyError: 'glance.preflight'"
    ret = glance_site.preflight("zurich")
    assert ret["result"] is False
    assert "saltutil.sync_all" in ret["comment"]
