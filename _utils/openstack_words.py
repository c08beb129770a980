"""
The last words of a service that did not come up: what it logged, the worst first, without secrets.
"""

import os
import re
from urllib.parse import quote, unquote

import openstack_ini
import salt.utils.files
from openstack_session import without

LINES, WIDTH = 15, 300
READ = 1 << 16  # bytes of the end of a log
JOURNAL_LINES, JOURNAL_TIMEOUT = 400, 30

_SEVERE = re.compile(r"\b(CRITICAL|ERROR)\b")
# lines of a traceback but its last: in a file of oslo.log each has a prefix, in a journal it has not
_FRAME = re.compile(
    r"^\s|\b(?:CRITICAL|ERROR|TRACE) \S+(?: \[[^\]]*\])?(?:\s{2,}|\s*$)|Traceback \(most recent call last\)"
)
_IN_URL = re.compile(r"://([^/@\s]*:[^/@\s]*)@")


def sizes(paths):
    """Return ``{path: bytes}`` of logs as they are, to read on from there; 0 for one that is not there."""
    return {path: os.path.getsize(path) if os.path.exists(path) else 0 for path in paths}


def log(path, start):
    """
    Return the lines of a log from a byte on, those of its last 64 KiB at most.

    path
        Path of the file; one that cannot be read has no lines.

    start
        Where to begin; a file that is shorter was rotated and is read whole.
    """
    try:
        with salt.utils.files.fopen(path, "rb") as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(max(start if start <= end else 0, end - READ))
            return stream.read(READ).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def journal(services, since, run):
    """
    Return the lines of systemd's journal of some units.

    services
        The units.

    since
        Seconds since 1970.

    run
        ``__salt__["cmd.run_all"]``. A host without a journal has no lines.
    """
    command = ["journalctl", "--quiet", "--no-pager", "--output=cat"]
    command += [f"--since=@{int(since)}", f"--lines={JOURNAL_LINES}"]
    command += [f"--unit={service}" for service in services]
    done = run(command, python_shell=False, ignore_retcode=True, output_loglevel="quiet", timeout=JOURNAL_TIMEOUT)
    return done["stdout"].splitlines() if done["retcode"] == 0 else []


def pick(lines, limit=LINES):
    """
    Return what tells most: the last critical ones and errors, then the last of the others, each once, none longer than
    300 letters.

    lines
        What was logged, oldest first.

    limit
        How many to return at most. Default 15.
    """
    said = list(dict.fromkeys(line.rstrip()[:WIDTH] for line in lines if line.strip() and not _FRAME.search(line)))
    severe = [line for line in said if _SEVERE.search(line)][-limit:]
    room = limit - len(severe)
    return severe + ([line for line in said if not _SEVERE.search(line)][-room:] if room else [])


def secrets(texts, pillar):
    """
    Return every value that no word may hold: of options and pillar keys that are called like a secret, in the forms
    that files have them in, longest first.

    texts
        Configuration files.

    pillar
        The pillar.
    """
    found = set(_in_pillar(pillar))
    for text in texts:
        for options in openstack_ini.parse(text).values():
            for option, values in options.items():
                found.update(value for value in values if openstack_ini.is_secret(option))
                for value in values:
                    found.update(user.partition(":")[2] for user in _IN_URL.findall(value))
    return sorted({form for value in found if value for form in _forms(value)}, key=len, reverse=True)


def masked(lines, values):
    """Return lines without secrets, and without who logs in by a URL, whoever that is."""
    return [_IN_URL.sub("://***@", without(line, values)) for line in lines]


def _forms(value):
    """As it is, as a URL has it, and as oslo.config and configparser read it."""
    return value, quote(value, safe=""), unquote(value), value.replace("$$", "$"), value.replace("%%", "%")


def _in_pillar(value, is_secret=False):
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _in_pillar(each, is_secret or openstack_ini.is_secret(key))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _in_pillar(each, is_secret)
    elif is_secret and isinstance(value, (str, int)) and not isinstance(value, bool):
        yield str(value)
