"""
What accounts may do: privileges as declared, as servers keep them, and what leads from one to the other.

Nothing here asks a server. What an account holds is a mapping ``{Target: {privilege}}``.
"""

from typing import NamedTuple

from openstack_errors import Invalid
from openstack_mysql_names import identifier, pattern

ALL = "ALL PRIVILEGES"
GRANT_OPTION = "GRANT OPTION"
GLOBAL, SCHEMA, TABLE, COLUMN = "global", "schema", "table", "column"

_RUNTIME = ("SELECT", "INSERT", "UPDATE", "DELETE")
PRESETS = {
    "GLANCE RUNTIME": _RUNTIME,
    "GLANCE MIGRATIONS": (*_RUNTIME, "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "TRIGGER"),
}
"""Names for what a service needs: as it runs, and while ``glance-manage db_sync`` changes its tables."""

_ALIASES = {"ALL": ALL, "DELETE VERSIONING ROWS": "DELETE HISTORY", "GRANT": GRANT_OPTION}
_SCHEMA_COLUMNS = {"Create_tmp_table_priv": "CREATE TEMPORARY TABLES", "Grant_priv": GRANT_OPTION}
_ON_COLUMNS = {"SELECT", "INSERT", "UPDATE", "REFERENCES"}
_ON_TABLES = {
    *_ON_COLUMNS,
    *("DELETE", "CREATE", "DROP", "INDEX", "ALTER", "CREATE VIEW", "SHOW VIEW", "TRIGGER", "DELETE HISTORY"),
    GRANT_OPTION,
}


class Target(NamedTuple):
    """
    What a privilege is on.

    ``kind`` is one of the constants above, or a kind of routine in the server's own word (``PROCEDURE``). ``schema`` of
    a grant on a schema is the pattern that the server keeps, of all others a name.
    """

    kind: str
    schema: str = ""
    name: str = ""
    column: str = ""


# --- privileges


def of_schema_column(column):
    """
    Return the name of a privilege in statements.

    column
        Its column in ``mysql.db``: ``Create_tmp_table_priv``.
    """
    return _SCHEMA_COLUMNS.get(column) or column.removesuffix("_priv").replace("_", " ").upper()


def of_set(value):
    """
    Return the set of privileges in a column of type SET.

    value
        Its text: ``Select,Create View,Grant``.
    """
    listed = [item.upper() for item in value.split(",") if item]
    return {_ALIASES.get(item, item) for item in listed}


def declared(names, kind, known):
    """
    Return the set of privileges that a list means.

    names
        Privileges as in a GRANT statement, a list or a single one; ``ALL``, ``USAGE`` (none), ``GRANT OPTION`` and the
        names of presets are understood.

    kind
        ``SCHEMA``, ``TABLE`` or ``COLUMN``.

    known
        The privileges that the server has for schemas.

    Raises :py:exc:`Invalid` for a privilege that the server does not have for this kind.
    """
    names = [names] if isinstance(names, str) else list(names)
    plain = [" ".join(str(name).upper().split()) for name in names]
    listed = {_ALIASES.get(name, name) for each in plain for name in PRESETS.get(each, [each])} - {"USAGE"}
    possible = _possible(kind, known)
    if kind != SCHEMA:
        # a preset is for schemas; on a table it means those of its privileges that tables have
        listed -= {name for each in plain for name in PRESETS.get(each, ())} - possible
    unknown = sorted(listed - possible - {ALL})
    if unknown:
        raise Invalid(f"no privilege on a {kind}: {', '.join(unknown)}; this server has {', '.join(sorted(possible))}")
    return (listed - {ALL}) | (possible - {GRANT_OPTION}) if ALL in listed else listed


def summary(items, kind, known):
    """
    Return the sorted list of a set of privileges, all that there are as ``ALL PRIVILEGES``.

    items, kind, known
        As in :py:func:`declared`.
    """
    everything = _possible(kind, known) - {GRANT_OPTION}
    if everything and everything <= items:
        return [ALL, *sorted(items - everything)]
    return sorted(items)


def _possible(kind, known):
    within = {SCHEMA: known, TABLE: _ON_TABLES, COLUMN: _ON_COLUMNS}
    return known & within.get(kind, set())


# --- what an account holds


def wanted(schema, privileges, tables, columns, known):
    """
    Return what an account should hold in a schema, ``{Target: {privilege}}``.

    schema
        Name of the schema.

    privileges
        Those on the schema.

    tables
        ``{table: privileges}``; ``None`` for none.

    columns
        ``{table: {column: privileges}}``; ``None`` for none.

    known
        As in :py:func:`declared`.
    """
    found = {Target(SCHEMA, pattern(schema)): declared(privileges, SCHEMA, known)}
    for table, names in _mapping(tables, "tables").items():
        found[Target(TABLE, schema, table)] = declared(names, TABLE, known)
    for table, given in _mapping(columns, "columns").items():
        for column, names in _mapping(given, f"columns of {table}").items():
            found[Target(COLUMN, schema, table, column)] = declared(names, COLUMN, known)
    return {target: items for target, items in found.items() if items}


def _mapping(given, what):
    if given is None or isinstance(given, dict):
        return given or {}
    raise Invalid(f"{what} must be a mapping, not {given!r}")


def within(held, schema, elsewhere=False):
    """
    Return the part of what an account holds that belongs to a schema.

    held
        ``{Target: {privilege}}``

    schema
        Name of the schema. A grant on a pattern that is spelled like it (``glance_db``, where ``_`` is any character)
        belongs to it as well.

    elsewhere
        Return all of it, other schemas and ``*.*`` too. Default ``False``.
    """
    patterns = {pattern(schema)} if "\\" in schema else {pattern(schema), schema}
    return {
        target: items
        for target, items in held.items()
        if elsewhere or (target.schema in patterns if target.kind == SCHEMA else target.schema == schema)
    }


def shown(held, schema, known):
    """
    Return what an account holds as a sorted list for people: ``["INSERT", "SELECT ON `images`"]``.

    held, schema, known
        As in :py:func:`within` and :py:func:`declared`. Names stand in backticks, so that no two things look the same.
    """
    found = []
    for target, items in sorted(held.items()):
        where = _shown_target(target, schema)
        found += [f"{item}{where}" for item in summary(items, target.kind, known)]
    return found


def _shown_target(target, schema):
    kind, of, name, column = target
    if kind == GLOBAL:
        return " ON *.*"
    if kind == SCHEMA:
        if of == pattern(schema):
            return ""
        return f" ON PATTERN {_ticks(of)}" if of == schema else f" ON {_ticks(of)}.*"
    place = _ticks(name) if of == schema else f"{_ticks(of)}.{_ticks(name)}"
    if kind == COLUMN:
        return f" ({_ticks(column)}) ON {place}"
    return f" ON {place}" if kind == TABLE else f" ON {kind} {place}"


def _ticks(name):
    return "`" + name.replace("`", "``") + "`"


# --- from one to the other


def steps(held, goal):
    """
    Return what leads from what an account holds to what it should: ``[(verb, Target, {privilege})]``.

    First comes what is missing, then what is too much, so that a service loses nothing on the way. Servers take a
    privilege that is revoked from a table from its columns too: theirs are granted again.

    held, goal
        ``{Target: {privilege}}``
    """
    grants = [("GRANT", target, items - held.get(target, set())) for target, items in sorted(goal.items())]
    revokes = [("REVOKE", target, items - goal.get(target, set())) for target, items in sorted(held.items())]
    taken = {target[1:3] for _, target, items in revokes if target.kind == TABLE and items}
    again = [
        ("GRANT", each, items) for each, items in sorted(goal.items()) if each.kind == COLUMN and each[1:3] in taken
    ]
    # columns before their table: nothing is then revoked twice
    revokes.sort(key=lambda step: step[1].kind != COLUMN)
    return [step for step in (*grants, *_one_by_one(revokes), *again) if step[2]]


def _one_by_one(revokes):
    """
    MySQL takes a list of all privileges on ``*.*`` for REVOKE ALL, which takes those on schemas as well; and after a
    REVOKE of the GRANT OPTION it no longer revokes its dynamic privileges.
    """
    for verb, target, items in revokes:
        parts = (
            [{item} for item in sorted(items, key=lambda item: (item == GRANT_OPTION, item))]
            if target.kind == GLOBAL
            else [items]
        )
        yield from ((verb, target, part) for part in parts)


def statement(verb, target, items):
    """
    Return a GRANT or REVOKE that ends in ``%s@%s`` for the account.

    verb, target, items
        As in :py:func:`steps`; the items are names that the server itself has for privileges.
    """
    column = f" ({identifier(target.column)})" if target.kind == COLUMN else ""
    listed = ", ".join(f"{item}{column}" for item in sorted(items))
    return f"{verb} {listed} ON {_place(target)} {'TO' if verb == 'GRANT' else 'FROM'} %s@%s"


def _place(target):
    if target.kind == GLOBAL:
        return "*.*"
    if target.kind == SCHEMA:
        return f"{identifier(target.schema)}.*"
    place = f"{identifier(target.schema)}.{identifier(target.name)}"
    return place if target.kind in (TABLE, COLUMN) else f"{target.kind} {place}"
