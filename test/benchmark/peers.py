"""
A converged run of Keystone's and the database's objects, beside Ansible's openstack.cloud and community.mysql.

    ./lab demo && ./lab enter -- python3 test/benchmark/peers.py [--runs 3] [--many 50] [--rst docs/benchmark.rst]
    python3 test/benchmark/peers.py --servers FILE    # others, in the form of GLANCE_TEST_SERVERS

Both make the same objects on the same servers from the same machine, in turn, each as one process that is started for
it. Requests are counted by a proxy that both ask through. What is compared are runs in which nothing is to be done:
one that changes something ends the benchmark. The objects are removed at the end.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab import servers as lab_servers
from lab import venv
from lab.client import Lab
from lab.settings import DOMAIN, REPO, SUITES

from benchmark import objects
from benchmark.counting import Counter

ANSIBLE = REPO / "test" / "benchmark" / "requirements.txt"
TIMEOUT = 3600  # seconds, for one run
TOOLS = {
    "salt": "this formula",
    "salt-passwords": "this formula, passwords tried",
    "ansible": "Ansible",
}
HEAD = """\
.. Made by test/benchmark/peers.py.

Beside Ansible
==============

A run in which nothing is to be done: what one service has in Keystone and in the database (user, role on a project,
service, three endpoints; schema, account, grants), and what {many} services have. Ansible and this formula make the
same objects on the same servers, from the same machine, in turn. Medians of {runs}; for {many} services of Ansible, one
run.

- ``openstack.cloud`` {openstack_cloud}, ``community.mysql`` {community_mysql}, ansible-core {ansible_core}
- this formula, Salt {salt}
- Keystone {keystone}, {database}
- {machine}

.. list-table::
   :header-rows: 1

   * - Services
     - Run by
     - Wall time
     - CPU time
     - Requests to Keystone
     - of them logins
"""
FOOT = """
Ansible's module leaves the password of a user that exists alone (``update_password: on_create``) or sets it at every
run, so the first line of each number is with ``update_password: on_create`` too. With "passwords tried", the formula's
default, each user is logged in once to see whether its password is the one in pillar, which is one request a user and
makes Keystone compute a slow hash.

CPU time is that of the program and what it starts, not of the servers.
"""


class Bench:
    """Files of one run in a directory, and the environment of both tools."""

    def __init__(self, folder, servers, counter):
        self.folder, self.servers, self.counter = folder, servers, counter
        self.salt = venv.path_of() / "bin" / "salt-call"
        self.ansible = venv.path_of(ANSIBLE) / "bin" / "ansible-playbook"
        self.passwords = {}

    def write(self, services):
        """Everything that both tools read about these services."""
        self.passwords |= {name: secrets.token_hex(12) for name in services if name not in self.passwords}
        database = {key: self.servers["database"][key] for key in ("host", "port", "user", "password")}
        pillar = {"identity": self.servers["identity"], "database": database, "passwords": self.passwords}
        states = {
            "salt": objects.sls(services, "on_create"),
            "salt-passwords": objects.sls(services, "always"),
            "absent": objects.sls_absent(services),
        }
        self._json("pillar/top.sls", {"base": {"*": ["data"]}})
        self._json("pillar/data.sls", {"benchmark": pillar})
        for name, each in states.items():
            self._json(f"states/{name}.sls", each)
        minion = {
            "file_client": "local",
            "file_roots": {"base": [str(self.folder / "states")]},
            "pillar_roots": {"base": [str(self.folder / "pillar")]},
            "module_dirs": [str(REPO)],
            "root_dir": str(self.folder / "salt"),
            "id": "benchmark",
            "log_level": "error",
        }
        self._json("salt/minion", minion)
        self._json("ansible/play.yml", objects.playbook(services, database))
        self._json("ansible/passwords.yml", {"passwords": self.passwords})
        cloud = {key: value for key, value in self.servers["identity"].items() if key != "region_name"}
        self._json("ansible/clouds.yaml", {"clouds": {objects.CLOUD: {"auth": cloud, "region_name": objects.REGION}}})

    def _json(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(("#!json\n" if name.endswith(".sls") else "") + json.dumps(data), encoding="utf-8")

    def run(self, tool):
        """Run it once; return ``(wall seconds, CPU seconds, requests, logins, what it printed)``."""
        environment = {**os.environ, "http_proxy": self.counter.url, "no_proxy": "", "NO_PROXY": ""}
        if tool == "ansible":
            argv = [self.ansible, "--inventory", "localhost,", "--extra-vars", "@passwords.yml", "play.yml"]
            python = str(self.ansible.parent / "python")
            environment |= {"OS_CLIENT_CONFIG_FILE": "clouds.yaml", "ANSIBLE_PYTHON_INTERPRETER": python}
        else:
            argv = [self.salt, "--config-dir=salt", "--retcode-passthrough", "--out=json", "state.apply", tool]
        self.counter.take()
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(
            list(map(str, argv)),
            cwd=self.folder / ("ansible" if tool == "ansible" else ""),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(f"{tool}: exit {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return wall, cpu, *self.counter.take(), done.stdout

    def measure(self, tool, runs):
        """Return the medians of runs that changed nothing."""
        found = []
        for _ in range(runs):
            *figures, said = self.run(tool)
            if changed := changes(tool, said):
                raise SystemExit(f"{tool} is not converged: {changed} changes\n{said[-4000:]}")
            found.append(figures)
        return [statistics.median(column) for column in zip(*found, strict=True)]


def changes(tool, said):
    """How much a run says that it changed."""
    if tool == "ansible":
        return int(re.search(r"^localhost\b.*\bchanged=(\d+)", said, re.MULTILINE)[1])
    return sum(bool(each["changes"]) for each in json.loads(said)["local"].values())


def of_lab():
    """The servers of the lab's site with three hosts."""
    lab = Lab.attach()
    found = lab_servers.of_node(lab, "db-node")
    suite = SUITES[lab.status()["suite"]]
    identity = {**found["identity"], "auth_url": f"http://auth-node.{DOMAIN}:5000"}
    return {**found, "identity": identity, "keystone": f"of Debian {suite.name}, {suite.openstack}"}


def versions(bench):
    """What is compared, for the page."""
    site = next((bench.ansible.parents[1] / "lib").glob("python3*/site-packages"))
    collections = site / "ansible_collections"

    def manifest(name):
        return json.loads((collections / name / "MANIFEST.json").read_text())["collection_info"]["version"]

    def pip(python, package):
        code = f"from importlib.metadata import version; print(version({package!r}))"
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    query = [str(bench.salt), "--config-dir=salt", "--out=json", "openstack_database.version", "benchmark:database"]
    said = subprocess.run(query, cwd=bench.folder, capture_output=True, text=True, check=True, timeout=120).stdout
    return {
        "openstack_cloud": manifest("openstack/cloud"),
        "community_mysql": manifest("community/mysql"),
        "ansible_core": pip(bench.ansible.parent / "python", "ansible-core"),
        "salt": pip(bench.salt.parent / "python", "salt"),
        "keystone": bench.servers.get("keystone", "(version not said)"),
        "database": json.loads(said)["local"],
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
    }


def row(number, tool, figures):
    """One line of the table."""
    wall, cpu, requests, logins = figures
    cells = [number, TOOLS[tool], f"{wall:.1f} s", f"{cpu:.1f} s", f"{requests:.0f}", f"{logins:.0f}"]
    return "".join(f"   {'*' if not place else ' '} - {cell}\n" for place, cell in enumerate(cells))


def ratio(number, ours, theirs):
    """How many times more Ansible takes."""
    cells = [
        number,
        "Ansible beside the first line",
        *(f"{b / a:.1f} times" for a, b in zip(ours, theirs, strict=True)),
    ]
    return "".join(f"   {'*' if not place else ' '} - {cell}\n" for place, cell in enumerate(cells))


def compare(bench, many, runs, say):
    """Make the objects, measure, and say each line of the table."""
    for number in dict.fromkeys([1, many]):
        bench.write(objects.names(number))
        bench.run("salt-passwords")  # also those of objects that an interrupted run has left
        found = {tool: bench.measure(tool, 1 if tool == "ansible" and number > 1 else runs) for tool in TOOLS}
        for tool, figures in found.items():
            say(row(number, tool, figures))
        say(ratio(number, found["salt"], found["ansible"]))


def main():
    """Compare, print the table, clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--servers", type=pathlib.Path, help="JSON file that says where servers are; default: the lab's"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--many", type=int, default=50)
    parser.add_argument("--rst", type=pathlib.Path, help="write the page there as well")
    args = parser.parse_args()
    servers = json.loads(args.servers.read_text(encoding="utf-8")) if args.servers else of_lab()
    for requirements in (venv.REQUIREMENTS, ANSIBLE):
        venv.ensure(lambda text: print(text, file=sys.stderr), requirements)
    parts = []

    def say(text):
        print(text, end="", flush=True)
        parts.append(text)

    with tempfile.TemporaryDirectory(prefix="glance-benchmark-") as folder, Counter() as counter:
        bench = Bench(pathlib.Path(folder), servers, counter)
        bench.write(objects.names(args.many))
        try:
            say(HEAD.format(many=args.many, runs=args.runs, **versions(bench)))
            compare(bench, args.many, args.runs, say)
            say(FOOT)
        finally:
            bench.write(objects.names(args.many))
            bench.run("absent")
    if args.rst:
        args.rst.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
