"""The Debian archives this host uses, as sources of any suite.

Only the archive itself is taken (not a vendor's extra files), wherever the host gets it from: one-line or deb822
files, http or https, or a mirror list as Debian's cloud images have it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lab.errors import LabError
from lab.settings import Suite

APT = Path("/etc/apt")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SECURITY = re.compile(r"/debian-security/?$|^https?://security\.debian\.org")
CODENAMES = re.compile(
    r"^(buster|bullseye|bookworm|trixie|forky|sid|(old)*stable|testing|unstable)([-/](updates|security|backports))?$"
)


@dataclass(frozen=True)
class Archive:
    """Where the host gets Debian from."""

    main: str
    security: str | None


def entries(apt: Path = APT):
    """(uri, suite, components) of every binary source that apt reads."""
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    for path in files:
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        if path.suffix == ".list":
            yield from _one_line(text)
        elif path.suffix == ".sources":
            yield from _deb822(text)


def _one_line(text: str):
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if found:
            yield found[1], found[2], found[3].split()


def _deb822(text: str):
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields: dict[str, str] = {}
        key = ""
        for line in stanza.splitlines():
            if line[:1].isspace() and key:
                fields[key] += " " + line.strip()
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                fields[key] = value.strip()
        if fields.get("enabled", "yes").lower() in ("no", "false", "0") or "deb" not in fields.get("types", "").split():
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield uri, suite, fields.get("components", "").split()


def find(apt: Path = APT) -> Archive:
    """The host's main and security archive."""
    main = security = None
    for uri, suite, components in entries(apt):
        uri = _first_mirror(uri).rstrip("/")
        if "main" not in components or not CODENAMES.match(suite) or urlsplit(uri).scheme not in ("http", "https"):
            continue
        if SECURITY.search(uri) or (re.search(r"[-/](security|updates)$", suite) and "security" in uri):
            security = security or uri
        elif "backports" not in suite:
            main = main or uri
    if not main:
        raise LabError(
            f"no Debian archive (http or https, component main) in {apt}/sources.list or {apt}/sources.list.d: "
            "add one, for example 'deb http://deb.debian.org/debian stable main'"
        )
    return Archive(main, security)


def _first_mirror(uri: str) -> str:
    """A mirror list's first mirror (`mirror+file:///etc/apt/mirrors/debian.list` in Debian's cloud images)."""
    if not uri.startswith("mirror+file:"):
        return uri
    try:
        lines = Path(urlsplit(uri).path).read_text().splitlines()
    except OSError:
        return uri
    return next((line.split()[0] for line in lines if line.strip() and not line.startswith("#")), uri)


def for_suite(archive: Archive, suite: Suite, plain: bool = False) -> str:
    """deb822 sources of `suite`; plain: with http, for nodes whose proxy speaks https to the archive for them."""
    stanzas = [(archive.main, [suite.name, f"{suite.name}-updates"] if suite.updates else [suite.name])]
    if suite.updates and archive.security:
        stanzas.append((archive.security, [f"{suite.name}-security"]))
    return "\n".join(
        f"Types: deb\nURIs: {re.sub('^https:', 'http:', uri) if plain else uri}\nSuites: {' '.join(suites)}\n"
        f"Components: main\nSigned-By: {KEYRING}\n"
        for uri, suites in stanzas
    )


def https_hosts(archive: Archive) -> list[str]:
    """The archive hosts which this host reaches by https."""
    uris = [urlsplit(uri) for uri in (archive.main, archive.security) if uri]
    return sorted({uri.hostname for uri in uris if uri.scheme == "https" and uri.hostname})
