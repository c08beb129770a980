"""The commands of ./lab."""
import argparse
import json
import os
import sys

from lab import base, lifecycle, topology
from lab.client import Lab
from lab.errors import LabError
from lab.progress import Progress
from lab.settings import DEFAULT_SUITE, MASTER, SUITES, run_dir

progress = Progress()


def up(args) -> int:
    run = run_dir()
    with lifecycle.exclusive(run, progress.say):
        if lifecycle.is_alive(run):
            lab = lifecycle.wait_up(run)
            lab.wait_minions()
            lab.sync()
            progress.say("the lab is up already: ./lab status shows it")
            return 0
        if lifecycle.sweep(run):
            progress.say("removed what a dead lab had left")
        suite = SUITES[topology.check_suite(args.suite)]
        topology.members(args.sites, args.image_nodes)
        if not base.path_of(suite).is_dir():
            with progress.step(f"building the base root of {suite.name} (once)") as say:
                base.ensure(suite, say)
        plan = lifecycle.make_plan(run, suite.name, args.sites, args.image_nodes, args.pillar or "", args.log_level)
        with progress.step(f"booting {len(plan.members)} machines of Debian {suite.name}") as say:
            lifecycle.start(run, plan)
            lab = lifecycle.wait_up(run, say)
        with progress.step("minions") as say:
            lab.wait_minions(say=say)
            lab.sync()
    return 0


def down(args) -> int:
    with lifecycle.exclusive(run_dir(), progress.say):
        lifecycle.take_down(run_dir())
    return 0


def status(args) -> int:
    lab = Lab.attach()
    print(json.dumps(lab.status(), indent=2))
    return 0


def node_command(name: str, argv: list[str]) -> int:
    env = {"TERM": os.environ.get("TERM", "dumb")} if sys.stdin.isatty() else None
    command = Lab.attach().node(name).argv(*argv, env=env)
    os.execvp(command[0], command)


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv[:1] == ["exec"]:
            rest = argv[2:]
            return node_command(argv[1], rest[1:] if rest[:1] == ["--"] else rest)
        if argv[:1] in (["salt"], ["salt-run"], ["salt-key"]):
            Lab.attach().sync()
            return node_command(MASTER, argv)
        parser = argparse.ArgumentParser(prog="lab")
        sub = parser.add_subparsers(required=True)
        p = sub.add_parser("up")
        p.add_argument("--suite", default=DEFAULT_SUITE)
        p.add_argument("--sites", type=int, default=1)
        p.add_argument("--image-nodes", type=int, default=1)
        p.add_argument("--pillar")
        p.add_argument("--log-level", default="info")
        p.set_defaults(do=up)
        sub.add_parser("down").set_defaults(do=down)
        sub.add_parser("status").set_defaults(do=status)
        args = parser.parse_args(argv)
        return args.do(args)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.code
