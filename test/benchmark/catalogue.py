"""
A catalogue of images that is as declared, and one of which one image has drifted, beside what else keeps catalogues.

    ./lab demo && ./lab enter -- python3 test/benchmark/catalogue.py [--runs 3] [--rst docs/catalogue.rst]
    python3 test/benchmark/catalogue.py --servers FILE    # others, in the form of GLANCE_TEST_SERVERS

All ask for the same images of the same servers from the same machine, in turn, each as one process that is started for
it. Requests are counted by a proxy that all ask through. The images are made by this script, and removed at the end; a
run that changes what it should not ends the benchmark.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab import servers as lab_servers
from lab import venv
from lab.client import Lab
from lab.settings import REPO

from benchmark import measured
from benchmark.images import DATE, MIN_DISK, PREFIX, Catalogue, image

HERE = REPO / "test" / "benchmark"
PEERS = {"ansible": HERE / "requirements.txt", "image-manager": HERE / "requirements-image-manager.txt"}
TOOLS = {
    "salt": "this formula",
    "ansible": "Ansible, openstack.cloud.image in a loop",
    "image-manager": "openstack-image-manager",
}
HEAD = """\
.. Made by test/benchmark/catalogue.py.

A catalogue of images
=====================

Runs in which nothing is to be done: each image is there, public, with its data (1 KiB), two tags, and nine
properties. Last, one of the images has another property than declared, and the run repairs it. {versions}, Glance
{glance}; all ask the same servers from the same machine ({machine}), in turn. Medians of {runs} runs, of the others
of {peer_runs}.

.. list-table::
   :header-rows: 1

   * - Images
     - Run by
     - Wall time
     - CPU time
     - Requests
     - of them listings
     - of them writes
"""
FOOT = """
A listing is one request for a page of images. This formula asks for pages of 1,000, once for visible and once for
hidden images, however many there are. Ansible starts a program for each image, which logs in and looks for the name;
openstack-image-manager lists all images twice for each. Of the peers none compares an image's data.

Each was run once before it was measured, so that nothing is left to do. What Ansible writes even then are properties
that openstacksdk knows by name (``hw_disk_bus``, ``os_distro`` …): it does not find them where it looks.

CPU time is that of the program and what it starts, not of the servers.
"""


class Bench:
    """Files of all tools in a folder, and how each is started."""

    def __init__(self, folder, servers, counter):
        self.folder, self.counter = folder, counter
        self._identity = servers["identity"]
        self.pythons = {tool: venv.path_of(path) / "bin" for tool, path in PEERS.items()}
        self.pythons["salt"] = venv.path_of() / "bin"

    def write(self, number):
        """Everything that the tools read about so many images."""
        images = [image(each) for each in range(number)]
        (self.folder / "data").mkdir(exist_ok=True)
        for one in images:
            (self.folder / "data" / one["name"]).write_bytes(one["data"])
        region = self._identity.get("region_name", "RegionOne")
        auth = {key: value for key, value in self._identity.items() if key != "region_name"}
        measured.write(self.folder / "clouds.yaml", {"clouds": {PREFIX: {"auth": auth, "region_name": region}}})
        measured.write_salt(self.folder, {"identity": self._identity}, {"catalogue": self._states(images)})
        measured.write(self.folder / "play.yml", self._play(images))
        definitions = {"images": [self._definition(one) for one in images]}
        (self.folder / "definitions.yml").write_text(yaml.safe_dump(definitions), encoding="utf-8")

    def run(self, tool):
        """Run it once; return ``(Figures, what it printed)``."""
        programs, definitions = self.pythons[tool], ["--images", "definitions.yml", "--no-check"]
        argv = {
            "salt": [programs / "salt-call", *measured.SALT_CALL, "state.apply", "catalogue"],
            "ansible": [programs / "ansible-playbook", "--inventory", "localhost,", "play.yml"],
            "image-manager": [programs / "openstack-image-manager", "--cloud", PREFIX, *definitions],
        }[tool]
        environment = {"OS_CLIENT_CONFIG_FILE": "clouds.yaml", "ANSIBLE_PYTHON_INTERPRETER": str(programs / "python")}
        return measured.run(argv, self.folder, environment, self.counter)

    def measure(self, tool, runs, before=None):
        """Return the medians of runs after a first one; this formula must write only what ``before`` broke."""
        self.run(tool)
        found = []
        for _ in range(runs):
            if before:
                before()
            figures, said = self.run(tool)
            if tool == "salt" and figures.writes != bool(before):
                raise SystemExit(f"{tool} wrote {figures.writes} times, not {int(bool(before))}\n{said[-4000:]}")
            found.append(dataclasses.astuple(figures))
        return measured.Figures(*(statistics.median(column) for column in zip(*found, strict=True)))

    def _source(self, one):
        return str(self.folder / "data" / one["name"])

    def _states(self, images):
        return {
            one["name"]: state(
                profile="benchmark:identity",
                source=self._source(one),
                source_hash=f"sha512={hashlib.sha512(one['data']).hexdigest()}",
                disk_format="raw",
                visibility="public",
                min_disk=MIN_DISK,
                tags=one["tags"],
                properties=one["properties"],
            )
            for one in images
        }

    def _play(self, images):
        loop = [
            {"name": one["name"], "tags": one["tags"], "properties": one["properties"], "filename": self._source(one)}
            for one in images
        ]
        arguments = {key: f"{{{{ item.{key} }}}}" for key in ("name", "tags", "properties", "filename")}
        arguments |= {"cloud": PREFIX, "disk_format": "raw", "container_format": "bare", "visibility": "public"}
        label = {"loop_control": {"label": "{{ item.name }}"}}
        tasks = [{"openstack.cloud.image": arguments, "loop": loop, **label}]
        return [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]

    def _definition(self, one):
        meta = {key: one["properties"][key] for key in ("hw_disk_bus", "os_distro")}
        version = {"version": one["version"], "url": f"file:{self._source(one)}", "build_date": DATE}
        return {
            "name": PREFIX,
            "separator": "-",
            "format": "raw",
            "login": "root",
            "min_disk": MIN_DISK,
            "min_ram": 0,
            "status": "active",
            "visibility": "public",
            "multi": False,
            "meta": meta,
            "tags": [],
            "versions": [version],
        }


def state(**arguments):
    """One image as a state of this formula."""
    return {"openstack_image.present": [{key: value} for key, value in arguments.items()]}


def versions(bench):
    """What is compared, in words."""

    def pip(tool, package):
        code = f"from importlib.metadata import version; print(version({package!r}))"
        argv = [bench.pythons[tool] / "python", "-c", code]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    manifests = (bench.pythons["ansible"].parent / "lib").glob(
        "*/site-packages/ansible_collections/openstack/cloud/M*.json"
    )
    collection = json.loads(next(manifests).read_text())["collection_info"]["version"]
    return (
        f"This formula with Salt {pip('salt', 'salt')}; Ansible's openstack.cloud {collection} (ansible-core"
        f" {pip('ansible', 'ansible-core')}); openstack-image-manager {pip('image-manager', 'openstack-image-manager')}"
    )


def row(number, text, figures):
    """One line of the table."""
    cells = [number, text, f"{figures.wall:.1f} s", f"{figures.cpu:.1f} s", f"{figures.requests:.0f}"]
    return _line([*cells, f"{figures.listings:.0f}", f"{figures.writes:.0f}"])


def ratio(number, text, ours, theirs):
    """How many times more somebody else takes."""
    pairs = [(getattr(ours, key), getattr(theirs, key)) for key in ("wall", "cpu", "requests", "listings")]
    return _line([number, text, *(f"{other / own:.2f} times" for own, other in pairs), ""])


def _line(cells):
    return "".join(f"   {'*' if not place else ' '} - {cell}\n" for place, cell in enumerate(cells))


def compare(bench, catalogue, args, say):
    """Make the images, measure, and say each line of the table."""
    for number in args.images:
        catalogue.grow(number)
        bench.write(number)
        found = {"salt": bench.measure("salt", args.runs)}
        if number <= args.peers_up_to:
            found |= {tool: bench.measure(tool, args.peer_runs) for tool in PEERS}
        for tool, figures in found.items():
            say(row(number, TOOLS[tool], figures))
        for tool in found.keys() - {"salt"}:
            say(ratio(number, f"{tool} beside this formula", found["salt"], found[tool]))
    drifted = bench.measure("salt", args.runs, catalogue.drift)
    say(row(number, "this formula, one image drifted", drifted))
    say(ratio(number, "that beside the run before", found["salt"], drifted))


def main():
    """Compare, print the table, clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--servers", type=pathlib.Path, help="JSON file that says where servers are; default: the lab's"
    )
    parser.add_argument("--glance", default="30 (Epoxy)", help="its version, for the page")
    parser.add_argument("--images", type=int, nargs="+", default=[10, 100, 1000], help="sizes of the catalogue, rising")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer-runs", type=int, default=1)
    parser.add_argument("--peers-up-to", type=int, default=100, help="largest catalogue that the others are asked for")
    parser.add_argument("--rst", type=pathlib.Path, help="write the page there as well")
    args = parser.parse_args()
    servers = (
        json.loads(args.servers.read_text(encoding="utf-8"))
        if args.servers
        else lab_servers.cloud(Lab.attach(), "auth-node", "image-node")
    )
    for requirements in (venv.REQUIREMENTS, *PEERS.values()):
        venv.ensure(lambda text: print(text, file=sys.stderr), requirements)
    parts = []

    def say(text):
        print(text, end="", flush=True)
        parts.append(text)

    catalogue = Catalogue(servers)
    with tempfile.TemporaryDirectory(prefix="glance-benchmark-") as folder, measured.Requests() as counter:
        bench = Bench(pathlib.Path(folder), servers, counter)
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
        facts = {"glance": args.glance, "machine": machine, "runs": args.runs, "peer_runs": args.peer_runs}
        try:
            say(HEAD.format(versions=versions(bench), **facts))
            compare(bench, catalogue, args, say)
            say(FOOT)
        finally:
            catalogue.remove()
    if args.rst:
        args.rst.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
