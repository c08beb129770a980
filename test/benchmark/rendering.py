"""
What rendering and checking a role's configuration costs beside Salt's own start: no server, no lab, any machine.

    python3 test/benchmark/rendering.py [--runs 5] [--rst docs/rendering.rst]

``salt-call --local state.show_low_sls ROLE`` with pillar.example, in turn with the same of an SLS that holds one
``test.nop``. Counted is CPU time of user and system, which other work on the machine moves least.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]
ROLES = ("glance.api.config", "glance.api", "glance.registry", "glance")
SALT = pathlib.Path(sys.executable).with_name("salt-call")
HEAD = """\
.. Made by test/benchmark/rendering.py.

Cost of a configuration
=======================

CPU seconds of ``salt-call --local state.show_low_sls ROLE`` with all keys of pillar.example: the pillar checked against
the schema, the release's options looked up and checked, the SLS rendered. *Salt alone* is the same for an SLS with one
``test.nop``. Medians of {runs} runs in turn, {cores} cores.

=================== =========== ============ ============== =====
Role                CPU         Salt alone   Formula's own  Ratio
=================== =========== ============ ============== =====
"""
RULE = "=================== =========== ============ ============== =====\n"


def minion(directory):
    """Write the configuration of a minion without master into a directory."""
    roots = directory / "states"
    roots.mkdir()
    (roots / "nothing.sls").write_text("nothing: {test.nop: []}\n")
    (directory / "pillar").mkdir()
    pillar = yaml.safe_load((REPO / "pillar.example").read_text(encoding="utf-8"))
    (directory / "pillar" / "top.sls").write_text("base: {'*': [glance]}\n")
    (directory / "pillar" / "glance.sls").write_text("#!json\n" + json.dumps(pillar))
    config = {
        "id": "rendering",
        "root_dir": str(directory),
        "file_client": "local",
        "file_roots": {"base": [str(roots), str(REPO)]},
        "pillar_roots": {"base": [str(directory / "pillar")]},
        "module_dirs": [str(REPO)],
        "fileserver_ignoresymlinks": True,
        "enable_fqdns_grains": False,
        "enable_gpu_grains": False,
    }
    (directory / "minion").write_text(yaml.safe_dump(config))


def once(directory, sls):
    """Return CPU seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [SALT, "--local", "-c", directory, "--out=json", "state.show_low_sls", sls]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not all(isinstance(chunk, dict) for chunk in json.loads(done.stdout)["local"]):
        raise SystemExit(done.stdout)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(directory, sls, runs):
    """Return the medians of role and floor."""
    once(directory, sls)
    pairs = [(once(directory, sls), once(directory, "nothing")) for _ in range(runs)]
    return [statistics.median(column) for column in zip(*pairs, strict=True)]


def main():
    """Measure every role and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rst", type=pathlib.Path, help="write the page there as well")
    args = parser.parse_args()
    page = HEAD.format(runs=args.runs, cores=os.cpu_count())
    print(page, end="", flush=True)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        minion(directory)
        for role in ROLES:
            cpu, floor = measure(directory, role, args.runs)
            own = cpu - floor
            row = f"{role:19} {cpu:9.2f} s {floor:10.2f} s {own:12.2f} s {own / floor:5.2f}\n"
            print(row, end="", flush=True)
            page += row
    print(RULE)
    if args.rst:
        args.rst.write_text(page + RULE, encoding="utf-8")


if __name__ == "__main__":
    main()
