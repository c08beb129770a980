"""Where the lab's things are, and what is fixed about it."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("GLANCE_LAB_CACHE", "/var/cache/glance-lab"))
RUN = Path(os.environ.get("GLANCE_LAB_RUN", "/run/glance-lab"))

# All addresses live in the lab's own network namespace, so they collide with nothing, nor with another lab's.
NETWORK = "10.33.0"
GATEWAY = f"{NETWORK}.254"  # the bridge itself: the package proxy listens here
PROXY_PORT = 3142
BRIDGE = "labbr0"
DOMAIN = "example.org"
MASTER = "salt-master"

FORMULA = "/srv/glance-formula"  # the checkout, in the master
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Suite:
    """A Debian suite that nodes can run."""

    name: str
    openstack: str
    updates: bool = True  # has NAME-updates and NAME-security
    apt_options: tuple[str, ...] = ()


SUITES = {
    s.name: s
    for s in (
        # no updates: its security archive lists packages that it has no more, Keystone among them
        Suite("bullseye", "Victoria (Glance 21)", False),
        Suite("bookworm", "Zed (Glance 25)"),
        Suite("trixie", "Epoxy (Glance 30)"),
        # rolling, and its Release file may be old
        Suite("sid", "2026.2 (Glance 33)", False, ('Acquire::Check-Valid-Until "false";',)),
    )
}
DEFAULT_SUITE = "trixie"


def lab_name(repo: Path = REPO, run: Path = RUN) -> str:
    """One name for each checkout: two checkouts are two labs."""
    return f"{repo.name}-{hashlib.sha256(f'{repo}:{run}'.encode()).hexdigest()[:6]}"


def run_dir() -> Path:
    """The run directory of this checkout's lab, or of the one that GLANCE_LAB names."""
    return Path(os.environ["GLANCE_LAB"]) if os.environ.get("GLANCE_LAB") else RUN / lab_name()


def disk_of(run: Path) -> Path:
    """Where a lab's machines write: on disk, since /run may be small memory."""
    return CACHE / "labs" / run.name
