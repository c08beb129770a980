"""
Blocks of a compressed file into blocks of what is in it, never more than one of them in memory whatever a file claims.

gz, bz2 and xz by Python itself; zstd by Python 3.14, before that by its backport, ``backports.zstd``.
"""

import bz2
import gzip
import io
import lzma
import zlib

from openstack_errors import Invalid, OpenStackError
from openstack_image_stream import BLOCK

try:
    from compression import zstd
except ImportError:  # before Python 3.14
    try:
        from backports import zstd
    except ImportError:
        zstd = None

_OPENERS = {
    "gz": lambda file: gzip.GzipFile(fileobj=file, mode="rb"),
    "bz2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    **({"zstd": zstd.ZstdFile} if zstd else {}),
}
_MAGIC = {"gz": b"\x1f\x8b\x08", "bz2": b"BZh", "xz": b"\xfd7zXZ\x00", "zstd": b"\x28\xb5\x2f\xfd"}
_BROKEN = (OSError, zlib.error, lzma.LZMAError, *([zstd.ZstdError] if zstd else []))


def decompressed(blocks, kind, label):
    """
    Give the blocks of what is in a compressed file.

    blocks
        Iterator over the file's.

    kind
        ``gz``, ``bz2``, ``xz`` or ``zstd``.

    label
        What messages call the file.

    Raises :py:exc:`Invalid` where the library for it is missing, :py:exc:`OpenStackError` for a file that is of another
    kind, damaged or cut; what the blocks raise goes through.
    """
    refuse_missing(kind)
    return _opened(_Blocks(blocks), kind, label)


def refuse_missing(kind):
    """Raise :py:exc:`Invalid` where the library for a kind is missing."""
    if kind not in _OPENERS:
        raise Invalid(f"fetch:decompress {kind}: install backports.zstd in Salt's own Python (or Python 3.14)")


def recognised(head):
    """Return the kind of compression that a file begins with, ``None`` for none of these."""
    return next((kind for kind, magic in _MAGIC.items() if head.startswith(magic)), None)


def _opened(file, kind, label):
    try:
        with _OPENERS[kind](file) as inside:
            while block := inside.read(BLOCK):
                yield block
    except EOFError as exc:
        raise OpenStackError(f"{label} ends in the middle: it is no whole {kind} file") from exc
    except _BROKEN as exc:
        raise OpenStackError(f"{label} is damaged, or no {kind} file: correct fetch:decompress") from exc


class _Blocks(io.RawIOBase):
    """Blocks as a file that can be read once."""

    def __init__(self, blocks):
        self._blocks, self._rest = blocks, memoryview(b"")

    def readable(self):
        return True

    def read(self, size):
        """As many bytes as are asked for; fewer, or none, only at the end."""
        pieces = []
        while size and (self._rest or self._next()):
            piece, self._rest = self._rest[:size], self._rest[size:]
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _next(self):
        self._rest = memoryview(next(self._blocks, b""))
        return self._rest
