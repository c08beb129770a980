"""
Talking to MariaDB and MySQL: who asks which server, how names are quoted, what an error means, whether a password fits.

A profile is the name of a pillar (or minion configuration) key, or a mapping with the same keys in a state's arguments,
where ``password_pillar`` names the key of the password:

.. code-block:: yaml

    user: root
    password: …                     # or password_pillar: glance:database:admin:password; none for socket accounts
    unix_socket: /run/mysqld/mysqld.sock
    host: db-node                   # or this, when there is no unix_socket
    port: 3306
    ssl:                            # or true: TLS with the system's CAs
      ca: /etc/ssl/certs/site-ca.pem
      cert: /etc/salt/pki/client.pem
      key: /etc/salt/pki/client.key
      verify: true                  # certificate and host name
    connect_timeout: 10             # seconds
    read_timeout: 60
    write_timeout: 60
"""

import contextlib
import hashlib
import json
import os
import ssl

import openstack_secrets
from openstack_errors import Invalid, OpenStackError, Refused, Unreachable

try:
    import pymysql
    from pymysql.constants import CLIENT, CR, ER

    HAS_PYMYSQL = True
except ImportError:
    HAS_PYMYSQL = False

MISSING = "PyMySQL is missing in Salt's own Python: state.apply glance.client.python installs it"
TIMEOUTS = {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60}
PORT = 3306
_KEYS = {"user", "password", "unix_socket", "host", "port", "ssl", *TIMEOUTS}


# --- who asks which server


def settings(profile, pillar, config_get=None):
    """
    Return the profile as one mapping, password included: for the modules that connect, never for a result.

    profile
        Name of a pillar key, or a mapping; see this module's own page.

    pillar
        ``__pillar__``.

    config_get
        ``__salt__["config.get"]``, asked for a profile that is not in pillar but in the minion's configuration.

    ``password_key`` in the result is the pillar key of the password, for messages. Raises :py:exc:`Invalid` when the
    profile or one of its parts is missing or unknown.
    """
    if isinstance(profile, str):
        found = _named(profile, pillar, config_get)
    elif isinstance(profile, dict):
        found = dict(profile)
    else:
        raise Invalid(f"a profile is the name of a pillar key or a mapping, not {type(profile).__name__}")
    source = profile if isinstance(profile, str) else "the profile"
    key = found.pop("password_pillar", None) or f"{source}:password"
    if "password" not in found and key != f"{source}:password":
        found["password"] = openstack_secrets.lookup(pillar, key)
    unknown = sorted(set(found) - _KEYS)
    if unknown:
        raise Invalid(f"{source} has unknown keys: {', '.join(unknown)}; known are {', '.join(sorted(_KEYS))}")
    if not found.get("user") or not (found.get("unix_socket") or found.get("host")):
        raise Invalid(f"{source} needs user, and unix_socket or host")
    return {**TIMEOUTS, "port": PORT, **found, "password_key": key}


def _named(profile, pillar, config_get):
    with contextlib.suppress(Invalid):
        return dict(openstack_secrets.lookup(pillar, profile))
    found = config_get(profile) if config_get else None
    if not isinstance(found, dict):
        raise Invalid(f"pillar key {profile} is missing: it holds who connects (user, password, unix_socket or host)")
    return dict(found)


def who(found):
    """Return ``user root at db-node:3306`` (or the socket's path) of the settings, for messages."""
    where = found.get("unix_socket") or f"{found['host']}:{found['port']}"
    return f"user {found['user']} at {where}"


# --- one connection for a whole run


def connection(profile, context, pillar, config_get=None):
    """
    Return ``(connection, settings)``: a PyMySQL connection that lives as long as ``context`` and is asked before use.

    profile, pillar, config_get
        As in :py:func:`settings`.

    context
        ``__context__``; a second call with the same settings returns the same connection. A forked process
        (``parallel: True``) gets its own, two processes on one socket would read each other's answers.
    """
    if not HAS_PYMYSQL:
        raise Invalid(MISSING)
    found = settings(profile, pillar, config_get)
    digest = hashlib.sha256(json.dumps(found, sort_keys=True, default=str).encode()).hexdigest()
    key = f"openstack_database.connection:{os.getpid()}:{digest}"
    if key in context and not _alive(context[key]):
        del context[key]
    if key not in context:
        with asking("connecting", found):
            context[key] = connect(found)
    return context[key], found


def _alive(opened):
    try:
        opened.ping(reconnect=False)
    except (pymysql.err.Error, OSError):
        return False
    return True


def connect(found):
    """
    Return a new PyMySQL connection in autocommit mode; PyMySQL's exceptions pass, see :py:func:`asking`.

    found
        Settings, as returned by :py:func:`settings`.
    """
    context = _tls(found.get("ssl"))
    opened = pymysql.connect(
        user=str(found["user"]),
        # as bytes: PyMySQL would encode a string in latin1
        password=str(found.get("password") or "").encode(),
        unix_socket=found.get("unix_socket"),
        host=found.get("host"),
        port=int(found["port"]),
        ssl=context,
        charset="utf8mb4",
        autocommit=True,
        cursorclass=pymysql.cursors.DictCursor,
        **{name: found[name] for name in TIMEOUTS},
    )
    # PyMySQL before 1.2 goes on in clear text when the server offers no TLS
    if context and not opened.server_capabilities & CLIENT.SSL:
        opened.close()
        raise Refused(f"{who(found)}: the server offers no TLS, and the profile asks for it (ssl)")
    return opened


def _tls(wanted):
    """The TLS context of a profile's ``ssl``, ``None`` when it has none."""
    if wanted is None or wanted is False:
        return None
    wanted = {} if wanted is True else wanted
    unknown = sorted(set(wanted) - {"ca", "cert", "key", "verify"})
    if unknown:
        raise Invalid(f"unknown keys in the profile's ssl: {', '.join(unknown)}; known are ca, cert, key, verify")
    try:
        context = ssl.create_default_context(cafile=wanted.get("ca"))
        if wanted.get("cert"):
            context.load_cert_chain(wanted["cert"], wanted.get("key"))
    except OSError as exc:
        files = ", ".join(str(wanted[key]) for key in ("ca", "cert", "key") if wanted.get(key))
        raise Invalid(
            f"the profile's ssl files cannot be used ({files}): {exc.strerror or type(exc).__name__}"
        ) from exc
    if wanted.get("verify", True) is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


# --- what an error means


@contextlib.contextmanager
def asking(what, found, secret=False):
    """
    Turn PyMySQL's exceptions into this formula's errors.

    what
        What is being done, for the message: ``"creating user glance@%"``.

    found
        The settings returned by :py:func:`connection`.

    secret
        The statement carries a password: leave out the server's own text, a syntax error quotes the statement.
    """
    try:
        yield
    except pymysql.err.Error as exc:
        code = exc.args[0] if exc.args and isinstance(exc.args[0], int) else 0
        kind, text = _meaning(code, exc, found)
        if text is None:
            text = _name(code) if secret or len(exc.args) < 2 else f"{exc.args[1]} (error {code})"
        raise kind(f"{what} as {who(found)}: {text}") from None
    except (RuntimeError, OSError) as exc:
        # PyMySQL needs another library for this account's plugin, or the connection broke
        raise Unreachable(
            f"{what} as {who(found)}: {type(exc).__name__}: the connection cannot be made or kept"
        ) from None


def _meaning(code, exc, found):
    """The class of an error and what to say; ``None`` for what the server itself said."""
    cause = getattr(exc, "original_exception", None)
    if isinstance(cause, ssl.SSLError):
        why = getattr(cause, "verify_message", None) or cause.reason or "no handshake"
        return Unreachable, f"no TLS with the server ({why}): check ssl in the profile, and the host in the certificate"
    if code in (CR.CR_CONN_HOST_ERROR, CR.CR_CONNECTION_ERROR):
        return Unreachable, f"no answer ({_reason(exc)}): is the server up, and is this where it listens?"
    if code in (0, CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST):
        return Unreachable, f"the connection was lost (after at most {found['read_timeout']} s)"
    if code in (ER.ACCESS_DENIED_ERROR, 1698):
        if found.get("password"):
            return Refused, f"the server refuses it: check pillar key {found['password_key']}, and the account's host"
        return Refused, f"the server refuses it without a password: set pillar key {found['password_key']}"
    if code in (ER.HOST_NOT_PRIVILEGED, ER.HOST_IS_BLOCKED):
        return Refused, "the server takes no connections from this host: grant it, or mariadb-admin flush-hosts"
    if code == 1819:
        return OpenStackError, "the server's password policy does not take the new password (error 1819)"
    if code in _PRIVILEGE_ERRORS:
        return Refused, f"the account lacks a privilege ({_name(code)}): it needs those of an administrator"
    return OpenStackError, None


_PRIVILEGE_ERRORS = (1044, 1095, 1142, 1143, 1227, 1370, 1410)


def _reason(exc):
    """Why no connection was made, in the system's words."""
    cause = getattr(exc, "original_exception", None)
    return getattr(cause, "strerror", None) or (str(cause) if cause else "no connection")


def _name(code):
    """``NOT_VALID_PASSWORD (error 1819)``: the error without the server's text."""
    names = [name for name, value in vars(ER).items() if value == code and not name.startswith("ERROR_")]
    return f"{names[0] if names else 'the server refused'} (error {code})"


# --- names in statements


def identifier(name):
    """
    Quote the name of a schema, table or plugin for a statement that is sent with arguments (even empty ones).

    name
        The name itself; every character is part of it. Raises :py:exc:`Invalid` for what no server takes.
    """
    name = str(name)
    if not name or len(name) > 64 or "\0" in name or name.endswith(" "):
        raise Invalid(f"{name!r} is no name for a schema or table: 1 to 64 characters, no NUL, no space at the end")
    # PyMySQL puts arguments in with the % operator
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def pattern(name):
    r"""
    Return a schema's name as a grant wants it, where ``_`` and ``%`` are wildcards: ``glance\_db``.

    name
        The name itself, not a pattern.
    """
    return name.replace("\\", "\\\\").replace("_", r"\_").replace("%", r"\%")


# --- passwords


def fits(plugin, stored, password):
    """
    Tell whether a password is the one of which a server keeps ``stored``: ``None`` when only the server can tell.

    plugin
        The account's authentication plugin.

    stored
        Bytes of ``authentication_string``.

    password
        The password to compare.
    """
    if plugin in ("", "mysql_native_password"):
        return stored.decode("latin-1").upper() == native_hash(password)
    if plugin in ("caching_sha2_password", "sha256_password"):
        return _fits_sha2(stored, password)
    if plugin in ("ed25519", "parsec"):
        return None
    return False


def native_hash(password):
    """Return what ``mysql_native_password`` keeps of a password."""
    # the server's own format, not a choice made here
    once = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(once, usedforsecurity=False).hexdigest().upper()


def _fits_sha2(stored, password):
    """``$A$005$`` + 20 characters salt + 43 characters hash, or ``$5$`` + salt + ``$`` + hash."""
    if stored.startswith(b"$A$") and len(stored) == 70:
        rounds, salt, digest = int(stored[3:6], 16) * 1000, stored[7:27], stored[27:]
    elif stored.startswith(b"$5$") and stored.count(b"$") == 3:
        _, _, salt, digest = stored.split(b"$")
        rounds = 5000
    else:
        return False
    return sha256_crypt(password.encode(), salt, rounds) == digest.decode("latin-1")


def sha256_crypt(password, salt, rounds):
    """
    Return the hash of SHA-256 crypt (https://www.akkadia.org/drepper/SHA-crypt.txt), without its prefix.

    password, salt
        Bytes; unlike glibc's, this takes the 20 characters of salt that MySQL uses.

    rounds
        How often it is hashed.
    """
    sha = hashlib.sha256
    filler = sha(password + salt + password).digest()
    start = password + salt + _stretch(filler, len(password))
    length = len(password)
    while length:
        start += filler if length & 1 else password
        length >>= 1
    digest = sha(start).digest()
    by_password = _stretch(sha(password * len(password)).digest(), len(password))
    by_salt = _stretch(sha(salt * (16 + digest[0])).digest(), len(salt))
    for turn in range(rounds):
        block = by_password if turn & 1 else digest
        block += (by_salt if turn % 3 else b"") + (by_password if turn % 7 else b"")
        digest = sha(block + (digest if turn & 1 else by_password)).digest()
    return _crypt64(digest)


def _stretch(digest, length):
    return (digest * (length // len(digest) + 1))[:length]


def _crypt64(digest):
    """The 32 bytes in crypt's order and alphabet, least significant six bits first."""
    order = [(i, (i + 10) % 30, (i + 20) % 30) for i in (0, 21, 12, 3, 24, 15, 6, 27, 18, 9)]
    groups = [(digest[a] << 16 | digest[b] << 8 | digest[c], 4) for a, b, c in order]
    groups.append((digest[31] << 8 | digest[30], 3))
    alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(alphabet[value >> 6 * place & 63] for value, size in groups for place in range(size))
