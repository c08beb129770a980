"""
Where an image comes from, opened as a stream: ``http``, ``https`` and ``ftp`` (through a proxy where one is set),
``s3://BUCKET/KEY``, ``salt://``, or a file on the minion (``file://`` or a path).

Nothing is read into memory but one block, nothing is written to disk but a ``salt://`` file in the minion's cache, and
every wait has an end. An error names the source and what to do; it never quotes a library, which may quote a password.
"""

import contextlib
import pathlib
import urllib.parse

import openstack_image_ftp
import openstack_image_http
import openstack_image_s3
from openstack_errors import Invalid, OpenStackError, Unreachable
from openstack_image_stream import BLOCK, Stream, shown

_REMOTE = {
    "http": openstack_image_http.opened,
    "https": openstack_image_http.opened,
    "ftp": openstack_image_ftp.opened,
    "s3": openstack_image_s3.opened,
}
_SCHEMES = (*_REMOTE, "salt", "file")


@contextlib.contextmanager
def opened(source, access, first_byte=False):
    """
    Open a source and give an ``openstack_image_stream.Stream``.

    source
        URL or path.

    access
        ``openstack_image_fetch.Access``.

    first_byte
        Ask a server for no more than the first byte, to see whether the source is there. Default ``False``.

    Raises :py:exc:`Invalid` for a URL of another kind, :py:exc:`Unreachable`, :py:exc:`Refused` and
    :py:exc:`OpenStackError` (not there) on opening, and the first and last of them again while reading.
    """
    with _REMOTE.get(scheme_of(source), _file)(source, access, first_byte) as found:
        yield Stream(found.label, found.size, _complete(found))


def local_path(source, cached=None):
    """
    Return the path of a source that is a file here, ``None`` for one that has to be asked from a server.

    source
        URL or path.

    cached
        As in ``openstack_image_fetch.Access``.

    Raises :py:exc:`Invalid` for a URL of an unknown kind, :py:exc:`OpenStackError` when the file is not there.
    """
    scheme = scheme_of(source)
    if scheme in _REMOTE:
        return None
    if scheme == "salt":
        path = cached(source) if cached else None
        if not path:
            raise OpenStackError(f"{source} is not on the master's file server: check file_roots and the environment")
    else:
        path = urllib.parse.unquote(urllib.parse.urlsplit(source).path) if scheme == "file" else source
    if not pathlib.Path(path).is_file():
        raise OpenStackError(f"{source} is not a file on this minion")
    return path


def file_name(source):
    """Return the last part of a source's path."""
    path = urllib.parse.urlsplit(source).path if scheme_of(source) else source
    return urllib.parse.unquote(path).rpartition("/")[2]


def scheme_of(source):
    """Return the scheme of a source, empty for a path; raises :py:exc:`Invalid` for one that is none of these."""
    scheme = urllib.parse.urlsplit(source).scheme if "://" in source else ""
    if scheme not in ("", *_SCHEMES) or not (scheme or source.startswith("/")):
        raise Invalid(f"source {shown(source)}: use {', '.join(_SCHEMES)} or an absolute path")
    return scheme


@contextlib.contextmanager
def _file(source, access, _first_byte):
    path = local_path(source, access.cached)
    yield Stream(source, pathlib.Path(path).stat().st_size, _file_blocks(source, path))


def _file_blocks(source, path):
    try:
        with open(path, "rb", buffering=0) as file:
            while block := file.read(BLOCK):
                yield block
    except OSError as exc:
        raise OpenStackError(f"{source}: {exc.strerror}") from exc


def _complete(stream):
    """Give the blocks of a stream; ending early is an error where the size is known."""
    count = 0
    for block in stream.blocks:
        count += len(block)
        yield block
    if stream.size is not None and count != stream.size:
        raise Unreachable(f"{stream.label}: the connection was cut after {count} of {stream.size} bytes: run again")
