"""
Stores: from pillar to the options of the backends, for releases with several of them and for those with one of a kind.

Which key stands for which option of which type is said in ``glance/schema.yaml`` by ``stores``, what a type is in which
release by ``store_types`` of ``glance/releases.yaml``; nothing here knows a type.
"""

from glance_options import STAGING, TASKS
from openstack_secrets import reference

KEY = "glance:stores:backends"
# Where all stores have their options in releases with one of each type, by ``stores`` of releases.yaml.
_SHARED = {"classes": "DEFAULT", "legacy": "glance_store"}
SWIFT_FILE = "swift-store.conf"


def options(settings, pillar, schema, known, system):
    """
    Return the options of all stores, ``{section: {option: value}}``. Arguments as for ``glance_config.api``.
    """
    stores = settings["stores"]
    found = _legacy(stores, known) if is_legacy(known.release) else _several(stores)
    for section, values in _reserved(stores, system, known.release).items():
        found.setdefault(section, {}).update(values)
    for option, value, _ in keys(settings, pillar, schema, known.release):
        section, name = option.split("/")
        found.setdefault(section, {})[name] = value
    for name, backend in stores["backends"].items():
        section = section_of(name, known.release)
        found.setdefault(section, {}).update(_implied(section, backend, known, system, name))
    return found


def default(stores):
    """Return the name of the default backend: pillar's, or the only one; ``None`` when that is not clear."""
    names = list(stores["backends"])
    return stores.get("default") or (names[0] if len(names) == 1 else None)


def types(stores):
    """Return the type of each backend, ``{name: type}``."""
    return {name: backend["type"] for name, backend in stores["backends"].items()}


def directories(backend):
    """Return the directories of a backend, ``[]`` when it has none on this host."""
    if backend.get("type", "file") != "file":
        return []
    return list(backend.get("datadirs") or filter(None, [backend.get("datadir")]))


def reserved(stores, system):
    """Return ``{"staging": directory, "tasks": directory}``."""
    given = stores["reserved"]
    return {name: given.get(name, f"{system['paths']['state']}/{name}") for name in ("staging", "tasks")}


def packages(stores, system):
    """Return the packages that the types of the backends need, beside those of the API."""
    wanted = system["packages"]["stores"]
    return list(dict.fromkeys(name for kind in types(stores).values() for name in wanted.get(kind, [])))


def is_legacy(release):
    """Tell whether the release has one store of each type, all in one section."""
    return release["stores"] in _SHARED


def section_of(name, release):
    """Return the section with the options of a backend."""
    return _SHARED.get(release["stores"], name)


def key_schemas(schema):
    """Return the schema of each key of a backend."""
    backends = schema["properties"]["stores"]["properties"]["backends"]
    return backends["additionalProperties"]["properties"]


def has(child, kind):
    """Tell whether a type of backend has a key; ``child`` is the key's schema."""
    return "stores" not in child or "any" in child["stores"] or kind in child["stores"]


def given(pillar, name):
    """Return what pillar has for a backend, ``{}`` when it is the schema's."""
    return (pillar.get("stores") or {}).get("backends", {}).get(name) or {}


def keys(settings, pillar, schema, release):
    """
    Yield ``(section/option, value, pillar key)`` for each key of each backend that stands for an option and has a
    value; secrets are references. Arguments as for :py:func:`options`.
    """
    for name, backend in settings["stores"]["backends"].items():
        for key, child in key_schemas(schema).items():
            option = _option(child, backend["type"])
            value = _value(name, key, child, backend, given(pillar, name))
            if option and value is not None:
                yield f"{section_of(name, release)}/{option}", value, f"{KEY}:{name}:{key}"


def without_effect(settings, pillar, schema, known):
    """Return ``[(pillar key, option, essential)]`` for each key of a backend that the release has no option for."""
    found = []
    for option, _, full in keys(settings, pillar, schema, known.release):
        name, key = full.removeprefix(f"{KEY}:").split(":")
        if key in given(pillar, name) and known.place(*option.split("/")) is None:
            found.append((full, option, bool(key_schemas(schema)[key].get("essential"))))
    return found


def _option(child, kind):
    options_ = child.get("stores", {})
    return options_.get("any") or options_.get(kind)


def _value(name, key, child, backend, pillar):
    if child.get("secret"):
        return reference(f"{KEY}:{name}:{key}", "oslo") if pillar.get(key) else None
    return backend.get(key)


def _implied(section, backend, known, system, name):
    """What a backend needs beside its own keys."""
    found = {}
    if backend.get("datadirs"):
        found["filesystem_store_datadir"] = ""  # it has a default, and both are one too many
    references = backend.get("references")
    if references and known.place(section, "swift_store_config_file"):
        found["swift_store_config_file"] = f"{system['paths']['config']}/{SWIFT_FILE}"
        found["default_swift_reference"] = reference_of(backend)
    elif references:
        found |= _account(references[reference_of(backend)], f"{KEY}:{name}:references:{reference_of(backend)}")
    return found


def reference_of(backend):
    """Return the reference of Swift that takes new images: pillar's, or the only one."""
    return backend.get("reference") or next(iter(backend["references"]))


def _account(account, key):
    """An account of Swift for a release without a file of references."""
    return {
        "swift_store_auth_address": account["auth_url"],
        "swift_store_auth_version": account["auth_version"],
        "swift_store_user": f"{account.get('project')}:{account.get('user')}",
        "swift_store_key": reference(f"{key}:password", "oslo"),
    }


def _legacy(stores, known):
    """One store of each type, by its name or by its class."""
    kinds = list(dict.fromkeys([*types(stores).values(), "http"]))
    kind, names = types(stores).get(default(stores)), known.store_types
    chosen = {"default_store": names.get(kind, {}).get("scheme", kind)}
    if known.release["stores"] == "classes":
        classes = [f"glance.store.{names[each]['class']}.Store" for each in kinds]
        return {"DEFAULT": {**chosen, **({"known_stores": classes} if set(kinds) > {"file", "http"} else {})}}
    return {"glance_store": {**chosen, "stores": kinds}}


def _several(stores):
    return {"DEFAULT": {"enabled_backends": types(stores)}, "glance_store": {"default_backend": default(stores)}}


def _reserved(stores, system, release):
    places = reserved(stores, system)
    if is_legacy(release):
        return {"DEFAULT": {"node_staging_uri": f"file://{places['staging']}", "work_dir": places["tasks"]}}
    return {
        STAGING: {"filesystem_store_datadir": places["staging"]},
        TASKS: {"filesystem_store_datadir": places["tasks"]},
    }
