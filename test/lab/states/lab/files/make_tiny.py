"""
Write ``tiny.qcow2``, the image that the lab's catalogue offers: ``python3 make_tiny.py > tiny.qcow2``.

A whole and valid qcow2 (version 3) of 64 MiB with one allocated cluster, the same bytes at every run, so that pillar
can name its hash. Layout: https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt
"""

import struct
import sys

CLUSTER = 1 << 16
VIRTUAL_SIZE = 64 << 20
REFCOUNT_TABLE, REFCOUNT_BLOCK, L1, L2, DATA, END = (n * CLUSTER for n in range(1, 7))
COPIED = 1 << 63


def tiny() -> bytes:
    """Return the bytes of the image."""
    image = bytearray(END)
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        *(b"QFI\xfb", 3, 0, 0, 16, VIRTUAL_SIZE, 0, 1, L1, REFCOUNT_TABLE, 1, 0, 0, 0, 0, 0, 4, 104),
    )
    image[: len(header)] = header
    struct.pack_into(">Q", image, REFCOUNT_TABLE, REFCOUNT_BLOCK)
    struct.pack_into(">6H", image, REFCOUNT_BLOCK, *[1] * 6)
    struct.pack_into(">Q", image, L1, L2 | COPIED)
    struct.pack_into(">Q", image, L2, DATA | COPIED)
    image[DATA : DATA + 32] = b"A tiny image for Glance to keep\n"
    return bytes(image)


if __name__ == "__main__":
    sys.stdout.buffer.write(tiny())
