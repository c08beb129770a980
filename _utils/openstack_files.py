"""
Files that hold secrets, written so that nobody sees half of one and nobody but its owner reads it.
"""

import contextlib
import grp
import os
import pwd
import stat
import tempfile

import salt.utils.files
from openstack_errors import OpenStackError


def read(path):
    """
    Return a file's text, ``None`` when there is no such file. Bytes that are not UTF-8 survive until :py:func:`write`.

    path
        Path of the file.

    Raises OpenStackError when it cannot be read.
    """
    try:
        with salt.utils.files.fopen(path, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise OpenStackError(f"cannot read {path}: {exc.strerror}") from exc


def owner(path):
    """
    Return ``{"user": …, "group": …, "mode": "0640"}`` of a file; a number for who has no name.

    path
        Path of the file, which must exist.
    """
    now = os.stat(path)
    return {
        "user": _name(pwd.getpwuid, now.st_uid),
        "group": _name(grp.getgrgid, now.st_gid),
        "mode": salt.utils.files.normalize_mode(f"{stat.S_IMODE(now.st_mode):o}"),
    }


def write(path, text, user="root", group="root", mode="0600", makedirs=False, check=None):
    """
    Replace a file's content at once: a reader sees the old file or the new one. A link stays, its target is replaced.

    path
        Path of the file.

    text
        The whole content.

    user, group
        Name or number of the owner, set before the content. Default root.

    mode
        Octal digits as a string, set before the content. Default 0600.

    makedirs
        Whether to make the directory when there is none. Default ``False``.

    check
        Called with the path of the new file before it replaces the old one; what it raises leaves the old file as it
        was. Default ``None``.

    Raises OpenStackError when the directory, the user or the group is missing, or the file cannot be written; then the
    old file is as it was.
    """
    path = os.path.realpath(path)
    uid = _number(pwd.getpwnam, user, f"cannot write {path}: there is no user {user}")
    gid = _number(grp.getgrnam, group, f"cannot write {path}: there is no group {group}")
    folder = os.path.dirname(path)
    try:
        if makedirs:
            os.makedirs(folder, exist_ok=True)
        _replace(path, folder, text, uid, gid, int(salt.utils.files.normalize_mode(mode), 8), check)
    except FileNotFoundError:
        hint = "install the package first, or set makedirs"
        raise OpenStackError(f"cannot write {path}: there is no directory {folder}: {hint}") from None
    except OSError as exc:
        raise OpenStackError(f"cannot write {path}: {exc.strerror}") from exc


def _replace(path, folder, text, uid, gid, mode, check):
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.")
    try:
        with open(handle, "w", encoding="utf-8", errors="surrogateescape") as stream:
            os.fchown(stream.fileno(), uid, gid)
            os.fchmod(stream.fileno(), mode)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if check:
            check(temporary)
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _number(look_up, name, error):
    try:
        return int(name) if str(name).isdigit() else look_up(name)[2]
    except KeyError:
        raise OpenStackError(f"{error}: is the package installed?") from None


def _name(look_up, number):
    try:
        return look_up(number)[0]
    except KeyError:
        return str(number)
