"""The base root of a suite: Debian with systemd, and Salt in /opt/salt. Every node is an overlay over it.

It is made once for each recipe and kept in the cache as `base-SUITE-HASH`; built beside that name under a lock and
renamed, so that what has the name is whole. The builder runs in mount and pid namespaces of its own: whatever ends
it, the kernel ends its processes and mounts, and the next build removes its folder.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab import host, sources
from lab.errors import LabError
from lab.settings import CACHE, PATH, SUITES, Suite
from lab.shell import reason

HERE = Path(__file__).resolve().parent
FILES = HERE / "files"  # laid over the base as they are
REQUIREMENTS = HERE / "requirements.txt"
PACKAGES = (
    "systemd,systemd-sysv,libpam-systemd,dbus,iproute2,python3,python3-venv,ca-certificates,procps,iputils-ping,"
    "nftables,curl,netcat-openbsd,less,apt-utils"
)
UNUSED = 24 * 3600  # seconds after which a former base is removed
TOOLS = ("salt", "salt-key", "salt-run", "salt-call", "salt-cp")
MASKED = (
    # background work of Debian that would disturb a test
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "fstrim.timer",
    "e2scrub_all.timer",
    "dpkg-db-backup.timer",
    # what Glance's packages bring along for Cinder, and no container's kernel has: bullseye's does not install without
    "iscsid.service",
    "open-iscsi.service",
)


def recipe(suite: Suite) -> str:
    """A hash of everything that decides what a base contains, this file included."""
    digest = hashlib.sha256(repr(suite).encode())
    for path in (Path(__file__), REQUIREMENTS, *sorted(FILES.rglob("*"))):
        if path.is_file():
            digest.update(str(path.relative_to(HERE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def path_of(suite: Suite) -> Path:
    return CACHE / f"base-{suite.name}-{recipe(suite)}"


def ensure(suite: Suite, say=lambda text: None) -> Path:
    """The base of `suite`, built when the cache has none; `say` hears what is going on."""
    final = path_of(suite)
    if final.is_dir():
        return final
    CACHE.mkdir(parents=True, exist_ok=True)
    # pdeathsig and kill-child: a builder does not outlive who asked for it, however that one ends
    argv = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "--pid",
        "--fork",
        "--kill-child=KILL",
        "--mount-proc",
        sys.executable,
        "-m",
        "lab.base",
        suite.name,
    ]
    log = CACHE / f"build-{suite.name}.log"
    builder = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
    )
    last = ""
    try:
        for line in builder.stdout:
            last = line.strip() or last
            say(last)
        code = builder.wait()
    except BaseException:
        builder.kill()
        builder.wait()
        raise
    if code or not final.is_dir():
        raise LabError(f"the base root of {suite.name} could not be built: {last or code}\nThe whole log: {log}")
    return final


# ---------------------------------------------------------------- the builder, in its own namespaces
class Builder:
    """Makes one base root in a folder of its own."""

    def __init__(self, suite: Suite, log):
        self.suite, self.log = suite, log
        self.root = Path(tempfile.mkdtemp(prefix=f"building-{suite.name}-", dir=CACHE))
        self.root.chmod(0o755)
        self.wheels = CACHE / f"wheels-{suite.name}-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"

    def build(self) -> Path:
        """The root, whole; the caller renames it."""
        archive = sources.find()
        self.step(f"Debian {self.suite.name} from {archive.main}")
        self.debian(archive)
        if not (self.wheels / "complete").exists():
            self.step("wheels of Salt and the OpenStack clients (a compiler comes and goes)")
            self.make_wheels()
        self.step("Salt in /opt/salt")
        self.salt()
        self.step("units and settings")
        self.settle()
        return self.root

    def step(self, text: str) -> None:
        print(text, flush=True)
        self.log.write(f"== {text}\n")
        self.log.flush()

    def run(self, argv, **kwargs) -> None:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, **kwargs)
        if done.returncode:
            self.log.flush()
            text = Path(self.log.name).read_text(errors="replace").strip()
            raise LabError(reason(text) or f"{argv[0]}: exit {done.returncode}")

    def debian(self, archive: sources.Archive) -> None:
        self.root.rmdir()  # mmdebstrap makes it
        options = [*host.apt_options(), *self.suite.apt_options, 'Acquire::Languages "none";']
        if proxy := host.http_proxy():
            options.append(f'Acquire::http::Proxy "{proxy}";')
        listing = CACHE / f"sources-{self.suite.name}.sources"
        listing.write_text(sources.for_suite(archive, self.suite))
        self.run(
            [
                "mmdebstrap",
                "--mode=root",
                "--variant=minbase",
                f"--include={PACKAGES}",
                "--dpkgopt=force-unsafe-io",
                *[f"--aptopt={o}" for o in options],
                self.suite.name,
                str(self.root),
                str(listing),
            ]
        )
        listing.unlink()

    def inside(self, script: str, scratch: bool = False) -> None:
        """Run a shell script in the root, on this host's network; scratch: nothing it writes outside /wheels stays."""
        with tempfile.TemporaryDirectory(prefix="scratch-", dir=CACHE) as work:
            for name in ("upper", "work", "root"):
                (Path(work) / name).mkdir()
            (Path(work) / "script").write_text(script)
            mount = f"mount --bind {self.root} {work}/root"
            if scratch:
                layers = f"lowerdir={self.root},upperdir={work}/upper,workdir={work}/work"
                mount = f"mount -t overlay overlay -o {layers} {work}/root"
            enter = f"""
                {mount}
                cd {work}/root
                mkdir -p wheels run/lab
                mount --bind {self.wheels} wheels
                mount -t tmpfs tmpfs run; mkdir run/lab
                mount -t proc proc proc; mount --rbind /sys sys; mount --rbind /dev dev
                cp {work}/script {REQUIREMENTS} run/lab/
                cat /etc/resolv.conf > run/lab/resolv.conf
                cat {host.CA_BUNDLE} > run/lab/ca.crt
                rm -f etc/resolv.conf; ln -s /run/lab/resolv.conf etc/resolv.conf
                exec chroot . sh -eu /run/lab/script
            """
            env = {
                "PATH": PATH,
                "HOME": "/root",
                "LANG": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive",
                "PIP_CERT": "/run/lab/ca.crt",
                "PIP_CACHE_DIR": "/wheels/cache",
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "PIP_ROOT_USER_ACTION": "ignore",
                "PIP_PROGRESS_BAR": "off",
                **host.build_environment(),
            }
            self.run(["unshare", "--mount", "--propagation", "private", "sh", "-eu", "-c", enter], env=env)
            if not scratch:
                (self.root / "wheels").rmdir()

    def make_wheels(self) -> None:
        """Salt comes as source only, and its timelib wants a compiler."""
        shutil.rmtree(self.wheels, ignore_errors=True)
        self.wheels.mkdir()
        self.inside(
            """
            apt-get update -q
            apt-get install -y -q --no-install-recommends gcc libc6-dev python3-dev
            python3 -m venv /opt/build
            /opt/build/bin/pip wheel -w /wheels -r /run/lab/requirements.txt
        """,
            scratch=True,
        )
        shutil.rmtree(self.wheels / "cache", ignore_errors=True)
        (self.wheels / "complete").touch()

    def salt(self) -> None:
        self.inside("""
            python3 -m venv /opt/salt
            /opt/salt/bin/pip install --no-index --find-links /wheels -r /run/lab/requirements.txt
            # Salt 3008.3 is for Python 3.9 as well, but one of its files has type hints that need 3.10
            ring=/opt/salt/lib/python3.9/site-packages/salt/cluster/ring.py
            [ ! -e $ring ] || sed -i '1i from __future__ import annotations' $ring
            /opt/salt/bin/salt-call --version
        """)
        for tool in TOOLS:
            (self.root / "usr/local/bin" / tool).symlink_to(f"/opt/salt/bin/{tool}")

    def settle(self) -> None:
        """Lay `files/` over the root, and take away what belongs to one machine."""
        shutil.copytree(FILES, self.root, dirs_exist_ok=True)
        for directory in ("etc/salt/minion.d", "etc/salt/master.d", "srv/pillar"):
            (self.root / directory).mkdir(parents=True, exist_ok=True)
        for unit in MASKED:
            (self.root / "etc/systemd/system" / unit).symlink_to("/dev/null")
        for name in (
            "etc/hostname",
            "etc/resolv.conf",
            "etc/apt/apt.conf.d/99mmdebstrap",
            "etc/apt/sources.list",
            "var/lib/dbus/machine-id",
            "usr/sbin/policy-rc.d",
        ):
            (self.root / name).unlink(missing_ok=True)
        for path in (self.root / "etc/apt/sources.list.d").iterdir():
            path.unlink()  # each node gets the host's archives of the day
        (self.root / "etc/resolv.conf").write_text("")
        (self.root / "etc/machine-id").write_text("")  # each node makes its own at its first boot
        for path in (self.root / "var/cache/apt/archives").glob("*.deb"):
            path.unlink()


def forget_old(suite: Suite) -> None:
    """Remove bases of former recipes that no lab has used for a day; a keeper holds a lock on its own."""
    for path in CACHE.glob(f"base-{suite.name}-*"):
        if path == path_of(suite) or time.time() - path.stat().st_mtime < UNUSED:
            continue
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(directory)


def main(name: str) -> int:
    os.umask(0o022)
    suite = SUITES[name]
    final = path_of(suite)
    with open(CACHE / "build.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another build", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if final.is_dir():
            return 0
        for pattern in ("building-*", "scratch-*"):  # what a killed builder left; none is at work, we hold the lock
            for leftover in CACHE.glob(pattern):
                shutil.rmtree(leftover, ignore_errors=True)
        with open(CACHE / f"build-{name}.log", "w") as log:
            builder = Builder(suite, log)
            try:
                builder.build().rename(final)
                os.utime(final)
                forget_old(suite)
            except (LabError, OSError) as error:
                with contextlib.suppress(OSError):
                    shutil.rmtree(builder.root)
                print(str(error), flush=True)
                return 1
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="build the base root of a suite (started by lab.base.ensure)")
    parser.add_argument("suite", choices=SUITES)
    raise SystemExit(main(parser.parse_args().suite))
