"""Start a keeper, tell a living lab from a dead one, remove what a dead one left.

A keeper and the shells around it hold a lock on `keeper.lock` in the run directory: the kernel lets go of it when
the last of them ends, so the lock alone tells whether a lab lives.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from lab import base, cgroups, provision, topology
from lab.client import Lab
from lab.errors import LabError
from lab.settings import CACHE, REPO, SUITES, disk_of
from lab.topology import Plan

GROUP = "glance-lab-{}"
# all that a lab keeps in the cache directory, which may be a user's own
CACHED = (
    "base-*",
    "wheels-*",
    "venv-*",
    "packages",
    "labs",
    "locks",
    "building-*",
    "scratch-*",
    "sources-*",
    "probe-*",
    "logs-of-failed-up",
    "build-*.log",
    "build.lock",
    "venv.lock",
    "venv.log",
)
_OURS: dict[Path, int] = {}  # pipes which a keeper of ours watches: they close when this process ends


@contextlib.contextmanager
def exclusive(run: Path, say=lambda text: None):
    """One `up` or `down` at a time for a lab."""
    locks = CACHE / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with open(locks / run.name, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another ./lab up or down of this checkout")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_alive(run: Path) -> bool:
    """Whether the lab of this run directory has a keeper."""
    try:
        with open(run / "keeper.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def make_plan(run: Path, suite: str, sites: int, image_nodes: int, pillar: str, log_level: str) -> Plan:
    return Plan(
        suite=suite,
        sites=sites,
        image_nodes=image_nodes,
        members=topology.members(sites, image_nodes),
        repo=str(REPO),
        base=str(base.path_of(SUITES[suite])),
        cgroup=GROUP.format(run.name),
        pillar=pillar,
        log_level=log_level,
        secrets=provision.new_secrets(),
    )


def start(run: Path, plan: Plan, owned: bool = False) -> None:
    """Start the keeper, detached from whoever called; owned: it ends when this process does, however that ends."""
    run.mkdir(mode=0o700, parents=True)
    plan.save(run / "plan.json")
    group = cgroups.host_mount() / plan.cgroup / "keeper"
    group.mkdir(parents=True, exist_ok=True)
    with (
        open(run / "keeper.lock", "w") as lock,
        open("/proc/self/ns/net") as outer,
        open(run / "keeper.log", "ab") as log,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        argv = [
            "sh",
            "-c",
            f'echo $$ > {group}/cgroup.procs && exec "$@"',
            "sh",
            "unshare",
            "--net",
            "--mount",
            "--propagation",
            "private",
            "--pid",
            "--fork",
            "--kill-child=KILL",
            "--mount-proc",
            # the lab's pid 1: a shell, which reaps what is orphaned and ends with the keeper
            "sh",
            "-c",
            '"$@"; exit $?',
            "lab-init",
            sys.executable,
            "-m",
            "lab.keeper",
            str(run),
            "--outer-network",
            str(outer.fileno()),
        ]
        kept_open = [lock.fileno(), outer.fileno()]
        if owned:
            theirs, _OURS[run] = os.pipe()
            argv += ["--owner", str(theirs)]
            kept_open.append(theirs)
        subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            pass_fds=kept_open,
            env={**os.environ, "PYTHONPATH": str(REPO / "test")},
        )
        if owned:
            os.close(theirs)


def wait_up(run: Path, say=lambda text: None, timeout: float = 180) -> Lab:
    """Until the keeper's machines are all up."""
    end = time.monotonic() + timeout
    while True:
        status = _status(run)
        if status and status["phase"] == "failed":
            raise LabError(f"the machines did not come up: {status['error']}\nTo start again: ./lab down, ./lab up")
        if status and status["phase"] == "up":
            return Lab(run)
        if status is None and not is_alive(run):
            log = (run / "keeper.log").read_text(errors="replace")[-1500:] if run.is_dir() else ""
            raise LabError(f"the keeper ended while the lab was starting:\n{log}")
        waited = [name for name, node in (status or {"nodes": {}})["nodes"].items() if node["state"] != "on"]
        say("waiting for " + (", ".join(waited) if waited else "the keeper"))
        if time.monotonic() > end:
            raise LabError(f"not up after {timeout:.0f} s: {', '.join(waited)}; see {run}/*.console")
        time.sleep(0.1)


def _status(run: Path) -> dict | None:
    try:
        return Lab(run).status()
    except LabError:
        return None


def take_down(run: Path, timeout: float = 30) -> bool:
    """End a lab, alive or dead, and all that it had; whether there was anything."""
    if is_alive(run):
        with contextlib.suppress(LabError):
            Lab(run).request("shutdown")
        end = time.monotonic() + timeout
        while is_alive(run) and time.monotonic() < end:
            time.sleep(0.05)
    return sweep(run)


def keep_logs(run: Path) -> Path:
    """Copy what keeper and machines said to where a `down` leaves it."""
    kept = CACHE / "logs-of-failed-up"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for pattern in ("*.log", "*.console"):
        for path in run.glob(pattern):
            shutil.copy(path, kept)
    return kept


def group_of(run: Path) -> Path:
    """The lab's control group, as this host sees it."""
    return cgroups.host_mount() / GROUP.format(run.name)


def others_alive() -> list[str]:
    """The labs that use this cache, wherever their run directories are."""
    names = [path.name for path in (CACHE / "labs").glob("*")]
    return [name for name in names if cgroups.is_populated(cgroups.host_mount() / GROUP.format(name))]


def remains(run: Path) -> bool:
    """Whether there is anything of a lab."""
    return any(path.exists() for path in (group_of(run), disk_of(run), run))


def sweep(run: Path) -> bool:
    """Remove what a dead lab left (or one that does not answer); whether there was anything."""
    group = group_of(run)
    found = remains(run)
    cgroups.kill(group)  # the keeper's own group is in it: nothing survives this
    cgroups.remove(group)
    shutil.rmtree(disk_of(run), ignore_errors=True)
    shutil.rmtree(run, ignore_errors=True)
    for parent in (disk_of(run).parent, run.parent):
        with contextlib.suppress(OSError):
            parent.rmdir()
    return found
