import pytest
from lab import sources
from lab.errors import LabError
from lab.settings import Suite

TRIXIE = Suite("trixie", "Epoxy")
SID = Suite("sid", "Hibiscus", updates=False)


@pytest.fixture
def apt(tmp_path):
    """An /etc/apt: apt({"sources.list": text, "sources.list.d/x.sources": text})."""

    def write(files):
        (tmp_path / "sources.list.d").mkdir()
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


ONE_LINE = """
# deb http://commented.example.org/debian bookworm main
deb-src http://sources.example.org/debian bookworm main
deb cdrom:[Debian GNU/Linux 12]/ bookworm main
deb [signed-by=/usr/share/keyrings/x.gpg arch=amd64] http://deb.debian.org/debian/ bookworm main contrib # mine
deb http://deb.debian.org/debian bookworm-updates main
deb http://security.debian.org/debian-security bookworm-security main
"""
DEB822 = """
Types: deb deb-src
# a comment
URIs: https://mirror.example.org/debian
Suites: trixie trixie-updates
Components: main
  non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://mirror.example.org/debian-security
Suites: trixie-security
Components: main
"""
VENDOR = """
Types: deb
URIs: https://deb.nodesource.com/node_20.x
Suites: nodistro
Components: main
"""


def test_one_line_sources(apt):
    assert sources.find(apt({"sources.list": ONE_LINE})) == sources.Archive(
        "http://deb.debian.org/debian", "http://security.debian.org/debian-security"
    )


def test_deb822_sources_with_https(apt):
    assert sources.find(apt({"sources.list.d/debian.sources": DEB822})) == sources.Archive(
        "https://mirror.example.org/debian", "https://mirror.example.org/debian-security"
    )


def test_vendors_and_disabled_files_are_no_archive(apt):
    found = apt(
        {
            "sources.list.d/a.sources": VENDOR,
            "sources.list.d/b.list": "deb https://packages.cloud.google.com/apt cloud-sdk-bookworm main\n",
            "sources.list.d/c.list.save": ONE_LINE,
            "sources.list.d/d.sources": "Enabled: no\n" + DEB822.strip().split("\n\n")[0],
        }
    )
    with pytest.raises(LabError, match="no Debian archive"):
        sources.find(found)


def test_a_cloud_images_mirror_list(apt, tmp_path):
    listing = tmp_path / "debian.list"
    mirrors = "# first wins\nhttps://deb.debian.org/debian\nhttps://other.example.org/debian\n"
    listing.write_text(mirrors, encoding="utf-8")
    text = f"Types: deb\nURIs: mirror+file://{listing}\nSuites: bookworm bookworm-backports\nComponents: main\n"
    assert sources.find(apt({"sources.list.d/debian.sources": text})).main == "https://deb.debian.org/debian"


def test_a_host_without_security_archive(apt):
    archive = sources.find(apt({"sources.list": "deb http://mirror.example.org/debian sid main\n"}))
    assert archive.security is None
    assert "security" not in sources.for_suite(archive, TRIXIE)


def test_sources_of_another_suite():
    archive = sources.Archive("http://deb.debian.org/debian", "http://deb.debian.org/debian-security")
    text = sources.for_suite(archive, TRIXIE)
    assert "URIs: http://deb.debian.org/debian\nSuites: trixie trixie-updates\n" in text
    assert "URIs: http://deb.debian.org/debian-security\nSuites: trixie-security\n" in text
    assert "Suites: sid\n" in sources.for_suite(archive, SID)
    assert "updates" not in sources.for_suite(archive, SID)


def test_nodes_speak_http_to_the_proxy_which_speaks_https():
    archive = sources.Archive("https://mirror.example.org/debian", "http://security.example.org/debian-security")
    assert "https:" in sources.for_suite(archive, TRIXIE)
    assert "https:" not in sources.for_suite(archive, TRIXIE, plain=True)
    assert sources.https_hosts(archive) == ["mirror.example.org"]
