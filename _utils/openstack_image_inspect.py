"""
Whether image data is what it is declared to be, and safe: no backing file, no data file, no second format inside.

Glance does not look (measured on releases up to 2025.1), and its import plugins never see an upload: the client that
uploads must. The looking is done by oslo.utils, whose inspectors Nova, Cinder and Glance use
(https://docs.openstack.org/oslo.utils/latest/reference/imageutils.html).
"""

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
    "aki": {"raw"},
    "ari": {"raw"},
    "ploop": {"raw", "gpt"},
}


class Inspection:
    """Looks at blocks as they go by, until it is sure."""

    def __init__(self, disk_format, container_format, label):
        if not HAS_INSPECTOR:
            raise Invalid(MISSING)
        self._declared = disk_format
        self._label = label
        self._blocks = []
        # Inside an OVA or a compressed container the disk is out of sight.
        self._done = container_format != "bare"
        self._wrapper = format_inspector.InspectWrapper(_Pops(self._blocks))

    def eat(self, block):
        """Look at the next block; raises :py:exc:`OpenStackError` as soon as the data is known to be bad."""
        if self._done:
            return
        self._blocks.append(block)
        next(self._wrapper)
        if self._wrapper.formats is not None:
            self._judge()

    def finish(self):
        """Decide at the end of the data."""
        if not self._done:
            self._wrapper.close()
            self._judge()

    def _judge(self):
        self._done = True
        found = self._wrapper.formats
        names = {str(inspector) for inspector in found}
        if not names <= _FITTING.get(self._declared, {self._declared}):
            raise OpenStackError(
                f"{self._label} is {' and '.join(sorted(names))}, declared is disk_format {self._declared}: correct"
                f" disk_format, or do not use the file"
            )
        for inspector in found:
            findings = unsafe(inspector)
            if findings:
                raise OpenStackError(f"{self._label} is not safe: {'; '.join(findings)}: do not use the file")


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
