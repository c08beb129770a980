"""Two clouds on this machine: one that images come from, and one of several releases whose Glance a test may kill."""

import contextlib

import pytest
from releases import site
from releases.errors import Missing
from releases.lanes import LANES

RELEASES = ("epoxy", "hibiscus")
SOURCE_RELEASE = "hibiscus"


@contextlib.contextmanager
def _running(release, directory):
    try:
        with site.running(LANES[release], directory) as found:
            yield found
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session", params=RELEASES)
def running(request, tmp_path_factory):
    """Where images are copied to."""
    with _running(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture(scope="session")
def servers(running):
    """Those of the site, in place of the lab's."""
    return running.servers()


@pytest.fixture(scope="session")
def second(tmp_path_factory):
    """Where images come from."""
    with _running(SOURCE_RELEASE, tmp_path_factory.mktemp("source")) as found:
        yield found.servers()
