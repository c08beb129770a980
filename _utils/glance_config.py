"""
From settings to the options of ``glance-api.conf`` for one release. Secrets stand in them as references to pillar.

Only what differs from Glance's own default, or must not depend on it, is written. What a release does not have is left
out by ``releases.yaml``; what pillar has under ``api:config`` wins.
"""

from urllib.parse import quote

import glance_releases
import openstack_ini
from openstack_secrets import reference

STAGING, TASKS = "os_glance_staging_store", "os_glance_tasks_store"
METHODS = ("glance-direct", "web-download", "copy-image")


def api(settings, config, release, system, data, node):
    """
    Return the options of ``glance-api.conf``: ``{section: {option: value or list}}``, values ready to be written.

    settings
        The pillar, completed by ``glance_schema.complete``.

    config
        Pillar's ``api:config``.

    release
        As returned by ``glance_releases.resolve``.

    system
        Parsed ``os/<os_family>.yaml``.

    data
        Parsed ``releases.yaml``.

    node
        Name of this host, for the URL under which other hosts of the API reach it.
    """
    major = release["glance"]
    derived = _merge(
        _general(settings, system, node),
        _stores(settings, system, major),
        _database(settings["database"], release),
        _identity(settings),
        _messaging(settings["messaging"]),
        _cache(settings["cache"]),
        {"DEFAULT": {"enabled_import_methods": methods(settings, data, major)}},
    )
    return _written(_merge(_known(derived, data, major), own(config)), data["lists"])


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


def methods(settings, data, major):
    """Return the methods of import: pillar's, or those of the usual three that the release has."""
    wanted = settings["import"].get("methods")
    if wanted is not None:
        return wanted
    return [name for name in METHODS if data["import_methods"][name] <= major]


def uwsgi(settings):
    """Return the options of uWSGI's ini file, for the releases that run under it."""
    workers = settings["api"].get("workers")
    return {"uwsgi": {"processes": str(workers)}} if workers else {}


def host(name):
    """Return a host as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{name}]" if ":" in name and not name.startswith("[") else name


def default_store(stores):
    """Return the name of the default backend: pillar's, or the only one; ``None`` when that is not clear."""
    names = list(stores["backends"])
    return stores.get("default") or (names[0] if len(names) == 1 else None)


def _general(settings, system, node):
    paths, values = system["paths"], settings["api"]
    return {
        "DEFAULT": {
            "bind_host": values["bind_host"],
            "bind_port": values["bind_port"],
            "workers": values.get("workers"),
            "log_dir": paths["logs"],
            "log_file": "glance-api.log",
            "show_image_direct_url": False,
            "show_multiple_locations": False,
            "worker_self_reference_url": f"http://{host(node)}:{values['bind_port']}",
        },
        "oslo_concurrency": {"lock_path": paths["locks"]},
    }


def _stores(settings, system, major):
    stores = settings["stores"]
    backends, default = stores["backends"], default_store(stores)
    if major < 19:
        return {
            ("glance_store" if major > 8 else "DEFAULT"): {
                "stores": ",".join([backends[default]["type"], "http"]) if major > 8 else None,
                "default_store": backends[default]["type"],
                "filesystem_store_datadir": backends[default].get("datadir"),
            }
        }
    sections = {
        name: {"filesystem_store_datadir": backend.get("datadir"), "store_description": backend.get("description")}
        for name, backend in backends.items()
    }
    return {
        **sections,
        "DEFAULT": {"enabled_backends": [f"{name}:{backend['type']}" for name, backend in backends.items()]},
        "glance_store": {"default_backend": default},
        STAGING: {"filesystem_store_datadir": f"{system['paths']['state']}/staging"},
        TASKS: {"filesystem_store_datadir": f"{system['paths']['state']}/tasks"},
    }


def _database(database, release):
    if not database.get("host"):
        return {}
    port = "" if database["port"] == 3306 else f":{database['port']}"
    who = f"{quote(database['user'], safe='')}:{reference(database['password_pillar'], 'url')}"
    where = f"{host(database['host'])}{port}/{database['name']}"
    return {"database": {"connection": f"{release['database_driver']}://{who}@{where}"}}


def _identity(settings):
    identity = settings["identity"]
    if not identity.get("auth_url"):
        return {}
    return {
        "keystone_authtoken": {
            "www_authenticate_uri": identity.get("www_authenticate_uri", identity["auth_url"]),
            "auth_url": identity["auth_url"],
            "auth_type": "password",
            "username": identity["user"],
            "password": reference(identity["password_pillar"], "oslo"),
            "user_domain_name": identity["domain"],
            "project_name": identity["project"],
            "project_domain_name": identity["domain"],
            "region_name": settings["region"],
            "memcached_servers": identity["memcached"],
            "cafile": identity.get("cacert"),
            "service_token_roles": "service",
            "service_token_roles_required": True,
        },
        "paste_deploy": {"flavor": "keystone+cachemanagement" if settings["cache"]["enabled"] else "keystone"},
    }


def _messaging(messaging):
    """Only a driver that talks to the broker needs it; and a positive retry would hold up each request."""
    driver = messaging["notifications"]
    found = {"oslo_messaging_notifications": {"driver": driver}}
    if driver not in ("messaging", "messagingv2"):
        return found
    who = f"{quote(messaging['user'], safe='')}:{reference(messaging['password_pillar'], 'url')}"
    hosts = ",".join(f"{who}@{host(name)}:{messaging['port']}" for name in messaging["hosts"])
    found["DEFAULT"] = {"transport_url": f"rabbit://{hosts}/{quote(messaging['vhost'], safe='/')}"}
    found["oslo_messaging_notifications"]["retry"] = 0
    found["oslo_messaging_rabbit"] = {"heartbeat_in_pthread": False}
    return found


def _cache(cache):
    if not cache["enabled"]:
        return {}
    return {"DEFAULT": {"image_cache_dir": cache["dir"], "image_cache_max_size": cache["max_size"]}}


def _merge(*layers):
    """Later layers win; ``None`` takes an option out."""
    merged = {}
    for layer in layers:
        for section, options in layer.items():
            merged.setdefault(section, {}).update(options)
    return {
        section: {option: value for option, value in options.items() if value is not None}
        for section, options in merged.items()
        if any(value is not None for value in options.values())
    }


def _known(derived, data, major):
    """What the release has, under the name that it has it."""
    known = {}
    for section, options in derived.items():
        for option, value in options.items():
            place = glance_releases.place(data, major, section, option)
            if place and value != []:
                known.setdefault(place[0], {})[place[1]] = value
    return known


def _written(options, lists):
    return {
        section: {option: _value(f"{section}/{option}", value, lists) for option, value in values.items()}
        for section, values in options.items()
    }


def _value(name, value, lists):
    if not isinstance(value, list):
        return openstack_ini.text(value)
    items = openstack_ini.values(value)
    if name in lists["repeated"]:
        return items
    joined = ",".join(items)
    return f"[{joined}]" if name in lists["bracketed"] else joined
