"""What of this host's own set-up a build or a node needs: apt's manners, extra certificate authorities, proxies.

A user's pip.conf is not copied: it may name folders of this host. What pip needs to reach an index over this host's
network is handed on by name.
"""

import os
import re
import subprocess
from pathlib import Path

CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
EXTRA_CA = Path("/usr/local/share/ca-certificates")
APT_KEEP = re.compile(r'^(Acquire::(?:Check-Valid-Until|Check-Date|ForceIPv4|Retries|https::Verify[\w-]+)) "([^"]*)";$')
APT_PROXY = re.compile(r'^Acquire::(?:http|https)::Proxy "(http://[^"]+)";$', re.IGNORECASE)
PIP_ENV = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT")
PROXY_ENV = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def _apt_config() -> list[str]:
    done = subprocess.run(["apt-config", "dump"], text=True, capture_output=True)
    return done.stdout.splitlines()


def apt_options() -> list[str]:
    """The lines of apt's configuration that say how to reach or trust the archive."""
    return [line for line in _apt_config() if APT_KEEP.match(line)]


def http_proxy() -> str | None:
    """The proxy through which this host reaches the archive, if it needs one."""
    for line in _apt_config():
        if found := APT_PROXY.match(line):
            return found[1]
    proxy = os.environ.get("http_proxy") or os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    return proxy if proxy and proxy.startswith("http://") else None


def extra_certificates() -> dict[str, str]:
    """Certificate authorities that this host's owner has added: file name to PEM."""
    if not EXTRA_CA.is_dir():
        return {}
    return {str(p.relative_to(EXTRA_CA)): p.read_text() for p in sorted(EXTRA_CA.rglob("*.crt"))}


def pip_index() -> dict[str, str]:
    """Environment for pip that names the index this host uses, when it is not PyPI itself."""
    found = {k: os.environ[k] for k in PIP_ENV if os.environ.get(k)}
    if "PIP_INDEX_URL" not in found:
        argv = ["python3", "-m", "pip", "config", "get", "global.index-url"]
        done = subprocess.run(argv, text=True, capture_output=True)
        if done.returncode == 0 and done.stdout.startswith("http"):
            found["PIP_INDEX_URL"] = done.stdout.strip()
    # an index that is a folder of this host cannot be reached from another root
    return {k: v for k, v in found.items() if "file:" not in v and not v.startswith("/")}


def build_environment() -> dict[str, str]:
    """What a build step in a foreign root needs to reach the network as this host does."""
    proxies = {k: os.environ[k] for k in PROXY_ENV if os.environ.get(k)}
    return {**proxies, **pip_index()}
