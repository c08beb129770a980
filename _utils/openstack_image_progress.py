"""How far a long transfer is, said every few seconds: 1.2 of 4.0 GiB, 30 %, 105 MiB/s, 27 s left."""

import logging
import sys
import time

log = logging.getLogger(__name__)

EVERY = 10
MIB = 1 << 20
TAG = "glance/image/progress"
# Programs whose user sits in front of them; a minion's or master's own processes have nobody to tell but the log.
_AT_THE_TERMINAL = ("salt-call", "salt-run")
_FOR_PEOPLE = (None, "", "nested", "highstate", "glance_report", "pprint", "yaml", "txt")


class Progress:
    """
    Counts bytes and says so, not oftener than every few seconds and at the end if it said anything before.

    label
        What is transferred, ``cirros to zurich``.

    total
        Bytes, ``None`` when not known.

    say
        Called with a line and a mapping of the same as numbers.

    every
        Seconds between two lines. Default ``10``: a transfer that takes less says nothing.

    clock
        Default ``time.monotonic``.
    """

    def __init__(self, label, total, say, every=EVERY, clock=time.monotonic):
        self._label, self._total, self._say, self._every, self._clock = label, total, say, every, clock
        self._begun = self._said = clock()
        self._done = self._told = 0

    def add(self, count):
        """Count more bytes."""
        self._done += count
        now = self._clock()
        if now - self._said >= self._every:
            self._said, self._told = now, self._done
            self._say(*self._now(now))

    def end(self):
        """Say how it went, when it took long enough to say anything."""
        if 0 < self._told < self._done:
            self._say(*self._now(self._clock()))

    def _now(self, now):
        seconds = now - self._begun
        speed = self._done / seconds if seconds else 0
        data = {"label": self._label, "bytes": self._done, "total": self._total, "bytes_per_second": round(speed)}
        of = f" of {_size(self._total)}, {100 * self._done // self._total} %" if self._total else ""
        left = f", {round((self._total - self._done) / speed)} s left" if self._total and speed else ""
        return f"{self._label}: {_size(self._done)}{of}, {_size(speed)}/s{left}", data


def aloud(opts, stream):
    """Whether somebody sits in front of a stream and is not waiting for data: ``opts`` are ``__opts__``."""
    return (
        opts.get("__cli") in _AT_THE_TERMINAL
        and opts.get("output") in _FOR_PEOPLE
        and not opts.get("quiet")
        and stream.isatty()
    )


def teller(opts, event=None, stream=None):
    """
    Return the ``say`` of :py:class:`Progress` for whoever is waiting.

    Always the log (level info) and an event where one can be sent; a line on standard error for ``salt-call`` and
    ``salt-run`` at a terminal, unless the output is for a program (``--out=json``).

    opts
        ``__opts__``.

    event
        ``__salt__["event.fire_master"]`` or the like, called with ``(data, tag)``. Default ``None``: no events.

    stream
        Where lines go. Default: standard error.
    """
    stream = stream or sys.stderr
    heard = aloud(opts, stream)

    def say(line, data):
        log.info(line)
        if event:
            event({**data, "line": line}, TAG)
        if heard:
            print(line, file=stream, flush=True)

    return say


def _size(count):
    return f"{count / MIB:.0f} MiB" if count < 1024 * MIB else f"{count / MIB / 1024:.1f} GiB"
