"""What `./lab test` adds to pytest: the fixture `lab`, and what machines say when a test fails.

    def test_glance_survives_a_power_loss(lab):
        lab.node("db-node").kill()

After a test that used the lab, every cable is in and every machine is on again.
"""

import os

import pytest

from lab.client import Lab
from lab.errors import LabError

GRAVE = r"\[(WARNING|ERROR|CRITICAL)"
LOOK = (  # what a person looks at first
    ("systemctl", "--failed", "--no-legend"),
    ("journalctl", "--priority=warning", "--lines=30", "--no-pager", "--quiet"),
    ("sh", "-c", f"grep -hE '{GRAVE}' /var/log/salt/minion /var/log/salt/master | tail -n 20 | cut -c 1-400"),
)


@pytest.fixture(scope="session")
def running_lab():
    if not os.environ.get("GLANCE_LAB"):
        pytest.skip("needs machines: ./lab test")
    return Lab.attach()


@pytest.fixture
def lab(running_lab):
    """The lab, whole: whatever a test breaks is mended after it."""
    yield running_lab
    running_lab.heal()
    for name, node in running_lab.status()["nodes"].items():
        if node["state"] == "off":
            running_lab.node(name).start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.failed and isinstance(lab, Lab):
        report.sections += [(f"machine {name}", said(lab, name)) for name in lab.nodes]
    return report


def said(lab: Lab, name: str) -> str:
    """The end of a machine's logs."""
    parts = []
    for argv in LOOK:
        try:
            parts += [f"$ {' '.join(argv)}", lab.node(name).run(*argv, check=False, timeout=20).stdout.rstrip()]
        except LabError as error:
            return "\n".join([*parts, str(error)])
    return "\n".join(parts)
