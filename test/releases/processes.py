"""Commands and servers of a lane: none outlives the process that started it, and none fails without its last words."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from releases.errors import Failed

START = 240  # seconds until a server listens
STOP = 15  # seconds until one that was told to end is killed
# The kernel ends the child when this process is gone, however it went.
WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")


def run(argv, log: Path, timeout: float = 600, **options) -> None:
    """
    Run a command to its end.

    argv
        Command and arguments.

    log
        File that its output is appended to.

    timeout
        Seconds.

    options
        To ``subprocess.run``.

    Raises :py:exc:`Failed` with the end of its output.
    """
    argv = [str(each) for each in argv]
    with open(log, "a") as output:
        start = output.tell()
        try:
            done = subprocess.run(
                [*WITH_US, *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                **options,
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{argv[0]}: no end after {timeout:.0f} s\n{_tail(log, start)}") from error
    if done.returncode:
        raise Failed(f"{' '.join(argv[:4])}: exit {done.returncode}\n{_tail(log, start)}")


class Servers:
    """The servers of a site, each in a process group of its own; ``with`` ends them in reverse order."""

    def __init__(self, logs: Path):
        self.logs = logs
        self._started: list[subprocess.Popen] = []
        self._by_name: dict[str, tuple] = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in reversed(self._started):
            _end(server)

    def start(self, name: str, argv, address: str, port: int, env: dict | None = None) -> None:
        """
        Start a server and wait until it listens.

        name
            Names its log.

        argv
            Command and arguments; it must stay in the foreground.

        address, port
            Where it will listen.

        env
            More environment. Default ``None``: that of this process.

        Raises :py:exc:`Failed` with the end of its log when it ends or does not listen.
        """
        log = self.logs / f"{name}.out"
        with open(log, "a") as output:
            server = subprocess.Popen(
                [*WITH_US, *map(str, argv)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **(env or {})},
            )
        self._started.append(server)
        self._by_name[name] = (server, argv, address, port, env)
        end = time.monotonic() + START
        while not _listens(address, port):
            if server.poll() is not None:
                raise Failed(f"{name} ended, exit {server.returncode}\n{_tail(log)}")
            if time.monotonic() > end:
                raise Failed(f"{name} does not listen on {address}:{port} after {START} s\n{_tail(log)}")
            time.sleep(0.1)

    def kill(self, name: str) -> None:
        """
        Kill a server, as a host that loses its power does.

        name
            The name it was started under.
        """
        server, *_ = self._by_name[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(STOP)

    def restart(self, name: str) -> None:
        """
        Kill a server if it runs, and start it again; from the main thread, since it ends with the thread that did.

        name
            The name it was started under.
        """
        self.kill(name)
        _, argv, address, port, env = self._by_name[name]
        self.start(name, argv, address, port, env)


def _end(server: subprocess.Popen) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(STOP)
            break
    with contextlib.suppress(ProcessLookupError):  # a child that its parent left behind
        os.killpg(server.pid, signal.SIGKILL)


def _listens(address: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
        return True
    return False


def _tail(log: Path, start: int = 0, size: int = 3000) -> str:
    return log.read_text(errors="replace")[start:][-size:]
