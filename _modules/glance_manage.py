"""
``glance-manage``: what the database schema of this release needs, and giving it that.

.. versionadded:: 1.0.0

The command reads who it is and which database it talks to from ``/etc/glance/glance-api.conf``, so it can only be asked
after that file is in place. Its exit code is what counts: it writes warnings and even tracebacks to stderr when all
went well.
"""

import re

import glance_schema_memory
from openstack_errors import OpenStackError, Refused, Unreachable
from salt.utils.data import traverse_dict_and_list

__virtualname__ = "glance_manage"

COMMAND = "glance-manage"
USER = "glance"
NEEDS = {0: "up to date", 3: "needs expand", 4: "needs migrate", 5: "needs contract"}
CHECK_TIMEOUT = 120
SYNC_TIMEOUT = 3600

# oslo.db would try ten times, ten seconds apart, before it says that nobody answers
_ENVIRONMENT = {"OS_DATABASE__MAX_RETRIES": "1", "OS_DATABASE__RETRY_INTERVAL": "1", "OS_DEFAULT__USE_STDERR": "true"}
_MYSQL = re.compile(r"Error\)?:? \((?P<code>\d{4}), ")
_CREDENTIALS = re.compile(r"://\S*@")
_PREFIX = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \d+ \w+ \S+ (\[[^\]]*\] )?")
_UNREACHABLE = {2002, 2003, 2005, 2006, 2013}


def __virtual__():
    return __virtualname__


def installed():
    """
    Tell whether the command is on this host.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_manage.installed
    """
    return _program() is not None


def version(user=USER):
    """
    Return the version of Glance, ``30.0.0``; ``None`` when it is not installed.

    user
        Who runs the command. Default glance.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_manage.version
    """
    if not installed():
        return None
    found = _run(["--version"], None, user, CHECK_TIMEOUT)
    lines = [*found["stdout"].splitlines(), *found["stderr"].splitlines()]
    return next((line.strip() for line in lines if re.fullmatch(r"\d[\w.+~-]*", line.strip())), None)


def db_version(config=None, user=USER, timeout=CHECK_TIMEOUT):
    """
    Return the revision of the database schema, ``2024_1_contract01``; ``None`` when there is no schema yet.

    config
        Configuration file; default is the command's own, ``/etc/glance/glance-api.conf``.

    user
        Who runs the command. Default glance.

    timeout
        Seconds. Default 120.

    Raises as :py:func:`db_check`.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_manage.db_version
    """
    found = _run(["db", "version"], config, user, timeout)
    if found["retcode"] != 0:
        raise _error("db version", found)
    return next((line.strip() for line in found["stdout"].splitlines() if re.fullmatch(r"\w+", line.strip())), None)


def db_check(config=None, user=USER, timeout=CHECK_TIMEOUT, profile=None, schema="glance", package=None):
    """
    Return what the schema needs: ``up to date``, ``needs expand``, ``needs migrate`` or ``needs contract``.

    config
        Configuration file; default is the command's own, ``/etc/glance/glance-api.conf``.

    user
        Who runs the command. Default glance.

    timeout
        Seconds. Default 120.

    profile, schema, package
        With these, the command is not run when it already said ``up to date`` for the same version of the package
        and the same revision of the schema: who asks the database server (see ``_utils/openstack_mysql.py``), the
        name of the schema, the name of the package. Default ``None``, ``glance``, ``None``: the command is run.

    Raises Unreachable when the database does not answer, Refused when it does not let Glance in, OpenStackError when
    the command is missing or fails for another reason.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_manage.db_check
    """
    seen = None
    if profile and package and installed():
        version_of_package = __salt__["pkg.version"](package)
        seen = glance_schema_memory.seen(version_of_package, profile, schema, __context__, __pillar__)
        if seen and glance_schema_memory.is_known(seen, __opts__["cachedir"]):
            return NEEDS[0]
    found = _run(["db", "check"], config, user, timeout)
    if found["retcode"] not in NEEDS:
        raise _error("db check", found)
    if seen and found["retcode"] == 0:
        glance_schema_memory.remember(seen, __opts__["cachedir"])
    return NEEDS[found["retcode"]]


def db_sync(config=None, user=USER, timeout=SYNC_TIMEOUT):
    """
    Bring the schema up to date: expand, migrate and contract in one go, with the API stopped or of the same release.

    config
        Configuration file; default is the command's own, ``/etc/glance/glance-api.conf``.

    user
        Who runs the command. Default glance.

    timeout
        Seconds. Default 3600.

    Raises as :py:func:`db_check`.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_manage.db_sync
    """
    found = _run(["db", "sync"], config, user, timeout)
    if found["retcode"] != 0:
        raise _error("db sync", found)
    return True


def _program():
    return __salt__["glance_settings.program"](COMMAND)


def _run(arguments, config, user, timeout):
    program = _program()
    if program is None:
        raise OpenStackError(f"{COMMAND} is not installed: state.apply glance.api.package")
    return __salt__["cmd.run_all"](
        [program, *(["--config-file", config] if config else []), *arguments],
        runas=user,
        env=_ENVIRONMENT,
        timeout=timeout,
        python_shell=False,
        ignore_retcode=True,
        output_loglevel="quiet",
    )


def _error(what, found):
    """The error that stands for a failed command: what the database's code means, else its last meaningful line."""
    what = f"{COMMAND} {what}"
    text = f"{found['stdout']}\n{found['stderr']}"
    codes = _MYSQL.findall(text)
    known = _database_error(what, int(codes[-1])) if codes else None
    if known:
        return known
    if "No module named 'MySQLdb'" in text:
        return OpenStackError(
            f"{what}: the driver of mysql:// is not installed: connection must start with mysql+pymysql://"
        )
    return OpenStackError(f"{what}: exit code {found['retcode']}: {_last(text)}")


def _database_error(what, code):
    host, user, name = (_setting(key) for key in ("host", "user", "name"))
    if code in _UNREACHABLE:
        return Unreachable(
            f"{what}: no answer from the database server {host}: is it up, does it listen beyond localhost, is"
            " glance:database:host right?"
        )
    reasons = {
        1045: f"does not accept user {user}: compare glance:database:password here and on the role database",
        1130: f"lets nobody in from {__grains__.get('fqdn', 'here')}: add this host to glance:database:allowed_hosts",
        1044: f"does not let {user} use schema {name}: state.apply glance.database makes the grants",
        1049: f"has no schema {name}: state.apply glance.database makes it",
        1142: f"does not let {user} change schema {name}: see glance:database:privileges",
        1698: f"does not accept user {user} with a password: see the user's authentication plugin",
    }
    return Refused(f"{what}: the database server {host} {reasons[code]}") if code in reasons else None


def _setting(key):
    default = {"host": "of glance-api.conf", "user": USER, "name": "glance"}[key]
    return traverse_dict_and_list(__pillar__, f"glance:database:{key}", default)


def _last(text):
    """The last line that says something: of the log's errors, else of all; a URL loses who logs in."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\b(CRITICAL|ERROR)\b", line)]
    heads = [line for line in errors if " CRITICAL " in line or line.startswith("ERROR")]
    line = next(iter((heads or errors or lines)[-1:]), "it said nothing")
    return _CREDENTIALS.sub("://…@", _PREFIX.sub("", line))[:300]
