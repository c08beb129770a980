"""
What a host of the API or of the registry gets: packages, services, directories and files.
"""

import glance_config
import glance_connections
import glance_documents
import glance_front
import glance_paste
import glance_store_files
import glance_store_rules
import glance_stores
import glance_timers
import glance_venv

MODE = "0640"
_PASTE = "glance-api-paste.ini"
# sections whose libraries come with only some hosts of the API, so that the validator knows them on these alone
_NOT_VALIDATED = ("audit_middleware_notifications", "os_brick", "oslo_limit")


def system_of(data, major):
    """
    Return what a distribution calls things, for one release.

    data
        Parsed ``os/<os_family>.yaml``: what is so today, and under ``before`` what was otherwise, newest first, each
        with ``glance``, the first major version that does not have it any more.

    major
        Major version of Glance; ``None`` for today's.
    """
    found = {key: value for key, value in data.items() if key != "before"}
    for change in data.get("before", []):
        if major is not None and major < change["glance"]:
            for key, value in change.items():
                if key != "glance":
                    found[key] = {**found[key], **value}
    return found


def api(settings, pillar, schema, known, system, node, flavors):
    """
    Return ``packages``, ``package`` (Glance's own, ``None`` with a virtual environment), ``venv`` (see
    ``glance_venv.of``), ``own`` (``mark`` and ``files`` of it), ``services``, ``url``, ``tls``, ``directories``,
    ``mountpoints``, ``backends`` (by type), ``files`` (of options), ``deprecated_stores``, ``documents``, ``texts``,
    ``timers`` and ``configuration`` (see :py:func:`_set`) of a host of the API.

    settings, pillar, schema, system, node
        As for ``glance_config.api``.

    known
        The options of the release; ``None`` when no release is known, then there are no files.

    flavors
        ``flavors`` of ``options.json``.
    """
    files = _api_files(settings, pillar, schema, known, system, node, flavors) if known else []
    documents = _documents(settings, system, known.release) if known else []
    texts = _texts(settings, system, known) if known else []
    return {
        **_installed(settings, pillar, known, system),
        "services": system["services"]["api"],
        "url": _url(*glance_front.listens(settings)),
        "tls": glance_front.settings_of(settings, system, node, texts),
        "directories": _directories(settings, system),
        "mountpoints": _mountpoints(settings["stores"]),
        "backends": glance_stores.types(settings["stores"]),
        "deprecated_stores": glance_store_rules.deprecated(settings["stores"], known) if known else {},
        "files": files,
        "documents": documents,
        "texts": texts,
        "timers": glance_timers.all_of(settings, system, known.release) if known else [],
        "configuration": _set([*files, *texts], documents, "glance-api.log", system),
    }


def _installed(settings, pillar, known, system):
    """What Glance comes from."""
    venv, names = glance_venv.of(settings, pillar, known and known.release, system), system["packages"]["api"]
    own = {"mark": glance_venv.MARK, "files": glance_venv.files(system)}
    if venv:
        return {"packages": venv["packages"], "package": None, "venv": venv, "own": own}
    packages = [*names, *glance_stores.packages(settings["stores"], system)]
    return {"packages": packages, "package": names[0], "venv": None, "own": own}


def registry(settings, pillar, schema, known, system):
    """
    Return ``packages``, ``services``, ``url``, ``files`` and ``configuration`` of a host of the registry; arguments as
    for :py:func:`api`.
    """
    if not known or not known.release["registry"]:
        return {"packages": [], "services": [], "files": []}
    values = settings["registry"]
    options = glance_config.registry(settings, pillar, schema, known, system)
    file = _owned("glance-registry.conf", system)
    files = [{**file, "options": options, "purge": settings["api"]["purge"], "validate": None}]
    return {
        "packages": system["packages"]["registry"],
        "services": system["services"]["registry"],
        "url": _url(values["bind_host"], values["bind_port"]),
        "files": files,
        "configuration": _set(files, [], "glance-registry.log", system),
    }


def _url(bind_host, port):
    """Where a service that listens on an address is asked by its own host."""
    is_any = bind_host in ("0.0.0.0", "::")  # noqa: S104
    return f"http://{glance_connections.host('127.0.0.1' if is_any else bind_host)}:{port}"


def _set(files, documents, log, system):
    """
    What ``openstack_service.running`` puts back as one: ``files`` that a service reads when it starts, those of
    ``reread``, which it reads again by itself, and ``logs`` with its last words. Metadata definitions are not among
    them, they go to the database.
    """
    documents = [each for each in documents if not each["name"].startswith(f"{system['paths']['config']}/metadefs/")]
    starting = [*files, *(each for each in documents if each["restart"])]
    return {
        "files": [each["name"] for each in starting],
        "reread": [each["name"] for each in documents if not each["restart"]],
        "logs": [f"{system['paths']['logs']}/{log}"],
    }


def _owned(name, system, mode=MODE):
    return {"name": f"{system['paths']['config']}/{name}", "user": "root", "group": system["group"], "mode": mode}


def _api_files(settings, pillar, schema, known, system, node, flavors):
    options = glance_config.api(settings, pillar, schema, known, system, node)
    accepted = {*known.backends, *settings["api"]["unchecked"], *_NOT_VALIDATED}
    validate = {"namespaces": known.release["validator"], "accepted": sorted(accepted)}
    venv = glance_venv.of(settings, pillar, known.release, system)
    if venv:
        validate["programs"] = glance_venv.programs(settings, system)
    main = {**_owned("glance-api.conf", system), "options": options, "purge": settings["api"]["purge"]}
    found = [{**main, "validate": validate}]
    others = {**glance_config.files(pillar, known), _PASTE: glance_paste.options(settings, known.release, flavors)}
    bases = {_PASTE: f"{venv['etc']}/{_PASTE}"} if venv else {}
    found += [
        _partly(_owned(name, system), options, bases.get(name))
        for name, options in others.items()
        if options or name in bases
    ]
    found += glance_store_files.all_of(settings, pillar, known, system)
    python = f"{glance_venv.programs(settings, system)}/python3"
    server = glance_config.uwsgi(settings, python) if known.release["server"] == "uwsgi" else {}
    if server:
        owner = {"name": system["paths"]["uwsgi"], "user": "root", "group": "root", "mode": "0644"}
        whole = {**owner, "options": glance_venv.uwsgi(settings, server), "purge": True, "validate": None}
        found.append(whole if venv else _partly(owner, server))
    return found


def _partly(file, options, base=None):
    """A file that is the package's, or that of another place, but for these options."""
    return {**file, "options": options, "purge": False, "validate": None, **({"base": base} if base else {})}


def _documents(settings, system, release):
    documents = glance_documents.all_of(settings, release)
    return [
        {**_owned(each["name"], system), **each, "name": _owned(each["name"], system)["name"]} for each in documents
    ]


def _texts(settings, system, known):
    contents = glance_documents.protections(settings["api"]["property_protections"])
    found = [{**_owned(glance_config.PROTECTIONS, system), "contents": contents}] if contents else []
    # the unit of a virtual environment has no address, its ini file does
    packaged = known.release["server"] == "uwsgi" and not glance_venv.is_wanted(settings)
    if glance_front.is_on(settings) and packaged:
        part = glance_front.server(settings, system, system["services"]["api"][0])
        found.append({**part, "user": "root", "group": "root", "mode": "0644"})
    return found


def _directories(settings, system):
    """Those of the stores, and those of the cache, which Debian's package leaves to root."""
    state, cache, stores = system["paths"]["state"], settings["cache"]["dir"], settings["stores"]
    names = [
        state,
        *(path for backend in stores["backends"].values() for path in glance_stores.directories(backend)),
        *glance_stores.reserved(stores, system).values(),
        cache,
        *(f"{cache}/{part}" for part in ("incomplete", "invalid", "queue")),
    ]
    owner = {"user": system["user"], "group": system["group"], "mode": "0750"}
    root = {"user": "root", "group": "root", "mode": "0755"}
    ceph = [{"name": name, **root} for name in glance_store_files.directories(settings)]
    return [{"name": name, **owner} for name in dict.fromkeys(names)] + ceph


def _mountpoints(stores):
    """Where something must be mounted before anything is written."""
    return list(dict.fromkeys(each["mountpoint"] for each in stores["backends"].values() if each.get("mountpoint")))
