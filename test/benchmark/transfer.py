"""
The data of an image into Glance and out of it, beside what a user would take instead: curl, openstack, glance.

    ./lab demo && ./lab enter -- python3 test/benchmark/transfer.py [--gib 1 4] [--runs 3] [--rst docs/transfer.rst]
    python3 test/benchmark/transfer.py --servers FILE    # others, in the form of GLANCE_TEST_SERVERS

Contestants take turns, so that all see the same machine; a figure is a ratio of medians to curl, never a time to
compare with another machine's. ``openstack``, ``glance`` and Ansible, from PyPI, are measured whole, as nobody gets
around their start; this formula's functions in a process that has loaded Salt and has a token, as in a state run.
"""

import argparse
import contextlib
import functools
import http.server
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import glanceclient

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from functional import cloud
from lab import servers as lab_servers
from lab import venv
from lab.client import Lab
from lab.settings import REPO

from benchmark import catalogue, measured

CLIENTS, ANSIBLE = REPO / "test" / "benchmark" / "requirements-clients.txt", catalogue.PEERS["ansible"]

PREFIX = "transfer-benchmark"
MIB, GIB = 1 << 20, 1 << 30
GBIT = 10**9 // 8
TIMEOUT = 3600
HEAD = """\
.. Made by test/benchmark/transfer.py.

Transfer
========

Raw images, medians of {runs} runs in turn on one machine ({cores} cores, {machine}, Python {python}, load {load}), with
Glance {glance} and a file store on the same machine. *Ratio* is to curl in the same run: below 1 is faster. *Memory* is
what the process of this formula's functions, a minion with its modules loaded, grew by. Curl compares nothing; this
formula hashes what it sends and what it gets, with Glance's own algorithm, and a download is on the disk when it ends.

"""


class Cloud:
    """Glance, as the driver of the benchmark asks it."""

    def __init__(self, servers):
        self.identity = servers["identity"]
        account = {key: value for key, value in self.identity.items() if key != "region_name"}
        self.url = servers["image"]["url"]
        self._session = cloud.session(account)
        self.client = glanceclient.Client("2", session=self._session, endpoint_override=self.url)

    def token(self):
        """A fresh token."""
        return self._session.get_token()

    def queued(self):
        """The id of an image that waits for its data."""
        return self.client.images.create(name=PREFIX, disk_format="raw", container_format="bare").id

    def clean(self):
        """Remove what was made."""
        for image in list(self.client.images.list()):
            if image.name.startswith(PREFIX):
                self.client.images.delete(image.id)

    def environment(self):
        """What the command line clients read."""
        names = {f"OS_{key.upper()}": str(value) for key, value in self.identity.items()}
        return {**os.environ, **names, "OS_IDENTITY_API_VERSION": "3", "OS_IMAGE_URL": self.url}


def run(argv, env=None):
    """Run a program; return ``(seconds, None)``, or ``None`` when it fails, which some do at some servers."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        child_ = subprocess.Popen(list(map(str, argv)), env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        if child_.wait(TIMEOUT):
            said.seek(0)
            print(f"{argv[0]}: exit {child_.returncode}\n{said.read()[-2000:]}", file=sys.stderr)
            return None
    return time.monotonic() - start, None


def formula(cloud_, function, **arguments):
    """Run a function of ``openstack_image`` in a process of its own; return ``(seconds, MiB)`` of the call alone."""
    with tempfile.TemporaryDirectory() as folder:
        measured.write_salt(pathlib.Path(folder), {"admin": cloud_.identity}, {})
        work = json.dumps({"folder": folder, "function": function, "arguments": arguments})
        command = [sys.executable, __file__, "--child"]
        done = subprocess.run(command, input=work, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-4000:])
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def child():
    """The process of :py:func:`formula`."""
    import salt.client
    import salt.config

    work, profile = json.load(sys.stdin), "benchmark:admin"
    os.chdir(work["folder"])
    caller = salt.client.Caller(mopts=salt.config.minion_config("salt/minion"))
    caller.cmd("openstack_image.list", profile=profile)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    caller.cmd(f"openstack_image.{work['function']}", profile=profile, **work["arguments"])
    took, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([took, (after - before) / 1024]))


def ansible(cloud_, folder, path):
    """Upload a file by Ansible's module; return what :py:func:`run` does."""
    account = {key: value for key, value in cloud_.identity.items() if key != "region_name"}
    entry = {"auth": account, "region_name": cloud_.identity.get("region_name", "RegionOne")}
    measured.write(folder / "clouds.yaml", {"clouds": {PREFIX: {**entry, "image_endpoint_override": cloud_.url}}})
    arguments = {"cloud": PREFIX, "name": PREFIX, "filename": str(path)}
    arguments |= {"disk_format": "raw", "container_format": "bare", "visibility": "private"}
    tasks = [{"openstack.cloud.image": arguments}]
    measured.write(
        folder / "play.yml", [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]
    )
    programs = venv.path_of(ANSIBLE) / "bin"
    environment = {"OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml")}
    environment["ANSIBLE_PYTHON_INTERPRETER"] = str(programs / "python")
    command = [programs / "ansible-playbook", "--inventory", "localhost,", folder / "play.yml"]
    return run(command, {**os.environ, **environment})


def uploads(cloud_, path, folder):
    """The contestants that upload a file, curl first: ``{name: function}``."""
    environment, clients = cloud_.environment(), venv.path_of(CLIENTS) / "bin"

    attributes = ["--disk-format", "raw", "--container-format", "bare"]
    return {
        "curl -T": lambda: _sent(cloud_, cloud_.queued(), path),
        "openstack_image.upload": lambda: formula(
            cloud_, "upload", name=PREFIX, source=str(path), disk_format="raw", visibility="private"
        ),
        "openstack image create": lambda: run(
            [clients / "openstack", "image", "create", *attributes, "--file", path, PREFIX], environment
        ),
        "glance image-create": lambda: run(
            [clients / "glance", "image-create", *attributes, "--name", PREFIX, "--file", path], environment
        ),
        "openstack.cloud.image": lambda: ansible(cloud_, folder, path),
    }


def _sent(cloud_, image_id, path):
    headers = ["-H", f"X-Auth-Token: {cloud_.token()}", "-H", "Content-Type: application/octet-stream"]
    return run(["curl", "-sSf", "-o", os.devnull, "-T", path, *headers, f"{cloud_.url}/v2/images/{image_id}/file"])


def downloads(cloud_, path, folder):
    """The contestants that download an image."""
    environment, dest, clients = cloud_.environment(), folder / "copy", venv.path_of(CLIENTS) / "bin"
    image_id = cloud_.queued()
    _sent(cloud_, image_id, path)

    def clean(function):
        dest.unlink(missing_ok=True)
        return function()

    def curl():
        url = f"{cloud_.url}/v2/images/{image_id}/file"
        return run(["curl", "-sSf", "-o", dest, "-H", f"X-Auth-Token: {cloud_.token()}", url])

    def compared():
        first = curl()
        second = run(["sha512sum", dest])
        return (first[0] + second[0], None) if first and second else None

    found = {
        "curl -o": curl,
        "curl -o, then sha512sum": compared,
        "openstack_image.download": lambda: formula(cloud_, "download", name_or_id=image_id, dest=str(dest)),
        "openstack image save": lambda: run(
            [clients / "openstack", "image", "save", "--file", dest, image_id], environment
        ),
        "glance image-download": lambda: run(
            [clients / "glance", "image-download", "--file", dest, image_id], environment
        ),
    }
    return {name: functools.partial(clean, each) for name, each in found.items()}


def from_the_web(cloud_, path, folder, rate):
    """One pass, and a file in between, from a server that sends so many bytes a second."""

    def file_between():
        copy = folder / "between"
        with serving(path, rate) as url:
            first = run(["curl", "-sSf", "-o", copy, url])
        second = next(iter(uploads(cloud_, copy, folder).values()))()
        copy.unlink()
        return (first[0] + second[0], None) if first and second else None

    def one_pass():
        with serving(path, rate) as url:
            return formula(cloud_, "upload", name=PREFIX, source=url, disk_format="raw", visibility="private")

    return {"curl -o, then curl -T": file_between, "openstack_image.upload": one_pass}


@contextlib.contextmanager
def serving(path, rate):
    """A web server with one file, which it sends at so many bytes a second, or as fast as it can."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args):
            pass

        def copyfile(self, source, outputfile):
            start, sent = time.monotonic(), 0
            while block := source.read(MIB):
                outputfile.write(block)
                sent += len(block)
                if rate:
                    time.sleep(max(0, start + sent / rate - time.monotonic()))

    handler = functools.partial(Handler, directory=str(path.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{path.name}"
        server.shutdown()


def measure(contestants, runs, clean):
    """Return ``{name: (median seconds, most MiB)}``, ``None`` for one that failed; they take turns."""
    figures = {name: [] for name in contestants}
    for _ in range(runs):
        for name, function in contestants.items():
            clean()
            figures[name].append(function())
    return {
        name: None if None in all_ else (statistics.median(t for t, _ in all_), max((m or 0) for _, m in all_))
        for name, all_ in figures.items()
    }


def table(title, size, found):
    """The rows of one measurement as a table."""
    base = next(iter(found.values()))[0]
    rule = "=" * 26 + " " + "=" * 10 + " " + "=" * 7 + " " + "=" * 10
    lines = [title, "-" * len(title), "", rule, f"{size:26} {'Time':>10} {'Ratio':>7} {'Memory':>10}", rule]
    for name, figures in found.items():
        if figures:
            seconds, memory = figures
            grown = f"{memory:.0f} MiB" if memory else "-"
            lines.append(f"{name:26} {seconds:8.2f} s {seconds / base:7.2f} {grown:>10}")
        else:
            lines.append(f"{name:26} {'fails':>10} {'-':>7} {'-':>10}")
    return "\n".join([*lines, rule, "", ""])


def make_file(path, size):
    """A file of no compressible data, and in the page cache."""
    block = os.urandom(16 * MIB)
    with open(path, "wb") as file:
        for start in range(0, size, len(block)):
            file.write(block[: size - start])
    return path


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gib", type=float, nargs="+", default=[1, 4])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--servers", type=pathlib.Path, help="a file as for GLANCE_TEST_SERVERS; default: the lab's")
    parser.add_argument("--glance", default="of the lab", help="which one runs, for the page")
    parser.add_argument("--rst", type=pathlib.Path, help="write the page there as well")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return child()
    given = args.servers and json.loads(args.servers.read_text(encoding="utf-8"))
    for requirements in (CLIENTS, ANSIBLE):
        venv.ensure(lambda text: print(text, file=sys.stderr), requirements)
    cloud_ = Cloud(given or lab_servers.cloud(Lab.attach(), "auth-node", "image-node"))
    page = HEAD.format(
        runs=args.runs,
        cores=os.cpu_count(),
        machine=platform.machine(),
        python=platform.python_version(),
        glance=args.glance,
        load=f"{os.getloadavg()[1]:.0f}",
    )
    print(page)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = pathlib.Path(name)
        for size in args.gib:
            page += _of_size(cloud_, folder, size, args)
    if args.rst:
        args.rst.write_text(page.rstrip() + "\n", encoding="utf-8")
    return None


def _of_size(cloud_, folder, size, args):
    path, text = make_file(folder / "image.raw", int(size * GIB)), ""
    label = f"{size:g} GiB" if size >= 1 else f"{size * 1024:g} MiB"
    try:
        for title, make in (
            ("Upload of a file", lambda: uploads(cloud_, path, folder)),
            ("Download to a file", lambda: downloads(cloud_, path, folder)),
            ("Upload from a web server", lambda: from_the_web(cloud_, path, folder, None)),
            ("Upload from one that sends 1 Gbit/s", lambda: from_the_web(cloud_, path, folder, GBIT)),
        ):
            contestants = make()
            keep = title.startswith("Download")
            found = measure(contestants, args.runs, (lambda: None) if keep else cloud_.clean)
            text += table(f"{title}, {label}", label, found)
            print(table(f"{title}, {label}", label, found), flush=True)
            cloud_.clean()
    finally:
        cloud_.clean()
    return text


if __name__ == "__main__":
    sys.exit(main())
