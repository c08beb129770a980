"""The lab's network: one bridge, one wire a node, and what can go wrong with them.

A node's network namespace is made once and outlives its reboots. It is a file in the run directory, mounted in the
keeper's mount namespace only, so /run/netns of the host stays as it is.
"""

from pathlib import Path

from lab.errors import LabError
from lab.settings import BRIDGE, GATEWAY
from lab.shell import sh


def make_bridge() -> None:
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "link", "add", BRIDGE, "type", "bridge")
    sh("ip", "addr", "add", f"{GATEWAY}/24", "dev", BRIDGE)
    sh("ip", "link", "set", BRIDGE, "up")


class Wire:
    """The cable between a node and the bridge."""

    def __init__(self, name: str, address: str, directory: Path, base: Path):
        self.name, self.address, self.base = name, address, base
        self.namespace = directory / name
        self.port = "lab" + address.rsplit(".", 1)[1]  # the bridge's end

    def make(self) -> None:
        self.namespace.parent.mkdir(exist_ok=True)
        self.namespace.touch()
        sh("unshare", f"--net={self.namespace}", "true")
        sh("ip", "link", "add", self.port, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        sh("ip", "link", "set", self.port, "master", BRIDGE, "up")
        self._inside("ip", "addr", "add", f"{self.address}/24", "dev", "eth0")
        self._inside("ip", "link", "set", "eth0", "up")
        self._inside("ip", "link", "set", "lo", "up")

    def _inside(self, *argv, **kwargs):
        return sh("nsenter", f"--net={self.namespace}", *argv, **kwargs)

    def cut(self) -> None:
        sh("ip", "link", "set", self.port, "down")

    def join(self) -> None:
        sh("ip", "link", "set", self.port, "up")

    def isolate(self, on: bool) -> None:
        """Isolated ports do not reach each other; every other port still reaches both."""
        sh("bridge", "link", "set", "dev", self.port, "isolated", "on" if on else "off")

    def loss(self, percent: int) -> None:
        """Drop this share of what arrives; 0 ends it."""
        if not 0 <= percent <= 100:
            raise LabError(f"loss {percent}: a percentage, 0 to 100")
        # nft is the base's own: the host need not have it
        nft = ("chroot", self.base, "nft", "-f", "-")
        self._inside(*nft, input="delete table inet lab_loss\n", check=False)
        if percent:
            drop = "drop" if percent == 100 else f"numgen random mod 100 < {percent} drop"
            self._inside(
                *nft,
                input=(
                    "table inet lab_loss {\n chain arriving {\n  type filter hook input priority -300;\n"
                    f"  iifname eth0 {drop}\n }}\n}}\n"
                ),
            )
