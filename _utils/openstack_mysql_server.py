"""
One server as a profile's user sees it: what it holds, read once a run for all states, and what changes it.

The tables of the schema ``mysql`` are read instead of SHOW GRANTS and SHOW CREATE USER: one statement for all accounts,
the same in every version, and nothing to parse.
"""

import openstack_mysql
import openstack_mysql_accounts as accounts
import openstack_mysql_grants as grants
from openstack_errors import Refused
from openstack_mysql_errors import asking, who
from openstack_mysql_names import host_of, text

_MEMORY = "openstack_database.read"
# what no statement of these modules changes
_FACTS = {"maria", "read_only"}


class Server:
    """
    Sends statements to the server of a profile and remembers what it answered, for as long as a run of states.

    profile, context, pillar, config_get
        As in ``openstack_mysql.connection``.

    Outside of a run (a function called by hand, in a minion that lives for months) nothing is kept but the connection.
    """

    def __init__(self, profile, context, pillar, config_get):
        self._asks = (profile, context, pillar, config_get)
        self.settings = openstack_mysql.settings(profile, pillar, config_get)
        self._memory = _memory(context, self.settings)

    # --- statements

    def query(self, what, sql, args=(), **asking_options):
        """
        Send one statement and return ``(rows as mappings, names of columns)``. Nothing of it is logged.

        ``asking_options`` are those of ``openstack_mysql_errors.asking``.
        """
        connection, found = openstack_mysql.connection(*self._asks)
        rows, columns = [], []
        with asking(what, found, **asking_options), connection.cursor() as cursor:
            cursor.execute(sql, tuple(args))
            rows, columns = list(cursor.fetchall()), [column[0] for column in cursor.description or ()]
        return rows, columns

    def rows(self, what, sql, args=()):
        """Send one statement and return its rows."""
        return self.query(what, sql, args)[0]

    def change(self, what, sql, args=(), **asking_options):
        """Send a statement that changes something; what was read before is forgotten, whether it succeeds or not."""
        self._refuse_replica(what)
        try:
            self.query(what, sql, args, **asking_options)
        finally:
            self.forget()

    def forget(self):
        """Read what the server holds anew when it is asked for."""
        for what in set(self._memory) - _FACTS:
            del self._memory[what]

    def _refuse_replica(self, what):
        """An administrator may write to a read-only server, and what he writes is then on this one alone."""
        if self._remembered("read_only", self._read_only):
            raise Refused(
                f"{what} as {who(self.settings)}: the server is read-only, a replica most likely: name the primary"
            )

    def _read_only(self):
        (row,) = self.rows("asking whether the server is read-only", "SELECT @@global.read_only AS value")
        return str(row["value"]).upper() not in ("0", "OFF")

    # --- what the server holds

    @property
    def maria(self):
        """Whether it is MariaDB; it says so when a connection is made."""
        return self._remembered("maria", self._is_maria)

    @property
    def schemas(self):
        """``{name: {"character_set": …, "collation": …}}``"""
        return self._remembered("schemas", self._read_schemas)

    @property
    def users(self):
        """``{(name, host): row}`` with the columns of ``openstack_mysql_accounts.columns``."""
        return self._remembered("users", self._read_users)

    @property
    def known(self):
        """The privileges that the server has for schemas."""
        return self._remembered("schema_grants", self._read_schema_grants)[0]

    def held(self, name, host, everywhere=False):
        """What an account may do, ``{Target: {privilege}}``; on ``*.*`` only when asked for everywhere."""
        account, found = (name, host_of(host)), {}
        kinds = [
            self._remembered("schema_grants", self._read_schema_grants)[1],
            self._remembered("table_grants", self._read_table_grants),
            self._remembered("column_grants", self._read_column_grants),
            self._remembered("routine_grants", self._read_routine_grants),
        ]
        for kind in kinds:
            found |= kind.get(account, {})
        items = (
            self._remembered("global_grants", self._read_global_grants).get(_grantee(*account)) if everywhere else None
        )
        return {**found, grants.Target(grants.GLOBAL): items} if items else found

    def _is_maria(self):
        return "MariaDB" in openstack_mysql.connection(*self._asks)[0].get_server_info()

    def _remembered(self, what, read):
        if what not in self._memory:
            self._memory[what] = read()
        return self._memory[what]

    def _read_schemas(self):
        rows = self.rows(
            "listing schemas",
            "SELECT SCHEMA_NAME AS name, DEFAULT_CHARACTER_SET_NAME AS character_set,"
            " DEFAULT_COLLATION_NAME AS collation FROM information_schema.SCHEMATA",
        )
        return {row.pop("name"): row for row in rows}

    def _read_users(self):
        # MariaDB keeps roles in the same table, with no host
        tables = (
            "mysql.user u JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host"
            if self.maria
            else "mysql.user u"
        )
        sql = f"SELECT {accounts.columns(self.maria)} FROM {tables} WHERE u.Host <> ''"  # noqa: S608 constants
        return {(text(row["name"]), text(row["host"]).lower()): row for row in self.rows("listing users", sql)}

    def _read_schema_grants(self):
        rows, columns = self.query("reading grants", "SELECT * FROM mysql.db")
        names = {column: grants.of_schema_column(column) for column in columns if column.endswith("_priv")}
        found = {}
        for row in rows:
            items = {names[column] for column in names if row[column] == "Y"}
            _add(found, row, grants.Target(grants.SCHEMA, text(row["Db"])), items)
        return set(names.values()), found

    def _read_table_grants(self):
        found = {}
        sql = "SELECT Host, Db, User, Table_name, Table_priv FROM mysql.tables_priv"
        for row in self.rows("reading grants on tables", sql):
            target = grants.Target(grants.TABLE, text(row["Db"]), text(row["Table_name"]))
            _add(found, row, target, grants.of_set(text(row["Table_priv"])))
        return found

    def _read_column_grants(self):
        found = {}
        sql = "SELECT Host, Db, User, Table_name, Column_name, Column_priv FROM mysql.columns_priv"
        for row in self.rows("reading grants on columns", sql):
            target = grants.Target(grants.COLUMN, *(text(row[key]) for key in ("Db", "Table_name", "Column_name")))
            _add(found, row, target, grants.of_set(text(row["Column_priv"])))
        return found

    def _read_routine_grants(self):
        found = {}
        sql = "SELECT Host, Db, User, Routine_name, Routine_type, Proc_priv FROM mysql.procs_priv"
        for row in self.rows("reading grants on routines", sql):
            target = grants.Target(text(row["Routine_type"]), text(row["Db"]), text(row["Routine_name"]))
            _add(found, row, target, grants.of_set(text(row["Proc_priv"])))
        return found

    def _read_global_grants(self):
        """By grantee, as the server spells it: the only place that lists what all versions have."""
        found = {}
        sql = "SELECT GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES"
        for row in self.rows("reading grants on all schemas", sql):
            items = {row["PRIVILEGE_TYPE"].upper(), *([grants.GRANT_OPTION] if row["IS_GRANTABLE"] == "YES" else [])}
            found.setdefault(row["GRANTEE"], set()).update(items - {"USAGE"})
        return found


def _memory(context, settings):
    """
    What is remembered of a server: in ``__context__`` while states run, else for this one call.

    A run has its own copy of ``__context__``, into which Salt puts the run's file client.
    """
    run = context.get("fileclient")
    if run is None:
        return {}
    key = f"{_MEMORY}:{openstack_mysql.fingerprint(settings)}"
    if key not in context or context[key][0] is not run:
        context[key] = (run, {})
    return context[key][1]


def _add(found, row, target, items):
    if items:
        account = (text(row["User"]), text(row["Host"]).lower())
        found.setdefault(account, {}).setdefault(target, set()).update(items)


def _grantee(name, host):
    return f"'{name}'@'{host}'"
