"""The command lines that get a process into a lab, and from there into a node."""

import os
import re
from pathlib import Path

from lab.settings import PATH

# A process that waits outside for one inside takes it along when it is killed.
DIE_TOGETHER = ("setpriv", "--pdeathsig", "KILL")
# Ctrl-C is for the command, not for those who wait for it outside.
WAIT = ("env", "--ignore-signal=INT,QUIT")
LISTEN = "--default-signal=INT,QUIT"
NAMESPACES = ("mnt", "net", "pid")


def is_inside(keeper: int) -> bool:
    """Whether this process already is in the namespaces of the lab."""
    return all(os.readlink(f"/proc/{keeper}/ns/{n}") == os.readlink(f"/proc/self/ns/{n}") for n in NAMESPACES)


def lab_argv(keeper: int, argv: list[str], directory: str = "/") -> list[str]:
    """Run `argv` in the lab's network, mount and pid namespaces, where `keeper` (a pid seen from here) lives."""
    if is_inside(keeper):
        return argv
    enter = ["nsenter", "-t", str(keeper), "-m", "-n", "-p", "-r", f"--wdns={directory}", "--"]
    return [*WAIT, *enter, *DIE_TOGETHER, "env", LISTEN, *argv]


def node_argv(leader: int, group: str, drop: str, argv: list[str], env: dict[str, str] | None = None) -> list[str]:
    """Run `argv` in a node, from within the lab.

    nsenter alone would keep this host's capabilities, and `date -s` typed "in" a node would set the clock of the
    whole machine: the command gets what the node's pid 1 may have, no more. It joins the node's control group, so
    that a power loss takes it too.
    """
    variables = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb", "DEBIAN_FRONTEND": "noninteractive"}
    variables.update(env or {})
    return [
        *WAIT,
        "sh",
        "-c",
        f'echo $$ > {group}/exec/cgroup.procs && exec "$@"',
        "sh",
        "setpriv",
        f"--bounding-set={drop}",
        "nsenter",
        "-t",
        str(leader),
        "-m",
        "-u",
        "-i",
        "-n",
        "-p",
        "-C",
        "-r",
        "-w",
        "--",
        "env",
        "-i",
        LISTEN,
        *[f"{k}={v}" for k, v in variables.items()],
        *DIE_TOGETHER,
        *argv,
    ]


def missing_capabilities(pid: int) -> str:
    """The capabilities that a process lacks in its bounding set, as setpriv wants them."""
    status = Path(f"/proc/{pid}/status").read_text()
    bounding = int(re.search(r"CapBnd:\s*(\w+)", status)[1], 16)
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    return ",".join(f"-cap_{n}" for n in range(last + 1) if not bounding >> n & 1)
