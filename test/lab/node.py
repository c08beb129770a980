"""One machine of a lab, as its keeper sees it: an overlay over the base, booted by systemd-nspawn."""

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from lab import cgroups, inside
from lab.errors import LabError
from lab.network import Wire
from lab.settings import PATH
from lab.shell import sh

REBOOT = 133  # nspawn --keep-unit ends with this when its machine wants to boot again
BOOT = """
echo $$ > {group}/cgroup.procs
mount -t overlay overlay -o volatile,lowerdir={base},upperdir={upper},workdir={work} {root}
exec systemd-nspawn --quiet --directory={root} --machine={name} --hostname={name} --register=no --keep-unit \\
    --resolv-conf=off --link-journal=no --timezone=off --network-namespace-path={namespace} --notify-ready=yes \\
    --kill-signal=SIGRTMIN+3 --console=read-only "$@" --boot
"""


class Node:
    """Power and cable of one machine. Its methods may be called from several threads."""

    def __init__(self, name: str, wire: Wire, disk: Path, run: Path, group: Path, base: Path, options: list[str]):
        self.name, self.wire, self.base, self.options = name, wire, base, options
        self.upper, self.work, self.root = disk / "upper", disk / "work", disk / "root"
        self.console = run / f"{name}.console"
        self.socket = run / f"{name}.notify"
        self.group = group / name
        self.leader: int | None = None  # the machine's pid 1
        self.drop = ""
        self.boots = 0
        self.booted_at: float | None = None
        self.said = ""  # what its systemd says it is doing
        self.joined, self.frozen = True, False
        self._process: subprocess.Popen | None = None
        self._wanted = False  # power is on: a machine that reboots comes back
        self._ready = threading.Event()
        self._power = threading.RLock()
        for path in (self.upper, self.root):
            path.mkdir(parents=True, exist_ok=True)

    @property
    def state(self) -> str:
        if self.leader is None:
            return "off" if not self._wanted else "starting"
        if self.frozen:
            return "frozen"
        return "on" if self._ready.is_set() else "booting"

    def facts(self) -> dict:
        """What a client may know."""
        return {
            "address": self.wire.address,
            "state": self.state,
            "leader": self.leader,
            "drop": self.drop,
            "group": str(self.group),
            "boots": self.boots,
            "said": self.said,
            "cable": "in" if self.joined else "out",
            "up_since": self.booted_at,
            "console": str(self.console),
        }

    # ------------------------------------------------------------ power
    def start(self, timeout: float = 90) -> None:
        """Power on, and wait until systemd says that it is up."""
        with self._power:
            if not self._wanted:
                self._wanted = True
                self._boot()
        self.wait_ready(timeout)

    def wait_ready(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while not self._ready.wait(0.2):
            if not self._wanted:
                raise LabError(f"{self.name} went off while it booted:\n{self.console_end()}")
            if time.monotonic() > end:
                raise LabError(f"{self.name} is not up after {timeout:.0f} s ({self.said}):\n{self.console_end()}")

    def _boot(self) -> None:
        self._ready.clear()
        cgroups.kill(self.group)
        cgroups.remove(self.group)
        (self.group / "exec").mkdir(parents=True)  # for commands that come from outside
        shutil.rmtree(self.work, ignore_errors=True)  # a volatile overlay refuses a workdir that was used
        self.work.mkdir()
        self.socket.unlink(missing_ok=True)
        notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notified.bind(str(self.socket))
        script = BOOT.format(
            group=self.group,
            base=self.base,
            upper=self.upper,
            work=self.work,
            root=self.root,
            name=self.name,
            namespace=self.wire.namespace,
        )
        env = {
            "PATH": PATH,
            "NOTIFY_SOCKET": str(self.socket),
            "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
            "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
        }
        with open(self.console, "ab") as console:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "sh", "-eu", "-c", script, "sh", *self.options],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=env,
            )
        self.boots += 1
        self.frozen = False
        threading.Thread(target=self._watch, args=(self._process, notified), daemon=True).start()

    def _watch(self, process: subprocess.Popen, notified: socket.socket) -> None:
        """Read what nspawn says until it ends: a full socket would block it."""
        notified.settimeout(0.2)
        while process.poll() is None:
            with contextlib.suppress(TimeoutError):
                for line in notified.recv(4096).decode().splitlines():
                    self._hear(line)
        notified.close()
        with self._power:
            if process is not self._process:  # killed and started again meanwhile: the machine is another's to watch
                return
            self.leader = None
            if process.returncode == REBOOT and self._wanted:
                self._boot()
            else:
                self._wanted = False

    def _hear(self, line: str) -> None:
        key, _, value = line.partition("=")
        if key == "X_NSPAWN_LEADER_PID":
            self.drop = inside.missing_capabilities(int(value))
            self.leader = int(value)
        elif key == "STATUS":
            self.said = value
        elif key == "READY":
            self.booted_at = time.time()
            self._ready.set()

    def kill(self) -> None:
        """Power loss: every process at once, nothing said."""
        with self._power:
            self._wanted = False
            cgroups.kill(self.group)  # ending nspawn alone would leave its machine running
            if self._process:
                self._process.wait(20)
            self.leader, self.frozen = None, False

    def stop(self, timeout: float = 60) -> None:
        """Orderly shutdown; what has not ended by then loses power."""
        if self.leader is not None and not self.frozen:
            self._wanted = False
            self.run("systemctl", "poweroff", check=False)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
        self.kill()

    def reboot(self, timeout: float = 120) -> None:
        """Orderly reboot, until systemd says that it is up again."""
        before = self.boots
        self.run("systemctl", "reboot", check=False)
        end = time.monotonic() + timeout
        while self.boots == before:
            if time.monotonic() > end:
                raise LabError(f"{self.name} did not reboot within {timeout:.0f} s ({self.said})")
            time.sleep(0.05)
        self.wait_ready(timeout)

    def freeze(self, on: bool) -> None:
        """Hang: no process runs, yet the network stack answers."""
        if self.leader is None:
            raise LabError(f"{self.name} is off")
        (self.group / "cgroup.freeze").write_text("1" if on else "0")
        self.frozen = on

    # ------------------------------------------------------------ cable
    def cut(self) -> None:
        self.wire.cut()
        self.joined = False

    def join(self) -> None:
        self.wire.join()
        self.joined = True

    # ------------------------------------------------------------ looking in
    def run(self, *argv: str, check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess:
        if self.leader is None:
            raise LabError(f"{self.name} is off")
        return sh(*inside.node_argv(self.leader, str(self.group), self.drop, list(argv)), check=check, timeout=timeout)

    def console_end(self, size: int = 3000) -> str:
        return self.console.read_text(errors="replace")[-size:] if self.console.exists() else ""
