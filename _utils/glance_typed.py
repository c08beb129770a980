"""
Typed keys: pillar keys that stand for options. ``glance/schema.yaml`` says which, so none of it is code.

    option: section/name            the key's value is the option's
    sets: {value: {section/name: …}}   what options a value of the key stands for
    only_if: {key: [values]}        of a mapping: its keys count only while a key in it has one of these values
    essential: true                 a release without the option is refused, others leave it out and say so
"""

import openstack_ini
from openstack_secrets import reference


def options(schema, settings, pillar):
    """
    Return what the keys of a part of the pillar stand for, ``{section: {option: value}}``, in the names of the newest
    release; secrets are references.

    schema
        Schema of the part.

    settings
        The part, completed by ``glance_schema.complete``.

    pillar
        The part as pillar has it.
    """
    found = {}
    for name, value, _ in keys(schema, settings, pillar):
        section, option = name.split("/")
        found.setdefault(section, {})[option] = value
    return found


def keys(schema, settings, pillar, key=""):
    """
    Yield ``(section/option, value, pillar key)`` for each typed key that has a value; arguments as for
    :py:func:`options`, ``key`` is the pillar key of the part.
    """
    if not _counts(schema, settings):
        return
    for name, child in schema.get("properties", {}).items():
        full, given = f"{key}:{name}", (pillar or {}).get(name)
        if "properties" in child:
            yield from keys(child, settings.get(name) or {}, given, full)
        elif child.get("secret"):
            if "option" in child and given not in (None, ""):
                yield child["option"], reference(settings[f"{name}_pillar"], "oslo"), full
        elif settings.get(name) is not None:
            yield from _of(child, settings[name], full)


def without_effect(schema, settings, pillar, place, key="glance"):
    """
    Return ``[(pillar key, option, essential)]`` for what pillar says and the release has no option for.

    schema, settings, pillar
        As for :py:func:`options`.

    place
        ``glance_options.Known.place``.
    """
    return [
        (full, name, bool(_schema_of(schema, full, key).get("essential")))
        for name, _, full in keys(schema, settings, pillar, key)
        if _is_given(pillar, full, key) and place(*name.split("/")) is None
    ]


def named(schema, key=""):
    """Return every typed key of a schema with the options that it may set, ``{pillar key: [section/option]}``."""
    found = {}
    for name, child in schema.get("properties", {}).items():
        own = [child["option"]] if "option" in child else []
        own += [option for options in child.get("sets", {}).values() for option in options]
        found |= {f"{key}:{name}": own} if own else {}
        found |= named(child, f"{key}:{name}")
    return found


def _of(child, value, key):
    if "option" in child:
        yield child["option"], value, key
    for option, each in child.get("sets", {}).get(openstack_ini.text(value), {}).items():
        yield option, each, key


def _counts(schema, settings):
    return all(settings.get(key) in values for key, values in schema.get("only_if", {}).items())


def _path(full, key):
    return full.removeprefix(f"{key}:").split(":")


def _is_given(pillar, full, key):
    for name in _path(full, key):
        pillar = pillar.get(name) if isinstance(pillar, dict) else None
    return pillar is not None


def _schema_of(schema, full, key):
    for name in _path(full, key):
        schema = schema["properties"][name]
    return schema
