"""Control groups: one a lab, in it one a node. They are how a power loss is made, and how nothing is left over.

Only the unified hierarchy (v2) is used. Hosts with hybrid control groups have it too, beside the old ones; the keeper
mounts it at /sys/fs/cgroup for itself, so that its nodes need not know.
"""

import contextlib
import os
import time
from pathlib import Path

from lab.errors import LabError

MOUNTED = Path("/sys/fs/cgroup")  # in the keeper's mount namespace


def host_mount() -> Path:
    """Where this host has the unified hierarchy."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(where)
    raise LabError("no cgroup2 filesystem is mounted: mount -t cgroup2 none /sys/fs/cgroup/unified")


def is_populated(group: Path) -> bool:
    """Whether a process lives in a group or in one of its groups."""
    try:
        return "populated 1" in (group / "cgroup.events").read_text()
    except FileNotFoundError:
        return False


def kill(group: Path, timeout: float = 10) -> None:
    """End every process of a group and of the groups in it, and wait until none is left."""
    if not group.is_dir():
        return
    (group / "cgroup.kill").write_text("1")
    end = time.monotonic() + timeout
    while is_populated(group):
        if time.monotonic() > end:
            raise LabError(f"processes of {group} do not end: see {group}/cgroup.procs")
        time.sleep(0.01)


def remove(group: Path) -> None:
    """Remove an empty group and the groups in it."""
    for path, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(path)
