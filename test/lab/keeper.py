"""The keeper: the process that owns one running lab.

It lives in network, mount and pid namespaces of its own, with everything that belongs to the lab. When it ends, by
whatever means, the kernel ends the rest: processes, mounts, wires, the bridge. Clients talk to it over the socket
`control` in the run directory, a line of JSON for a line of JSON:

    {"do": "status"}                              -> {"ok": true, "result": {...}}
    {"do": "kill", "node": "db-node"}             -> {"ok": true, "result": null}
    {"do": "loss", "node": "db-node", "percent": 150} -> {"ok": false, "error": "..."}
"""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import cgroups, host, network, provision, sources
from lab.errors import LabError
from lab.node import Node
from lab.settings import CACHE, GATEWAY, PROXY_PORT, disk_of
from lab.shell import sh
from lab.topology import Plan, hosts

NODE_ACTIONS = ("start", "stop", "kill", "reboot", "cut", "join", "freeze", "thaw", "loss", "wait")


class Keeper:
    """One lab, from its first wire to its end."""

    def __init__(self, run: Path, plan: Plan, outer_network: int):
        self.run, self.plan, self.outer_network = run, plan, outer_network
        self.base = os.open(plan.base, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self.base, fcntl.LOCK_SH)  # so that base.forget_old leaves it alone
        os.utime(self.base)
        self.started = time.time()
        self.phase, self.error = "network", ""
        self.nodes: dict[str, Node] = {}
        self.ended = threading.Event()
        self._proxy: subprocess.Popen | None = None

    # ------------------------------------------------------------ coming up
    def power_up(self) -> None:
        """Wires, proxy, machines; what fails is kept for those who ask."""
        try:
            archive = sources.find()
            network.make_bridge()
            self._start_proxy(archive)
            for member in self.plan.members:
                self.nodes[member.name] = self._make_node(member, archive)
            self.phase = "boot"
            with ThreadPoolExecutor(len(self.nodes)) as pool:
                list(pool.map(Node.start, self.nodes.values()))
            self.phase = "up"
        except Exception as error:
            traceback.print_exc()
            self.phase, self.error = "failed", str(error)

    def _make_node(self, member, archive: sources.Archive) -> Node:
        wire = network.Wire(member.name, member.address, self.run / "netns", Path(self.plan.base))
        wire.make()
        node = Node(
            member.name,
            wire,
            disk_of(self.run) / member.name,
            self.run,
            cgroups.MOUNTED / self.plan.cgroup,
            Path(self.plan.base),
            provision.binds(member, self.plan),
        )
        provision.write(node.upper, provision.files(member, self.plan, archive))
        return node

    def _start_proxy(self, archive: sources.Archive) -> None:
        """The socket is made here, in the lab's network; who accepts from it lives in the host's."""
        listening = socket.create_server((GATEWAY, PROXY_PORT))
        argv = [
            "nsenter",
            f"--net=/proc/self/fd/{self.outer_network}",
            sys.executable,
            "-m",
            "lab.proxy",
            "--fd",
            str(listening.fileno()),
            "--cache",
            str(CACHE / "packages"),
            *[f"--https={name}" for name in sources.https_hosts(archive)],
        ]
        if upstream := host.http_proxy():
            argv.append(f"--upstream={upstream}")
        with open(self.run / "proxy.log", "ab") as log:
            self._proxy = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self.outer_network, listening.fileno()],
            )
        listening.close()

    # ------------------------------------------------------------ requests
    def status(self) -> dict:
        sites = {m.name: m.site for m in self.plan.members}
        return {
            "phase": self.phase,
            "error": self.error,
            "suite": self.plan.suite,
            "sites": self.plan.sites,
            "image_nodes": self.plan.image_nodes,
            "repo": self.plan.repo,
            "pillar": self.plan.pillar,
            "up_since": self.started,
            "proxy": self._proxy is not None and self._proxy.poll() is None,
            "nodes": {name: {"site": sites[name], **node.facts()} for name, node in self.nodes.items()},
        }

    def answer(self, request: dict):
        """Carry out one request."""
        action = request.pop("do", None)
        if action == "status":
            return self.status()
        if action == "shutdown":
            return self.ended.set()
        if action in ("split", "heal"):
            return getattr(self, action)(**request)
        if action not in NODE_ACTIONS:
            raise LabError(f"no such request: {action}")
        node = self.node(request.pop("node", ""))
        calls = {
            "freeze": lambda: node.freeze(True),
            "thaw": lambda: node.freeze(False),
            "loss": lambda percent: node.wire.loss(percent),
            "wait": node.wait_ready,
        }
        return calls.get(action, getattr(node, action, None))(**request)

    def node(self, name: str) -> Node:
        if name not in self.nodes:
            raise LabError(f"no node called {name!r}: there are {', '.join(self.nodes)}")
        return self.nodes[name]

    def split(self, nodes: list[str]) -> None:
        """These nodes do not reach each other; all others, the master among them, reach them."""
        for name in nodes:
            self.node(name).wire.isolate(True)

    def heal(self) -> None:
        """Every cable in, no loss, no split, nothing frozen."""
        for node in self.nodes.values():
            node.wire.isolate(False)
            node.wire.loss(0)
            node.join()
            if node.frozen:
                node.freeze(False)

    # ------------------------------------------------------------ the end
    def end_with(self, owner: int) -> None:
        """Wait until the other end of a pipe closes, then end: nobody is there to take this lab down."""
        os.read(owner, 1)
        self.shut_down()
        shutil.rmtree(disk_of(self.run), ignore_errors=True)
        self.ended.set()

    def shut_down(self) -> None:
        for node in self.nodes.values():
            with contextlib.suppress(Exception):
                node.kill()
        if self._proxy:
            self._proxy.terminate()


class Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            try:
                answer = {"ok": True, "result": self.server.keeper.answer(json.loads(line))}
            except Exception as error:
                if not isinstance(error, LabError):
                    traceback.print_exc()
                answer = {"ok": False, "error": str(error) or type(error).__name__}
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(json.dumps(answer).encode() + b"\n")


class Control(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, keeper: Keeper):
        self.keeper = keeper
        path.unlink(missing_ok=True)
        super().__init__(str(path), Handler)


def own_cgroups() -> None:
    """The unified hierarchy at /sys/fs/cgroup, in this mount namespace: what nodes of every suite understand."""
    while subprocess.run(["umount", "-R", str(cgroups.MOUNTED)], capture_output=True).returncode == 0:
        pass
    sh("mount", "-t", "cgroup2", "cgroup2", cgroups.MOUNTED)


def own_nspawn_folder() -> None:
    """nspawn leaves folders under /run/systemd/nspawn, and two labs' machines have the same names."""
    folder = Path("/run/systemd/nspawn")
    folder.mkdir(parents=True, exist_ok=True)
    sh("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)


def own_names(run: Path, plan: Plan) -> None:
    """What is entered into the lab's network finds the machines by name, as they find each other."""
    names = run / "hosts"
    names.write_text(Path("/etc/hosts").read_text() + hosts(plan.members))
    sh("mount", "--bind", names, "/etc/hosts")


def main() -> None:
    parser = argparse.ArgumentParser(description="the keeper of a lab (started by ./lab up)")
    parser.add_argument("run", type=Path)
    parser.add_argument("--outer-network", type=int, required=True, help="a file: the host's network namespace")
    parser.add_argument("--owner", type=int, help="a pipe: when its other end closes, so does the lab")
    args = parser.parse_args()
    os.umask(0o022)
    own_cgroups()
    own_nspawn_folder()
    plan = Plan.load(args.run / "plan.json")
    own_names(args.run, plan)
    keeper = Keeper(args.run, plan, args.outer_network)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: keeper.ended.set())
    control = Control(args.run / "control", keeper)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    threading.Thread(target=keeper.power_up, daemon=True).start()
    if args.owner is not None:
        threading.Thread(target=keeper.end_with, args=(args.owner,), daemon=True).start()
    keeper.ended.wait()
    keeper.shut_down()


if __name__ == "__main__":
    main()
