"""
``oslo-config-validator``, which knows what the installed release reads: asked about a file before it takes the place of
the old one. It comes with oslo.config since Train; https://docs.openstack.org/oslo.config/latest/cli/validator.html.

It does not look at values, nor into ``[keystone_authtoken]``, and it takes the section of a backend for an error; so
it is one check of two, the other is ``glance/options.json``.
"""

import logging
import os
import re

import salt.utils.path
from openstack_errors import OpenStackError

COMMAND = "oslo-config-validator"
TIMEOUT = 120
log = logging.getLogger(__name__)

_FINDING = re.compile(r"([\w.-]+/[\w.-]+) (?:is not part of the sample config|not found)")
_MISSING = re.compile(r"Could not load (.+)")


def check(path, namespaces, accepted, run, programs=None):
    """
    Raise OpenStackError when a file has options that the installed release does not read.

    path
        Path of the file.

    namespaces
        Where the command looks for options, as in the files of ``etc/oslo-config-generator``.

    accepted
        Sections, or ``section/option``, that are right although it does not know them.

    run
        ``__salt__["cmd.run_all"]``.

    programs
        Directory of the command. Default ``None``: it is on the PATH, where it has been installed.

    Nothing is checked where the command is not installed; where it does not find all namespaces, or fails, it cannot
    judge, and the log says so.
    """
    program = salt.utils.path.which(os.path.join(programs, COMMAND) if programs else COMMAND)
    if not namespaces or program is None:
        return
    sections = [name for name in accepted if "/" not in name]
    command = [program if programs else COMMAND, "--input-file", path]
    command += [part for name in namespaces for part in ("--namespace", name)]
    command += [part for name in sections for part in ("--exclude-group", name)]
    done = run(command, python_shell=False, ignore_retcode=True, output_loglevel="quiet", timeout=TIMEOUT)
    if done["retcode"] == 0:
        return
    text = f"{done['stdout']}\n{done['stderr']}"
    missing, found = _MISSING.search(text), [name for name in _FINDING.findall(text) if name not in accepted]
    if missing:
        log.warning("%s cannot judge, this host has no %s", COMMAND, missing[1])
    elif found:
        names = ", ".join("[{}] {}".format(*name.split("/", 1)) for name in dict.fromkeys(found))
        raise OpenStackError(
            f"{COMMAND} says that what is installed here does not read {names}: is glance:release the release of the"
            " package? An option of a plugin goes to glance:api:unchecked"
        )
    elif not _FINDING.search(text):
        log.warning("%s cannot judge, it ended with %s", COMMAND, done["retcode"])
