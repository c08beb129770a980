"""
What an error of MariaDB, MySQL or PyMySQL means to an operator.

.. code-block:: python

    with openstack_mysql_errors.asking("creating schema glance", settings):
        cursor.execute(…)
"""

import contextlib
import ssl

from openstack_errors import OpenStackError, Refused, Unreachable

try:
    # by their names: Salt's own mysql module, once anything has loaded it, imports PyMySQL anew as MySQLdb, and
    # pymysql.err is another module from then on
    from pymysql import Error
    from pymysql.constants import ER

    HAS_PYMYSQL = True
except ImportError:
    HAS_PYMYSQL = False

_LOST = (Unreachable, "the connection was lost (after at most {read_timeout} s)")
_SILENT = (Unreachable, "no answer ({reason}): is the server up, and is this where it listens?")
# MariaDB says the same to an account that must use TLS
_DENIED = (Refused, "the server refuses it: check {password_source}, the account's host, and whether it must use TLS")
_HOST = (Refused, "the server takes no connections from this host: grant it, or mariadb-admin flush-hosts")
_FULL = (Refused, "the server or the account has as many connections as it may: max_connections, max_user_connections")
_LOCKED = (Refused, "the account is locked: openstack_database.user_present with locked: false unlocks it")
_EXPIRED = (Refused, "the account's password is expired: set it anew")
_PRIVILEGE = (Refused, "the account lacks a privilege ({name}): it needs those of an administrator")
_READ_ONLY = (Refused, "the server is read-only, a replica most likely: name the primary in the profile")
_CLUSTER = (Unreachable, "the server is no ready member of its Galera cluster: wait for it, or name another member")
_TLS_ONLY = (Refused, "the server or the account takes connections over TLS only: set ssl in the profile")
_NO_TLS = (Refused, "the server offers no TLS, and the profile asks for it (ssl)")
_PLUGIN = (OpenStackError, "the server has not loaded this authentication plugin: INSTALL SONAME or INSTALL PLUGIN")
_POLICY = (OpenStackError, "the server's password policy does not take the new password (error 1819)")
_NO_GRANT_TABLES = (Refused, "the server runs with skip-grant-tables and knows no users: start it without")
_TAKEN = (
    OpenStackError,
    "the name is in use, or not any more: something else changed it meanwhile ({name}); run again",
)

DENIED = (1045, 1698)
"""What a server says to a wrong password."""
NOT_GRANTED = (1141, 1147, 1403)
"""What a server says to a REVOKE of what is not granted."""

# 0 is PyMySQL's for a connection that it closed itself; the names of the others are in its constants
_MEANING = {
    **dict.fromkeys((0, 1053, 1077, 1927, 2006, 2013, 2055, 4031), _LOST),
    **dict.fromkeys((2002, 2003), _SILENT),
    **dict.fromkeys(DENIED, _DENIED),
    **dict.fromkeys((1129, 1130), _HOST),
    **dict.fromkeys((1040, 1203, 1226), _FULL),
    **dict.fromkeys((3118, 4151), _LOCKED),
    **dict.fromkeys((1820, 1862), _EXPIRED),
    **dict.fromkeys((1044, 1095, 1142, 1143, 1227, 1370, 1410), _PRIVILEGE),
    **dict.fromkeys((1290, 1792, 1836), _READ_ONLY),
    **dict.fromkeys((1007, 1008, 1396), _TAKEN),
    1047: _CLUSTER,
    1524: _PLUGIN,
    1819: _POLICY,
    2026: _NO_TLS,
    3159: _TLS_ONLY,
}


@contextlib.contextmanager
def asking(what, found, secret=False, ignored=()):
    """
    Turn PyMySQL's exceptions into this formula's errors.

    what
        What is being done, for the message: ``"creating user glance@%"``.

    found
        The settings of the profile, see ``openstack_mysql.settings``.

    secret
        The statement carries a password: leave out the server's own text, a syntax error quotes the statement.

    ignored
        Numbers of errors that are no trouble.
    """
    try:
        yield
    except Error as exc:
        if _number(exc) in ignored:
            return
        kind, text = _meaning(exc, found, secret)
        raise kind(f"{what} as {who(found)}: {text}") from None
    except RuntimeError:
        # what PyMySQL raises where the account's plugin needs cryptography or PyNaCl
        text = "PyMySQL lacks the library for this account's plugin: install PyMySQL[rsa,ed25519]"
        raise Unreachable(f"{what} as {who(found)}: {text}") from None
    except OSError as exc:
        raise Unreachable(
            f"{what} as {who(found)}: {type(exc).__name__}: the connection cannot be made or kept"
        ) from None


def who(found):
    """Return ``user root at db-node:3306`` (or the socket's path) of the settings, for messages."""
    where = found.get("unix_socket") or f"{found['host']}:{found['port']}"
    return f"user {found['user']} at {where}"


def _number(exc):
    """The number of a PyMySQL exception, 0 when it has none."""
    return exc.args[0] if exc.args and isinstance(exc.args[0], int) else 0


def _meaning(exc, found, secret):
    """The class of an error and what to say."""
    cause, number = getattr(exc, "original_exception", None), _number(exc)
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        why = getattr(cause, "verify_message", None) or cause.reason or "no handshake"
        return Unreachable, f"no TLS with the server ({why}): check ssl in the profile, and the host in the certificate"
    if number in DENIED and not found.get("password"):
        return Refused, f"the server refuses it without a password: set {found['password_source']}"
    if number == 1290 and "skip-grant-tables" in str(exc.args[-1]):
        return _NO_GRANT_TABLES
    if number in _MEANING:
        kind, text = _MEANING[number]
        return kind, text.format(**{"read_timeout": "?", **found, "reason": _reason(cause), "name": _name(number)})
    return OpenStackError, _name(number) if secret or len(exc.args) < 2 else f"{exc.args[1]} (error {number})"


def _reason(cause):
    """Why no connection was made, in the system's words."""
    return getattr(cause, "strerror", None) or (str(cause) if cause else "no connection")


def _name(number):
    """``NOT_VALID_PASSWORD (error 1819)``: the error without the server's text."""
    names = [name for name, value in vars(ER).items() if value == number and not name.startswith("ERROR_")]
    return f"{names[0] if names else 'the server refused'} (error {number})"
