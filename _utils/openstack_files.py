"""
Files that hold secrets, written so that nobody sees half of one and nobody but its owner reads it.
"""

import contextlib
import grp
import os
import pwd
import tempfile

from openstack_errors import Invalid, OpenStackError


def write(path, text, user="root", group="root", mode="0600"):
    """
    Replace a file's content at once: a reader sees the old file or the new one.

    path
        The file; its directory must exist.

    text
        The whole content.

    user, group
        Owner. Default ``root``.

    mode
        Octal digits as a string. Default ``0600``.

    Raises :py:exc:`Invalid` for a user or group that does not exist, :py:exc:`OpenStackError` when the file cannot be
    written; then the old file is as it was.
    """
    uid, gid = _ids(user, group)
    directory = os.path.dirname(path)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=directory)
    except OSError as exc:
        raise OpenStackError(f"cannot write in {directory}: {exc.strerror}") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            # owner and mode before the content: mkstemp's own mode is 0600
            os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), int(mode, 8))
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as exc:
        raise OpenStackError(f"cannot write {path}: {exc.strerror}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def owner(path):
    """Return ``{"user": …, "group": …, "mode": "0640"}`` of a file, names where there are any."""
    found = os.stat(path)
    return {
        "user": _name(pwd.getpwuid, found.st_uid),
        "group": _name(grp.getgrgid, found.st_gid),
        "mode": f"{found.st_mode & 0o7777:04o}",
    }


def _ids(user, group):
    try:
        return pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid
    except KeyError as exc:
        raise Invalid(f"{exc.args[0]}: the package that brings this user or group is not installed") from None


def _name(look_up, number):
    try:
        return look_up(number)[0]
    except KeyError:
        return str(number)
