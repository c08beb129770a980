"""The package proxy: the nodes have no route out, this has.

    GET http://...       forwarded; files that never change under their name (.deb, by-hash) are kept on disk
    CONNECT host:443     tunnelled: pip over https keeps its own end-to-end TLS

The keeper makes the listening socket in the lab's network and starts this in the host's, so it answers the nodes and
connects as the host does: to archives that the host uses by https (--https HOST) and through the host's own proxy
(--upstream URL) too. Nodes that ask for one file at the same time share one download.
"""

import argparse
import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import ssl
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

KEEP = (".deb", ".udeb")
CHUNK = 256 * 1024
NOT_FORWARDED = ("proxy-", "connection:", "accept-encoding:", "host:")
# a file that is kept must be asked for whole
NOT_FOR_WHOLE = (*NOT_FORWARDED, "range:", "if-")
OUR_FRAMING = ("connection:", "transfer-encoding:", "content-length:", "keep-alive:")


@dataclass
class Settings:
    cache: Path
    https: frozenset[str] = frozenset()
    upstream: str | None = None
    locks: dict[Path, asyncio.Lock] = field(default_factory=dict)


def keeps(path: str) -> bool:
    """Whether the content under this path never changes."""
    return path.endswith(KEEP) or "/by-hash/" in path


def kept_as(cache: Path, url: str) -> Path:
    digest = hashlib.sha256(url.encode()).hexdigest()[:16]
    return cache / f"{digest}-{os.path.basename(urlsplit(url).path)[-120:]}"


async def read_head(reader: asyncio.StreamReader) -> tuple[str, list[str]]:
    """The first line and the header lines."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    return first, [line for line in rest if line]


async def connect(settings: Settings, host: str, port: int, tls: bool):
    """A connection to the archive, through the host's own proxy when it has one."""
    context = ssl.create_default_context() if tls else None
    if not settings.upstream:
        return await asyncio.open_connection(host, port, ssl=context)
    via = urlsplit(settings.upstream)
    reader, writer = await asyncio.open_connection(via.hostname, via.port or 3128)
    writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    status, _ = await read_head(reader)
    if status.split(" ")[1] != "200":
        raise ConnectionError(f"{via.hostname} refuses {host}:{port}: {status}")
    if context:
        await writer.start_tls(context, server_hostname=host)
    return reader, writer


async def ask(settings: Settings, method: str, url: str, headers: list[str], drop: tuple[str, ...]):
    """Send a request on; the archive's reader and writer, its status line and headers."""
    parts = urlsplit(url)
    tls = parts.hostname in settings.https
    kept = [h for h in headers if not h.lower().startswith(drop)]
    if settings.upstream and not tls:
        via = urlsplit(settings.upstream)
        reader, writer = await asyncio.open_connection(via.hostname, via.port or 3128)
        target = url
    else:
        reader, writer = await connect(settings, parts.hostname, parts.port or (443 if tls else 80), tls)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close", *kept]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    await writer.drain()
    status, answered = await read_head(reader)
    return reader, writer, status, answered


async def body(reader: asyncio.StreamReader, headers: list[str]):
    """The bytes of an answer's body, however it is framed."""
    low = [h.lower() for h in headers]
    if any(h.startswith("transfer-encoding:") and "chunked" in h for h in low):
        while size := int((await reader.readline()).split(b";")[0], 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
        return
    left = next((int(h.split(":", 1)[1]) for h in low if h.startswith("content-length:")), None)
    while left is None or left > 0:
        data = await reader.read(CHUNK if left is None else min(left, CHUNK))
        if not data and left:
            raise ConnectionError("the archive ended in the middle of a file")
        if not data:
            return
        left = None if left is None else left - len(data)
        yield data


async def tunnel(settings: Settings, target: str, reader, writer) -> None:
    """CONNECT, to port 443 and nowhere else."""
    host, _, port = target.rpartition(":")
    if port != "443":
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    there_reader, there_writer = await connect(settings, host, 443, tls=False)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))


async def _pump(source, target) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
    target.close()


async def from_cache(settings: Settings, url: str, headers: list[str], writer) -> bool:
    """Answer with a kept file, fetching it first if need be; False: the archive said no, and so did we."""
    path = kept_as(settings.cache, url)
    async with settings.locks.setdefault(path, asyncio.Lock()):
        if not path.exists():
            reader, there, status, answered = await ask(settings, "GET", url, headers, NOT_FOR_WHOLE)
            try:
                if status.split(" ")[1] != "200":
                    code = status.split(" ", 1)[1]
                    writer.write(f"HTTP/1.1 {code}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode("latin-1"))
                    return False
                await _store(path, body(reader, answered))
            finally:
                there.close()
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {path.stat().st_size}\r\n\r\n".encode())
    with open(path, "rb") as file:
        while data := file.read(CHUNK):
            writer.write(data)
            await writer.drain()
    return True


async def _store(path: Path, chunks) -> None:
    """Write beside the name and rename, so that what has the name is whole."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix="partial-")
    try:
        with os.fdopen(handle, "wb") as file:
            async for data in chunks:
                file.write(data)
        os.rename(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


async def forward(settings: Settings, method: str, url: str, headers: list[str], writer) -> None:
    reader, there, status, answered = await ask(settings, method, url, headers, NOT_FORWARDED)
    try:
        bodyless = method == "HEAD" or status.split(" ")[1] in ("204", "304")
        data = b"" if bodyless else b"".join([chunk async for chunk in body(reader, answered)])
    finally:
        there.close()
    # the archive may speak HTTP/1.0 or chunks; the node gets 1.1 and a length
    lines = ["HTTP/1.1 " + status.split(" ", 1)[1], *[h for h in answered if not h.lower().startswith(OUR_FRAMING)]]
    writer.write(("\r\n".join([*lines, f"Content-Length: {len(data)}"]) + "\r\n\r\n").encode("latin-1") + data)
    await writer.drain()


async def handle(settings: Settings, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One node's connection: any number of requests."""
    target = ""
    try:
        while True:
            first, headers = await read_head(reader)
            method, target, _ = first.split(" ", 2)
            if method == "CONNECT":
                return await tunnel(settings, target, reader, writer)
            if method not in ("GET", "HEAD") or not target.startswith("http://"):
                writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return None
            if method == "GET" and keeps(urlsplit(target).path):
                if not await from_cache(settings, target, headers, writer):
                    return None
            else:
                await forward(settings, method, target, headers, writer)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            print("proxy:", target, "the request ended early", file=sys.stderr, flush=True)
    except (OSError, ValueError, IndexError) as error:
        print("proxy:", target, type(error).__name__, error, file=sys.stderr, flush=True)
        text = f"lab proxy: {error}\n"
        head = f"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n"
        with contextlib.suppress(ConnectionError):
            writer.write((head + text).encode("latin-1", "replace"))
    finally:
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()
    return None


async def serve(settings: Settings, listening: socket.socket) -> None:
    server = await asyncio.start_server(lambda r, w: handle(settings, r, w), sock=listening, limit=1 << 20)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="package proxy of a lab (started by its keeper)")
    parser.add_argument("--fd", type=int, required=True, help="the listening socket")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--https", action="append", default=[], metavar="HOST")
    parser.add_argument("--upstream", metavar="URL")
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    listening = socket.socket(fileno=args.fd)
    asyncio.run(serve(Settings(args.cache, frozenset(args.https), args.upstream), listening))


if __name__ == "__main__":
    main()
