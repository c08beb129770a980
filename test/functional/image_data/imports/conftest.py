"""
Glances of several releases on this machine, which can reach what a test serves and may be killed by one. Each has two
stores, and every way of import.
"""

import pytest
from releases import site
from releases.errors import Missing
from releases.extended import extended
from releases.lanes import LANES

RELEASES = ("zed", "epoxy", "hibiscus")


@pytest.fixture(scope="session", params=RELEASES)
def running(request, tmp_path_factory):
    """A site."""
    directory = tmp_path_factory.mktemp(request.param)
    try:
        with site.running(LANES[request.param], directory, change=extended) as found:
            yield found
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def servers(running):
    """Those of the site, in place of the lab's."""
    return running.servers()
