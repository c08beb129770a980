"""Salt's command lines on the lab's master, and what an orchestration came to as plain data."""

from dataclasses import dataclass, field

import attr
from saltfactories.cli.run import SaltRun
from saltfactories.cli.salt import Salt

CONFIG = {"conf_file": "/etc/salt/master", "id": "salt-master"}
DEPLOY = "glance.orchestrate.deploy"
PATIENCE = 1500


def _on_master(base):
    """salt-factories' wrapper of a command, run in the master's machine; its time limit is ours, not Salt's."""

    @attr.s(kw_only=True)
    class OnMaster(base):
        master = attr.ib(repr=False)
        __cli_timeout_supported__ = attr.ib(repr=False, init=False, default=False)

        def get_script_path(self):
            return self.script_name

        def cmdline(self, *args, **kwargs):
            return self.master.argv(*super().cmdline(*args, **kwargs))

    return OnMaster


MasterRun, MasterSalt = _on_master(SaltRun), _on_master(Salt)


def salt_run(lab):
    return MasterRun(
        master=lab.master, script_name="salt-run", python_executable=None, config=dict(CONFIG), timeout=PATIENCE
    )


def salt(lab):
    return MasterSalt(
        master=lab.master, script_name="salt", python_executable=None, config=dict(CONFIG), timeout=PATIENCE
    )


@dataclass(frozen=True)
class State:
    """What one state on one host came to."""

    id: str
    result: bool | None
    changes: dict
    comment: str


@dataclass(frozen=True)
class Step:
    """A step of an orchestration; ``hosts`` are its states by host and id, empty when nothing was to change."""

    id: str
    result: bool | None
    comment: str
    hosts: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """An orchestration: its exit code, and its steps in order under short names."""

    code: int
    steps: dict
    printed: str

    def changes(self):
        """``{"host: state id": changes}`` of all states that have some."""
        return {
            f"{host}: {state.id}": state.changes
            for step in self.steps.values()
            for host, states in step.hosts.items()
            for state in states.values()
            if state.changes
        }

    def failed(self):
        return {name: step.comment for name, step in self.steps.items() if step.result is False}

    def state(self, host, name):
        """One state of one host, whichever step it was in."""
        for step in self.steps.values():
            if name in step.hosts.get(host, {}):
                return step.hosts[host][name]
        raise AssertionError(f"no state {name} on {host} had anything to tell; the run:\n{self}")

    def __str__(self):
        lines = [f"exit {self.code}", *(f"{s.result}: {name}: {s.comment}" for name, s in self.steps.items())]
        lines += [f"changes of {where}: {what}" for where, what in self.changes().items()]
        bad = [
            f"{host}: {state.id}: {state.comment}"
            for step in self.steps.values()
            for host, states in step.hosts.items()
            for state in states.values()
            if state.result is False
        ]
        return "\n".join([*lines, *bad, *([] if self.steps else [self.printed])])


def states_of(result):
    """The states of one host, as ``{id: State}``; what is no result of states is an error with what was said."""
    if not isinstance(result, dict):
        raise AssertionError(f"the minion returned no states, but: {result}")
    ordered = sorted(result.values(), key=lambda each: each.get("__run_num__", 0))
    return {
        each["__id__"]: State(each["__id__"], each["result"], each["changes"] or {}, each["comment"])
        for each in ordered
    }


def changes(states):
    """``{state id: changes}`` of the states that have some."""
    return {name: state.changes for name, state in states.items() if state.changes}


def orchestrate(lab, name, site=None, test=False):
    """Run an orchestration on the master."""
    more = {"pillar": {"glance": {"site": site}}} if site else {}
    done = salt_run(lab).run("state.orchestrate", name, **more, **({"test": True} if test else {}))
    return Run(done.returncode, _steps(name, done.data), f"{done.stdout}\n{done.stderr}")


def deploy(lab, site, test=False):
    return orchestrate(lab, DEPLOY, site, test)


def apply(lab, host, sls, test=False):
    """``state.apply`` on one host: its states."""
    done = salt(lab).run("state.apply", sls, minion_tgt=host, **({"test": True} if test else {}))
    return states_of(done.data if isinstance(done.data, dict) else f"{done.stdout}\n{done.stderr}")


def _steps(name, data):
    if not isinstance(data, dict) or not isinstance(data.get("data"), dict):
        return {}
    (results,) = data["data"].values()
    if not isinstance(results, dict):
        return {}
    prefix, found = name.replace(".", "-") + "-", {}
    for each in sorted(results.values(), key=lambda result: result.get("__run_num__", 0)):
        short = each["__id__"].removeprefix(prefix)
        returned = (each.get("changes") or {}).get("ret") or {}
        hosts = {host: states_of(states) for host, states in returned.items() if isinstance(states, dict)}
        found[short] = Step(each["__id__"], each["result"], str(each["comment"]), hosts)
    return found
