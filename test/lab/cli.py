"""The commands of ./lab."""

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

from lab import base, check, deploy, lifecycle, prerequisites, suite, topology, venv
from lab.client import Lab, parse
from lab.errors import LabError
from lab.progress import Progress
from lab.settings import CACHE, DEFAULT_SUITE, MASTER, RUN, SUITES, run_dir

USAGE = """\
Whole sites on one machine: real systemd hosts with a real salt-master, MariaDB, RabbitMQ, Keystone and Glance.

  ./lab demo                        from nothing to a deployed site, and how to go on
  ./lab test [--all] [--keep] [pytest arguments]
                                    the test suite, in a lab of two sites; --all: the slow tests, too
  ./lab up [--suite S] [--sites N] [--image-nodes N] [--pillar DIR] [--log-level L]
                                    hosts with salt-master and minions, nothing deployed
  ./lab status [--out=json]         what is up
  ./lab salt ARGS...                salt, on the master
  ./lab salt-run ARGS...            salt-run, on the master
  ./lab exec NODE [-- CMD...]       a command in a host (a shell without one)
  ./lab enter [-- CMD...]           a command of this machine, in the lab's network
  ./lab power NODE on|off|reboot|loss
  ./lab cable NODE in|out
  ./lab down                        ends it, nothing is left behind
  ./lab clean                       down, and the caches in {cache}

Suites: {suites}.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no lab is up; exec, enter, salt and test hand on what they ran.
"""
HANDED_ON = ("salt", "salt-run", "exec", "enter")
COMMANDS = ("demo", "test", "up", "status", *HANDED_ON, "power", "cable", "down", "clean")
progress = Progress()


# ---------------------------------------------------------------- up and down
def up(args) -> int:
    """Bring a lab up, or say that it is."""
    lab, fresh = bring_up(args)
    if not fresh:
        progress.say("the lab is up already: ./lab status shows it, ./lab down ends it")
    else:
        progress.say(f"up: {', '.join(lab.nodes)}; try ./lab salt '*' test.ping")
    return 0


def bring_up(args, owned: bool = False) -> tuple[Lab, bool]:
    """The lab of this checkout, and whether it had to be started."""
    run = run_dir()
    topology.check_suite(args.suite or DEFAULT_SUITE)
    topology.members(args.sites or 1, args.image_nodes or 1)
    if args.pillar and not Path(args.pillar).is_dir():
        raise LabError(f"--pillar {args.pillar}: no such folder", 2)
    with lifecycle.exclusive(run, progress.say):
        fresh = not lifecycle.is_alive(run)
        if fresh:
            start(args, run, owned)
        try:
            return settle(args, run), fresh
        except BaseException as error:
            if fresh:  # half a lab helps nobody
                logs = lifecycle.keep_logs(run)
                lifecycle.take_down(run)
                if isinstance(error, LabError):
                    raise LabError(f"{error}\nLogs of keeper and machines: {logs}") from error
            raise


def start(args, run: Path, owned: bool) -> None:
    """From a bare host, or one where a lab has died, to a keeper that boots machines."""
    if lifecycle.remains(run):
        with progress.step("removing what an interrupted lab left"):
            lifecycle.sweep(run)
    chosen = SUITES[args.suite or DEFAULT_SUITE]
    build = not base.path_of(chosen).is_dir()
    prerequisites.ensure(chosen, progress)
    check.insist(check.host(build))
    if build:
        with progress.step(f"building the root of Debian {chosen.name} (once)") as step:
            base.ensure(chosen, step.note)
    pillar = str(Path(args.pillar).resolve()) if args.pillar else ""
    plan = lifecycle.make_plan(
        run, chosen.name, args.sites or 1, args.image_nodes or 1, pillar, args.log_level or "info"
    )
    lifecycle.start(run, plan, owned)


def settle(args, run: Path) -> Lab:
    """Until machines, minions and modules of a lab with a keeper are there."""
    with progress.step("machines") as step:
        lab = lifecycle.wait_up(run, step.note)
    asked_for(args, lab)
    with progress.step("minions") as step:
        lab.wait_minions(say=step.note)
    with progress.step("the formula's modules"):
        lab.sync()
    return lab


def asked_for(args, lab: Lab) -> None:
    """A running lab is what was asked for, or it is an error."""
    status = lab.status()
    pillar = str(Path(args.pillar).resolve()) if args.pillar else None
    for option, wanted, is_so in (
        ("suite", args.suite, status["suite"]),
        ("sites", args.sites, status["sites"]),
        ("image-nodes", args.image_nodes, status["image_nodes"]),
        ("pillar", pillar, status["pillar"]),
    ):
        if wanted is not None and wanted != is_so:
            raise LabError(f"the lab that is up has --{option} {is_so or 'unset'}, not {wanted}: ./lab down first")


def down(args) -> int:
    """End the lab."""
    run = run_dir()
    with lifecycle.exclusive(run, progress.say):
        was = lifecycle.take_down(run)
    progress.say("down" if was else "nothing was up")
    return 0


def clean(args) -> int:
    """End the lab, and remove the caches unless another checkout's lab uses them."""
    down(args)
    if others := lifecycle.others_alive():
        raise LabError(f"the caches in {CACHE} stay: they are used by the lab {', '.join(others)}")
    for run in RUN.glob("*"):
        if not lifecycle.is_alive(run):
            lifecycle.sweep(run)
    for pattern in lifecycle.CACHED:
        for path in CACHE.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    if CACHE.is_dir() and not any(CACHE.iterdir()):
        CACHE.rmdir()
    return 0


# ---------------------------------------------------------------- demo and test
def demo(args) -> int:
    """A whole site, from nothing."""
    lab, _ = bring_up(args)
    deploy.carry_out(lab, deploy.DEMO, progress)
    print(deploy.GO_ON, end="")
    return 0


def test(args) -> int:
    """The test suite; a lab that this starts ends with it."""
    chosen = SUITES[args.suite or DEFAULT_SUITE]
    prerequisites.ensure(chosen, progress, tests=True)
    if not (venv.path_of() / "complete").exists():
        with progress.step("the test environment (once)") as step:
            venv.ensure(step.note)
    if not suite.needs_lab(args.pytest):
        return suite.run(None, args.pytest, args.all)
    if args.sites is None:
        args.sites = len(topology.SITES)
    lab, fresh = bring_up(args, owned=not args.keep)
    try:
        deploy.carry_out(lab, deploy.SERVERS, progress)
        return suite.run(lab, args.pytest, args.all)
    finally:
        if fresh and not args.keep:
            with lifecycle.exclusive(lab.run_dir, progress.say):
                lifecycle.take_down(lab.run_dir)


# ---------------------------------------------------------------- working in it
def status(args) -> int:
    """What is up, for people or as JSON."""
    lab = Lab.attach()
    facts = lab.status()
    answers = _answers(lab, facts)
    for name, node in facts["nodes"].items():
        node["minion"] = answers.get(name)
    if args.out == "json":
        print(json.dumps(facts, indent=2))
        return 0
    since = int(time.time() - facts["up_since"])
    print(f"Debian {facts['suite']}, {SUITES[facts['suite']].openstack}, up for {since // 60} min {since % 60} s")
    rows = [("NODE", "SITE", "ADDRESS", "STATE", "CABLE", "BOOTS", "MINION")]
    words = {True: "answers", False: "silent", None: "-"}
    for name, node in facts["nodes"].items():
        rows.append(
            (
                name,
                node["site"] or "-",
                node["address"],
                node["state"],
                node["cable"],
                str(node["boots"]),
                words[node["minion"]],
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"logs: {lab.run_dir}")
    return 0


def _answers(lab: Lab, facts: dict) -> dict[str, bool]:
    """Which minions answer."""
    minions = [name for name, node in facts["nodes"].items() if node["site"]]
    if facts["phase"] != "up" or facts["nodes"][MASTER]["state"] != "on":
        return {}
    said = lab.master.run(
        "salt", "--out=json", "--static", "-t", "2", "-L", ",".join(minions), "test.ping", check=False, timeout=60
    )
    answers = parse(said.stdout)
    return {name: isinstance(answers, dict) and answers.get(name) is True for name in minions}


def power(args) -> int:
    """Power of one host."""
    node = Lab.attach().node(args.node)
    actions = {"on": node.start, "off": node.stop, "reboot": node.reboot, "loss": node.kill}
    with progress.step(f"{args.node} {args.to}"):
        actions[args.to]()
    return 0


def cable(args) -> int:
    """Cable of one host."""
    node = Lab.attach().node(args.node)
    actions = {"in": node.join, "out": node.cut}
    actions[args.to]()
    return 0


def in_node(name: str, argv: list[str]) -> None:
    """Become a command in a node: its input, output, terminal and exit code are ours."""
    env = {"TERM": os.environ.get("TERM", "dumb")} if sys.stdin.isatty() else None
    become(Lab.attach().node(name).argv(*argv, env=env))


def become(argv: list[str]) -> None:
    sys.stdout.flush()
    os.execvp(argv[0], argv)


def hand_on(command: str, rest: list[str]) -> None:
    """The commands whose arguments are another program's."""
    check.need_root()
    if command in ("salt", "salt-run"):
        Lab.attach().sync()
        in_node(MASTER, [command, *rest])
    if command == "exec":
        if not rest or rest[0] == "--":
            raise LabError("exec: which node? ./lab exec NODE -- CMD", 2)
        argv = rest[2:] if rest[1:2] == ["--"] else rest[1:]
        in_node(rest[0], argv or ["bash", "-l"])
    if command == "enter":
        argv = rest[1:] if rest[:1] == ["--"] else rest
        become(Lab.attach().enter_argv(*(argv or [os.environ.get("SHELL", "bash")])))


# ---------------------------------------------------------------- the command line
def parser() -> argparse.ArgumentParser:
    usage = USAGE.format(cache=CACHE, suites=", ".join(f"{s.name} = {s.openstack}" for s in SUITES.values()))
    top = argparse.ArgumentParser(
        prog="./lab",
        usage=argparse.SUPPRESS,
        description=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    commands = top.add_subparsers(dest="command", prog="./lab", help=argparse.SUPPRESS)
    for name, function in {
        "up": up,
        "demo": demo,
        "test": test,
        "status": status,
        "power": power,
        "cable": cable,
        "down": down,
        "clean": clean,
    }.items():
        command = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        command.set_defaults(function=function)
        if name in ("up", "demo", "test"):
            command.add_argument("--suite", help=f"Debian suite, {DEFAULT_SUITE} by default")
            command.add_argument("--sites", type=int, help=f"1 (default) to {len(topology.SITES)}")
            command.add_argument("--image-nodes", type=int, help="image nodes of site zurich, 1 by default")
            command.add_argument("--pillar", metavar="DIR", help="a pillar of yours, before the lab's own")
            command.add_argument("--log-level", help="of the logs of master and minions, info by default")
        if name == "test":
            command.add_argument("--all", action="store_true", help="the slow tests, too")
            command.add_argument("--keep", action="store_true", help="leave the lab up")
        if name == "status":
            command.add_argument("--out", choices=["text", "json"], default="text")
        if name in ("power", "cable"):
            command.add_argument("node")
            command.add_argument("to", choices=["on", "off", "reboot", "loss"] if name == "power" else ["in", "out"])
    return top


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv and argv[0] in HANDED_ON:
            hand_on(argv[0], argv[1:])
        top = parser()
        if not argv or argv[0] in ("-h", "--help", "help"):
            print(top.description)
            return 0 if argv else 2
        if argv[0] not in COMMANDS:
            raise LabError(f"{argv[0]}: no such command; there are {', '.join(COMMANDS)}", 2)
        args, rest = top.parse_known_args(argv)
        if args.command == "test":
            args.pytest = rest
        elif rest:
            raise LabError(f"{args.command} does not take {' '.join(rest)}: ./lab {args.command} --help", 2)
        check.need_root()
        return args.function(args)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `./lab status | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
