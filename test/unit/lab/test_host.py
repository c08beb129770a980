import pytest
from lab import host

DUMP = """\
APT::Architecture "amd64";
Acquire::Check-Valid-Until "false";
Acquire::IndexTargets "";
Acquire::http::Proxy "http://127.0.0.1:3142";
Acquire::https::Verify-Peer "true";
"""


@pytest.fixture
def apt_config(monkeypatch):
    monkeypatch.setattr(host, "_apt_config", DUMP.splitlines)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in (*host.PIP_ENV, *host.PROXY_ENV):
        monkeypatch.delenv(name, raising=False)


def test_apts_manners_are_taken_over_and_nothing_else(apt_config):
    assert host.apt_options() == ['Acquire::Check-Valid-Until "false";', 'Acquire::https::Verify-Peer "true";']


def test_the_hosts_own_proxy(apt_config, monkeypatch):
    assert host.http_proxy() == "http://127.0.0.1:3142"
    monkeypatch.setattr(host, "_apt_config", lambda: [])
    assert host.http_proxy() is None
    monkeypatch.setenv("http_proxy", "http://proxy.example.org:8080")
    assert host.http_proxy() == "http://proxy.example.org:8080"


def test_an_index_is_handed_on_but_no_folder_of_the_host(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example.org/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "file:///opt/pypi/simple")
    assert host.pip_index() == {"PIP_INDEX_URL": "https://index.example.org/simple"}
