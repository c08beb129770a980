"""Memory that an image takes on its way into Glance, over that of an idle minion: the same whatever its size."""

import multiprocessing
import pathlib

import pytest
import salt.loader

from functional import images

MOST = 64 * images.MIB
GIB = 1024 * images.MIB
PROFILE = "glance:direct"  # the window is no part of the measurement


def zeros(size):
    """Answer with a raw disk that nobody has in memory."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        block = bytes(images.MIB)
        for _ in range(size // images.MIB):
            handler.wfile.write(block)

    return answer


def memory(key):
    """A line of the kernel's about this process, in bytes: ``VmRSS`` now, ``VmHWM`` at most."""
    lines = pathlib.Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


@pytest.fixture
def peak(loaders):
    """Calls a function of the module in a process of its own; returns by how much its memory grew at most."""

    def call(connection, function, arguments):
        modules = salt.loader.minion_mods(loaders.opts, utils=salt.loader.utils(loaders.opts))
        modules["openstack_image.list"](profile=PROFILE)  # an idle minion has loaded the libraries
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # forgets the highest so far
        idle = memory("VmRSS")
        modules[function](profile=PROFILE, **arguments)
        connection.send(memory("VmHWM") - idle)

    def run(function, **arguments):
        fork = multiprocessing.get_context("fork")
        ours, theirs = fork.Pipe()
        process = fork.Process(target=call, args=(theirs, function, arguments))
        process.start()
        theirs.close()
        try:
            return ours.recv()
        finally:
            process.join(60)

    return run


@pytest.mark.parametrize("size", [images.MIB, pytest.param(GIB, marks=pytest.mark.slow)], ids=["1 MiB", "1 GiB"])
def test_memory_is_flat(peak, web, glance, found, name, tmp_path, size):
    web.files["/big"] = zeros(size)
    assert peak("openstack_image.upload", name=name, source=f"{web.url}/big", disk_format="raw") < MOST
    assert [(image.status, image.size) for image in found(name)] == [("active", size)]
    dest = tmp_path / "copy"
    assert peak("openstack_image.download", name_or_id=name, dest=str(dest)) < MOST
    assert dest.stat().st_size == size
    dest.unlink()
