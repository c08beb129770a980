"""Which nodes a lab has: from the options of `./lab up` to names, addresses and sites."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab.errors import LabError
from lab.settings import DEFAULT_SUITE, DOMAIN, MASTER, NETWORK, SUITES


@dataclass(frozen=True)
class Member:
    """One node: its name is its minion id; `site` is empty for the master."""

    name: str
    address: str
    site: str = ""


@dataclass(frozen=True)
class Plan:
    """All that a keeper needs to know; kept as plan.json in the run directory."""

    suite: str
    sites: int
    image_nodes: int
    members: tuple[Member, ...]
    repo: str
    base: str
    cgroup: str
    pillar: str = ""  # a user's own pillar directory
    log_level: str = "info"
    secrets: dict = field(default_factory=dict, repr=False)

    @property
    def minions(self) -> list[str]:
        return [m.name for m in self.members if m.site]

    def save(self, path: Path) -> None:
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, path: Path) -> "Plan":
        data = json.loads(path.read_text())
        return cls(**{**data, "members": tuple(Member(**m) for m in data["members"])})


def _zurich(image_nodes: int) -> list[str]:
    more = [f"image-node-{n}" for n in range(2, image_nodes + 1)]
    return ["db-node", "auth-node", "image-node", *more]


# site name -> the names of its nodes, and the last number of its first address
SITES = {"zurich": (_zurich, 11), "geneva": (lambda image_nodes: ["geneva-node"], 31)}
MAX_IMAGE_NODES = 9


def members(sites: int = 1, image_nodes: int = 1) -> tuple[Member, ...]:
    """The master, and the nodes of the first `sites` sites."""
    if not 1 <= sites <= len(SITES):
        raise LabError(f"--sites {sites}: the lab knows 1 to {len(SITES)} sites ({', '.join(SITES)})", 2)
    if not 1 <= image_nodes <= MAX_IMAGE_NODES:
        raise LabError(f"--image-nodes {image_nodes}: 1 to {MAX_IMAGE_NODES}", 2)
    found = [Member(MASTER, f"{NETWORK}.10")]
    for site, (names, first) in list(SITES.items())[:sites]:
        found += [Member(name, f"{NETWORK}.{first + i}", site) for i, name in enumerate(names(image_nodes))]
    return tuple(found)


def check_suite(name: str = DEFAULT_SUITE) -> str:
    if name not in SUITES:
        raise LabError(f"--suite {name}: the lab knows {', '.join(SUITES)}", 2)
    return name


def hosts(nodes: tuple[Member, ...]) -> str:
    """/etc/hosts, the same on every node: a name, and the same name as the world outside would see it."""
    lines = [f"{m.address} {m.name} {m.name}.{DOMAIN}" for m in nodes]
    return "\n".join(["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback", *lines]) + "\n"
