"""The page about moving from Salt's own states, from ``docs/moving.yaml``."""

HEAD = """\
.. Made from docs/moving.yaml by docs/build.py: change it there.

Moving from keystone_*, mysql_* and glance states
=================================================

Salt 3008 has none of its OpenStack modules and ``mysql_*`` states any more. Here is each state of Salt 3007 beside the
one that takes its place, and below each table what is called by hand.

What is different everywhere:

- A state is planned as it is done: ``test=True`` shows the same changes as the real run, old and new of each attribute,
  and a second run shows none. Most of the old states showed something else, or all that was declared.
- A password is the name of a pillar key, ``password_pillar: glance:identity:password``. An old ``password`` was in the
  rendered SLS, and ``keystone_user.present`` showed it in its changes under ``test=True``.
- Who connects is one argument, ``profile``: the name of a pillar key, or a mapping of what would be there. Those of
  Keystone and Glance have the keys of ``clouds.yaml``, and ``cloud: admin`` takes an entry of it; see the page of each
  module.
- "Not there" and "could not ask" are different: when nobody answers, or the password is wrong, the state fails.
- An attribute that is not declared stays as it is.
- Names are looked up in their domain, by default ``Default``; a name that stands for two objects is an error.
"""


def page(sections):
    """Return the text of the page."""
    return "\n".join([HEAD, *(line for section in sections for line in _section(section))])


def _section(section):
    lines = [section["title"], "-" * len(section["title"]), "", section["text"].strip(), ""]
    lines += [".. list-table::", "   :header-rows: 1", "", "   * - Before", "     - Now", "     - Arguments"]
    for old, entry in section["states"].items():
        new = f"``{entry['new']}``" if "new" in entry else "\u2014"
        lines += [f"   * - ``{old}``", f"     - {new}", f"     - {_arguments(entry)}"]
    notes = [f"- ``{old}``: {entry['note'].strip()}" for old, entry in section["states"].items() if "note" in entry]
    return [*lines, "", *notes, "", *_by_hand(section.get("by_hand", {}))]


def _by_hand(functions):
    if not functions:
        return []
    lines = [".. list-table::", "   :header-rows: 1", "", "   * - By hand, before", "     - Now"]
    for new, old in functions.items():
        lines += [f"   * - {', '.join(f'``{each}``' for each in old)}", f"     - ``{new}``"]
    return [*lines, ""]


def _arguments(entry):
    """Which argument is which, those of the same name first; none is left out."""
    given = entry["arguments"]
    same = [f"``{old}``" for old, new in given.items() if old == new]
    other = [f"``{old}``: {_argument(new)}" for old, new in given.items() if new not in (old, None)]
    gone = [f"``{old}``" for old, new in given.items() if new is None]
    parts = [f"{', '.join(same)} as before" if same else "", *other, f"no {', '.join(gone)}" if gone else ""]
    return "; ".join(part for part in parts if part) or "\u2014"


def _argument(new):
    function, _, argument = new.rpartition(":")
    return f"``{argument}`` of ``{function}``" if function else f"``{argument}``"
