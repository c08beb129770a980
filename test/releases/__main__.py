"""
A release for people: ``PYTHONPATH=test python -m releases up pike`` until Ctrl-C; ``list`` says which run here.
"""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
from pathlib import Path

from releases import database, pythons, site
from releases.errors import Failed, Missing
from releases.extended import extended
from releases.lanes import LANES


def main(argv: list[str] | None = None) -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="releases", description=__doc__.strip())
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the releases, and what is missing to run them")
    up = commands.add_parser("up", help="start one, and end it with Ctrl-C")
    up.add_argument("release", choices=LANES)
    up.add_argument("--extended", action="store_true", help="with two stores, each way of import and a cache; Zed on")
    arguments = parser.parse_args(argv)
    return _list() if arguments.command == "list" else _up(arguments)


def _list() -> int:
    for lane in LANES.values():
        try:
            database.check()
            state = f"Python {pythons.find(lane.python)}"
        except Missing as error:
            state = f"not here: {error}"
        print(f"{lane.name:10} {lane.pin('keystone'):18} {lane.pin('glance'):15} {state}")
    return 0


def _up(arguments: argparse.Namespace) -> int:
    release = arguments.release
    options = {"change": extended} if arguments.extended else {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix=f"glance-{release}-") as directory:
        try:
            with site.running(LANES[release], Path(directory), say=_say, **options) as found:
                servers = Path(directory) / "servers.json"
                servers.touch(mode=0o600)
                servers.write_text(json.dumps(found.servers(), indent=4))
                _say(f"{release} runs: Keystone {found.keystone.url}, Glance {found.image_url}, logs in {directory}")
                print(f"export GLANCE_TEST_SERVERS={servers}", flush=True)
                _say("Ctrl-C ends it")
                with contextlib.suppress(KeyboardInterrupt):
                    signal.pause()
        except (Missing, Failed) as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
