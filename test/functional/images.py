"""Image files for tests, written byte by byte: no qemu-img needed."""

import struct

CLUSTER = 1 << 16
MIB = 1 << 20
_COPIED = 1 << 63
_DATA_FILE_BIT = 4


def qcow2(text=b"a tiny image\n", virtual_size=64 * MIB, backing=None, data_file=None):
    """
    Return a whole qcow2 (version 3) with one allocated cluster.

    Layout: https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt

    text
        Bytes at the beginning of the disk.

    virtual_size
        Bytes.

    backing, data_file
        Path of a backing file, of an external data file. Default ``None``.
    """
    refcount_table, refcount_block, l1, l2, data, end = (n * CLUSTER for n in range(1, 7))
    name = (backing or "").encode()
    extensions = struct.pack(">II", 0x44415441, len(data_file)) + _padded(data_file.encode()) if data_file else b""
    extensions += struct.pack(">II", 0, 0)
    features = _DATA_FILE_BIT if data_file else 0
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        *(b"QFI\xfb", 3, 104 + len(extensions) if backing else 0, len(name), 16, virtual_size, 0, 1, l1),
        *(refcount_table, 1, 0, 0, features, 0, 0, 4, 104),
    )
    image = bytearray(end)
    start = header + extensions + name
    image[: len(start)] = start
    struct.pack_into(">Q", image, refcount_table, refcount_block)
    struct.pack_into(">6H", image, refcount_block, *[1] * 6)
    struct.pack_into(">Q", image, l1, l2 | _COPIED)
    struct.pack_into(">Q", image, l2, data | _COPIED)
    image[data : data + len(text)] = text
    return bytes(image)


def vmdk_descriptor(path):
    """Return a monolithicFlat vmdk, which is only a text that names another file."""
    return (
        "# Disk DescriptorFile\nversion=1\nCID=5350794e\nparentCID=ffffffff\n"
        f'createType="monolithicFlat"\n\n# Extent description\nRW 20480 FLAT "{path}" 0\n'
    ).encode()


def raw(size=MIB, seed=b"raw"):
    """Return a raw disk without any header, other bytes for each seed."""
    return (seed * (size // len(seed) + 1))[:size]


def iso(size=MIB, partitions=0):
    """
    Return the beginning of an ISO 9660 image: only its volume descriptor is filled in.

    partitions
        With a partition table as well, to boot from a USB stick; more than one partition is odd. Default ``0``.
    """
    image = bytearray(disk(size, partitions) if partitions else size)
    sectors = size // 2048
    descriptor = struct.pack("<B5sB", 1, b"CD001", 1)
    image[32768 : 32768 + len(descriptor)] = descriptor
    struct.pack_into("<I", image, 32768 + 80, sectors)
    struct.pack_into(">I", image, 32768 + 84, sectors)
    struct.pack_into("<H", image, 32768 + 128, 2048)
    struct.pack_into(">H", image, 32768 + 130, 2048)
    return bytes(image)


def disk(size=MIB, partitions=1):
    """Return a raw disk with a protective MBR and the signature of a GPT; any number but one is odd."""
    image = bytearray(size)
    for number in range(partitions):
        struct.pack_into("<B3BB3BII", image, 446 + 16 * number, 0, 0, 2, 0, 0xEE, 255, 255, 255, 1, size // 512 - 1)
    image[510:520] = b"\x55\xaaEFI PART"
    return bytes(image)


def _padded(text):
    return text + bytes(-len(text) % 8)
