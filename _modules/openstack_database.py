"""
Schemas, users and grants of MariaDB (10.5 and later) and MySQL (8 and later), over PyMySQL.

.. versionadded:: 1.0.0

Every function takes a ``profile``, which says as whom to connect to which server: the name of a pillar key
(``glance:database:admin``) or a mapping, described in ``_utils/openstack_mysql.py``. One connection is kept for a run.

An account is a user name and a host, ``glance@%``. Passwords are read from pillar by the name of their key and appear
in no result, message or log line.
"""

import openstack_mysql
import openstack_secrets
from openstack_errors import Invalid, OpenStackError

__virtualname__ = "openstack_database"

PROFILE = "glance:database:admin"
ALL = "ALL PRIVILEGES"
GRANT_OPTION = "GRANT OPTION"
_ALIASES = {"ALL": ALL, "DELETE VERSIONING ROWS": "DELETE HISTORY"}
_COLUMNS = {"Create_tmp_table_priv": "CREATE TEMPORARY TABLES", "Grant_priv": GRANT_OPTION}


def __virtual__():
    if openstack_mysql.HAS_PYMYSQL:
        return __virtualname__
    return False, openstack_mysql.MISSING


# --- server


def login(profile=PROFILE):
    """
    Log in and return what the server says: ``{"version": …, "user": …}``, where ``user`` is the account it took.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    Raises ``Unreachable`` when there is no answer and ``Refused`` for a wrong password or host; both name the user, the
    address or socket, and the pillar key of the password.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.login
        salt 'image*' openstack_database.login '{user: glance, host: db, password_pillar: glance:database:password}'
    """
    return _query(profile, "asking who is connected", "SELECT VERSION() AS version, CURRENT_USER() AS user")[0]


def version(profile=PROFILE):
    """
    Return the server's version as it names it, ``10.11.19-MariaDB-0+deb12u1``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.version
    """
    return login(profile)["version"]


# --- schemas


def schema_list(profile=PROFILE):
    """
    Return the names of all schemas that the profile's user may see.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_list
    """
    rows = _query(profile, "listing schemas", "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA")
    return sorted(row["name"] for row in rows)


def schema_get(name, profile=PROFILE):
    """
    Return ``{"character_set": …, "collation": …, "tables": number}`` of a schema, ``None`` when there is none.

    name
        Name of the schema, upper and lower case as they are.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_get glance
    """
    rows = _query(
        profile,
        f"reading schema {name}",
        "SELECT SCHEMA_NAME AS name, DEFAULT_CHARACTER_SET_NAME AS character_set, DEFAULT_COLLATION_NAME AS collation,"
        " (SELECT COUNT(*) FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = s.SCHEMA_NAME) AS tables_there"
        " FROM information_schema.SCHEMATA s WHERE SCHEMA_NAME = %s",
        [name],
    )
    # the server's comparison takes A for a and é for e
    for row in rows:
        if row["name"] == name:
            return {
                "character_set": _full_name(row["character_set"]),
                "collation": _full_name(row["collation"]),
                "tables": row["tables_there"],
            }
    return None


def schema_create(name, character_set="utf8mb4", collation=None, profile=PROFILE):
    """
    Create a schema; raises when it exists.

    name
        Name of the schema.

    character_set
        Default character set of its tables. Default ``utf8mb4``.

    collation
        Default collation of its tables. Default: the server's for the character set.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_create glance utf8mb3 utf8mb3_general_ci
    """
    options = _schema_options(character_set, collation)
    _query(profile, f"creating schema {name}", f"CREATE DATABASE {openstack_mysql.identifier(name)} {options}")
    return True


def schema_update(name, character_set="utf8mb4", collation=None, profile=PROFILE):
    """
    Change the defaults of a schema; tables that exist keep theirs.

    name
        Name of the schema.

    character_set
        Default character set of new tables. Default ``utf8mb4``.

    collation
        Default collation of new tables. Default: the server's for the character set.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_update glance utf8mb4
    """
    options = _schema_options(character_set, collation)
    _query(profile, f"altering schema {name}", f"ALTER DATABASE {openstack_mysql.identifier(name)} {options}")
    return True


def schema_remove(name, force=False, profile=PROFILE):
    """
    Remove a schema; raises ``Invalid`` when it holds tables.

    name
        Name of the schema.

    force
        Remove it with its tables and their rows. Default ``False``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.schema_remove glance force=True
    """
    there = schema_get(name, profile)
    if there and there["tables"] and not force:
        raise Invalid(f"schema {name} holds {there['tables']} tables: back them up, then remove it with force: true")
    _query(profile, f"removing schema {name}", f"DROP DATABASE {openstack_mysql.identifier(name)}")
    return True


# --- users


def user_list(profile=PROFILE):
    """
    Return all accounts: a list of ``{"name": …, "host": …, "plugin": …}``, roles left out.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_list
    """
    rows = _query(profile, "listing users", _USERS)
    return sorted((_public(row) for row in rows), key=lambda row: (row["name"], row["host"]))


def user_get(name, host="%", profile=PROFILE):
    """
    Return ``{"name": …, "host": …, "plugin": …}`` of an account, ``None`` when there is none.

    name
        Name of the user.

    host
        Host from which the account is used. Default ``%``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_get glance localhost
    """
    row = _user(name, host, profile)
    return _public(row) if row else None


def user_create(name, host, password_pillar, profile=PROFILE):
    """
    Create an account; raises when it exists.

    name
        Name of the user.

    host
        Host from which the account is used, ``%`` for any.

    password_pillar
        Pillar key of the password.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_create glance '%' glance:database:password
    """
    what = f"creating user {_account(name, host)} with the password of pillar key {password_pillar}"
    args = [name, _host(host), openstack_secrets.password(__pillar__, password_pillar)]
    _query(profile, what, "CREATE USER %s@%s IDENTIFIED BY %s", args, secret=True)
    return True


def user_update(name, host, password_pillar, profile=PROFILE):
    """
    Set the password of an account; raises when there is none. It keeps its authentication plugin if that has passwords.

    name
        Name of the user.

    host
        Host from which the account is used, ``%`` for any.

    password_pillar
        Pillar key of the password.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_update glance '%' glance:database:password
    """
    what = f"setting the password of user {_account(name, host)} from pillar key {password_pillar}"
    row = _user(name, host, profile)
    how = "IDENTIFIED BY %s"
    if row and row["plugin"] in ("caching_sha2_password", "sha256_password", "ed25519", "parsec"):
        plugin = openstack_mysql.identifier(row["plugin"])
        maria = "MariaDB" in version(profile)
        how = f"IDENTIFIED VIA {plugin} USING PASSWORD(%s)" if maria else f"IDENTIFIED WITH {plugin} BY %s"
    args = [name, _host(host), openstack_secrets.password(__pillar__, password_pillar)]
    _query(profile, what, f"ALTER USER %s@%s {how}", args, secret=True)
    return True


def user_remove(name, host="%", profile=PROFILE):
    """
    Remove an account with all its grants; raises when there is none.

    name
        Name of the user.

    host
        Host from which the account is used. Default ``%``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_remove glance localhost
    """
    if login(profile)["user"] == _account(name, host):
        raise Invalid(f"user {_account(name, host)} is the one that is connected: use another profile to remove it")
    _query(profile, f"removing user {_account(name, host)}", "DROP USER %s@%s", [name, _host(host)])
    return True


def password_matches(name, host, password_pillar, profile=PROFILE):
    """
    Tell whether an account has the password that pillar holds, without changing it; ``None`` when there is no account.

    The stored hash is compared where its form is known (``mysql_native_password``, ``caching_sha2_password``,
    ``sha256_password``). For others the account logs in, over the profile's route.

    name
        Name of the user.

    host
        Host from which the account is used, ``%`` for any.

    password_pillar
        Pillar key of the password.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.password_matches glance '%' glance:database:password
    """
    password = openstack_secrets.password(__pillar__, password_pillar)
    row = _user(name, host, profile)
    if row is None:
        return None
    told = openstack_mysql.fits(row["plugin"], bytes.fromhex(row["password_hash"]), password)
    return _logs_in(name, host, password_pillar, profile) if told is None else told


def _logs_in(name, host, password_pillar, profile):
    """Whether the account logs in with the password: the answer where the server keeps what nobody else can compare."""
    route = openstack_mysql.settings(profile, __pillar__, __salt__["config.get"])
    asked = {
        **route,
        "user": name,
        "password": openstack_secrets.password(__pillar__, password_pillar),
        "password_key": password_pillar,
    }
    what = f"comparing the password of user {_account(name, host)}"
    try:
        with openstack_mysql.asking(what, asked, secret=True):
            connection = openstack_mysql.connect(asked)
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT CURRENT_USER() AS user")
                taken = cursor.fetchone()["user"]
    except openstack_mysql.Refused:
        return False
    if taken != _account(name, host):
        raise OpenStackError(
            f"{what}: from this host it is account {taken} that logs in; run this where the account is used"
        )
    return True


# --- grants


def privileges(names, profile=PROFILE):
    """
    Return privileges in the form in which ``grants_get`` returns them: names in full, sorted, all of them as one.

    names
        List of privileges as in a GRANT statement; ``ALL``, ``USAGE`` (none) and ``GRANT OPTION`` are understood.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    Raises ``Invalid`` for a privilege that this server does not have for a schema.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.privileges '[select, insert]'
    """
    known, _rows = _schema_grants("", profile)
    return _summary(_wanted(names, known), known)


def grants_get(name, schema, host="%", profile=PROFILE):
    """
    Return what an account may do in a schema, a sorted list: ``["INSERT", "SELECT"]``, ``["ALL PRIVILEGES"]``, ``[]``.

    Privileges on one table or column of the schema are listed as ``SELECT ON images``. Those given on a pattern that is
    spelled like the schema (``glance_db``, where ``_`` stands for any character) as ``SELECT ON PATTERN glance_db``.
    Privileges on ``*.*`` and by roles are no part of it.

    name
        Name of the user.

    schema
        Name of the schema; ``_`` and ``%`` are themselves.

    host
        Host from which the account is used. Default ``%``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.grants_get glance glance localhost
    """
    known, rows = _schema_grants(name, profile)
    host = _host(host)
    own = _row(rows, host, openstack_mysql.pattern(schema))
    found = _summary(own, known)
    if schema != openstack_mysql.pattern(schema):
        found += [f"{item} ON PATTERN {schema}" for item in _summary(_row(rows, host, schema), known)]
    for table, items in sorted(_table_grants(name, host, schema, profile).items()):
        found += [f"{item} ON {table}" for item in sorted(items)]
    return found


def grants_set(name, schema, privileges, host="%", profile=PROFILE):
    """
    Give an account exactly these privileges in a schema: what is missing is granted first, then the rest revoked.

    name
        Name of the user; raises when the account does not exist.

    schema
        Name of the schema, which need not exist; ``_`` and ``%`` are themselves.

    privileges
        List of privileges as in a GRANT statement, ``["ALL PRIVILEGES"]``; ``[]`` for none.

    host
        Host from which the account is used. Default ``%``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.grants_set glance glance '[ALL PRIVILEGES]' localhost
    """
    host = _host(host)
    if _user(name, host, profile) is None:
        raise OpenStackError(f"user {_account(name, host)} does not exist: create it before its grants")
    known, rows = _schema_grants(name, profile)
    wanted = _wanted(privileges, known)
    exact = openstack_mysql.pattern(schema)
    there = _row(rows, host, exact)
    whole = f"{openstack_mysql.identifier(exact)}.*"
    _change(profile, "GRANT", wanted - there, whole, name, host)
    _change(profile, "REVOKE", there - wanted, whole, name, host)
    if schema != exact:
        _change(profile, "REVOKE", _row(rows, host, schema), f"{openstack_mysql.identifier(schema)}.*", name, host)
    for table, items in _table_grants(name, host, schema, profile).items():
        target = f"{openstack_mysql.identifier(schema)}.{openstack_mysql.identifier(table)}"
        # ALL takes those on columns with it, and stands in no list
        _change(profile, "REVOKE", {ALL}, target, name, host)
        _change(profile, "REVOKE", items & {GRANT_OPTION}, target, name, host)
    return True


def _change(profile, verb, items, target, name, host):
    """GRANT or REVOKE the items, all of which are names that the server itself has for privileges."""
    if items:
        sql = f"{verb} {', '.join(sorted(items))} ON {target} {'TO' if verb == 'GRANT' else 'FROM'} %s@%s"
        _query(profile, f"{verb} for user {_account(name, host)}", sql, [name, host])


def _schema_grants(name, profile):
    """
    ``(known, rows)``: the privileges that the server has for schemas, and a user's rows of ``mysql.db``.

    The table instead of SHOW GRANTS: one column a privilege, in every version, nothing to parse.
    """
    rows, columns = _query(profile, "reading grants", "SELECT * FROM mysql.db WHERE User = %s", [name], columns=True)
    names = {column: _privilege(column) for column in columns if column.endswith("_priv")}
    found = [
        {
            "host": _text(row["Host"]).lower(),
            "schema": _text(row["Db"]),
            "items": {names[column] for column in names if row[column] == "Y"},
        }
        for row in rows
        if _text(row["User"]) == name
    ]
    return set(names.values()), found


def _row(rows, host, schema):
    """What one row of ``mysql.db`` grants."""
    return {item for row in rows if row["host"] == host and row["schema"] == schema for item in row["items"]}


def _table_grants(name, host, schema, profile):
    """``{table: {privilege}}`` of the grants on single tables and columns."""
    rows = _query(
        profile,
        "reading grants on tables",
        "SELECT Host AS host, Db AS db, User AS user, Table_name AS name, Table_priv AS items,"
        " Column_priv AS columns_items FROM mysql.tables_priv WHERE User = %s AND Db = %s",
        [name, schema],
    )
    found = {}
    for row in rows:
        if (_text(row["user"]), _text(row["host"]).lower(), _text(row["db"])) == (name, host, schema):
            listed = [*_text(row["items"]).split(","), *_text(row["columns_items"]).split(",")]
            items = {GRANT_OPTION if item == "Grant" else item.upper() for item in listed if item}
            found.setdefault(_text(row["name"]), set()).update(items)
    return found


def _privilege(column):
    """The name of a privilege in statements, from its column in ``mysql.db``."""
    return _COLUMNS.get(column) or column.removesuffix("_priv").replace("_", " ").upper()


def _wanted(names, known):
    """The set of privileges that a list from pillar means."""
    names = [names] if isinstance(names, str) else list(names)
    plain = [" ".join(str(name).upper().split()) for name in names]
    wanted = {_ALIASES.get(name, name) for name in plain} - {"USAGE"}
    unknown = sorted(wanted - known - {ALL})
    if unknown:
        raise Invalid(f"no privilege on a schema: {', '.join(unknown)}; this server has {', '.join(sorted(known))}")
    if ALL in wanted:
        wanted = (wanted - {ALL}) | (known - {GRANT_OPTION})
    return wanted


def _summary(items, known):
    """The sorted list of a set of privileges, all of them as ``ALL PRIVILEGES``."""
    everything = known - {GRANT_OPTION}
    if everything and everything <= items:
        return [ALL, *sorted(items - everything)]
    return sorted(items)


# --- asking


# MariaDB keeps roles in the same table, with no host
_USERS = (
    "SELECT User AS name, Host AS host, plugin, HEX(authentication_string) AS password_hash"
    " FROM mysql.user WHERE Host <> ''"
)


def _query(profile, what, sql, args=(), secret=False, columns=False):
    """
    Send one statement and return its rows as mappings, with ``columns`` also the names of its columns.

    The only place that talks to the server. Neither the statement nor its arguments are logged.
    """
    connection, found = openstack_mysql.connection(profile, __context__, __pillar__, __salt__["config.get"])
    with openstack_mysql.asking(what, found, secret), connection.cursor() as cursor:
        cursor.execute(sql, tuple(args))
        rows = list(cursor.fetchall())
        names = [column[0] for column in cursor.description or ()]
    return (rows, names) if columns else rows


def _user(name, host, profile):
    """An account's row, with the hash of its password in hexadecimal: stays in this module."""
    for row in _query(profile, f"reading user {_account(name, host)}", f"{_USERS} AND User = %s", [name]):
        if row["name"] == name and row["host"].lower() == _host(host):
            return {**row, "password_hash": row["password_hash"] or ""}
    return None


def _public(row):
    return {key: row[key] for key in ("name", "host", "plugin")}


def _account(name, host):
    return f"{name}@{_host(host)}"


def _host(host):
    """The host of an account as servers keep it: in lower case."""
    if not isinstance(host, str) or not host:
        raise Invalid(f"{host!r} is no host of a database user: a name, an address, or % for any")
    return host.lower()


def _text(value):
    """Names come as bytes where a server keeps them in a binary column."""
    return value.decode() if isinstance(value, bytes) else value or ""


def _full_name(name):
    """``utf8`` is what MariaDB before 10.6 and operators call ``utf8mb3``."""
    if name == "utf8" or (name or "").startswith("utf8_"):
        return name.replace("utf8", "utf8mb3", 1)
    return name


def _schema_options(character_set, collation):
    """The options of CREATE and ALTER DATABASE, with names that cannot be anything else."""
    for name in (character_set, collation):
        if name is not None and not (isinstance(name, str) and name.isascii() and name.replace("_", "").isalnum()):
            raise Invalid(f"{name!r} is no name of a character set or collation")
    options = f"CHARACTER SET {character_set}" if character_set else ""
    return f"{options} COLLATE {collation}" if collation else options
