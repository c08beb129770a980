import asyncio
import contextlib
import socket

import pytest
from lab import proxy


@contextlib.asynccontextmanager
async def archive(answers):
    """A server that gives each path its raw answer, and the list of what it was asked."""
    asked = []

    async def handle(reader, writer):
        first, _ = await proxy.read_head(reader)
        asked.append(first)
        writer.write(answers[first.split(" ")[1]])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@contextlib.asynccontextmanager
async def running(settings):
    listening = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(lambda r, w: proxy.handle(settings, r, w), sock=listening)
    async with server:
        yield listening.getsockname()[1]


async def get(port, *urls, method="GET"):
    """Ask the proxy over one connection; [(status line, body)]."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for url in urls:
        writer.write(f"{method} {url} HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n\r\n".encode())
        status, headers = await proxy.read_head(reader)
        body = b"".join([part async for part in proxy.body(reader, headers)]) if method == "GET" else b""
        found.append((status, body))
    writer.close()
    return found


def with_length(body):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def test_packages_are_kept_and_lists_are_not(tmp_path):
    async def scenario():
        answers = {"/a.deb": with_length(b"package"), "/InRelease": with_length(b"list")}
        async with archive(answers) as (url, asked), running(proxy.Settings(tmp_path)) as port:
            twice = [f"{url}/a.deb", f"{url}/InRelease"] * 2
            found = await get(port, *twice)
            assert [body for _, body in found] == [b"package", b"list", b"package", b"list"]
            assert len([line for line in asked if "a.deb" in line]) == 1
            assert len([line for line in asked if "InRelease" in line]) == 2

    asyncio.run(scenario())


def test_nodes_that_ask_at_once_share_one_download(tmp_path):
    async def scenario():
        answers = {"/a.deb": with_length(b"x" * 100_000)}
        async with archive(answers) as (url, asked), running(proxy.Settings(tmp_path)) as port:
            found = await asyncio.gather(*[get(port, f"{url}/a.deb") for _ in range(5)])
            assert {len(one[0][1]) for one in found} == {100_000}
            assert len(asked) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nabcdefg",
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabcdefg",
    ],
    ids=["chunked", "until-close", "length"],
)
def test_every_framing_becomes_a_length(tmp_path, raw):
    async def scenario():
        async with archive({"/list": raw}) as (url, _), running(proxy.Settings(tmp_path)) as port:
            assert await get(port, f"{url}/list") == [("HTTP/1.1 200 OK", b"abcdefg")]

    asyncio.run(scenario())


def test_half_a_package_is_not_kept(tmp_path):
    async def scenario():
        short = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        async with archive({"/a.deb": short}) as (url, _), running(proxy.Settings(tmp_path)) as port:
            ((status, _),) = await get(port, f"{url}/a.deb")
            assert " 502 " in status
            assert list(tmp_path.iterdir()) == []

    asyncio.run(scenario())


def test_a_no_is_handed_on_and_not_kept(tmp_path):
    async def scenario():
        no = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        async with archive({"/a.deb": no}) as (url, _), running(proxy.Settings(tmp_path)) as port:
            ((status, _),) = await get(port, f"{url}/a.deb")
            assert status == "HTTP/1.1 404 Not Found"
            assert list(tmp_path.iterdir()) == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("POST", "http://x/", "405"), ("GET", "/etc/passwd", "405"), ("CONNECT", "localhost:22", "403")],
)
def test_it_does_not_do_more_than_it_is_for(tmp_path, method, target, status):
    async def scenario():
        async with running(proxy.Settings(tmp_path)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            first, _ = await proxy.read_head(reader)
            writer.close()
            assert first.split(" ")[1] == status

    asyncio.run(scenario())


def test_through_the_hosts_own_proxy(tmp_path):
    async def scenario():
        answers, hosts = {"/a.deb": with_length(b"package")}, proxy.Settings(tmp_path / "hosts")
        async with archive(answers) as (url, _), running(hosts) as hosts_port:
            settings = proxy.Settings(tmp_path / "labs", upstream=f"http://127.0.0.1:{hosts_port}")
            async with running(settings) as port:
                assert await get(port, f"{url}/a.deb") == [("HTTP/1.1 200 OK", b"package")]

    for name in ("hosts", "labs"):
        (tmp_path / name).mkdir()
    asyncio.run(scenario())
    assert len(list((tmp_path / "hosts").iterdir())) == 1
