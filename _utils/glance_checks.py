"""
What can be learnt of a host without asking any server of OpenStack: connections, ports, disks, libraries, versions.

Functions return plain data and raise nothing but what ``openstack_errors`` knows; they change nothing.
"""

import contextlib
import importlib.util
import os
import pathlib
import re
import socket
from urllib.parse import urlsplit

from openstack_errors import Invalid, Unreachable

CONNECT_TIMEOUT = 5
_LISTEN = "0A"
_TCP_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def address(url):
    """Return ``(host, port)`` of a URL; raises :py:exc:`Invalid` for one without a host."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise Invalid(f"{url} names no host")
    return parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)


def resolve(host):
    """Return the addresses of a name, as a sorted list; raises :py:exc:`Unreachable` when it has none."""
    try:
        return sorted({info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError) as exc:
        raise Unreachable(f"{host} does not resolve: check DNS or /etc/hosts of this host") from exc


def connect(host, port, timeout=CONNECT_TIMEOUT):
    """
    Return the address that accepted a TCP connection.

    host, port
        Where to connect.

    timeout
        Seconds for each address of the name. Default 5.

    Raises :py:exc:`Unreachable` that tells a refused connection from a time out, since the cures differ.
    """
    resolve(host)
    try:
        with socket.create_connection((host, port), timeout) as connection:
            return connection.getpeername()[0]
    except TimeoutError as exc:
        text = f"{host}:{port} does not answer within {timeout} s: is it up, does a firewall drop packets?"
        raise Unreachable(text) from exc
    except ConnectionRefusedError as exc:
        text = f"{host}:{port} refuses connections: is the service running, does it listen on this address?"
        raise Unreachable(text) from exc
    except OSError as exc:
        raise Unreachable(f"{host}:{port} cannot be reached: {exc.strerror or type(exc).__name__}") from exc


def listeners(port, root="/proc"):
    """
    Return who listens on a TCP port of this host: ``[{"pid": …, "command": …, "uid": …}]``.

    port
        Port number.

    root
        Where proc is mounted.

    A process that cannot be seen (as another user than root) has the pid ``None``.
    """
    sockets = dict(_listening(port))
    found = {inode: {"pid": None, "command": "", "uid": uid} for inode, uid in sockets.items()}
    for process in pathlib.Path(root).iterdir() if sockets else ():
        if process.name.isdigit():
            for inode in _sockets(process) & set(sockets):
                found[inode] = {"pid": int(process.name), "command": _command(process), "uid": sockets[inode]}
    return sorted(found.values(), key=lambda each: each["pid"] or 0)


def _listening(port):
    """Inode and user id of each listening socket on the port."""
    for table in _TCP_TABLES:
        with contextlib.suppress(OSError):
            for line in pathlib.Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    yield fields[9], int(fields[7])


def _sockets(process):
    found = set()
    with contextlib.suppress(OSError):
        for link in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.update(re.findall(r"^socket:\[(\d+)\]$", os.readlink(link)))
    return found


def _command(process):
    with contextlib.suppress(OSError):
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def free(path):
    """Return ``(bytes free for others than root, the existing directory that was looked at)`` for a path to be."""
    for parent in (pathlib.Path(path), *pathlib.Path(path).parents):
        if parent.is_dir():
            usage = os.statvfs(parent)
            return usage.f_bavail * usage.f_frsize, str(parent)
    raise Invalid(f"{path} is no absolute path")


def missing(libraries):
    """Return which of ``{module: package}`` cannot be imported by Salt's own Python, as a list of packages."""
    return [package for module, package in libraries.items() if importlib.util.find_spec(module) is None]


def provides(version, release):
    """
    Tell whether a package's version is of a release.

    version
        As a package manager writes it: ``2:25.1.0-2+deb12u5``.

    release
        ``{"glance": 25, "number": "2022.2", …}``; before Liberty, packages carry the number: ``1:2014.2.3-0ubuntu1``.
    """
    plain = re.sub(r"^\d+:", "", version)
    return plain.split(".")[0] == str(release["glance"]) or plain.startswith(f"{release['number']}.")


def size(count):
    """Return a number of bytes as people read it: ``12.3 GiB``."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
