"""What every kind of source is once it is open, and how messages call it."""

from __future__ import annotations  # Python 3.9

import dataclasses
import re
import time
from collections.abc import Iterator

BLOCK = 1024 * 1024
LONGEST_PAUSE = 30


@dataclasses.dataclass
class Stream:
    """
    An open source.

    ``label`` is how messages call it, ``size`` its bytes as far as known, ``blocks`` what is in it.
    """

    label: str
    size: int | None
    blocks: Iterator[bytes]


def shown(source):
    """Return a source as a message may show it: without user, password and query."""
    return re.sub(r"\?.*$", "?…", re.sub(r"(?<=://)[^/@]*@", "", source))


def pause(failures):
    """Wait before a read goes on that failed so often in a row."""
    time.sleep(min(2 ** (failures - 1), LONGEST_PAUSE))
