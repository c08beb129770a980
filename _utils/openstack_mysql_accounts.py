"""What an account is: a row of the server's tables as attributes, attributes as clauses of CREATE and ALTER USER."""

import json

from openstack_errors import Invalid
from openstack_mysql_names import host_of, identifier, text
from openstack_mysql_passwords import PLUGINS

NATIVE = "mysql_native_password"
SOCKET = {"unix_socket", "auth_socket"}
"""What MariaDB and what MySQL call the plugin that takes the system's user instead of a password."""
LIMITS = {
    "max_queries_per_hour": "max_questions",
    "max_updates_per_hour": "max_updates",
    "max_connections_per_hour": "max_connections",
    "max_user_connections": "max_user_connections",
    "max_statement_time": "max_statement_time",
}
_REQUIRED = {"": "NONE", "ANY": "SSL", "X509": "X509"}
_SPECIFIED = {"subject": "x509_subject", "issuer": "x509_issuer", "cipher": "ssl_cipher"}


def columns(maria):
    """
    Return the list of a SELECT over ``mysql.user`` (on MariaDB joined with ``mysql.global_priv`` as ``g``).

    maria
        Whether the server is MariaDB.
    """
    own = ["max_statement_time", "g.Priv AS private"] if maria else ["account_locked"]
    limits = [column for column in LIMITS.values() if column != "max_statement_time"]
    # the hash in hexadecimal: salts are not always valid text
    fixed = ["u.User AS name", "u.Host AS host", "u.plugin", "HEX(u.authentication_string) AS password_hash"]
    return ", ".join([*fixed, "u.ssl_type", *(f"u.{column}" for column in _SPECIFIED.values()), *limits, *own])


def attributes(row):
    """
    Return what an account is, without its password: name, host, ``plugin``, ``tls_requires``, ``locked``, limits.

    row
        A row of the SELECT over :py:func:`columns`.
    """
    kind = text(row["ssl_type"])
    specified = {key: text(row[column]) for key, column in _SPECIFIED.items() if row[column]}
    limits = {name: _number(row[column]) for name, column in LIMITS.items() if column in row}
    return {
        "name": text(row["name"]),
        "host": host_of(text(row["host"])),
        "plugin": " OR ".join(plugin for plugin, _ in methods(row)),
        "tls_requires": _REQUIRED.get(kind, specified),
        "locked": row.get("account_locked") == "Y" or bool(_private(row).get("account_locked")),
        **limits,
    }


def methods(row):
    """
    Return the ways in which an account logs in, a list of ``(plugin, hash)``: MariaDB lets it have several.

    row
        A row of the SELECT over :py:func:`columns`.
    """
    main = (text(row["plugin"]) or NATIVE, bytes.fromhex(row["password_hash"] or ""))
    listed = _private(row).get("auth_or") or [{}]
    # an empty mapping stands for the main one
    return [
        (each["plugin"], each.get("authentication_string", "").encode()) if each.get("plugin") else main
        for each in listed
    ]


def _private(row):
    return json.loads(text(row.get("private")) or "{}")


def _number(value):
    """MariaDB has seconds as a decimal number."""
    return int(value) if int(value) == value else float(value)


def options(maria, plugin=None, tls_requires=None, limits=None, locked=None):
    """
    Return what is declared of an account in the form of :py:func:`attributes`; what is ``None`` is left out.

    maria
        Whether the server is MariaDB.

    plugin, tls_requires, limits, locked
        As in ``openstack_database.user_present``. Raises :py:exc:`Invalid` for what no account can have.
    """
    found = {}
    if plugin is not None:
        found["plugin"] = _plugin(maria, plugin)
    if tls_requires is not None:
        found["tls_requires"] = _tls(tls_requires)
    if locked is not None:
        found["locked"] = _boolean(locked)
    return {**found, **_limits(maria, limits or {})}


def _plugin(maria, name):
    if name in SOCKET:
        return "unix_socket" if maria else "auth_socket"
    if name not in PLUGINS:
        known = ", ".join(sorted({*PLUGINS, *SOCKET}))
        raise Invalid(f"{name!r} is no authentication plugin that this module knows: {known}")
    return name


def _tls(wanted):
    if isinstance(wanted, str) and wanted.upper() in {*_REQUIRED.values()}:
        return wanted.upper()
    named = isinstance(wanted, dict) and wanted and set(wanted) <= set(_SPECIFIED)
    if named and all(isinstance(value, str) and value for value in wanted.values()):
        return {key: wanted[key] for key in _SPECIFIED if key in wanted}
    raise Invalid(f"tls_requires is NONE, SSL, X509 or a mapping of {', '.join(_SPECIFIED)}, not {wanted!r}")


def _boolean(value):
    if not isinstance(value, bool):
        raise Invalid(f"locked is true or false, not {value!r}")
    return value


def _limits(maria, wanted):
    known = [name for name in LIMITS if maria or name != "max_statement_time"]
    unknown = sorted(set(wanted) - set(known)) if isinstance(wanted, dict) else [repr(wanted)]
    if unknown:
        raise Invalid(f"no limit of an account on this server: {', '.join(unknown)}; it has {', '.join(known)}")
    for name, value in wanted.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise Invalid(f"{name} is a number, 0 for no limit, not {value!r}")
    return {name: wanted[name] for name in known if name in wanted}


def clauses(maria, given, password=None):
    """
    Return ``(SQL, arguments)``, what follows the account's name in CREATE USER and ALTER USER.

    maria
        Whether the server is MariaDB.

    given
        Attributes, as returned by :py:func:`options`.

    password
        The password to set. Default ``None``: none.
    """
    parts = [*_identified(maria, given.get("plugin"), password), *_require_clause(given.get("tls_requires"))]
    limits = [f"{name.upper()} {given[name]}" for name in LIMITS if name in given]
    if limits:
        parts.append((f"WITH {' '.join(limits)}", []))
    if "locked" in given:
        parts.append((f"ACCOUNT {'LOCK' if given['locked'] else 'UNLOCK'}", []))
    return " ".join(sql for sql, _ in parts), [value for _, values in parts for value in values]


def _identified(maria, plugin, password):
    if plugin in SOCKET:
        return [(f"IDENTIFIED {'VIA' if maria else 'WITH'} {plugin}", [])]
    if password is None:
        return []
    if plugin is None:
        return [("IDENTIFIED BY %s", [password])]
    how = "IDENTIFIED VIA {} USING PASSWORD(%s)" if maria else "IDENTIFIED WITH {} BY %s"
    return [(how.format(identifier(plugin)), [password])]


def _require_clause(wanted):
    if isinstance(wanted, dict):
        return [(f"REQUIRE {' AND '.join(f'{key.upper()} %s' for key in wanted)}", list(wanted.values()))]
    return [(f"REQUIRE {wanted}", [])] if wanted else []
