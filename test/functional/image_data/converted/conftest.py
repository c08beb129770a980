"""A Glance that makes raw images of what it imports, with its plugin image_conversion."""

import shutil

import pytest
from releases import site
from releases.errors import Missing
from releases.extended import extended
from releases.lanes import LANES

# under uWSGI out of a virtual environment, the plugin runs another Python (sys.executable) than Glance's, and fails
RELEASE = "epoxy"


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """Those of the site, in place of the lab's."""
    if not shutil.which("qemu-img"):
        pytest.skip("Glance converts with qemu-img, which is not installed (Debian: qemu-utils)")
    try:
        with site.running(LANES[RELEASE], tmp_path_factory.mktemp("converted"), change=_converting) as found:
            yield found.servers()
    except Missing as error:
        pytest.skip(str(error))


def _converting(given, directory):
    extended(given, directory)
    given["glance"]["import"] |= {"plugins": ["image_conversion"], "output_format": "raw"}
