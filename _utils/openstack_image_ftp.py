"""
A source on an FTP server, straight or through a proxy that speaks HTTP.

A read that breaks or stalls goes on where it was (``REST``), on a server that cannot by reading the beginning again;
only a file of the same size and time is gone on with. What comes through a proxy is read once.
"""

import contextlib
import ftplib
import urllib.error
import urllib.parse
import urllib.request

from openstack_errors import Invalid, OpenStackError, Refused, Unreachable
from openstack_image_stream import BLOCK, Stream, going_on, shown

# Answers of a server that does not know a command, or does not want to.
_UNKNOWN = ("500", "501", "502", "503", "504")


def opened(source, access, first_byte=False):
    """Open a URL; arguments as in ``openstack_image_source.opened``."""
    return _through_proxy(source, access) if access.proxy else _straight(source, access, first_byte)


@contextlib.contextmanager
def _straight(source, access, first_byte):
    with contextlib.closing(_Reader(source, access)) as reader:
        reader.connect()
        if first_byte and reader.size is None:
            next(reader.blocks(), None)
        yield Stream(shown(source), None if first_byte else reader.size, iter(()) if first_byte else reader.blocks())


class _Reader:
    """Reads one file over as many connections as it takes."""

    def __init__(self, source, access):
        self._label, self._access = shown(source), access
        self._url = urllib.parse.urlsplit(source)
        path = urllib.parse.unquote(self._url.path)
        *self._folders, self._file = path.lstrip("/").split("/")
        if not self._url.hostname or not self._file or any(sign in path for sign in "\r\n\0"):
            raise Invalid(f"source {self._label}: name a server and a file on it")
        self._ftp, self._known = None, None

    @property
    def size(self):
        """Bytes, ``None`` where the server does not say."""
        size, _ = self._known
        return int(size) if (size or "").isdigit() else None

    def connect(self):
        """Log in and look for the file, which must be the one that it was."""
        self.close()
        with _errors(self._label):
            self._ftp = ftplib.FTP(timeout=self._access.timeout)  # noqa: S321 - it is what pillar says
            self._ftp.connect(self._url.hostname, self._url.port or ftplib.FTP_PORT)
            self._ftp.login(*(urllib.parse.unquote(each or "") for each in (self._url.username, self._url.password)))
            for folder in filter(None, self._folders):
                self._ftp.cwd(folder)
            self._ftp.voidcmd("TYPE I")
            found = self._asked("SIZE"), self._asked("MDTM")
        if self._known not in (None, found):
            raise OpenStackError(f"{self._label} has changed on the server while it was read: run again")
        self._known = found

    def blocks(self):
        """Give the blocks of the file."""
        return going_on(self._from, self._access.retries, lambda: any(self._known))

    def close(self):
        """End the connection without a word: a server that stalls would not answer one."""
        if self._ftp:
            self._ftp.close()
        self._ftp = None

    def _from(self, position):
        try:
            yield from self._read(position)
        except Unreachable:
            self.close()
            raise

    def _read(self, position):
        if self._ftp is None:
            self.connect()
        with _errors(self._label):
            data, skip = self._transfer(position)
            with data:
                while block := data.recv(BLOCK):
                    position += max(0, len(block) - skip)
                    yield from filter(None, (block[skip:],))
                    skip = max(0, skip - len(block))
            self._ftp.voidresp()  # says whether the file was sent to its end
        if self.size not in (None, position):
            raise Unreachable(f"{self._label}: the connection was cut after {position} of {self.size} bytes: run again")

    def _transfer(self, position):
        """``(connection, bytes of it that were read before)``."""
        if position:
            try:
                return self._ftp.transfercmd(f"RETR {self._file}", position), 0
            except ftplib.error_perm as exc:
                if not str(exc).startswith(_UNKNOWN):
                    raise
        return self._ftp.transfercmd(f"RETR {self._file}"), position

    def _asked(self, command):
        """What a server says of the file, ``None`` where it does not know the command."""
        try:
            return self._ftp.sendcmd(f"{command} {self._file}").partition(" ")[2].strip()
        except ftplib.error_perm as exc:
            if not str(exc).startswith(_UNKNOWN):
                raise
            return None


@contextlib.contextmanager
def _through_proxy(source, access):
    label = shown(source)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"ftp": access.proxy}))
    with _proxy_errors(label):
        response = opener.open(source, timeout=access.timeout)
    with contextlib.closing(response):
        size = response.headers.get("Content-Length") or ""
        yield Stream(label, int(size) if size.isdigit() else None, _proxied(response, label))


def _proxied(response, label):
    with _proxy_errors(label):
        while block := response.read(BLOCK):
            yield block


@contextlib.contextmanager
def _errors(label):
    try:
        yield
    except ftplib.error_perm as exc:
        if str(exc).startswith(("530", "532")):
            raise Refused(f"{label}: the server wants other credentials") from exc
        if str(exc).startswith("550"):
            raise OpenStackError(f"{label}: the server has no such file: check the URL in pillar") from exc
        raise OpenStackError(f"{label}: the server says {str(exc)[:3]}: check the URL in pillar") from exc
    except ftplib.error_temp as exc:
        raise Unreachable(f"{label}: the server says {str(exc)[:3]}, which means later: try again") from exc
    except (ftplib.Error, ValueError) as exc:
        raise OpenStackError(f"{label}: what answers there is no FTP server: check the URL in pillar") from exc
    except TimeoutError as exc:
        raise Unreachable(f"{label}: no answer in time: try again") from exc
    except ConnectionRefusedError as exc:
        raise Unreachable(f"{label}: nobody answers or the server refuses: check host and port") from exc
    except (OSError, EOFError) as exc:
        raise Unreachable(f"{label}: the connection was cut before the end, or is none: run again") from exc


@contextlib.contextmanager
def _proxy_errors(label):
    try:
        yield
    except urllib.error.HTTPError as exc:
        raise OpenStackError(f"{label}: HTTP {exc.code} from the proxy: check the URL") from exc
    except urllib.error.URLError as exc:
        raise Unreachable(f"{label}: nobody answers or the server refuses: check host, user and proxy") from exc
    except OSError as exc:
        raise Unreachable(f"{label}: the connection was cut before the end: run again") from exc
