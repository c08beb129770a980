"""
How the data of an image comes from its source: the mapping ``fetch`` of ``openstack_image.present`` and its like.

``{"via": "file", "decompress": "xz", "signature": "https://example.org/SHA256SUMS.gpg", "keyring": "/etc/keys.gpg"}``
"""

import dataclasses
from collections.abc import Callable
from typing import Optional

from openstack_errors import Invalid

VIAS = ("stream", "file", "glance-direct", "web-download")
FORMATS = ("gz", "bz2", "xz", "zstd")
# What Glance may make of the data on its way, nobody here can hash.
_BY_GLANCE = ("glance-direct",)


def _one_of(*words):
    return lambda value: value in words, f"use {', '.join(words)}"


def _number(least):
    def fits(value):
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= least

    return fits, f"use a number, {least} or more"


_TEXT = (lambda value: isinstance(value, str) and value != "", "use a text")
_PATH = (lambda value: isinstance(value, str) and value.startswith("/"), "use an absolute path")
_HEADERS = (
    lambda value: isinstance(value, dict) and all(isinstance(text, str) for text in (*value, *value.values())),
    "use a mapping of names to texts",
)
_CHECKS = {
    "via": _one_of(*VIAS),
    "decompress": _one_of(*FORMATS),
    "hash_of": _one_of("file", "data"),
    "signature": _TEXT,
    "keyring": _TEXT,
    "ca_file": _PATH,
    "headers": _HEADERS,
    "retries": (lambda value: _number(0)[0](value) and int(value) == value, "use a whole number, 0 or more"),
    "timeout": _number(1),
    "directory": _PATH,
    "max_virtual_size": _number(1),
    "import_timeout": _number(1),
}


@dataclasses.dataclass(frozen=True)
class Fetch:
    """
    The mapping, checked and completed.

    ``via``
        ``stream`` (in one pass, nothing on disk), ``file`` (a whole and verified copy on the minion first),
        ``glance-direct`` (staged at Glance in one pass, then imported by it) or ``web-download`` (Glance reads the
        URL).

    ``decompress``
        ``gz``, ``bz2``, ``xz`` or ``zstd``: the image is what is inside the source file. Default ``None``.

    ``hash_of``
        What ``source_hash`` is of, where the two differ: the source ``file``, as sums files list it, or the ``data``
        of the image.

    ``signature``, ``keyring``
        Where the detached GPG signature of the sums file is (``inline``: it is signed itself), and the file of public
        keys, armoured or not, path or ``salt://``. Default ``None``: not asked for.

    ``ca_file``
        Certificates that the source's server is checked with. Default ``None``: those of the system.

    ``headers``
        Sent to the source's server, and to no other that it redirects to; may hold references to pillar keys.

    ``retries``
        How often in a row a broken or stalled read goes on where it was, on a server. Default ``5``.

    ``timeout``
        Seconds without a byte after which a read counts as stalled. Default ``60``.

    ``directory``
        Where ``via: file`` keeps its copy meanwhile. Default ``None``: the minion's cache.

    ``max_virtual_size``
        GiB; an image that claims to be a larger disk is refused. Default ``1024``.

    ``import_timeout``
        Seconds that Glance's own import may take. Default ``3600``.
    """

    via: str = "stream"
    decompress: Optional[str] = None
    hash_of: str = "file"
    signature: Optional[str] = None
    keyring: Optional[str] = None
    ca_file: Optional[str] = None
    headers: dict = dataclasses.field(default_factory=dict)
    retries: int = 5
    timeout: float = 60
    directory: Optional[str] = None
    max_virtual_size: float = 1024
    import_timeout: float = 3600

    @property
    def hashes_source(self):
        """Whether ``source_hash`` is of the source, which cannot be compared with the data that Glance keeps."""
        return bool(self.decompress and self.hash_of == "file") or self.via in _BY_GLANCE


@dataclasses.dataclass(frozen=True)
class Access:
    """
    What opening a source takes beside its address.

    ``proxy`` is a URL, ``cached`` gives the path of a ``salt://`` file in the minion's cache, ``s3`` Salt's settings
    for S3; the rest is of :py:class:`Fetch`.
    """

    proxy: Optional[str] = None
    cached: Optional[Callable] = None
    s3: Optional[Callable] = None
    ca_file: Optional[str] = None
    headers: dict = dataclasses.field(default_factory=dict)
    retries: int = 5
    timeout: float = 60


def parsed(fetch):
    """
    Return the :py:class:`Fetch` of a mapping.

    fetch
        The mapping; ``None`` or empty for the defaults. A key of ``None`` counts as not given.

    Raises :py:exc:`Invalid` and names the key.
    """
    if not isinstance(fetch or {}, dict):
        raise Invalid(f"fetch: use a mapping with some of {', '.join(_CHECKS)}")
    given = {key: value for key, value in (fetch or {}).items() if value is not None}
    for key, value in given.items():
        if key not in _CHECKS:
            raise Invalid(f"fetch:{key} is not known: use some of {', '.join(_CHECKS)}")
        fits, advice = _CHECKS[key]
        if not fits(value):
            raise Invalid(f"fetch:{key}: {advice}")
    found = Fetch(**given)
    if found.signature and not found.keyring:
        raise Invalid("fetch:signature needs fetch:keyring, the file with the keys that may sign")
    if found.via == "web-download" and found.decompress:
        raise Invalid("fetch:decompress: Glance itself decompresses what it downloads, as its configuration says")
    return found


def access(fetch, proxy=None, cached=None, s3=None):
    """Return the :py:class:`Access` to a source; arguments as there."""
    return Access(proxy, cached, s3, fetch.ca_file, fetch.headers, int(fetch.retries), fetch.timeout)
