"""Keystone's tables: everything that a state could have changed."""

import contextlib

import pymysql

# What Keystone itself writes when somebody logs in or a token is revoked.
OWN_TABLES = {"revocation_event"}
OWN_COLUMNS = {("local_user", "failed_auth_count"), ("local_user", "failed_auth_at"), ("user", "last_active_at")}


class Tables:
    """All of Keystone's tables on a database server; ``server`` is as in the file of servers."""

    def __init__(self, server):
        self._server = {key: server[key] for key in ("host", "port", "user", "password")}
        self._columns = {}
        for table, column in self.run(
            "SELECT c.TABLE_NAME, c.COLUMN_NAME FROM information_schema.COLUMNS c JOIN information_schema.TABLES t"
            " USING (TABLE_SCHEMA, TABLE_NAME) WHERE t.TABLE_SCHEMA = 'keystone' AND t.TABLE_TYPE = 'BASE TABLE'"
            " ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION"
        ):
            self._columns.setdefault(table, []).append(column)

    def run(self, statement, *args):
        """The rows that a statement returns."""
        with self._cursor() as cursor:
            cursor.execute(statement, args)
            return cursor.fetchall()

    def objects(self):
        """What is in all of them but what Keystone writes by itself, ``{table: rows}``, in the same order each time."""
        with self._cursor() as cursor:
            return {table: self._rows(cursor, table) for table in self._columns if table not in OWN_TABLES}

    def _rows(self, cursor, table):
        columns = [column for column in self._columns[table] if (table, column) not in OWN_COLUMNS]
        cursor.execute("SELECT {} FROM `{}`".format(", ".join(f"`{column}`" for column in columns), table))
        return sorted(cursor.fetchall(), key=repr)

    @contextlib.contextmanager
    def _cursor(self):
        connection = pymysql.connect(**self._server, database="keystone", autocommit=True)
        with contextlib.closing(connection), connection.cursor() as cursor:
            yield cursor
