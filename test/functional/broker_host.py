"""
The host that a RabbitMQ runs on: this machine, or a node of the lab.

Functions and states of openstack_messaging and rabbitmqctl itself work on that host only. Both classes run them there,
in the same words.
"""

import concurrent.futures
import contextlib
import io
import json
import logging
import multiprocessing
import os
import subprocess
import types

FOLDER = "/var/tmp/glance-test"
# as the user of the broker: for root, packages put a shell between that expands the arguments
CTL = ("setpriv", "--reuid=rabbitmq", "--regid=rabbitmq", "--clear-groups", "rabbitmqctl", "--quiet")
HOME = "/var/lib/rabbitmq"
MODULES = "/var/cache/salt/minion/extmods"


class Here:
    """The broker runs on this machine: its functions are called through Salt's loader."""

    def __init__(self, loaders, state, folder):
        self.loaders, self._state, self.folder = loaders, state, folder

    def apply(self, *states, test=False):
        """Apply ``(function, arguments)`` one after the other, and return what each came to."""
        self.loaders.context.clear()
        return [self._state(f"openstack_messaging.{name}", test=test, **arguments) for name, arguments in states]

    def apply_at_once(self, *runs):
        """Apply lists of states, each in a process of its own and all at once; return the comments of what failed."""
        fork = multiprocessing.get_context("fork")
        failed = fork.SimpleQueue()
        processes = [fork.Process(target=self._report, args=(failed, states)) for states in runs]
        for process in processes:
            process.start()
        for process in processes:
            process.join(600)
        assert [process.exitcode for process in processes] == [0] * len(runs)
        return [comment for _ in runs for comment in failed.get()]

    def _report(self, failed, states):
        failed.put([ret.comment for ret in self.apply(*states) if not ret.result])

    def apply_logged(self, *states):
        """Apply states, and return what each came to, and all that was logged, of any level."""
        with _log() as log:
            return self.apply(*states), log.getvalue()

    def call(self, function, *arguments):
        """Call a function of openstack_messaging."""
        self.loaders.context.clear()
        return self.loaders.modules[f"openstack_messaging.{function}"](*arguments)

    def ctl(self, *command):
        """Run rabbitmqctl, and return what it said."""
        done = subprocess.run(
            [*CTL, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=100,
            check=True,
            cwd="/",
            env={**os.environ, "HOME": HOME},
        )
        return done.stdout.decode()

    def define(self, **definitions):
        """Have the broker import definitions."""
        path = self.folder / "definitions.json"
        path.write_text(json.dumps(definitions), encoding="utf-8")
        path.chmod(0o644)
        self.ctl("import_definitions", str(path), "--format", "json")


class There:
    """The broker runs on a node of the lab: its functions are called by salt-call on the node."""

    def __init__(self, node, pillar):
        self.node = node
        node.write(f"{FOLDER}/pillar/top.sls", "base: {'*': [data]}")
        node.write(f"{FOLDER}/pillar/data.sls", "#!json\n" + json.dumps(pillar), mode="0600")

    def apply(self, *states, test=False):
        """Apply ``(function, arguments)`` one after the other, and return what each came to."""
        return self._apply("one", states, f"test={test}")

    def apply_at_once(self, *runs):
        """Apply lists of states, each by a salt-call of its own and all at once; return the comments of what failed."""
        with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
            done = list(pool.map(self._apply_alone, range(len(runs)), runs))
        return [ret.comment for each in done for ret in each if not ret.result]

    def _apply_alone(self, number, states):
        """With a cache of its own: Salt refuses a run beside another that has the same, and looks there for modules."""
        cache = f"{FOLDER}/cache-{number}"
        self.node.run("mkdir", "-p", cache)
        self.node.run("ln", "-sfn", MODULES, f"{cache}/extmods")
        return self._apply(f"run_{number}", states, f"--cachedir={cache}")

    def apply_logged(self, *states):
        """Apply states, and return what each came to, and all that salt-call logged, of any level."""
        log = f"{FOLDER}/log"
        done = self._apply("one", states, f"--log-file={log}", "--log-file-level=garbage")
        return done, self.node.read(log)

    def call(self, function, *arguments):
        """Call a function of openstack_messaging."""
        return self._salt_call(f"openstack_messaging.{function}", *arguments)

    def ctl(self, *command):
        """Run rabbitmqctl, and return what it said."""
        return self.node.run(*CTL, *command, env={"HOME": HOME}).stdout

    def define(self, **definitions):
        """Have the broker import definitions."""
        self.node.write(f"{FOLDER}/definitions.json", json.dumps(definitions), mode="0644")
        self.ctl("import_definitions", f"{FOLDER}/definitions.json", "--format", "json")

    def forget(self):
        """Remove what this class wrote."""
        self.node.run("rm", "-r", FOLDER)

    def _apply(self, sls, states, *options):
        low = {
            f"state {number}": {f"openstack_messaging.{name}": [{key: value} for key, value in arguments.items()]}
            for number, (name, arguments) in enumerate(states)
        }
        self.node.write(f"{FOLDER}/states/{sls}.sls", "#!json\n" + json.dumps(low))
        results = self._salt_call("state.apply", sls, *options).values()
        return [types.SimpleNamespace(**ret) for ret in sorted(results, key=lambda ret: ret["__run_num__"])]

    def _salt_call(self, *arguments):
        roots = [f"--file-root={FOLDER}/states", f"--pillar-root={FOLDER}/pillar"]
        done = self.node.run("salt-call", "--local", "--out=json", *roots, *arguments, check=False)
        try:
            return json.loads(done.stdout)["local"]
        except ValueError:
            raise AssertionError(f"salt-call {arguments} did not answer in JSON:\n{done.stdout}{done.stderr}") from None


@contextlib.contextmanager
def _log():
    """All that is logged meanwhile, as a file to read."""
    root, text = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(1)
    try:
        yield text
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
