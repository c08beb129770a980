"""What tests and commands use to work in a running lab.

    lab = Lab.attach()                                   # the lab of this checkout, or the one GLANCE_LAB names
    lab.nodes, lab.minions                               # ["salt-master", "db-node", ...], the same without the master
    node = lab.node("db-node")                           # or lab["db-node"]
    node.run("systemctl", "is-active", "mariadb").stdout
    node.run("false", check=False).returncode
    node.read("/etc/hosts"); node.write("/etc/x.conf", "text", mode="0640")
    node.kill(); node.start(); node.wait_minion()        # power loss and return
    node.stop(); node.reboot(); node.cut(); node.join(); node.freeze(); node.thaw(); node.loss(30)
    lab.split("db-node", "image-node"); lab.heal()
    answer = lab.salt("*", "test.ping"); answer.returncode, answer.data
    answer = lab.salt_run("state.orchestrate", "glance.orchestrate.deploy", pillar={"glance": {"site": "zurich"}})

It works inside the lab's namespaces (`./lab test`, `./lab enter`) and outside them alike.
"""

import hashlib
import json
import os
import socket
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from lab import inside
from lab.errors import LabError
from lab.settings import MASTER, run_dir
from lab.shell import shown, tail


@dataclass(frozen=True)
class Result:
    """What a command in a node came to."""

    argv: list[str]
    returncode: int
    stdout: str
    stderr: str

    def json(self):
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Answer:
    """What Salt answered: its exit code, its answer as data (None when it gave none), and what it printed."""

    returncode: int
    data: object
    stdout: str
    stderr: str


class Lab:
    """A running lab."""

    def __init__(self, run: Path):
        self.run_dir = run

    @classmethod
    def attach(cls) -> "Lab":
        """The lab of this checkout, which must be up."""
        lab = cls(run_dir())
        lab.status()
        return lab

    # ------------------------------------------------------------ the keeper
    def request(self, action: str, timeout: float = 200, **arguments):
        """Have the keeper do something."""
        with self._connect(timeout) as control:
            control.sendall(json.dumps({"do": action, **arguments}).encode() + b"\n")
            line = control.makefile().readline()
        if not line:
            raise LabError("the lab ended: ./lab up starts it again")
        answer = json.loads(line)
        if not answer["ok"]:
            raise LabError(answer["error"])
        return answer["result"]

    def _connect(self, timeout: float) -> socket.socket:
        control = socket.socket(socket.AF_UNIX)
        control.settimeout(timeout)
        try:
            control.connect(str(self.run_dir / "control"))
        except OSError as error:
            control.close()
            if isinstance(error, PermissionError):
                raise LabError("not root: run it with sudo") from error
            raise LabError("no lab is up for this checkout: ./lab up first", 3) from error
        return control

    @property
    def keeper(self) -> int:
        """The keeper's pid as it is seen from here."""
        with self._connect(10) as control:
            pid, _, _ = struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if not pid:
            raise LabError("the lab's processes cannot be seen from this pid namespace: go where ./lab up was called")
        return pid

    def status(self) -> dict:
        return self.request("status")

    # ------------------------------------------------------------ nodes
    @property
    def nodes(self) -> list[str]:
        return list(self.status()["nodes"])

    @property
    def minions(self) -> list[str]:
        return [name for name in self.nodes if name != MASTER]

    def node(self, name: str) -> "Node":
        status = self.status()
        if name not in status["nodes"]:
            raise LabError(f"no node called {name!r}: there are {', '.join(status['nodes'])}", 2)
        return Node(self, name)

    __getitem__ = node

    @property
    def master(self) -> "Node":
        return Node(self, MASTER)

    def enter_argv(self, *argv: str, directory: str | None = None) -> list[str]:
        """The command line that runs `argv`, a command of this machine, in the lab's network."""
        return inside.lab_argv(self.keeper, list(argv), directory or os.getcwd())

    def split(self, *names: str) -> None:
        """These nodes do not reach each other; all others reach them."""
        self.request("split", nodes=list(names))

    def heal(self) -> None:
        """Every cable in, no loss, no split, nothing frozen."""
        self.request("heal")

    # ------------------------------------------------------------ Salt
    def salt(self, *args: str, timeout: float = 600) -> Answer:
        """`salt ARGS` on the master."""
        self.sync()
        return self._salt(["salt", "--out=json", "--static", *args], timeout)

    def salt_run(self, *args: str, pillar: dict | None = None, timeout: float = 1800) -> Answer:
        """`salt-run ARGS` on the master."""
        self.sync()
        more = [f"pillar={json.dumps(pillar)}"] if pillar is not None else []
        return self._salt(["salt-run", "--out=json", *args, *more], timeout)

    def _salt(self, argv: list[str], timeout: float) -> Answer:
        done = self.master.run(*argv, check=False, timeout=timeout)
        return Answer(done.returncode, parse(done.stdout), done.stdout, done.stderr)

    def sync(self) -> bool:
        """Give master and minions the checkout's modules, when they have changed since last time; whether they had.

        An operator types these two commands once after each update of the formula. Here the formula is what is being
        worked on, and a runner of yesterday would be a trap.
        """
        code = code_version(Path(self.status()["repo"]))
        stamp = self.run_dir / "synced"
        if not code or (stamp.exists() and stamp.read_text() == code):
            return False
        self.master.run("salt-run", "saltutil.sync_all", timeout=120)
        self.master.run("salt", "*", "saltutil.sync_all", timeout=120, check=False)
        stamp.write_text(code)
        return True

    def wait_minions(self, names: list[str] | None = None, timeout: float = 120, say=lambda text: None) -> None:
        """Until these minions (default: all) answer test.ping."""
        waited = set(names or self.minions)
        end = time.monotonic() + timeout
        while True:
            said = self.master.run(
                "salt",
                "--out=json",
                "--static",
                "-t",
                "3",
                "-L",
                ",".join(sorted(waited)),
                "test.ping",
                check=False,
                timeout=60,
            )
            answers = parse(said.stdout)
            if isinstance(answers, dict):
                waited -= {name for name, answer in answers.items() if answer is True}
            if not waited:
                return
            say("waiting for the minion of " + ", ".join(sorted(waited)))
            if time.monotonic() > end:
                silent = sorted(waited)
                raise LabError(
                    f"no answer from {', '.join(silent)} after {timeout:.0f} s: "
                    f"./lab exec {silent[0]} -- tail /var/log/salt/minion\n{tail(said.stdout + said.stderr, 500)}"
                )
            time.sleep(0.5)


class Node:
    """One machine of a running lab."""

    def __init__(self, lab: Lab, name: str):
        self.lab, self.name = lab, name

    @property
    def facts(self) -> dict:
        """What the keeper knows of it: address, state, boots, cable, …"""
        return self.lab.status()["nodes"][self.name]

    @property
    def address(self) -> str:
        return self.facts["address"]

    # ------------------------------------------------------------ commands and files
    def argv(self, *argv: str, env: dict[str, str] | None = None) -> list[str]:
        """The command line that runs `argv` in this node, for whoever starts processes alone."""
        facts = self.facts
        if facts["leader"] is None:
            raise LabError(f"{self.name} is off: ./lab power {self.name} on")
        command = inside.node_argv(facts["leader"], facts["group"], facts["drop"], [str(a) for a in argv], env)
        return inside.lab_argv(self.lab.keeper, command)

    def run(
        self,
        *argv: str,
        check: bool = True,
        timeout: float = 300,
        input: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Result:
        """Run a command in the node; with `check`, a failure is a LabError that tells what it said."""
        command = self.argv(*argv, env=env)
        try:
            # an empty input, not the caller's: a command in a node must not eat what was typed for another
            done = subprocess.run(
                command, text=True, errors="replace", capture_output=True, input=input or "", timeout=timeout
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{self.name}: {shown(argv)}: no end after {timeout:.0f} s") from error
        result = Result(list(argv), done.returncode, done.stdout, done.stderr)
        if check and done.returncode:
            said = tail(done.stdout) + tail(done.stderr)
            raise LabError(f"{self.name}: {shown(argv)}: exit {done.returncode}\n{said}")
        return result

    def read(self, path: str) -> str:
        return self.run("cat", str(path)).stdout

    def write(self, path: str, text: str, mode: str | None = None) -> None:
        """Write a file, its folders included; it belongs to root when it is new."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1"' + (' && chmod "$2" "$1"' if mode else "")
        self.run("sh", "-c", script, "sh", str(path), mode or "", input=text)

    # ------------------------------------------------------------ power and cable
    def start(self) -> None:
        """Power on, and wait until systemd is up (not yet the minion: wait_minion)."""
        self.lab.request("start", node=self.name)

    def stop(self) -> None:
        """Orderly shutdown."""
        self.lab.request("stop", node=self.name)

    def kill(self) -> None:
        """Power loss."""
        self.lab.request("kill", node=self.name)

    def reboot(self) -> None:
        """Orderly reboot, until systemd is up again."""
        self.lab.request("reboot", node=self.name)

    def cut(self) -> None:
        """Pull the cable out."""
        self.lab.request("cut", node=self.name)

    def join(self) -> None:
        """Put the cable in."""
        self.lab.request("join", node=self.name)

    def freeze(self) -> None:
        """Hang: nothing in it runs."""
        self.lab.request("freeze", node=self.name)

    def thaw(self) -> None:
        self.lab.request("thaw", node=self.name)

    def loss(self, percent: int) -> None:
        """Lose this share of the packets that arrive; 0 ends it."""
        self.lab.request("loss", node=self.name, percent=percent)

    def wait_minion(self, timeout: float = 120) -> None:
        """Until its minion answers test.ping."""
        self.lab.wait_minions([self.name], timeout)


def parse(text: str):
    """Salt's answer out of what it printed: warnings may stand before it, an error instead of it."""
    decoder = json.JSONDecoder()
    for start, char in enumerate(text):
        if char in '{["' and (start == 0 or text[start - 1] == "\n"):
            try:
                value, end = decoder.raw_decode(text, start)
            except ValueError:
                continue
            if not text[end:].strip():
                return value
    try:
        return json.loads(text)
    except ValueError:
        return None


def code_version(repo: Path) -> str:
    """Changes whenever a module of the checkout does; empty when it has none."""
    digest = hashlib.sha256()
    found = False
    for path in sorted(repo.glob("_*/**/*.py")):
        facts = path.stat()
        digest.update(f"{path} {facts.st_mtime_ns} {facts.st_size}\n".encode())
        found = True
    return digest.hexdigest() if found else ""
