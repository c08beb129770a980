"""
The data of an image as it comes out of Glance: taken up again where a connection broke off, and compared with the hash
that Glance has of it.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import pathlib
import time

import openstack_image_digests
import requests
from openstack_errors import OpenStackError, Unreachable
from openstack_image_ahead import Digests, ahead
from openstack_image_source import BLOCK

log = logging.getLogger(__name__)

# How often a connection may break off without a byte in between.
TRIES = 4
PAUSE = 1.0


def blocks(api, image, start=0):
    """
    Give the data of an image block by block, from a byte on; where the connection is cut, from there on again.

    api
        ``openstack_image_api.Api``.

    image
        As the API shows it.

    start
        Byte to begin with. Default ``0``.

    Raises :py:exc:`Unreachable` when the connection breaks off again and again, and what the API raises.
    """
    done, failures = start, 0
    while done < image["size"]:
        before = done
        try:
            for block in _from(api, image["id"], done):
                done += len(block)
                yield block
        except (requests.RequestException, Unreachable) as exc:
            log.info("Image %s: %s after %s bytes", image["id"], type(exc).__name__, done)
        failures = 0 if done > before else failures + 1
        if done < image["size"]:
            if failures == TRIES:
                raise Unreachable(
                    f"image {image['id']}: the connection to {api.base} was cut after {done} of {image['size']} bytes,"
                    f" {TRIES} times: look into the journal of Glance there, then run again"
                )
            time.sleep(PAUSE * failures)


def read_digest(api, image_id, algorithm):
    """Return the digest, ``sha256=…``, of the data of an image, read as a stream from Glance."""
    found = hashlib.new(algorithm, usedforsecurity=False)
    with api.data(image_id) as response:
        for block in response.iter_content(BLOCK) if response is not None else ():
            found.update(block)
    return f"{algorithm}={found.hexdigest()}"


def strongest(image):
    """
    Return ``(algorithm, digest)`` of the best hash that Glance has of an image's data.

    image
        As the API shows it.

    Raises :py:exc:`OpenStackError` when it has no data, or was made by a store's location without any hash.
    """
    known = {
        key: value
        for key, value in openstack_image_digests.digests(image).items()
        if key in hashlib.algorithms_available
    }
    if not known:
        raise OpenStackError(f"image {image['id']} is {image['status']} and Glance has no hash of its data")
    algorithm = max(known, key=lambda key: hashlib.new(key, usedforsecurity=False).digest_size)
    return algorithm, known[algorithm]


def save(api, image, dest):
    """
    Write the data of an image to a file, and return how many bytes came from Glance for it.

    api, image
        As in :py:func:`blocks`.

    dest
        Path. A file there is replaced when all is well. What has come so far is in ``DEST.IMAGE_ID.part``, with which
        the next call goes on: the data of an id never changes.

    Raises :py:exc:`OpenStackError` for other data than the hash says, and when the file cannot be written.
    """
    algorithm, wanted = strongest(image)
    part = pathlib.Path(f"{dest}.{image['id']}.part")
    try:
        if _same(dest, image["size"], algorithm, wanted):
            part.unlink(missing_ok=True)
            return 0
        with _claimed(part) as file, contextlib.closing(Digests([algorithm])) as digests:
            start = _digested(file, digests, image["size"])
            with contextlib.closing(ahead(blocks(api, image, start))) as coming:
                for block in coming:
                    digests.eat(block)
                    file.write(block)
            file.flush()
            os.fsync(file.fileno())
            found = digests.result()[algorithm]
            if found != wanted:
                part.unlink()
                raise OpenStackError(
                    f"image {image['id']}: got {algorithm}={found}, Glance has {wanted}: its store is damaged"
                )
            os.replace(part, dest)
    except OSError as exc:
        raise OpenStackError(f"{dest}: {exc.strerror or type(exc).__name__}") from exc
    return image["size"] - start


def _from(api, image_id, start):
    """The blocks of one connection, without what comes before ``start`` where the store cannot seek."""
    with api.data(image_id, start) as response:
        if response is None:
            raise OpenStackError(f"image {image_id} has no data in its store: Glance answers HTTP 204")
        skip = start if response.status_code == 200 else 0
        for block in response.iter_content(BLOCK):
            kept, skip = block[skip:], max(0, skip - len(block))
            if kept:
                yield kept


def _same(dest, size, algorithm, wanted):
    """Whether the file is there already."""
    path = pathlib.Path(dest)
    if not path.is_file() or path.stat().st_size != size:
        return False
    with open(path, "rb") as file, contextlib.closing(Digests([algorithm])) as digests:
        _eaten(file, digests)
        return digests.result()[algorithm] == wanted


@contextlib.contextmanager
def _claimed(part):
    """The unfinished file, only for its owner's eyes and only for one writer."""
    # no link is followed: where others may write, one could lead anywhere
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(handle, "r+b") as file:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise OpenStackError(f"{part} is being written by another process: wait for it") from exc
        yield file


def _digested(file, digests, size):
    """Hash what an earlier call wrote and return how much that is; nothing when it is no beginning of the data."""
    if os.fstat(file.fileno()).st_size > size:
        file.truncate(0)
    _eaten(file, digests)
    return file.tell()


def _eaten(file, digests):
    while block := file.read(BLOCK):
        digests.eat(block)
