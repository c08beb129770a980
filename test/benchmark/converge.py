"""
What a converged role costs beside Salt's own floor, in a lab with a deployed site.

    ./lab demo && ./lab enter -- python3 test/benchmark/converge.py [--runs 5] [--rst docs/cost.rst]

Role and floor are applied in turn, so that both see the same machine; a figure is a ratio of medians, never a time to
compare with another machine's.
"""

import argparse
import pathlib
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab.client import Lab

FLOOR = "lab.nothing"
ROLES = {
    "db-node": ["glance.database", "glance.messaging"],
    "auth-node": ["glance.identity"],
    "image-node": ["glance.api", "glance.client", "glance.images", "glance"],
}
HEAD = """\
.. Made by test/benchmark/converge.py in a lab with a deployed site.

Cost
====

What ``salt-call state.apply ROLE`` takes when there is nothing to change, beside ``salt-call state.apply`` of one
``test.nop``: medians of {runs} runs in turn on one machine ({suite}, {cores} cores). Wall time holds what servers do
for the role as well; CPU time is Salt's own and what it starts.

============ ================== ========= ========== ========== ===========
Host         Role               Wall time Floor      Ratio      Ratio, CPU
============ ================== ========= ========== ========== ===========
"""
RULE = "============ ================== ========= ========== ========== ===========\n"


def once(node, sls):
    """Return ``(wall seconds, CPU seconds)`` of one run, which must succeed without a change."""
    script = f"time salt-call --out=quiet --retcode-passthrough state.apply {sls} >/dev/null 2>&1"
    done = node.run("bash", "-c", f"TIMEFORMAT='%R %U %S'; {script}", timeout=600)
    wall, user, system = map(float, re.findall(r"[\d.]+", done.stderr)[-3:])
    return wall, user + system


def measure(node, sls, runs):
    """Return the medians of role and floor: ``(wall, cpu, floor wall, floor cpu)``."""
    once(node, sls)
    pairs = [(once(node, sls), once(node, FLOOR)) for _ in range(runs)]
    columns = zip(*[(*role, *floor) for role, floor in pairs], strict=True)
    return [statistics.median(column) for column in columns]


def main():
    """Measure every role and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rst", type=pathlib.Path, help="write the page there as well")
    args = parser.parse_args()
    lab = Lab.attach()
    cores = lab.node("image-node").run("nproc").stdout.strip()
    page = HEAD.format(runs=args.runs, suite=f"Debian {lab.status()['suite']}", cores=cores)
    print(page, end="", flush=True)
    for host, roles in ROLES.items():
        for role in roles:
            wall, cpu, floor, floor_cpu = measure(lab.node(host), role, args.runs)
            row = f"{host:12} {role:18} {wall:7.1f} s {floor:8.1f} s {wall / floor:10.1f} {cpu / floor_cpu:11.1f}\n"
            print(row, end="", flush=True)
            page += row
    print(RULE)
    if args.rst:
        args.rst.write_text(page + RULE, encoding="utf-8")


if __name__ == "__main__":
    main()
