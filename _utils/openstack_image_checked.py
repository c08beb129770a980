"""
The data of an image on its way: hashed, looked at, unpacked, and never whole unless all of it was right.

The last block goes out only when everything before it was right, so data that is cut, has another hash or is unsafe
never becomes an image: Glance sees a broken request and keeps its image ``queued``.
"""

import collections
import hashlib

import openstack_image_decompress
from openstack_errors import OpenStackError
from openstack_image_ahead import Digests, ahead
from openstack_image_digests import SOURCE
from openstack_image_fetch import Fetch
from openstack_image_hash import refuse_other, split
from openstack_image_inspect import Inspection

# Glance's default hashing_algorithm since Rocky
GLANCE_ALGORITHM = "sha512"
# A uWSGI in front of Glance takes no chunk of more than 1 MB.
CHUNK = 256 * 1024
# What may be read before the format is known; the inspectors need less than one block of a good file.
HEAD_BLOCKS = 16


class Checked:
    """
    The blocks of a stream, for one pass; raises before the last one when they are not what they should be.

    stream
        ``openstack_image_stream.Stream``.

    digest
        ``sha256=…`` that the data must have, ``source:sha256=…`` for the stream as it comes; ``None`` for any.

    disk_format, container_format
        What the data is declared to be; ``disk_format`` of ``None`` takes what it is.

    algorithm
        By which Glance hashes. Default ``sha512``.

    fetch
        ``openstack_image_fetch.Fetch``. Default: its defaults.

    progress
        ``openstack_image_progress.Progress``. Default ``None``: nobody is told.
    """

    def __init__(
        self,
        stream,
        digest,
        disk_format,
        container_format,
        algorithm=GLANCE_ALGORITHM,
        fetch=None,
        progress=None,
    ):
        fetch = fetch or Fetch()
        self.label = stream.label
        self._progress, self._digest = progress, digest
        self._inspection = Inspection(disk_format, container_format, stream.label, fetch.max_virtual_size)
        wanted, _, of_source = split(digest) if digest else (algorithm, None, False)
        self._data = Digests({algorithm} if of_source else {algorithm, wanted})
        # A compressed file without a declared hash is known again by its own.
        self._source = Digests({wanted if digest else GLANCE_ALGORITHM} if of_source or fetch.decompress else ())
        blocks = self._hashed(stream.blocks)
        if fetch.decompress:
            blocks = openstack_image_decompress.decompressed(blocks, fetch.decompress, stream.label)
        elif stream.size:
            self.len = stream.size  # requests makes the Content-Length of it
        self._blocks, self._head = ahead(iter(blocks)), collections.deque()
        self._digests = None

    @property
    def size(self):
        """Bytes of the data where they are known before, else ``None``."""
        return getattr(self, "len", None)

    @property
    def digests(self):
        """``{algorithm: digest}`` of all data that went by."""
        return self._data.result()

    @property
    def record(self):
        """The digest to know the source by: the declared one, else the stream's own where it is not the data's."""
        found = self._source.result()
        return self._digest or (SOURCE + "=".join(next(iter(found.items()))) if found else None)

    @property
    def virtual_size(self):
        """Bytes of the disk; ``None`` where it is out of sight."""
        return self._inspection.virtual_size

    def disk_format(self):
        """Return the declared format or the one that the data has, of which as much is read as that takes."""
        while self._inspection.disk_format is None and not self._inspection.done:
            block = next(self._blocks, None)
            if block is None:
                self._inspection.finish()
            else:
                self._eat(block)
                self._head.append(block)
            if len(self._head) > HEAD_BLOCKS:
                raise OpenStackError(f"{self.label}: its format cannot be told from its beginning: declare disk_format")
        if self._inspection.disk_format is None:
            raise OpenStackError(f"{self.label}: declare disk_format, it cannot be seen inside its container_format")
        return self._inspection.disk_format

    def __iter__(self):
        held = None
        for block in self._all():
            if held is not None:
                yield from self._sent(held)
            held = block
        if held is None:
            raise OpenStackError(f"{self.label} is empty")
        self._inspection.finish()
        self._compare()
        yield from self._sent(held)
        if self._progress:
            self._progress.end()

    def close(self):
        """End the threads, whatever has been read."""
        self._blocks.close()
        for digests in (self._source, self._data):
            digests.close()

    def _all(self):
        while self._head:
            yield self._head.popleft()
        for block in self._blocks:
            self._eat(block)
            yield block

    def _hashed(self, blocks):
        for block in blocks:
            self._source.eat(block)
            yield block

    def _eat(self, block):
        self._data.eat(block)
        self._inspection.eat(block)

    def _sent(self, block):
        if self.size is not None:
            yield block
        else:
            yield from (block[start : start + CHUNK] for start in range(0, len(block), CHUNK))
        if self._progress:
            self._progress.add(len(block))

    def _compare(self):
        data, source = self._data.result(), self._source.result()
        if self._digest:
            algorithm, value, of_source = split(self._digest)
            refuse_other(self.label, algorithm, (source if of_source else data)[algorithm], value)


def glance_algorithm(images):
    """Return the algorithm by which a Glance hashes, as its images show it."""
    named = (image["os_hash_algo"] for image in images if image.get("os_hash_algo"))
    return next((name for name in named if name in hashlib.algorithms_available), GLANCE_ALGORITHM)
