"""
Shows the answers of the ``glance`` runner as a table: one line a row, the summary at the end.

``--out=json`` (or ``yaml``, ``nested``) shows the same answers as data. Colours are on only where Salt has them on: on
a terminal and without ``--no-color``.
"""

import shutil
import sys
import textwrap

import salt.utils.color

COLUMNS = ("host", "check", "result", "detail")
_COLOURS = {"ok": "GREEN", "failed": "LIGHT_RED", "not checked": "YELLOW"}
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
    table = [dict(zip(COLUMNS, (column.capitalize() for column in COLUMNS), strict=True)), *data["rows"]]
    widths = {column: max(len(str(row[column])) for row in table) for column in COLUMNS}
    room = _room(sum(widths[column] + 2 for column in COLUMNS[:-1]))
    lines = [line for row in table for line in _lines(row, widths, room)]
    worst = "failed" if data["failed"] else "ok"
    return "\n".join([*lines, "", _coloured(data["summary"], worst)])


def _room(taken):
    """How many characters of detail fit on a line; ``None`` when the output is no terminal, for grep to like it."""
    if not sys.stdout.isatty():
        return None
    return max(shutil.get_terminal_size().columns - taken, _NARROWEST)


def _lines(row, widths, room):
    """One row as lines: what does not fit goes on below the detail."""
    head = "  ".join(str(row[column]).ljust(widths[column]) for column in COLUMNS[:2])
    result = _coloured(str(row["result"]).ljust(widths["result"]), row["result"])
    detail = [part for line in str(row["detail"]).splitlines() for part in _wrapped(line, room)] or [""]
    indent = " " * (sum(widths[column] + 2 for column in COLUMNS[:-1]))
    return [f"{head}  {result}  {detail[0]}".rstrip(), *(indent + part for part in detail[1:])]


def _wrapped(line, room):
    return textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) if room else [line]


def _coloured(text, result):
    colours = salt.utils.color.get_colors(__opts__.get("color"), __opts__.get("color_theme"))
    return f"{colours[_COLOURS[result]]}{text}{colours['ENDC']}" if result in _COLOURS else text
