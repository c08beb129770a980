"""
Values of options, by what ``glance/options.json`` says of them: whether they fit, and how they are written.
"""

import openstack_ini
from openstack_secrets import has_reference

BOOLEANS = ("true", "1", "yes", "on", "false", "0", "no", "off")
_WORDS = {
    "integer": "a whole number",
    "float": "a number",
    "boolean": "true or false",
    "port": "a port, 0 to 65535",
    "dict": "pairs as key:value",
}


def problem(value, spec):
    """
    Return what is wrong with a value, in words that follow the option's name; ``None`` when nothing is.

    value
        What pillar has. One that refers to a secret or to another option (``$name``) is not looked at.

    spec
        Specification of the option.
    """
    items = value if isinstance(value, (list, tuple)) else [value]
    if isinstance(value, (list, tuple)) and spec.get("type") not in ("list", "dict") and not spec.get("multi"):
        return "takes one value, not a list"
    if spec.get("type") in ("list", "dict"):
        items = [part for item in items for part in _parts(item)]
    for item in items:
        found = None if _open(item) else _wrong(item, spec)
        if found:
            return found
    return None


def written(value, spec):
    """
    Return a value as a file has it: a string, or a list of them for an option that has a line for each.

    value
        A value, or a list of them.

    spec
        Specification of the option, ``{}`` when nothing is known of it.
    """
    if isinstance(value, dict):
        value = [f"{key}:{item}" for key, item in value.items()]
    if not isinstance(value, (list, tuple)):
        return openstack_ini.text(value)
    items = openstack_ini.values(value)
    if spec.get("multi"):
        return items
    joined = ",".join(items)
    return f"[{joined}]" if spec.get("brackets") else joined


def _open(item):
    return isinstance(item, str) and ("$" in item or has_reference(item))


def _parts(item):
    return [part.strip() for part in item.strip("[]").split(",") if part.strip()] if isinstance(item, str) else [item]


def _wrong(item, spec):
    kind = spec.get("items", "string") if spec.get("type") == "list" else spec.get("type", "string")
    number = _number(item, kind)
    if kind in ("integer", "float", "port"):
        if number is None:
            return f"must be {_WORDS[kind]}"
        return _outside(number, {"min": 0, "max": 65535} if kind == "port" else spec)
    if kind == "boolean" and openstack_ini.text(item).lower() not in BOOLEANS:
        return f"must be {_WORDS[kind]}"
    if kind == "dict" and ":" not in str(item):
        return f"must be {_WORDS[kind]}"
    choices = [str(choice) for choice in spec.get("choices", [])]
    if choices and openstack_ini.text(item).lower() not in [choice.lower() for choice in choices]:
        return f"must be one of {', '.join(choices)}"
    return None


def _outside(number, limits):
    if "min" in limits and number < limits["min"]:
        return f"must be {limits['min']} or more"
    if "max" in limits and number > limits["max"]:
        return f"must be {limits['max']} or less"
    return None


def _number(item, kind):
    if isinstance(item, bool):
        return None
    try:
        return float(item) if kind == "float" else int(str(item))
    except ValueError:
        return None
