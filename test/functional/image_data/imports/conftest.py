"""
Glances of several releases on this machine, which can reach what a test serves and may be killed by one. Each has two
stores, and every way of import.
"""

import pytest
from releases import site
from releases.errors import Missing
from releases.lanes import LANES

RELEASES = ("zed", "epoxy", "hibiscus")
METHODS = ["glance-direct", "web-download", "copy-image"]


@pytest.fixture(scope="session", params=RELEASES)
def running(request, tmp_path_factory):
    """A site."""
    directory = tmp_path_factory.mktemp(request.param)
    try:
        with site.running(LANES[request.param], directory, change=_with_imports) as found:
            yield found
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def servers(running):
    """Those of the site, in place of the lab's."""
    return running.servers()


def _with_imports(given, directory):
    settings = given["glance"]
    (directory / "second").mkdir(parents=True)
    settings["stores"]["backends"]["second"] = {"type": "file", "datadir": str(directory / "second")}
    settings["stores"]["default"] = "local"
    settings["import"] = {"methods": METHODS}
    # what a test serves is on any port of this host, which Glance lets nobody read otherwise
    filters = {"allowed_ports": [], "disallowed_ports": [], "allowed_hosts": ["127.0.0.1"]}
    settings["api"]["config"] |= {
        "import_filtering_opts": filters,
        "os_glance_staging_store": {"filesystem_store_datadir": str(directory / "staging")},
        "os_glance_tasks_store": {"filesystem_store_datadir": str(directory / "tasks")},
    }
