"""Which releases can be started, and how they differ. The versions are in ``constraints/NAME.txt``."""

import re
from dataclasses import dataclass
from pathlib import Path

CONSTRAINTS = Path(__file__).parent / "constraints"


@dataclass(frozen=True)
class Lane:
    """A release; its name is the one in ``glance/releases.yaml``."""

    name: str
    python: str
    # Whether Keystone speaks v2.0 too, with an application of its own for administrators, and Glance v1.
    identity_v2: bool = False
    # Whether Glance's API goes through glance-registry.
    registry: bool = False
    # Whether Keystone signs receipts, so that their keys must not lie where the package would put them.
    receipts: bool = True
    # Whether the packages bring no server of their own.
    uwsgi: bool = False
    # Whether only the source archives, not the wheels, have the paste files.
    archives: bool = False
    # Whether something in the set has to be compiled.
    compiles: bool = False

    @property
    def constraints(self) -> Path:
        """The file with the version of everything that is installed."""
        return CONSTRAINTS / f"{self.name}.txt"

    def pin(self, project: str) -> str:
        """What is installed of a project: ``glance==15.0.2``."""
        return re.search(rf"^{project}==\S+$", self.constraints.read_text(), re.MULTILINE)[0]


LANES = {
    lane.name: lane
    for lane in (
        Lane("pike", "2.7", identity_v2=True, registry=True, receipts=False, archives=True, compiles=True),
        Lane("train", "3.7", registry=True, compiles=True),
        Lane("zed", "3.10", compiles=True),
        Lane("epoxy", "3.12"),
        Lane("hibiscus", "3.12", uwsgi=True),
    )
}

# No releases of Glance, but one of its stores, and who keeps certificates for it; kept and installed as one.
SWIFT = Lane("swift", "3.12")
BARBICAN = Lane("barbican", "3.12", uwsgi=True)
