"""
A source on a web server. A read that breaks or stalls goes on where it was (``Range``), on a server that knows no
ranges by reading the beginning again; only the same file is gone on with.
"""

import contextlib
import re
import urllib.parse

import requests
from openstack_errors import OpenStackError, Refused, Unreachable
from openstack_image_stream import BLOCK, Stream, going_on, pause, shown

CONNECT_TIMEOUT = 30
# The server is there and says: later.
_BUSY = (429, 500, 502, 503, 504)
_VALIDATORS = ("ETag", "Last-Modified")


def opened(source, access, first_byte=False):
    """Open a URL; arguments as in ``openstack_image_source.opened``."""
    return reading(shown(source), lambda: (source, access.headers), access, first_byte)


@contextlib.contextmanager
def reading(label, address, access, first_byte=False):
    """
    Open what is at an address and give its ``Stream``.

    label
        What messages call it.

    address
        Called for each request, returns ``(url, headers)``: a signature may be good for a few minutes only.

    access
        ``openstack_image_fetch.Access``.

    first_byte
        Ask for the first byte only, once. Default ``False``.
    """
    with _Reader(label, address, access) as reader:
        response = reader.first_byte() if first_byte else reader.open()
        yield Stream(label, None if first_byte else _length(response), reader.blocks(response))


class _Reader:
    """Reads one file with as many requests as it takes."""

    def __init__(self, label, address, access):
        self._label, self._address, self._access = label, address, access
        self._session = _Session(label, access.headers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._session.close()

    def first_byte(self):
        return self._granted(self._get("bytes=0-0"), (200, 206))

    def open(self):
        for failures in range(self._access.retries + 1):
            response = self._get()
            if response.status_code not in _BUSY or failures == self._access.retries:
                break
            pause(failures + 1)
        return self._granted(response, (200,))

    def blocks(self, first):
        """Give the blocks of a response, and of those that go on where it broke."""
        unread = [first]

        def read(position):
            response = unread.pop() if unread else self._again(first, position)
            with contextlib.closing(response):
                if response.status_code != 416:  # that there is no more
                    yield from self._body(response, position if response.status_code == 200 else 0)

        return going_on(read, self._access.retries, lambda: _known_again(first))

    def _again(self, first, position):
        """The response that goes on."""
        # Without a range at the beginning: a server that sent no byte may have nothing to resume
        response = self._granted(self._get(f"bytes={position}-") if position else self._get(), (200, 206, 416))
        if not _same(first, response, position):
            raise OpenStackError(f"{self._label} has changed on the server while it was read: run again")
        return response

    def _body(self, response, skip):
        count = -skip
        with _errors(self._label, self._access, reading=True):
            for block in response.iter_content(BLOCK):
                count += len(block)
                if count > 0:
                    yield block[-count:] if count < len(block) else block
        missing = (_length(response) or 0) - skip - count
        if missing > 0:  # urllib3 before 2 does not say so itself
            raise Unreachable(f"{self._label}: the connection was cut {missing} bytes before the end: run again")

    def _get(self, span=None):
        url, headers = self._address()
        # identity: the bytes that the hash is about, not what a server makes of them for browsers
        fixed = {"Accept-Encoding": "identity", "User-Agent": "glance-formula", **({"Range": span} if span else {})}
        proxy = self._access.proxy
        with _errors(self._label, self._access):
            return self._session.get(
                url,
                headers={**headers, **fixed},
                proxies={"http": proxy, "https": proxy} if proxy else None,
                verify=self._access.ca_file or True,
                stream=True,
                timeout=(min(CONNECT_TIMEOUT, self._access.timeout), self._access.timeout),
            )

    def _granted(self, response, statuses):
        status = response.status_code
        if status in statuses:
            return response
        if status in (401, 403, 407):
            whose = "server or proxy" if self._access.proxy else "server"
            raise Refused(f"{self._label}: HTTP {status}: the {whose} wants other credentials")
        if status in _BUSY:
            raise Unreachable(f"{self._label}: HTTP {status}: the server has trouble: try again later")
        raise OpenStackError(f"{self._label}: HTTP {status}: check the URL in pillar and whether the file has moved")


class _Session(requests.Session):
    """Follows redirects, but not from https to http, and takes secret headers to no other host."""

    def __init__(self, label, headers):
        super().__init__()
        self._label, self._secret = label, headers

    def get_redirect_target(self, resp):
        target = super().get_redirect_target(resp)
        if target and resp.url.startswith("https:") and urllib.parse.urljoin(resp.url, target).startswith("http:"):
            raise Refused(
                f"{self._label}: the server sends us from https to {shown(urllib.parse.urljoin(resp.url, target))},"
                f" where anybody on the way could change the file: declare the address that is meant"
            )
        return target

    def rebuild_auth(self, prepared_request, response):
        super().rebuild_auth(prepared_request, response)
        if self.should_strip_auth(response.request.url, prepared_request.url):
            for name in self._secret:
                prepared_request.headers.pop(name, None)


def _length(response):
    size = response.headers.get("Content-Length", "")
    return int(size) if size.isdigit() else None


def _known_again(first):
    """Whether the server says anything that tells this file from another one that may come in its place."""
    return any(first.headers.get(name) for name in ("Content-Length", *_VALIDATORS))


def _same(first, response, position):
    """Whether a response goes on with the file that the first one began with, as far as the server says."""
    for name in _VALIDATORS:
        old, new = first.headers.get(name), response.headers.get(name)
        if old and new and old != new:
            return False
    size = _length(first)
    if response.status_code == 200:
        return size is None or size == _length(response)
    # of 206: bytes 5-9/10; of 416: bytes */10, which is all of a file without a length that was read to its end
    found = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if not found:
        return False
    total = None if found[2] == "*" else int(found[2])
    if found[1] is None:
        return total == position and size in (None, position)
    return int(found[1]) == position and (size is None or total in (None, size))


@contextlib.contextmanager
def _errors(label, access, reading=False):
    via = f" through proxy {shown(access.proxy)}" if access.proxy else ""
    try:
        yield
    except requests.exceptions.SSLError as exc:
        raise Unreachable(
            f"{label}: its certificate is not accepted{via}: set fetch:ca_file, or install the CA on this minion"
        ) from exc
    except requests.exceptions.ProxyError as exc:
        raise Unreachable(f"{label}: the proxy{via.removeprefix(' through proxy')} does not answer") from exc
    except requests.exceptions.Timeout as exc:
        raise Unreachable(f"{label}: no answer{via} within {access.timeout} s: try again") from exc
    except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as exc:
        if reading:
            timed_out = "timed out" in str(exc)
            how = f"nothing came for {access.timeout} s" if timed_out else "the connection was cut"
            raise Unreachable(f"{label}: {how}{via} before the end: run again") from exc
        raise Unreachable(f"{label}: nobody answers{via}: is the host right, is a proxy needed?") from exc
    except requests.exceptions.RequestException as exc:
        raise OpenStackError(f"{label}: {type(exc).__name__}{via}: check the URL") from exc
