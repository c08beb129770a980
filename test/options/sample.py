"""
Reads the sample files that Glance keeps in ``etc/``: what each option is called, what it takes, what it was called.

Since Liberty they are made by oslo-config-generator, one block an option: help, ``(integer value)``, limits, older
names, ``#name = default``. Before that people wrote them, so only names can be read.
"""

import re

SECTION = re.compile(r"^\[(?P<name>[^\]]+)\]\s*$")
OPTION = re.compile(
    r"^# ?(?P<name>[A-Za-z][A-Za-z0-9_]*) ?= ?(?P<default>.*)$|^(?P<live>[a-z][a-z0-9_]*) ?= ?(?P<set>.*)$"
)
KIND = re.compile(
    r"\((?P<kind>(string|integer|floating point|boolean|list|dict|port|host address|hostname|host domain|URI|IP address"
    r"|unknown) value|multi valued)\)"
)
KINDS = {
    "string value": "string",
    "integer value": "integer",
    "floating point value": "float",
    "boolean value": "boolean",
    "list value": "list",
    "dict value": "dict",
    "port value": "port",
    "multi valued": "string",
}
LIMITS = {"min": re.compile(r"Minimum value: (\S+)"), "max": re.compile(r"Maximum value: (\S+)")}
OLD = re.compile(r"Deprecated group/name - \[(?P<section>[^\]]+)\]/(?P<name>\S+)")
ALLOWED = re.compile(r"^Allowed values: (?P<values>.+)$", re.MULTILINE)
POSSIBLE = re.compile(r"^Possible values:\n(?P<values>(?:\S.* - .*\n?)+)", re.MULTILINE)


def read(text):
    """Return ``{section: {option: specification}}`` of one file; see ``build.py`` for what a specification holds."""
    options, section, comment = {}, "DEFAULT", []
    for line in text.splitlines():
        found = SECTION.match(line)
        option = OPTION.match(line)
        if found:
            section, comment = found["name"], []
        elif option:
            name = option["name"] or option["live"]
            default = option["default"] if option["name"] else option["set"]
            spec = specification("\n".join(comment), default or "")
            options.setdefault(section, {}).setdefault(name, spec)
            comment = [] if not spec.get("multi") else comment  # each default of a multi valued option has its line
        elif line.startswith("#"):
            comment.append(line[1:].strip())
        else:
            comment = []
    return options


def specification(comment, default):
    """Return what the comment before an option says of it."""
    found = list(KIND.finditer(" ".join(comment.split("\n"))))
    if not found:
        return {}
    kind = found[-1]["kind"]
    after = comment.rpartition("value)" if kind != "multi valued" else "valued)")[2]
    spec = {"type": KINDS.get(kind, "string")}
    for limit, pattern in LIMITS.items():
        value = pattern.search(after)
        if value and spec["type"] != "port":
            spec[limit] = float(value[1]) if "." in value[1] else int(value[1])
    choices = _choices(after)
    if choices:
        spec["choices"] = choices
    if kind == "multi valued":
        spec["multi"] = True
    if spec["type"] == "list" and default.startswith("["):
        spec["brackets"] = True
    old = [f"{each['section']}/{each['name']}" for each in OLD.finditer(after)]
    if old:
        spec["old"] = sorted(old)
    return spec


def _choices(text):
    listed = ALLOWED.search(text)
    if listed:
        return [value.strip() for value in listed["values"].split(",") if value.strip() and value.strip() != "<None>"]
    described = POSSIBLE.search(text)
    if described:
        found = [line.partition(" - ")[0].strip() for line in described["values"].splitlines()]
        return [value for value in found if value not in ("<None>", '""', "''")]
    return []
