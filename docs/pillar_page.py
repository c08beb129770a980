"""The page of the pillar, from ``glance/schema.yaml``."""

import json

HEAD = """\
.. Made from glance/schema.yaml by docs/build.py: change it there.

Pillar
======

Everything is under the key ``glance``. A minion's pillar names only what its roles need: the keys marked with a role
are required for that role, all others have a default or may be left out. ``pillar.example`` shows every key at work.

An *option* is the one that the key stands for, by the name that the newest release has for it. Older releases get
their own; one that has none goes without (``glance_settings.without_effect`` lists such keys), or is refused.

A key marked *secret* goes to its file or server and nowhere else. An unknown key, a wrong type and a missing key are
refused before anything is changed, all of them at once, each with its full name.
"""


def page(schema):
    """Return the text of the page."""
    parts = [HEAD]
    top = {name: child for name, child in schema["properties"].items() if not nested(child)}
    parts += section("glance", {"properties": top, "description": "Of the minion and its site."})
    for name, child in schema["properties"].items():
        if nested(child):
            parts += section(f"glance:{name}", child)
    return "\n".join(parts)


def nested(schema):
    """Tell whether a key has keys of its own."""
    return "properties" in schema or isinstance(schema.get("additionalProperties"), dict)


def section(key, schema):
    """Return the lines of one section, and of those below it that have names of their own."""
    lines = ["", key, "-" * len(key), "", schema["description"], ""]
    free = schema.get("additionalProperties")
    if not schema.get("properties") and isinstance(free, dict):
        return lines + rows(f"{key}:<name>", free)
    return lines + rows(key, schema)


def rows(key, schema):
    """Return one entry of a definition list for each key, those of nested mappings after it."""
    lines = []
    for name, child in schema["properties"].items():
        full = f"{key}:{name}"
        lines += [f"``{full}``", f"    {facts(child)}", "", f"    {child['description'].strip()}", ""]
        if "properties" in child:
            lines += rows(full, child)
        elif "properties" in (child.get("additionalProperties") or {}):
            lines += rows(f"{full}:<name>", child["additionalProperties"])
    return lines


def facts(schema):
    """Return type, default, who needs it."""
    kind = schema.get("type", "one of")
    words = [" or ".join(kind) if isinstance(kind, list) else kind]
    choices = schema.get("enum") or schema.get("items", {}).get("enum")
    if choices:
        words[0] += " " + ("of " if "items" in schema else "") + ", ".join(f"``{choice}``" for choice in choices)
    if "default" in schema and not (schema["default"] == {} and "properties" in schema):
        words.append(f"default ``{json.dumps(schema['default'], ensure_ascii=False)}``")
    if schema.get("required_for"):
        words.append(f"required for {', '.join(schema['required_for'])}")
    if schema.get("secret"):
        words.append("*secret*")
    if schema.get("option"):
        words.append("option ``[{}] {}``".format(*schema["option"].split("/")))
    return "; ".join(words)
