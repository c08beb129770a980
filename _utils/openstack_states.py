"""
The one way in which every state of this formula works: read, compare, (in test mode) stop, write, read back, compare.

A state module says only what is wanted, how to read it and how to write it. Because one function turns the three into
a result, ``test=True`` shows the same changes as the real run, a second run shows none, and a write that the server
took but did not carry out is a failure.
"""

from openstack_errors import EXPECTED


def diff(old, new):
    """
    Return what differs, attribute by attribute: ``{attribute: {"old": …, "new": …}}``.

    old
        Attributes of the object as it is, ``None`` when it does not exist.

    new
        Attributes that are wanted; others of ``old`` are not looked at. ``None`` when the object must not exist, then
        every attribute of ``old`` is listed with ``new: None``.
    """
    if new is None:
        return {key: {"old": value, "new": None} for key, value in (old or {}).items()}
    return {
        key: {"old": None if old is None else old.get(key), "new": value}
        for key, value in new.items()
        if old is None or key not in old or old[key] != value
    }


def converge(name, label, wanted, read, write, test):
    """
    Make an object what it should be and return what a Salt state returns.

    name
        The state's ``name``.

    label
        The object in the words of an operator, first letter in upper case: ``Database user glance@%``.

    wanted
        Mapping of plain values that the object must have; ``None`` when it must not exist. A secret appears as
        ``openstack_secrets.SAME``. Where it is checked or computed first, a function without arguments that returns
        it: what it raises makes the state fail, as for ``read``.

    read
        Called without arguments; returns the object's attributes in the same form as ``wanted``, ``None`` when it does
        not exist. A secret is read as ``SAME`` or ``DIFFERS``.

    write
        Called with ``(current, changes)``: creates, updates or removes.

    test
        ``__opts__["test"]``.
    """
    ret = {"name": name, "result": True, "changes": {}, "comment": ""}
    try:
        wanted = wanted() if callable(wanted) else wanted
        current = read()
    except EXPECTED as exc:
        return {**ret, "result": False, "comment": f"{label}: {exc}"}
    changes = diff(current, wanted)
    if not changes and (current is None) == (wanted is None):
        return {**ret, "comment": f"{label} is {'absent' if wanted is None else 'as declared'}"}
    verb = _verb(current, wanted)
    if test:
        return {**ret, "result": None, "changes": changes, "comment": f"{label} would be {verb}"}
    try:
        write(current, changes)
        left = diff(read(), wanted)
    except EXPECTED as exc:
        return {**ret, "result": False, "changes": _done(read, current, changes), "comment": f"{label}: {exc}"}
    if left:
        done = {key: value for key, value in changes.items() if key not in left}
        differs = ", ".join(f"{key} is {change['old']!r}" for key, change in sorted(left.items()))
        comment = f"{label} was {verb}, but reads back differently: {differs}"
        return {**ret, "result": False, "changes": done, "comment": comment}
    return {**ret, "changes": changes, "comment": f"{label} was {verb}"}


def _verb(current, wanted):
    if wanted is None:
        return "removed"
    return "created" if current is None else "updated"


def _done(read, before, changes):
    """What of the planned changes a failed write did carry out, as far as can be read."""
    try:
        after = read()
    except EXPECTED:
        return {}
    return {
        key: value
        for key, value in changes.items()
        if (after or {}).get(key) == value["new"] and (before or {}).get(key) != value["new"]
    }
