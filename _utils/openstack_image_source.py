"""
Where an image comes from, opened as a stream: ``http``, ``https`` and ``ftp`` (through a proxy where one is set),
``salt://``, or a file on the minion (``file://`` or a path).

Nothing is read into memory but one block, nothing is written to disk but a ``salt://`` file in the minion's cache, and
every wait has an end. An error names the source and what to do; it never quotes a library, which may quote a password.
"""

import contextlib
import dataclasses
import pathlib
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

import requests
from openstack_errors import Invalid, OpenStackError, Refused, Unreachable

CONNECT_TIMEOUT = 30
READ_TIMEOUT = 60
BLOCK = 256 * 1024


@dataclasses.dataclass
class Stream:
    """
    An open source.

    ``label`` is how messages call it, ``size`` its bytes as far as known, ``blocks`` what is in it.
    """

    label: str
    size: int | None
    blocks: Iterator[bytes]


@contextlib.contextmanager
def opened(source, proxy=None, cached=None, first_byte=False):
    """
    Open a source and give a :py:class:`Stream`.

    source
        URL or path.

    proxy
        URL of the proxy for http, https and ftp. Default ``None``: what the environment says (``https_proxy`` …).

    cached
        Called with a ``salt://`` URL, returns the path of the file in the minion's cache or a false value:
        ``__salt__["cp.cache_file"]``.

    first_byte
        Ask a web server for no more than the first byte, to see whether the source is there. Default ``False``.

    Raises :py:exc:`Invalid` for a URL of another kind, :py:exc:`Unreachable`, :py:exc:`Refused` and
    :py:exc:`OpenStackError` (not there) on opening, and the first and last of them again while reading.
    """
    scheme = _scheme(source)
    if scheme in ("http", "https"):
        stream = _http(source, proxy, first_byte)
    elif scheme == "ftp":
        stream = _ftp(source, proxy)
    else:
        stream = _file(source, local_path(source, cached))
    with stream as found:
        yield Stream(found.label, found.size, _complete(found))


def local_path(source, cached=None):
    """
    Return the path of a source that is a file here, ``None`` for one that has to be asked from a server.

    source, cached
        As in :py:func:`opened`.

    Raises :py:exc:`Invalid` for a URL of an unknown kind, :py:exc:`OpenStackError` when the file is not there.
    """
    scheme = _scheme(source)
    if scheme in ("http", "https", "ftp"):
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
    path = urllib.parse.urlsplit(source).path if _scheme(source) else source
    return urllib.parse.unquote(path).rpartition("/")[2]


def shown(source):
    """Return a source as a message may show it: without user, password and query."""
    return re.sub(r"\?.*$", "?…", re.sub(r"(?<=://)[^/@]*@", "", source))


def _scheme(source):
    scheme = urllib.parse.urlsplit(source).scheme if "://" in source else ""
    if scheme not in ("", "http", "https", "ftp", "salt", "file") or not (scheme or source.startswith("/")):
        raise Invalid(f"source {shown(source)}: use http, https, ftp, salt, file or an absolute path")
    return scheme


@contextlib.contextmanager
def _http(source, proxy, first_byte):
    label = shown(source)
    # identity: the bytes that the hash is about, not what a server makes of them for browsers
    headers = {"Accept-Encoding": "identity", "User-Agent": "glance-formula"}
    if first_byte:
        headers["Range"] = "bytes=0-0"
    with _http_errors(label, proxy):
        response = requests.get(
            source,
            headers=headers,
            proxies={"http": proxy, "https": proxy} if proxy else None,
            stream=True,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
        )
    with contextlib.closing(response):
        status = response.status_code
        if status in (401, 403, 407):
            raise Refused(f"{label}: HTTP {status}: the server{' or proxy' if proxy else ''} wants other credentials")
        if status not in ((200, 206) if first_byte else (200,)):
            raise OpenStackError(f"{label}: HTTP {status}: check the URL in pillar and whether the file has moved")
        size = response.headers.get("Content-Length", "")
        yield Stream(
            label, int(size) if size.isdigit() and status == 200 else None, _http_blocks(response, label, proxy)
        )


def _http_blocks(response, label, proxy):
    with _http_errors(label, proxy, reading=True):
        yield from response.iter_content(BLOCK)


@contextlib.contextmanager
def _http_errors(label, proxy, reading=False):
    via = f" through proxy {shown(proxy)}" if proxy else ""
    try:
        yield
    except requests.exceptions.SSLError as exc:
        raise Unreachable(f"{label}: its certificate is not accepted{via}: install the CA on this minion") from exc
    except requests.exceptions.ProxyError as exc:
        raise Unreachable(f"{label}: the proxy{via.removeprefix(' through proxy')} does not answer") from exc
    except requests.exceptions.Timeout as exc:
        raise Unreachable(f"{label}: no answer{via} in time ({CONNECT_TIMEOUT}/{READ_TIMEOUT} s): try again") from exc
    except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as exc:
        if reading:
            raise Unreachable(f"{label}: the connection was cut{via} before the end: run again") from exc
        raise Unreachable(f"{label}: nobody answers{via}: is the host right, is a proxy needed?") from exc
    except requests.exceptions.RequestException as exc:
        raise OpenStackError(f"{label}: {type(exc).__name__}{via}: check the URL") from exc


@contextlib.contextmanager
def _ftp(source, proxy):
    label = shown(source)
    handlers = [urllib.request.ProxyHandler({"ftp": proxy})] if proxy else []
    opener = urllib.request.build_opener(*handlers)
    with _ftp_errors(label):
        response = opener.open(source, timeout=READ_TIMEOUT)
    with contextlib.closing(response):
        yield Stream(label, _size(response), _ftp_blocks(response, label))


def _ftp_blocks(response, label):
    with _ftp_errors(label):
        while block := response.read(BLOCK):
            yield block


@contextlib.contextmanager
def _ftp_errors(label):
    try:
        yield
    except urllib.error.HTTPError as exc:
        raise OpenStackError(f"{label}: HTTP {exc.code} from the proxy: check the URL") from exc
    except urllib.error.URLError as exc:
        if "550" in str(exc.reason):
            raise OpenStackError(f"{label}: the server has no such file: check the URL in pillar") from exc
        raise Unreachable(f"{label}: nobody answers or the server refuses: check host, user and proxy") from exc
    except OSError as exc:
        raise Unreachable(f"{label}: the connection was cut before the end: run again") from exc


@contextlib.contextmanager
def _file(source, path):
    try:
        with open(path, "rb") as file:
            yield Stream(source, pathlib.Path(path).stat().st_size, iter(lambda: file.read(BLOCK), b""))
    except OSError as exc:
        raise OpenStackError(f"{source}: {exc.strerror}") from exc


def _size(response):
    size = response.headers.get("Content-Length") or ""
    return int(size) if size.isdigit() else None


def _complete(stream):
    """Give the blocks of a stream; ending early is an error where the size is known."""
    count = 0
    for block in stream.blocks:
        count += len(block)
        yield block
    if stream.size is not None and count != stream.size:
        raise Unreachable(f"{stream.label}: the connection was cut after {count} of {stream.size} bytes: run again")
