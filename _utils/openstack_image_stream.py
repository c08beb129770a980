"""What every kind of source is once it is open, and how messages call it."""

import dataclasses
import logging
import re
import time
from collections.abc import Iterator
from typing import Optional

from openstack_errors import Unreachable

log = logging.getLogger(__name__)

BLOCK = 1024 * 1024
LONGEST_PAUSE = 30


@dataclasses.dataclass
class Stream:
    """
    An open source.

    ``label`` is how messages call it, ``size`` its bytes as far as known, ``blocks`` what is in it.
    """

    label: str
    size: Optional[int]
    blocks: Iterator[bytes]


def shown(source):
    """Return a source as a message may show it: without user, password and query."""
    return re.sub(r"\?.*$", "?…", re.sub(r"(?<=://)[^/@]*@", "", source))


def going_on(read, retries, known_again):
    """
    Give the blocks of a source, and go on where a read broke.

    read
        Called with a position in bytes, gives the blocks from there; raises :py:exc:`Unreachable` when it breaks.

    retries
        How often it may break without a byte in between.

    known_again
        Called when it broke: whether the source says anything that tells it from another one that may come in its
        place.
    """
    position, failures = 0, 0
    while True:
        try:
            for block in read(position):
                position, failures = position + len(block), 0
                yield block
            return
        except Unreachable as exc:
            failures += 1
            if failures > retries or not known_again():
                raise
            log.info("%s: goes on after %s bytes, try %s", exc, position, failures)
        pause(failures)


def pause(failures):
    """Wait before a read goes on that failed so often in a row."""
    time.sleep(min(2 ** (failures - 1), LONGEST_PAUSE))
