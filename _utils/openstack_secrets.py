"""
Secrets by reference: the name of a pillar key travels, its value does not.

A state's arguments, an SLS file and what a module returns hold references: ``{pillar:glance:database:password}``, or
``{pillar:glance:database:password|url}`` where the value becomes a part of a URL and must be quoted, and
``{pillar:glance:identity:password|oslo}`` where oslo.config reads it, to which ``$word`` is another option, and with
``percent`` where Python's configparser does, to which that is ``%(word)s``. Only the
execution module that writes a file or talks to a server resolves them, right before it does. So a secret enters no SLS
text, state name, change, comment, log line, event or job cache (Salt 3008's own masking covers ``pillar.get`` from
Python and ``pillar.items``, no more).

What the comparison of a secret shows in ``changes`` are the two words below, never a value.
"""

import re
from urllib.parse import quote

from openstack_errors import Invalid
from salt.utils.data import traverse_dict_and_list

SAME = "as in pillar"
DIFFERS = "not as in pillar"

_REFERENCE = re.compile(r"\{pillar:(?P<key>[^{}|]+)(?:\|(?P<filter>[a-z]+))?\}")
_MISSING = object()


def lookup(pillar, key):
    """
    Return the value of a pillar key.

    pillar
        The pillar, as a module sees it in ``__pillar__`` (``pillar.get`` returns asterisks to Python since 3008).

    key
        Colon separated, ``glance:database:password``.

    Raises :py:exc:`Invalid` when the key is missing or empty.
    """
    value = traverse_dict_and_list(pillar, key, _MISSING)
    if value is _MISSING or value is None or value == "":
        raise Invalid(f"pillar key {key} is missing or empty: set it in this minion's pillar")
    return value


def password(pillar, key):
    """
    Return the password that a pillar key holds, as a string.

    pillar, key
        As in :py:func:`lookup`.

    Raises :py:exc:`Invalid` when the key is missing, empty, or holds something that is no string or whole number.
    """
    value = lookup(pillar, key)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Invalid(f"pillar key {key} must hold a string, it is a password")
    return str(value)


def reference(key, filter=None):
    """
    Return the reference to a pillar key.

    key
        Colon separated pillar key.

    filter
        ``url`` for a value inside a URL, ``oslo`` for one that stands alone in a file of oslo.config, ``percent`` for
        one in a file of configparser. Default ``None``: the value as it is.
    """
    return f"{{pillar:{key}{f'|{filter}' if filter else ''}}}"


def has_reference(value):
    """Tell whether a string, or any item of a list or mapping, holds a reference."""
    if isinstance(value, dict):
        return any(has_reference(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(has_reference(item) for item in value)
    return isinstance(value, str) and _REFERENCE.search(value) is not None


def resolve(value, pillar):
    """
    Return the value with every reference in it replaced by what pillar holds.

    value
        A string, list or mapping; anything else is returned as it is. A string that is one whole reference takes the
        pillar value's own type (a list stays a list).

    pillar
        The pillar, as in :py:func:`lookup`.

    Raises :py:exc:`Invalid` for a missing key, an unknown filter, and a value that ``oslo`` cannot quote.
    """
    if isinstance(value, dict):
        return {key: resolve(item, pillar) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(item, pillar) for item in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole and whole["filter"] is None:
        return lookup(pillar, whole["key"])
    return _REFERENCE.sub(lambda match: str(_filtered(match, pillar)), value)


def _filtered(match, pillar):
    name, value = match["filter"], lookup(pillar, match["key"])
    if name is None:
        return value
    if name == "url":
        return quote(str(value), safe="")
    if name == "percent":
        return str(value).replace("%", "%%")
    if name != "oslo":
        raise Invalid(f"unknown filter {name!r} in {match[0]}: use url, oslo or percent")
    if "\\$" in str(value):
        raise Invalid(
            f"pillar key {match['key']} has a backslash before a dollar sign, which no oslo.config file can hold"
        )
    return str(value).replace("$", "$$")
