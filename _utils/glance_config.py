"""
From settings to the options of Glance's files for one release. Secrets stand in them as references to pillar.

Only what differs from Glance's own default, or must not depend on it, is written. What is derived is in the names of
the newest release; ``glance_options.Known`` has those of the wanted one, and what it does not have is left out. What
pillar has under ``api:config`` wins.
"""

import glance_connections
import glance_front
import glance_stores
import glance_typed
import glance_values
import openstack_ini
from openstack_secrets import reference

PROTECTIONS = "property-protections.conf"
METHODS = ("glance-direct", "web-download", "copy-image")
# uWSGI takes chunks of no more than 1 MiB by itself; those of python-glanceclient and of Nova's snapshots are longer,
# and an upload of theirs breaks off
UWSGI = {"chunked-input-limit": 64 << 20}


def api(settings, pillar, schema, known, system, node):
    """
    Return the options of ``glance-api.conf``: ``{section: {option: value or list}}``, values ready to be written.

    settings
        The pillar, completed by ``glance_schema.complete``.

    pillar
        What pillar has under ``glance:``.

    schema
        Parsed ``schema.yaml``.

    known
        The options of the release, ``glance_options.Known``.

    system
        Parsed ``os/<os_family>.yaml``.

    node
        Name of this host, for the URL under which other hosts of the API reach it.
    """
    release = known.release
    derived = merge(
        _general(settings, system, node),
        _log_files(settings, system, "glance-api.log"),
        glance_stores.options(settings, pillar, schema, known, system),
        glance_connections.database(settings, release),
        glance_connections.authtoken(settings, release),
        *glance_connections.messaging(settings, release),
        glance_connections.limits(settings, release),
        glance_connections.signatures(settings),
        _protections(settings["api"]["property_protections"], system),
        _registry_of(settings, release),
        {"DEFAULT": {"enabled_import_methods": methods(settings, known)}, "paste_deploy": {"flavor": flavor(settings)}},
        glance_typed.options(schema, settings, pillar),
        glance_front.options(settings, known),
    )
    return _written(merge(_known(derived, known), own(pillar.get("api", {}).get("config", {}))), known)


def registry(settings, pillar, schema, known, system):
    """
    Return the options of ``glance-registry.conf``; arguments as for :py:func:`api`.
    """
    typed = glance_typed.options(schema, settings, pillar)
    derived = merge(
        {"oslo_concurrency": {"lock_path": system["paths"]["locks"]}, "paste_deploy": {"flavor": "keystone"}},
        {section: typed[section] for section in ("database", "keystone_authtoken") if section in typed},
        _log_files(settings, system, "glance-registry.log"),
        glance_connections.database(settings, known.release),
        glance_connections.authtoken(settings, known.release),
        {"DEFAULT": {key: settings["registry"].get(key) for key in ("bind_host", "bind_port", "workers")}},
    )
    given = own(pillar.get("registry", {}).get("config", {}), "glance:registry:config")
    return _written(merge(_known(derived, known), given), known)


def files(pillar, known):
    """
    Return the options of other files that pillar names under ``api:files``, ``{name: {section: {option: value}}}``.

    pillar, known
        As for :py:func:`api`.
    """
    given = pillar.get("api", {}).get("files", {})
    found = {name: merge(own(options, f"glance:api:files:{name}")) for name, options in given.items()}
    return {name: _written(options, known) for name, options in found.items()}


def own(config, key="glance:api:config"):
    """Return pillar's own options with a reference in place of each value that is secret by its name."""
    return {
        section: {
            option: reference(f"{key}:{section}:{option}")
            if openstack_ini.is_secret(option) and value is not None
            else value
            for option, value in (options or {}).items()
        }
        for section, options in config.items()
    }


def methods(settings, known):
    """Return the methods of import: pillar's, or those of the usual three that the release has."""
    wanted = settings["import"].get("methods")
    return wanted if wanted is not None else [name for name in METHODS if known.has_method(name)]


def flavor(settings):
    """Return the flavor of the paste file: which filters a request goes through."""
    cache = settings["cache"]
    return f"keystone+{cache['flavor']}" if cache["enabled"] else "keystone"


def serves_v1(settings, release):
    """Tell whether version 1 of the API is on: by pillar, else by release; ``None`` where there is none."""
    return None if release["v1"] is None else settings["api"].get("v1", release["v1"])


def uwsgi(settings, python):
    """
    Return the options of uWSGI's ini file, for the releases that run under it.

    settings
        The pillar, completed by ``glance_schema.complete``.

    python
        Path of Glance's Python. What is started with ``sys.executable``, as qemu-img is by the plugin image_conversion,
        would be uWSGI otherwise.
    """
    values = settings["api"]
    options = {"processes": values.get("workers"), "threads": values.get("threads")}
    options |= {**UWSGI, "py-sys-executable": python, **values["uwsgi"]}
    return {"uwsgi": {key: openstack_ini.text(value) for key, value in options.items() if value is not None}}


def _general(settings, system, node):
    address = f"{glance_front.scheme(settings)}://{glance_connections.host(node)}:{settings['api']['bind_port']}"
    return {
        "DEFAULT": {
            "show_image_direct_url": False,
            "show_multiple_locations": False,
            "worker_self_reference_url": address,
        },
        "oslo_concurrency": {"lock_path": system["paths"]["locks"]},
        "keystone_authtoken": {"cafile": system["ca_bundle"] if _is_tls(settings) else None},
    }


def _protections(values, system):
    if not values.get("rules"):
        return {}
    file = f"{system['paths']['config']}/{PROTECTIONS}"
    return {"DEFAULT": {"property_protection_file": file, "property_protection_rule_format": values["format"]}}


def _is_tls(settings):
    return str(settings["identity"].get("auth_url")).startswith("https") or glance_front.is_on(settings)


def _log_files(settings, system, name):
    if settings["api"]["logging"]["target"] != "file":
        return {}
    return {"DEFAULT": {"log_dir": system["paths"]["logs"], "log_file": name}}


def _registry_of(settings, release):
    """What the API needs to know of the registry: version 1 talks to it, version 2 when it is told to."""
    if not release["registry"]:
        return {}
    v1, values = serves_v1(settings, release), settings["registry"]
    options = {"enable_v1_api": v1}
    if v1 or values["through"]:
        options |= {"registry_host": values["host"], "registry_port": values["port"], "enable_v1_registry": v1}
    if values["through"]:
        options |= {"data_api": "glance.db.registry.api", "enable_v2_registry": True}
    return {"DEFAULT": options}


def merge(*layers):
    """Return all layers in one; later ones win, ``None`` takes an option out."""
    merged = {}
    for layer in layers:
        for section, options in layer.items():
            merged.setdefault(section, {}).update(options)
    return {
        section: {option: value for option, value in options.items() if value is not None}
        for section, options in merged.items()
        if any(value is not None for value in options.values())
    }


def _known(derived, known):
    """What the release has, under the name that it has it, and in its words."""
    found = {}
    for section, options in derived.items():
        for option, value in options.items():
            place = known.place(section, option)
            if place and value not in ([], {}):
                found.setdefault(place[0], {})[place[1]] = known.value(*place, value)
    return found


def _written(options, known):
    return {
        section: {
            option: glance_values.written(value, known.spec(section, option) or {}) for option, value in values.items()
        }
        for section, values in options.items()
    }
