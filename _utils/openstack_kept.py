"""
The configuration with which a service last answered: its files, kept as one set, put back when others do not do.

A set is one file of JSON that only root reads, because secrets are in it; one generation. Beside it is how the service
was asked when it answered, which is a hint: without it, it is asked as pillar says now. Salt's own ``backup: minion``
is not used: it keeps every generation for good, knows nothing of files that were not there, and each file by itself.
"""

import contextlib
import json
import os
import shutil

import openstack_files
from openstack_errors import OpenStackError

_MODE = 0o700


def read(folder):
    """
    Return the set, ``{path: {"text", "user", "group", "mode"}}``, with ``None`` for a file that was not there; ``None``
    when nothing is kept.

    folder
        Where the set is.

    Raises OpenStackError when it cannot be read.
    """
    text = openstack_files.read(_path(folder))
    try:
        return None if text is None else json.loads(text)
    except ValueError as exc:
        raise OpenStackError(f"{_path(folder)} is damaged: remove it, the next run makes it anew") from exc


def keep(folder, paths, answers=None):
    """
    Keep files as they are now, in place of the set that was; what was refused before is removed.

    folder
        Where to keep them; it is made, for root alone.

    paths
        The files.

    answers
        What asked the service that answers with them. Default ``None``: not known.
    """
    _write(folder, {path: now(path) for path in paths})
    openstack_files.write(_answers(folder), json.dumps(answers), os.getuid(), os.getgid())
    shutil.rmtree(_refused(folder), ignore_errors=True)


def answers(folder):
    """Return what asked the service when it last answered, ``None`` when that is not known; ``folder`` as above."""
    text = openstack_files.read(_answers(folder))
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return None


def add(folder, paths):
    """Keep files that are not in the set yet, the others stay as they are kept; arguments as for :py:func:`keep`."""
    found = read(folder) or {}
    _write(folder, {**{path: now(path) for path in paths}, **found})


def differing(found, paths):
    """Return those of the files that are not as they are kept; ``found`` is what :py:func:`read` returned."""
    return [path for path in paths if path not in found or found[path] != now(path)]


def put_back(folder):
    """
    Make every file of the set what it was. What it is now goes to the folder ``refused``, same owner and mode.

    folder
        Where the set is.

    Returns ``{path: path of the refused file}``, ``None`` for one that is missing now; only files that differ. Raises
    OpenStackError when nothing is kept.
    """
    found = read(folder)
    if found is None:
        raise OpenStackError(f"no configuration is kept in {folder}")
    paths = differing(found, found)
    if paths:
        shutil.rmtree(_refused(folder), ignore_errors=True)
    refused = {path: _copied(path, _refused(folder)) for path in paths}
    for path in paths:
        _restore(path, found[path])
    return refused


def texts(folder, paths):
    """Return the text of every file that is kept, was refused, or is there now."""
    found = [each["text"] for each in (read(folder) or {}).values() if each]
    places = [*paths, *(_refused(folder) + path for path in paths)]
    return found + [text for text in map(openstack_files.read, places) if text is not None]


def now(path):
    """Return a file as a set has it."""
    text = openstack_files.read(path)
    return None if text is None else {"text": text, **openstack_files.owner(path)}


def _copied(path, folder):
    current = now(path)
    if current is None:
        return None
    openstack_files.write(folder + path, makedirs=True, **current)
    return folder + path


def _restore(path, kept):
    if kept is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    else:
        openstack_files.write(path, **kept)


def _write(folder, found):
    try:
        os.makedirs(folder, mode=_MODE, exist_ok=True)
        os.chmod(folder, _MODE)
    except OSError as exc:
        raise OpenStackError(f"cannot make {folder}: {exc.strerror}") from exc
    openstack_files.write(_path(folder), json.dumps(found), os.getuid(), os.getgid())


def _path(folder):
    return os.path.join(folder, "kept.json")


def _answers(folder):
    return os.path.join(folder, "answers.json")


def _refused(folder):
    return os.path.join(folder, "refused")
