"""
The pillar against ``glance/schema.yaml``: every problem at once, in the words of an operator; and its defaults.
"""

import copy
import difflib
import re

import openstack_ini

try:
    import jsonschema

    HAS_JSONSCHEMA = True
except ImportError:
    HAS_JSONSCHEMA = False

MISSING = "jsonschema is missing in Salt's own Python: state.apply glance.client.python installs it"
ROOT = "glance"
_CREDENTIALS = re.compile(r"://\S*@")
_KINDS = {
    type(None): "empty",
    dict: "a mapping",
    list: "a list",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
}
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "null": "empty",
}


def plain(value, schema):
    """
    Return pillar as plain dictionaries and lists, without the keys that are known and empty (``host:`` and nothing
    behind it). In a free-form mapping an empty key means something, and stays.

    value
        What pillar has.

    schema
        Schema of the value.
    """
    if isinstance(value, dict):
        known, free = schema.get("properties", {}), schema.get("additionalProperties")
        free = free if isinstance(free, dict) else {}
        return {
            key: plain(item, known.get(key, free))
            for key, item in value.items()
            if item is not None or key not in known
        }
    if isinstance(value, (list, tuple)):
        return [plain(item, {}) for item in value]
    return value


def problems(schema, pillar):
    """
    Return one line for each thing that is wrong with the pillar, ``[]`` when nothing is.

    schema
        Parsed ``schema.yaml``.

    pillar
        What pillar has under ``glance:``, as returned by :py:func:`plain`.
    """
    errors = jsonschema.Draft202012Validator(schema).iter_errors(pillar)
    found = [line for error in sorted(errors, key=lambda error: list(map(str, error.path))) for line in _lines(error)]
    return list(dict.fromkeys(found))


def missing(schema, pillar, roles, key=ROOT):
    """
    Return one line for each key that one of the roles needs and pillar does not have.

    schema, pillar
        As for :py:func:`problems`.

    roles
        Roles of this minion, or the one that is asked for.
    """
    found = []
    for name, child in schema.get("properties", {}).items():
        value = pillar.get(name) if isinstance(pillar, dict) else None
        needed = [role for role in roles if role in child.get("required_for", [])]
        if needed and value in (None, ""):
            found.append(f"{key}:{name} is missing: {_roles(needed)} it. {child['description']}")
        found += missing(child, value or {}, roles, f"{key}:{name}")
    return found


def complete(schema, value, key=ROOT):
    """
    Return the value with defaults filled in and without secrets: for ``password`` there is ``password_pillar``, the
    name of its pillar key, instead.

    schema
        Schema of the value.

    value
        What pillar has; not changed.

    key
        Pillar key of the value.
    """
    if not isinstance(value, dict) or not ("properties" in schema or "additionalProperties" in schema):
        return copy.deepcopy(value)
    free = schema.get("additionalProperties")
    known = schema.get("properties", {})
    done = {
        name: complete(free, item, f"{key}:{name}") if isinstance(free, dict) else copy.deepcopy(item)
        for name, item in value.items()
        if name not in known
    }
    for name, child in known.items():
        if child.get("secret"):
            done[f"{name}_pillar"] = f"{key}:{name}"
        elif name in value or "default" in child:
            done[name] = complete(child, value.get(name, child.get("default")), f"{key}:{name}")
    return done


def secrets(schema, key=ROOT):
    """Return the pillar keys that hold secrets."""
    found = []
    for name, child in schema.get("properties", {}).items():
        found += [f"{key}:{name}"] if child.get("secret") else secrets(child, f"{key}:{name}")
    return found


def _roles(names):
    return f"role {names[0]} needs" if len(names) == 1 else f"roles {', '.join(names)} need"


def _lines(error):
    key = ":".join([ROOT, *map(str, error.absolute_path)])
    if "propertyNames" in error.schema_path:
        return [f"{key} has the key {str(error.instance)[:60]!r}: it must be {error.schema['expects']}"]
    rule = _RULES.get(error.validator)
    return rule(key, error) if rule else [f"{key} is not valid ({error.validator})"]


def _unknown(key, error):
    known = list(error.schema.get("properties", {}))
    return [f"{key}:{name} is not known: {_guess(name, known)}" for name in error.instance if name not in known]


def _guess(name, known):
    close = difflib.get_close_matches(str(name), known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here are {', '.join(map(str, known))}"


def _absent(key, error):
    return [f"{key}:{name} is missing" for name in error.validator_value if name not in error.instance]


def _wrong_type(key, error):
    wanted = error.validator_value
    wanted = " or ".join(_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted) if name != "null")
    return [f"{key} must be {wanted}, not {_kind(error.instance)}{_shown(key, error)}"]


def _not_listed(key, error):
    known = [str(item) for item in error.validator_value]
    close = difflib.get_close_matches(str(error.instance), known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return [
        f"{key} must be one of {', '.join(known)}{_shown(key, error, ', not ')}{': ' + hint.strip() if hint else ''}"
    ]


def _pattern(key, error):
    expected = error.schema.get("expects") or f"something like {error.validator_value}"
    return [f"{key} must be {expected}{_shown(key, error, ', not ')}"]


def _limit(words):
    def line(key, error):
        return [f"{key} {words.format(error.validator_value)}{_shown(key, error, ', not ')}"]

    return line


def _kind(value):
    return next((words for kind, words in _KINDS.items() if type(value) is kind), None) or (
        "a mapping" if isinstance(value, dict) else type(value).__name__
    )


def _shown(key, error, before=": "):
    """The value that was given, for the message: never one that is or may hold a secret."""
    value, wanted = error.instance, error.schema.get("type", "")
    hidden = (
        error.schema.get("secret")
        or isinstance(value, (dict, list))
        or "object" in wanted
        or any(openstack_ini.is_secret(part) for part in key.split(":"))
        or _CREDENTIALS.search(str(value))
    )
    return "" if hidden else f"{before}{str(value)[:60]!r}"


_RULES = {
    "additionalProperties": _unknown,
    "required": _absent,
    "type": _wrong_type,
    "enum": _not_listed,
    "pattern": _pattern,
    "minLength": _limit("is too short"),
    "maxLength": _limit("must not have more than {} characters"),
    "minimum": _limit("must be {} or more"),
    "maximum": _limit("must be {} or less"),
    "exclusiveMinimum": _limit("must be more than {}"),
    "minItems": _limit("must not be empty"),
    "minProperties": _limit("must not be empty"),
    "uniqueItems": _limit("must not name the same thing twice"),
}
