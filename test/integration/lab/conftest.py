"""
Whole sites in the lab: real hosts, real servers, the master's own command line.

The files are numbered in the order in which a site lives: refused, planned, deployed, drifted, rebooted. Each file can
also be run alone; a site that is not in the state it needs is brought there first.
"""

import pytest
from lab.client import Lab
from lab.errors import LabError
from lab.servers import database_of

from . import orchestration, override, site

GLANCE_LOG = ("tail", "--lines=40", "/var/log/glance/glance-api.log")


@pytest.fixture(scope="session")
def running_lab(running_lab):
    """The lab with the checkout's modules on all of its hosts."""
    running_lab.sync()
    return running_lab


@pytest.fixture(autouse=True)
def lab(lab):
    """For every test of this folder: what it breaks is mended, and the machines speak when it fails."""
    return lab


@pytest.fixture(scope="session")
def servers(running_lab):
    """The database server, RabbitMQ and Keystone on the hosts that have them."""
    database = database_of(running_lab.status()["suite"])["unit"]
    units = {"database": f"{database} rabbitmq-server", "identity": "keystone"}
    up = [
        running_lab.node(getattr(hosts, role)).run("systemctl", "is-active", *names.split(), check=False).returncode
        == 0
        for hosts in site.SITES.values()
        for role, names in units.items()
        if getattr(hosts, role) in running_lab.nodes
    ]
    if not all(up):
        run = orchestration.orchestrate(running_lab, "lab.servers")
        assert run.code == 0, f"the servers could not be set up, see test/lab/states/lab:\n{run}"
    return running_lab


@pytest.fixture(scope="module")
def bare(servers):
    """Site zurich with nothing of Glance on it, and the snapshot that says so."""
    if not site.is_bare(servers, "zurich"):
        site.strip(servers, "zurich")
    return site.snapshot(servers, "zurich")


@pytest.fixture(scope="session")
def deployed(servers):
    """Site zurich with Glance: the run that brought it there, which has no changes when it was there already."""
    run = orchestration.deploy(servers, "zurich")
    assert run.code == 0, f"site zurich could not be deployed:\n{run}"
    return run


@pytest.fixture
def pillar(running_lab):
    """Another pillar until the end of the test."""
    found = override.Override(running_lab)
    try:
        yield found
    finally:
        found.clear()


@pytest.fixture
def salt(running_lab):
    return orchestration.salt(running_lab)


@pytest.fixture
def salt_run(running_lab):
    return orchestration.salt_run(running_lab)


@pytest.fixture
def apply(running_lab):
    """``apply("db-node", "glance.database", test=True)``: the states of one host."""
    return lambda host, sls, test=False: orchestration.apply(running_lab, host, sls, test)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Beside what the lab's own plugin tells: the log of Glance itself."""
    report = yield
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.failed and isinstance(lab, Lab):
        for name in lab.nodes:
            try:
                log = lab.node(name).run(*GLANCE_LOG, check=False, timeout=20).stdout
            except LabError as error:
                log = str(error)
            if log:
                report.sections.append((f"Glance on {name}", log))
    return report
