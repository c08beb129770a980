"""
Work beside the transfer: the next blocks are read (and decompressed) while this one is sent, and digests are computed
on cores of their own; ``hashlib``, the decompressors and sockets all let go of Python's lock meanwhile.
"""

import collections
import concurrent.futures
import hashlib

# Blocks in each queue: enough to even out a stutter, few enough to count as nothing in memory.
DEPTH = 4
_END = object()


def ahead(blocks, depth=DEPTH):
    """
    Give the blocks of an iterator that another thread reads, up to ``depth`` of them ahead.

    What the iterator raises is raised here, after the blocks before it. Closing this generator ends the reading.
    """
    pending = collections.deque()
    with _pool() as pool:
        try:
            pending.extend(pool.submit(next, blocks, _END) for _ in range(depth))
            while (block := pending.popleft().result()) is not _END:
                pending.append(pool.submit(next, blocks, _END))
                yield block
        finally:
            for future in pending:
                future.cancel()


class Digests:
    """Several digests of the same blocks, each computed in a thread of its own."""

    def __init__(self, algorithms):
        self._hashes = {name: _Digest(name) for name in algorithms}

    def eat(self, block):
        """Take the next block; waits when a digest is behind."""
        for digest in self._hashes.values():
            digest.eat(block)

    def result(self):
        """Return ``{algorithm: hexadecimal}`` of all blocks so far."""
        return {name: digest.result() for name, digest in self._hashes.items()}

    def close(self):
        """End the threads."""
        for digest in self._hashes.values():
            digest.close()


class _Digest:
    def __init__(self, algorithm):
        self._hash = hashlib.new(algorithm, usedforsecurity=False)
        self._pool, self._pending = _pool(), collections.deque()

    def eat(self, block):
        while len(self._pending) >= DEPTH:
            self._pending.popleft().result()
        self._pending.append(self._pool.submit(self._hash.update, block))

    def result(self):
        while self._pending:
            self._pending.popleft().result()
        return self._hash.hexdigest()

    def close(self):
        self._pool.shutdown(cancel_futures=True)


def _pool():
    return concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="image-data")
