"""
Shows the answers of the ``glance`` runner as a table: one line a row, the summary at the end. An answer may say in
``columns`` which of its rows' keys are shown, ``sites:zurich`` being a key of a mapping in a row.

``--out=json`` (or ``yaml``, ``nested``) shows the same answers as data. Colours are on only where Salt has them on: on
a terminal and without ``--no-color``.
"""

import shutil
import sys
import textwrap

import salt.utils.color

COLUMNS = ("host", "check", "result", "detail")
_COLOURS = {"ok": "GREEN", "failed": "LIGHT_RED", "not checked": "YELLOW", "missing": "LIGHT_RED"}
_NARROWEST = 30


def __virtual__():
    return "glance_table"


def output(data, **kwargs):
    """
    Return a report of the ``glance`` runner as text.

    CLI Example:

    .. code-block:: bash

        salt-run glance.preflight site=zurich
        salt-run glance.preflight site=zurich --out=json
    """
    if not isinstance(data, dict) or "rows" not in data:
        return str(data)
    columns = data.get("columns", COLUMNS)
    table = [list(map(_title, columns)), *([_cell(row, column) for column in columns] for row in data["rows"])]
    widths = [max(map(len, cells)) for cells in zip(*table)][:-1]
    room = _room(sum(width + 2 for width in widths))
    lines = [line for cells in table for line in _lines(cells, widths, room)]
    worst = "failed" if data["failed"] else "ok"
    return "\n".join([*lines, "", _coloured(data["summary"], worst)])


def _room(taken):
    """How many characters of detail fit on a line; ``None`` when the output is no terminal, for grep to like it."""
    if not sys.stdout.isatty():
        return None
    return max(shutil.get_terminal_size().columns - taken, _NARROWEST)


def _title(column):
    """``host`` is Host, ``sites:zurich`` is zurich."""
    return column.partition(":")[2] or column.capitalize()


def _cell(row, column):
    """``host`` is in the row, ``sites:zurich`` in a mapping in it."""
    key, _, name = column.partition(":")
    return str(row[key][name] if name else row[key])


def _lines(cells, widths, room):
    """One row as lines: what does not fit goes on below the last column."""
    head = "".join(_coloured(cell.ljust(width), cell) + "  " for cell, width in zip(cells, widths))
    detail = [part for line in cells[-1].splitlines() for part in _wrapped(line, room)] or [""]
    indent = " " * sum(width + 2 for width in widths)
    return [f"{head}{detail[0]}".rstrip(), *(indent + part for part in detail[1:])]


def _wrapped(line, room):
    return textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) if room else [line]


def _coloured(text, result):
    colours = salt.utils.color.get_colors(__opts__.get("color"), __opts__.get("color_theme"))
    return f"{colours[_COLOURS[result]]}{text}{colours['ENDC']}" if result in _COLOURS else text
