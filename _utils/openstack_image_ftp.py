"""A source on an FTP server, straight or through a proxy that speaks HTTP."""

import contextlib
import urllib.error
import urllib.request

from openstack_errors import OpenStackError, Unreachable
from openstack_image_stream import BLOCK, Stream, shown


@contextlib.contextmanager
def opened(source, access, _first_byte=False):
    """Open a URL; arguments as in ``openstack_image_source.opened``."""
    label = shown(source)
    handlers = [urllib.request.ProxyHandler({"ftp": access.proxy})] if access.proxy else []
    opener = urllib.request.build_opener(*handlers)
    with _errors(label):
        response = opener.open(source, timeout=access.timeout)
    with contextlib.closing(response):
        size = response.headers.get("Content-Length") or ""
        yield Stream(label, int(size) if size.isdigit() else None, _blocks(response, label))


def _blocks(response, label):
    with _errors(label):
        while block := response.read(BLOCK):
            yield block


@contextlib.contextmanager
def _errors(label):
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
