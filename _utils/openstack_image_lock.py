"""
One run on a minion at a time makes an image of a name: a highstate and somebody's ``salt-call`` may meet.

The lock is the kernel's and goes with the process, however that ends. Runs on two minions are told apart by Glance.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib

from openstack_errors import OpenStackError


@contextlib.contextmanager
def held(cachedir, what):
    """
    Hold the lock of one image while the block runs.

    cachedir
        The minion's cache, ``__opts__["cachedir"]``.

    what
        The cloud and the image's name.

    Raises :py:exc:`OpenStackError` when another run on this minion has it.
    """
    folder = pathlib.Path(cachedir) / "openstack_image"
    path = folder / f"{hashlib.sha256(what.encode()).hexdigest()}.lock"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise OpenStackError(f"{path}: {exc.strerror}") from exc
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        raise OpenStackError(f"another run on this minion is making {what}: wait for it, then run again") from exc
    else:
        yield
    finally:
        os.close(file)


def is_held(cachedir, what):
    """Tell whether a run on this minion has the lock of an image now; arguments as :py:func:`held`."""
    try:
        with held(cachedir, what):
            return False
    except OpenStackError:
        return True
