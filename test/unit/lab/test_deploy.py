import io
import types

import pytest
from lab import deploy
from lab.errors import LabError
from lab.progress import Progress
from lab.settings import MASTER


class FakeLab:
    """Answers each step with an exit code, and remembers what ran."""

    def __init__(self, *codes):
        self.codes, self.ran = list(codes), []
        self.run_dir = types.SimpleNamespace(name="none")

    def sync(self):
        pass

    def node(self, name):
        def run(*argv, check, timeout):
            self.ran.append((name, argv))
            return types.SimpleNamespace(returncode=self.codes.pop(0), stdout="what it said\n", stderr="")

        return types.SimpleNamespace(run=run)


STEPS = (
    deploy.Step("first", MASTER, ("salt-run", "x", 'pillar={"a": 1}')),
    deploy.Step("second", "image-node", ("sh", "-c", "ls /"), show=True),
)


def test_a_step_reads_as_a_user_types_it():
    assert STEPS[0].typed == "./lab salt-run x 'pillar={\"a\": 1}'"
    assert STEPS[1].typed == "./lab exec image-node -- sh -c 'ls /'"


def test_steps_run_in_order_and_show_what_is_worth_it(capsys):
    lab = FakeLab(0, 0)
    deploy.carry_out(lab, STEPS, Progress(io.StringIO()))
    assert [name for name, _ in lab.ran] == [MASTER, "image-node"]
    out = capsys.readouterr().out
    assert out.count("what it said") == 1
    assert "$ ./lab exec image-node" in out


def test_the_first_failure_ends_it_and_says_how_to_try_again(capsys):
    lab = FakeLab(2, 0)
    with pytest.raises(LabError, match=r"exit 2.*to try again: \./lab salt-run x"):
        deploy.carry_out(lab, STEPS, Progress(io.StringIO()))
    assert len(lab.ran) == 1
    assert "what it said" in capsys.readouterr().out


def test_the_state_that_began_last_on_any_host(tmp_path, monkeypatch):
    monkeypatch.setattr(deploy, "disk_of", lambda run: run)
    assert deploy.latest_state(tmp_path) == ""
    line = "2026-01-01 10:00:0{},417 [salt.state       :2384][INFO    ][209] Executing state pkg.installed for [{}]\n"
    for node, second, package in (("db-node", 7, "mariadb-server"), ("auth-node", 3, "keystone")):
        log = tmp_path / node / "upper/var/log/salt/minion"
        log.parent.mkdir(parents=True)
        log.write_text(line.format(1, "older") + line.format(second, package) + "chatter\n", encoding="utf-8")
    assert deploy.latest_state(tmp_path) == "db-node: pkg.installed mariadb-server"
