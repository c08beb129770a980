"""What `./lab demo` and `./lab test` do in a lab that is up: steps, as data."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from lab.client import Lab
from lab.errors import LabError
from lab.progress import Progress
from lab.settings import MASTER, disk_of


@dataclass(frozen=True)
class Step:
    """A command in a node; `show`: a person wants to see what it prints."""

    title: str
    node: str
    argv: tuple[str, ...]
    show: bool = False
    timeout: float = 1800

    @property
    def typed(self) -> str:
        """The same command as a user of the lab types it."""
        if self.node == MASTER and self.argv[0] in ("salt", "salt-run"):
            return "./lab " + shlex.join(self.argv)
        return f"./lab exec {self.node} -- " + shlex.join(self.argv)


def _orchestrate(title: str, name: str, *more: str) -> Step:
    return Step(title, MASTER, ("salt-run", "state.orchestrate", name, *more, "--state-output=mixed"))


# what a site has before Glance comes to it
SERVERS = (_orchestrate("database server, RabbitMQ and Keystone", "lab.servers"),)

DEMO = (
    *SERVERS,
    _orchestrate("Glance on site zurich", "glance.orchestrate.deploy", 'pillar={"glance": {"site": "zurich"}}'),
    Step("how the site is", MASTER, ("salt-run", "glance.status", "site=zurich"), show=True),
    Step("whether it works", MASTER, ("salt-run", "glance.verify", "site=zurich"), show=True),
    Step(
        "the images, as a user of the cloud sees them",
        "image-node",
        ("sh", "-c", ". /root/glance-openrc && openstack image list"),
        show=True,
    ),
    Step(
        "the images, as the disk has them",
        "image-node",
        ("sh", "-c", 'for image in /var/lib/glance/images/*; do qemu-img info "$image"; done'),
        show=True,
    ),
)

GO_ON = """
The site is up. For example:

    ./lab status
    ./lab salt '*' state.apply glance test=True
    ./lab salt image-node openstack_image.list
    ./lab salt-run state.orchestrate glance.orchestrate.deploy pillar='{"glance": {"site": "zurich"}}' test=True
    ./lab exec image-node                                a shell on a host
    ./lab power image-node loss                          and what happens then
    ./lab down
"""


def carry_out(lab: Lab, steps: tuple[Step, ...], progress: Progress) -> None:
    """Run steps in order; the first that fails ends it, and says how to try again by hand."""
    for step in steps:
        lab.sync()
        with progress.step(step.title, doing=lambda: latest_state(lab.run_dir)) as running:
            done = lab.node(step.node).run(*step.argv, check=False, timeout=step.timeout)
            running.failed = done.returncode != 0
        if done.returncode:
            # Salt says on standard error once more, on one line, what its answer has told
            print(done.stdout.strip() or done.stderr.strip(), flush=True)
            raise LabError(f"{step.title}: exit {done.returncode}, see above; to try again: {step.typed}")
        if step.show:
            print(progress.paint("1", f"$ {step.typed}"), done.stdout.rstrip(), "", sep="\n", flush=True)


def latest_state(run: Path) -> str:
    """The state that a minion began last, from the minions' logs as this host's disk has them."""
    begun = [found for log in disk_of(run).glob("*/upper/var/log/salt/minion") if (found := _last_state(log))]
    if not begun:
        return ""
    _, log, state = max(begun)
    return f"{log.relative_to(disk_of(run)).parts[0]}: {state}"


def _last_state(log: Path) -> tuple[str, Path, str] | None:
    """When a minion began a state last, and which."""
    with open(log, "rb") as opened:
        opened.seek(max(0, log.stat().st_size - 65536))
        text = opened.read().decode(errors="replace")
    found = re.findall(r"^(\S+ \S+) .*Executing state (\S+) for \[(.*)\]", text, re.MULTILINE)
    return (found[-1][0], log, " ".join(found[-1][1:])) if found else None
