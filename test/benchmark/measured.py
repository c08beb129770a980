"""One run of a program, measured: time, and the requests that it sends."""

import collections
import dataclasses
import json
import os
import resource
import subprocess
import time
import urllib.parse

from lab.settings import REPO

from benchmark.counting import Counter

TIMEOUT = 3600  # seconds, for one run
SALT_CALL = ["--config-dir=salt", "--retcode-passthrough", "--out=json"]
_READING = ("GET", "HEAD")


@dataclasses.dataclass
class Figures:
    """What a run took: seconds, and numbers of requests."""

    wall: float
    cpu: float
    requests: float
    listings: float
    writes: float


class Requests(Counter):
    """Counts requests by what they are for."""

    def __init__(self):
        super().__init__()
        self._kinds = collections.Counter()

    def count(self, method, url):
        """Note a request; a login is none of the writes."""
        super().count(method, url)
        path = urllib.parse.urlsplit(url).path
        listing = method == "GET" and path.endswith("/v2/images")
        writing = method not in _READING and not path.endswith("/auth/tokens")
        with self._lock:
            self._kinds.update(["requests", *(["listings"] if listing else []), *(["writes"] if writing else [])])

    def kinds(self):
        """Return ``(requests, listings of images, writes)`` since the last call."""
        with self._lock:
            found, self._kinds = self._kinds, collections.Counter()
        return found["requests"], found["listings"], found["writes"]


def run(argv, folder, environment, counter):
    """
    Run a program that must succeed, and return ``(Figures, what it printed)``.

    counter
        A :py:class:`Requests`, through which it asks its servers.
    """
    proxy = {"http_proxy": counter.url, "no_proxy": "", "NO_PROXY": ""}
    counter.kinds()
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        list(map(str, argv)),
        cwd=folder,
        env={**os.environ, **proxy, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{argv[0]}: exit {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(wall, cpu, *counter.kinds()), done.stdout + done.stderr


def write(path, data):
    """Write data as JSON, which YAML is too; an SLS file says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(("#!json\n" if path.suffix == ".sls" else "") + json.dumps(data), encoding="utf-8")


def write_salt(folder, pillar, states):
    """Write what ``salt-call`` with ``SALT_CALL`` reads: pillar ``benchmark``, and SLS files by name."""
    write(folder / "pillar" / "top.sls", {"base": {"*": ["data"]}})
    write(folder / "pillar" / "data.sls", {"benchmark": pillar})
    for name, each in states.items():
        write(folder / "states" / f"{name}.sls", each)
    minion = {
        "file_client": "local",
        "file_roots": {"base": [str(folder / "states")]},
        "pillar_roots": {"base": [str(folder / "pillar")]},
        "module_dirs": [str(REPO)],
        "root_dir": str(folder / "salt"),
        "id": "benchmark",
        "log_level": "error",
    }
    write(folder / "salt" / "minion", minion)
