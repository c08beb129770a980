"""
Whether image data is what it is declared to be, and safe: no backing file, no data file, no second format inside.

Glance does not look (measured on releases up to 2025.1), and its import plugins never see an upload: the client that
uploads must. The looking is done by oslo.utils, whose inspectors Nova, Cinder and Glance use
(https://docs.openstack.org/oslo.utils/latest/reference/imageutils.html).
"""

import openstack_image_decompress
from openstack_errors import Invalid, OpenStackError

try:
    from oslo_utils.imageutils import format_inspector

    HAS_INSPECTOR = True
except ImportError:  # before oslo.utils 7.3, or without cryptography
    HAS_INSPECTOR = False

MISSING = "oslo.utils 8 with cryptography is missing in Salt's own Python: state.apply glance.client.python installs it"
# What an inspector may find for a declared format besides the format itself. Kernels and ramdisks have no format of
# their own, a disk with a GPT is raw, and an ISO that boots from USB carries one too.
_FITTING = {
    "raw": {"raw", "gpt"},
    "iso": {"iso", "gpt"},
    "ami": {"raw", "gpt"},
    "aki": {"raw", "gpt"},
    "ari": {"raw", "gpt"},
    "ploop": {"raw", "gpt"},
}
_DERIVED = {"qcow2", "vhd", "vhdx", "vmdk", "vdi"}
# Kernels and ramdisks are compressed as they are; on a disk, these bytes at the beginning mean a file to unpack.
_NEVER_COMPRESSED = ("raw", "iso", "ploop", "ami")
# The boot sector of an ISO, or of a Linux kernel, may be an odd partition table; Glance judges the same.
_ODD_PARTITIONS = {("iso", "gpt"), ("aki", "gpt"), ("ari", "gpt")}
_SIZED_BY_FILE = ("raw", "gpt")
HEAD = 16
GIB = 1 << 30


class Inspection:
    """
    Looks at blocks as they go by, until it is sure.

    disk_format
        What the data is declared to be; ``None`` takes what it is.

    container_format
        Inside another one than ``bare`` the disk is out of sight.

    label
        What messages call the data.

    max_virtual_size
        GiB; a larger disk is refused. Default ``None``: any.
    """

    def __init__(self, disk_format, container_format, label, max_virtual_size=None):
        if not HAS_INSPECTOR:
            raise Invalid(MISSING)
        self.disk_format = disk_format
        self._label, self._limit = label, max_virtual_size
        self._blocks, self._size, self._head = [], 0, b""
        self._disk = None
        self.done = container_format != "bare"
        self._wrapper = format_inspector.InspectWrapper(_Pops(self._blocks))

    def eat(self, block):
        """Look at the next block; raises :py:exc:`OpenStackError` as soon as the data is known to be bad."""
        self._size += len(block)
        if self.done:
            return
        self._head = self._head or block[:HEAD]
        self._blocks.append(block)
        next(self._wrapper)
        if self._wrapper.formats is not None:
            self._judge()

    def finish(self):
        """Decide at the end of the data."""
        if not self.done:
            self._wrapper.close()
            self._judge()
        if self.virtual_size:
            self._fits(self.virtual_size)

    @property
    def virtual_size(self):
        """Bytes of the disk, ``None`` where it is out of sight; that of a raw one is known at its end."""
        if self._disk is None or str(self._disk) in _SIZED_BY_FILE:
            return self._size if self._disk else None
        return self._disk.virtual_size

    def _judge(self):
        self.done = True
        found = {str(inspector): inspector for inspector in self._wrapper.formats}
        self.disk_format = self.disk_format or derived(found, self._label)
        if not set(found) <= _FITTING.get(self.disk_format, {self.disk_format}):
            raise OpenStackError(
                f"{self._label} is {' and '.join(sorted(found))}, declared is disk_format {self.disk_format}: correct"
                f" disk_format, or do not use the file"
            )
        compressed = self.disk_format in _NEVER_COMPRESSED and openstack_image_decompress.recognised(self._head)
        if compressed:
            raise OpenStackError(f"{self._label} is a {compressed} file: set fetch:decompress to {compressed}")
        judged = [inspector for name, inspector in found.items() if (self.disk_format, name) not in _ODD_PARTITIONS]
        findings = [text for inspector in judged for text in unsafe(inspector)]
        if findings:
            raise OpenStackError(f"{self._label} is not safe: {'; '.join(findings)}: do not use the file")
        self._disk = found.get(self.disk_format) or next(iter(found.values()))
        if str(self._disk) not in _SIZED_BY_FILE:
            self._fits(self._disk.virtual_size)

    def _fits(self, size):
        if self._limit and size > self._limit * GIB:
            raise OpenStackError(
                f"{self._label} is a disk of {size / GIB:.1f} GiB, more than fetch:max_virtual_size ({self._limit}"
                f" GiB): raise that if the disk is meant to be so large"
            )


def derived(found, label):
    """
    Return the ``disk_format`` of inspected data.

    found
        Names of what the inspectors recognised.

    label
        What the message calls the data.

    Raises :py:exc:`OpenStackError` for what has no format in Glance, or could be two.
    """
    names = set(found)
    for disk_format in ("raw", "iso"):
        if names <= _FITTING[disk_format] and (disk_format == "raw" or "iso" in names):
            return disk_format
    if len(names) == 1 and names <= _DERIVED:
        return names.pop()
    raise OpenStackError(f"{label} is {' and '.join(sorted(names))}: declare disk_format, or do not use the file")


class _Pops:
    """An iterator over blocks that are put in one by one."""

    def __init__(self, blocks):
        self._blocks = blocks

    def __next__(self):
        return self._blocks.pop()


def unsafe(inspector):
    """Return what makes a file unsafe, in words; empty when nothing does."""
    try:
        inspector.safety_check()
    except format_inspector.SafetyCheckFailed as exc:
        return [f"{name}: {failure}" for name, failure in sorted(exc.failures.items())]
    except format_inspector.ImageFormatError as exc:
        return [str(exc)]
    return []


def inspected(path):
    """
    Return ``{"format", "virtual_size", "size", "findings"}`` of a file; sizes in bytes.

    path
        File on the minion.

    Raises :py:exc:`Invalid` without oslo.utils, :py:exc:`OpenStackError` when the file cannot be read or is of several
    formats at once.
    """
    if not HAS_INSPECTOR:
        raise Invalid(MISSING)
    try:
        inspector = format_inspector.detect_file_format(path)
    except OSError as exc:
        raise OpenStackError(f"{path}: {exc.strerror}") from exc
    except format_inspector.ImageFormatError as exc:
        raise OpenStackError(f"{path}: {exc}") from exc
    return {
        "format": str(inspector),
        "virtual_size": inspector.virtual_size,
        "size": inspector.actual_size,
        "findings": unsafe(inspector),
    }
