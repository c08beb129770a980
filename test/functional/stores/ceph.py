"""A cluster of Ceph from this host's packages: one monitor, one OSD on a file, a pool and a user."""

import json
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from releases import ini
from releases.errors import Missing
from releases.processes import WITH_US, Servers, run

MONITOR, POOL = 6789, "images"
COMMANDS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool")
SIZE = 2 << 30
WAIT = 60
_PACKAGES = Path("/usr/lib/python3/dist-packages")
_CAPS = {"mon": "profile rbd", "osd": f"profile rbd pool={POOL}"}


@dataclass(frozen=True)
class Cluster:
    """What a client needs: options of ``[global]``, and the key of ``client.glance``."""

    options: dict[str, str]
    key: str


def python() -> str:
    """
    Return the version of Python that this host's bindings are for, ``3.11``.

    Raises ``Missing`` where Ceph or its bindings are not installed.
    """
    missing = [name for name in COMMANDS if not shutil.which(name)]
    found = [path.name.split(".")[1].split("-")[1] for path in _PACKAGES.glob("rbd.cpython-*.so")]
    if missing or not found:
        what = ", ".join(missing) or "no rbd.cpython-*.so"
        raise Missing(f"no Ceph here ({what}): apt-get install ceph-mon ceph-osd ceph-common python3-rbd")
    return f"{found[0][0]}.{found[0][1:]}"


def bind(venv: Path) -> None:
    """Let an environment of the same Python use the bindings, which are not on PyPI."""
    [packages] = (venv / "lib").glob("python3*/site-packages")
    for name in ("rados", "rbd"):
        [library] = _PACKAGES.glob(f"{name}.cpython-*.so")
        link = packages / library.name
        if not link.exists():
            link.symlink_to(library)


def start(servers: Servers, directory: Path, address: str) -> Cluster:
    """
    Start one and return what a client needs.

    servers
        Starts and ends its processes.

    directory
        A new directory for everything it writes.

    address
        Address of this machine to listen on.

    Raises ``Failed`` where a command or server does.
    """
    for name in ("mon", "osd", "run"):
        (directory / name).mkdir(parents=True)
    shared, config = _options(address), directory / "ceph.conf"
    ini.write(config, {"global": {**shared, **_own(directory, address)}})
    log, ceph = servers.logs / f"{directory.name}.out", ["ceph", "-c", config, "--connect-timeout", "30"]
    _make_monitor(directory, address, shared["fsid"], config, log)
    _serve(servers, directory, address, MONITOR, "mon", "a", config)
    number = _make_osd(directory, ceph, config, log)
    _serve(servers, directory, address, MONITOR, "osd", number, config)
    run([*ceph, "osd", "pool", "create", POOL, "8"], log, timeout=WAIT)
    caps = [part for pair in _CAPS.items() for part in pair]
    key = _output([*ceph, "auth", "get-or-create-key", "client.glance", *caps])
    return Cluster(shared, key)


def _options(address):
    """What clients need as well."""
    needed = {f"auth_{name}_required": "cephx" for name in ("cluster", "service", "client")}
    return {"fsid": str(uuid.uuid4()), "mon_host": f"v1:{address}:{MONITOR}", **needed}


def _own(directory, address):
    return {
        "public_addr": address,
        "cluster_addr": address,
        "ms_bind_msgr2": "false",
        "osd_pool_default_size": 1,
        "osd_pool_default_min_size": 1,
        "osd_crush_chooseleaf_type": 0,
        "mon_warn_on_pool_no_redundancy": "false",
        "mon_allow_pool_size_one": "true",
        "mon_data": directory / "mon",
        "osd_data": directory / "osd",
        "bluestore_block_size": SIZE,
        "osd_memory_target": 1 << 30,
        "keyring": directory / "keyring",
        "run_dir": directory / "run",
        "admin_socket": directory / "run" / "$name.asok",
        "pid_file": directory / "run" / "$name.pid",
        "log_file": directory / "$name.log",
    }


def _make_monitor(directory, address, fsid, config, log):
    keyring, everything = directory / "keyring", ["--cap", "mon", "allow *", "--cap", "osd", "allow *"]
    run(["ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", *everything[:3]], log)
    run(["ceph-authtool", keyring, "--gen-key", "-n", "client.admin", *everything], log)
    where = ["--addv", "a", f"[v1:{address}:{MONITOR}]", "--fsid", fsid]
    run(["monmaptool", "--create", *where, directory / "monmap"], log)
    made = ["--mkfs", "-i", "a", "--monmap", directory / "monmap", "--keyring", keyring]
    run(["ceph-mon", "-c", config, *made], log)


def _make_osd(directory, ceph, config, log):
    """The OSD's number; its key is made here, the monitor is told."""
    identity, key = str(uuid.uuid4()), _output(["ceph-authtool", "--gen-print-key"])
    number = _output([*ceph, "osd", "new", identity, "-i", "-"], json.dumps({"cephx_secret": key}))
    keyring = directory / "osd" / "keyring"
    ini.write(keyring, {f"osd.{number}": {"key": key}})
    run(["ceph-osd", "-c", config, "-i", number, "--mkfs", "--osd-uuid", identity, "--keyring", keyring], log)
    return number


def _serve(servers, directory, address, port, kind, number, config):
    more = ["--keyring", directory / "osd" / "keyring"] if kind == "osd" else []
    argv = [f"ceph-{kind}", "-c", config, "-i", number, "-f", *more]
    servers.start(f"{directory.name}-{kind}", argv, address, port)


def _output(argv, given=""):
    argv = [*WITH_US, *map(str, argv)]
    return subprocess.run(argv, input=given, capture_output=True, text=True, check=True, timeout=WAIT).stdout.strip()
