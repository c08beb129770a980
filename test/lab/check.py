"""What this host lacks to run a lab, each with what to do about it."""

import importlib.util
import os
import shutil
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab import cgroups
from lab.errors import LabError
from lab.settings import CACHE, RUN, Suite, run_dir

DEBIAN = ("12", "13")
TOOLS = {  # command: Debian package
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "bridge": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
}
SPACE_TO_BUILD = 3 << 30  # a base, its wheels, and what machines then write
SPACE_TO_RUN = 1 << 30
SOCKET_PATH = 90  # the kernel takes 107 bytes; a node's name comes on top


@dataclass(frozen=True)
class Lack:
    """Something missing: what, what to do, and the Debian package that would bring it."""

    what: str
    remedy: str
    package: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"


def need_root() -> None:
    if os.geteuid() != 0:
        raise LabError("not root: run it with sudo")


def packages(suite: Suite, tests: bool = False) -> list[Lack]:
    """What is missing that a Debian package brings; `tests`: for the test venv, too."""
    missing = {tool: name for tool, name in TOOLS.items() if not shutil.which(tool)}
    found = [Lack(f"no {tool}", f"apt-get install {name}", name) for tool, name in missing.items()]
    keyring = Path(f"/usr/share/keyrings/debian-archive-{suite.name}-stable.gpg")
    if suite.updates and not keyring.exists():
        name = "debian-archive-keyring"
        found.append(Lack(f"no keys of Debian {suite.name}", f"apt-get install {name}", name))
    if tests:
        if not importlib.util.find_spec("ensurepip"):
            found.append(Lack("no ensurepip for a venv", "apt-get install python3-venv", "python3-venv"))
        if not shutil.which("gcc"):
            found.append(Lack("no C compiler", "apt-get install gcc libc6-dev", "gcc"))
        if not Path(sysconfig.get_paths()["include"], "Python.h").exists():
            found.append(Lack("no headers of Python", "apt-get install python3-dev", "python3-dev"))
    return found


def host(build: bool) -> list[Lack]:
    """What no package brings; `build`: a base root must be built first."""
    return _places(build) or _kernel()  # probing makes sense where the rest is right


def system() -> list[Lack]:
    """Whether this is a Debian that the lab was tried on."""
    release = _os_release()
    if release.get("ID") != "debian" or release.get("VERSION_ID") not in DEBIAN:
        name = release.get("PRETTY_NAME", "an unknown system")
        return [Lack(f"this is {name}", f"run it on Debian {' or '.join(DEBIAN)}, a virtual machine will do")]
    return []


def _os_release() -> dict[str, str]:
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return {}
    return {k: v.strip('"') for k, _, v in (line.partition("=") for line in lines)}


def _places(build: bool) -> list[Lack]:
    found = []
    if len(str(run_dir())) > SOCKET_PATH:
        found.append(Lack(f"{RUN} is too long a path for a socket", "set GLANCE_LAB_RUN to a shorter one"))
    CACHE.mkdir(parents=True, exist_ok=True)
    facts = os.statvfs(CACHE)
    bad = {"nodev": os.ST_NODEV, "noexec": os.ST_NOEXEC, "nosuid": os.ST_NOSUID}
    flags = [name for name, flag in bad.items() if facts.f_flag & flag]
    elsewhere = "set GLANCE_LAB_CACHE to a folder elsewhere"
    if flags:
        found.append(Lack(f"{CACHE} is on a filesystem mounted {','.join(flags)}", elsewhere))
    free, need = facts.f_bavail * facts.f_frsize, SPACE_TO_BUILD if build else SPACE_TO_RUN
    if free < need:
        what = f"{free / 2**30:.1f} GiB free in {CACHE}, {need / 2**30:.0f} needed"
        found.append(Lack(what, f"free some, or {elsewhere}"))
    return found


def _kernel() -> list[Lack]:
    """Try what a lab does, in namespaces that vanish at once."""
    found = []
    try:
        cgroups.host_mount()
    except LabError as error:
        found.append(Lack(*str(error).split(": ", 1)))
    with tempfile.TemporaryDirectory(prefix="probe-", dir=CACHE) as probe:
        for name in ("lower", "upper", "work", "root"):
            Path(probe, name).mkdir()
        layers = f"lowerdir={probe}/lower,upperdir={probe}/upper,workdir={probe}/work"
        tries = {
            "namespaces": "true",
            f"overlay mounts in {CACHE}": f"mount -t overlay overlay -o volatile,{layers} {probe}/root",
            "a bridge": "ip link add labprobe type bridge",
            "a pair of virtual wires": "ip link add lab0 type veth peer name lab1",
        }
        for what, command in tries.items():
            argv = ["unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "sh", "-ec", command]
            done = subprocess.run(argv, capture_output=True, text=True)
            if done.returncode:
                said = done.stderr.strip().splitlines()
                found.append(
                    Lack(
                        f"this kernel allows root no {what} ({said[-1] if said else done.returncode})",
                        "a container seldom may: use a real or virtual machine",
                    )
                )
    return found


def insist(lacks: list[Lack]) -> None:
    if lacks:
        raise LabError("this host cannot run the lab: " + "\n  ".join(map(str, lacks)))
