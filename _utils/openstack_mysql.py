"""
Talking to MariaDB and MySQL: who asks which server, over which connection.

A profile is the name of a pillar (or minion configuration) key, or a mapping with the same keys in a state's arguments,
where ``password_pillar`` names the key of the password:

.. code-block:: yaml

    user: root
    password: …                     # or password_pillar: glance:database:admin:password; none for socket accounts
    unix_socket: /run/mysqld/mysqld.sock
    host: db-node                   # or this, when there is no unix_socket
    port: 3306
    ssl:                            # or true: TLS with the system's CAs; false: none, not even when the server has it
      ca: /etc/ssl/certs/site-ca.pem
      cert: /etc/salt/pki/client.pem
      key: /etc/salt/pki/client.key
      verify: true                  # certificate and host name; ca: the certificate only; false: neither
    connect_timeout: 10             # seconds
    read_timeout: 60
    write_timeout: 60

    option_file: /root/.my.cnf      # or this: user, password, socket, host, port and ssl-* of an option file of the
    option_group: client            # server's own clients; keys beside it win over what it has
"""

import configparser
import contextlib
import hashlib
import json
import os
import ssl

import openstack_secrets
import salt.utils.files
from openstack_errors import Invalid, Refused
from openstack_mysql_errors import asking, who

try:
    import pymysql
    import pymysql.optionfile
    from pymysql.constants import CLIENT
    from pymysql.cursors import DictCursor

    HAS_PYMYSQL = True
except ImportError:
    HAS_PYMYSQL = False

MISSING = "PyMySQL is missing in Salt's own Python: state.apply glance.client.python installs it"
TIMEOUTS = {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60}
PORT = 3306
_PLACE = ("unix_socket", "host", "port")
_KEYS = {"user", "password", "ssl", *_PLACE, *TIMEOUTS}
_OPTIONS = {"user": "user", "password": "password", "socket": "unix_socket", "host": "host", "port": "port"}


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

    ``password_source`` in the result says where the password is from, for messages. Raises :py:exc:`Invalid` when the
    profile or one of its parts is missing or unknown.
    """
    if isinstance(profile, str):
        source, found = profile, _named(profile, pillar, config_get)
    elif isinstance(profile, dict):
        source, found = "the profile", dict(profile)
    else:
        raise Invalid(f"a profile is the name of a pillar key or a mapping, not {type(profile).__name__}")
    key = found.pop("password_pillar", None)
    if key and "password" not in found:
        found["password"] = openstack_secrets.lookup(pillar, key)
    password_source = f"pillar key {key or f'{source}:password'}"
    file, group = found.pop("option_file", None), found.pop("option_group", "client")
    if file:
        password_source = password_source if "password" in found else f"password in {file}"
        found = _over(_options(file, group), found)
    unknown = sorted(set(found) - _KEYS)
    if unknown:
        raise Invalid(f"{source} has unknown keys: {', '.join(unknown)}; known are {', '.join(sorted(_KEYS))}")
    if not found.get("user") or not (found.get("unix_socket") or found.get("host")):
        raise Invalid(f"{source} needs user, and unix_socket or host")
    return {**TIMEOUTS, "port": PORT, **found, "password_source": password_source}


def _named(profile, pillar, config_get):
    with contextlib.suppress(Invalid):
        return dict(openstack_secrets.lookup(pillar, profile))
    found = config_get(profile) if config_get else None
    if not isinstance(found, dict):
        raise Invalid(f"pillar key {profile} is missing: it holds who connects (user, password, unix_socket or host)")
    return dict(found)


def _options(file, group):
    """What an option file says, under the names of a profile."""
    if not HAS_PYMYSQL:
        raise Invalid(MISSING)
    parser = pymysql.optionfile.Parser()
    try:
        with salt.utils.files.fopen(file, encoding="utf-8") as stream:
            parser.read_file(stream)
        # an option without a value ("ssl") has None, which PyMySQL's own get() cannot take
        given = {key: value and parser.get(group, key) for key, value in parser.items(group)}
    except configparser.NoSectionError as exc:
        raise Invalid(f"option file {file} has no group [{group}]") from exc
    except (OSError, configparser.Error, UnicodeDecodeError) as exc:
        # the text of a parser's error quotes the line
        why = exc.strerror if isinstance(exc, OSError) else type(exc).__name__
        raise Invalid(f"option file {file} cannot be read: {why}") from None
    found = {name: given[key] for key, name in _OPTIONS.items() if given.get(key) is not None}
    tls = {key: given[f"ssl-{key}"] for key in ("ca", "cert", "key") if given.get(f"ssl-{key}")}
    if tls or "ssl" in given:
        found["ssl"] = tls or True
    return found


def _over(options, own):
    """A file's options under the profile's own keys; a place that the profile names is all of the place."""
    hidden = _PLACE if any(own.get(key) for key in ("unix_socket", "host")) else ()
    return {**{key: value for key, value in options.items() if key not in hidden}, **own}


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
    key = f"openstack_database.connection:{os.getpid()}:{fingerprint(found)}"
    if key in context and not _alive(context[key]):
        del context[key]
    if key not in context:
        with asking("connecting", found):
            context[key] = connect(found)
    return context[key], found


def fingerprint(found):
    """Return a key under which things that belong to these settings may be kept in ``__context__``."""
    return hashlib.sha256(json.dumps(found, sort_keys=True, default=str).encode()).hexdigest()


def _alive(opened):
    try:
        opened.ping(reconnect=False)
    except (pymysql.Error, OSError):
        return False
    return True


def connect(found):
    """
    Return a new PyMySQL connection in autocommit mode; PyMySQL's exceptions pass, see ``openstack_mysql_errors``.

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
        ssl_disabled=found.get("ssl") is False,
        charset="utf8mb4",
        autocommit=True,
        cursorclass=DictCursor,
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
    verify = wanted.get("verify", True)
    if verify not in (True, False, "ca"):
        raise Invalid(f"verify in the profile's ssl is true, false or ca, not {verify!r}")
    try:
        context = ssl.create_default_context(cafile=wanted.get("ca"))
        if wanted.get("cert"):
            context.load_cert_chain(wanted["cert"], wanted.get("key"))
    except OSError as exc:
        files = ", ".join(str(wanted[key]) for key in ("ca", "cert", "key") if wanted.get(key))
        raise Invalid(
            f"the profile's ssl files cannot be used ({files}): {exc.strerror or type(exc).__name__}"
        ) from exc
    context.check_hostname = verify is True
    if verify is False:
        context.verify_mode = ssl.CERT_NONE
    return context
