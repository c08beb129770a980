"""A whole and verified copy of a source on the minion, for as long as it is uploaded: ``fetch:via`` ``file``."""

import contextlib
import shutil
import tempfile

from openstack_errors import OpenStackError
from openstack_image_ahead import Digests
from openstack_image_hash import refuse_other, split
from openstack_image_stream import BLOCK, Stream

GIB = 1 << 30


@contextlib.contextmanager
def copied(stream, digest, hash_is_of_file, directory, progress=None):
    """
    Give a ``Stream`` of a copy of another one.

    stream
        An open ``openstack_image_stream.Stream``.

    digest
        ``sha256=…``, with ``source:`` before it where it is of the source only, ``None`` for any.

    hash_is_of_file
        Whether the digest can be compared before the file is unpacked.

    directory
        Where the copy is; it has no name there, so it is gone when this process is, however that ends.

    progress
        ``openstack_image_progress.Progress``. Default ``None``: nobody is told.

    Raises :py:exc:`OpenStackError` when the directory is missing or full, or the copy has another digest; what the
    stream raises goes through.
    """
    _refuse_full(stream, directory)
    with _unnamed_file(stream.label, directory) as file:
        algorithm, wanted, _ = split(digest) if digest and hash_is_of_file else (None, None, None)
        with contextlib.closing(Digests({algorithm} if wanted else ())) as digests:
            for block in stream.blocks:
                digests.eat(block)
                with _disk_errors(stream.label, directory):
                    _write(file, block)
                if progress:
                    progress.add(len(block))
            if wanted:
                refuse_other(stream.label, algorithm, digests.result()[algorithm], wanted)
        size = file.tell()
        file.seek(0)
        yield Stream(stream.label, size, iter(lambda: file.read(BLOCK), b""))


@contextlib.contextmanager
def _unnamed_file(label, directory):
    with contextlib.ExitStack() as stack:
        with _disk_errors(label, directory):
            file = stack.enter_context(tempfile.TemporaryFile(dir=directory, buffering=0))
        yield file


def _write(file, block):
    view = memoryview(block)
    while view:
        view = view[file.write(view) :]


def _refuse_full(stream, directory):
    with _disk_errors(stream.label, directory):
        free = shutil.disk_usage(directory).free
    if stream.size is not None and stream.size > free:
        raise OpenStackError(
            f"{stream.label} has {stream.size / GIB:.1f} GiB, {directory} has {free / GIB:.1f} GiB left: set"
            f" fetch:directory to a larger one, or fetch:via to stream, which needs no room"
        )


@contextlib.contextmanager
def _disk_errors(label, directory):
    try:
        yield
    except OSError as exc:
        raise OpenStackError(
            f"{label} cannot be copied to {directory}: {exc.strerror}: set fetch:directory to a place with room, or"
            f" fetch:via to stream, which needs none"
        ) from exc
