"""
TLS in front of the API: HAProxy has the address of pillar, Glance listens behind it on loopback. The same for every
release, since none has TLS of its own from Ussuri on.
"""

from urllib.parse import urlsplit

import glance_connections

NAME = "glance-api-tls"  # of the unit, and of the directory under /etc
DIRECTORY = f"/etc/{NAME}"
LOOPBACK = "127.0.0.1"
_PARSING = ("oslo_middleware", "enable_proxy_headers_parsing")
# what pillar may not have in api:config, because Glance would not be where HAProxy looks for it
_TAKEN = ("bind_host", "bind_port", "cert_file", "key_file", "ca_file")
_SOCKETS = ("http", "http-socket", "https", "https-socket", "socket")


def is_on(settings):
    """Tell whether TLS is in front; ``settings`` is the pillar, completed by ``glance_schema.complete``."""
    return settings["api"]["tls"]["enabled"]


def scheme(settings):
    """Return how the API is reached from elsewhere: ``http`` or ``https``."""
    return "https" if is_on(settings) else "http"


def listens(settings):
    """Return ``(address, port)`` of Glance itself."""
    values = settings["api"]
    return (LOOPBACK, values["tls"]["backend_port"]) if is_on(settings) else (values["bind_host"], values["bind_port"])


def ports(settings):
    """Return every port that Glance and what is in front of it need."""
    values = settings["api"]
    return [values["bind_port"], *([values["tls"]["backend_port"]] if is_on(settings) else [])]


def options(settings, known):
    """
    Return what Glance must know of it, ``{section: {option: value}}``; nothing without TLS.

    settings
        The pillar, completed by ``glance_schema.complete``.

    known
        The options of the release, ``glance_options.Known``.
    """
    if not is_on(settings):
        return {}
    host, port = listens(settings)
    found = {"DEFAULT": {"bind_host": host, "bind_port": port}}
    if known.place(*_PARSING):
        # the list of versions has the URL that the client asked for, whichever of the endpoints that was
        return {**found, _PARSING[0]: {_PARSING[1]: True}}
    public = settings["identity"]["endpoints"].get("public")
    if public and not settings["api"].get("public_endpoint"):
        found["DEFAULT"]["public_endpoint"] = public
    return found


def server(settings, system, service):
    """
    Return the part of systemd's unit, ``{name, contents}``, that makes uWSGI listen on loopback: the package has its
    address in the command.

    settings
        The pillar, completed by ``glance_schema.complete``.

    system
        Parsed ``os/<os_family>.yaml``.

    service
        Unit of the API.
    """
    address, port = listens(settings)
    start = f"{system['uwsgi']} --http-socket {address}:{port} --ini {system['paths']['uwsgi']}"
    contents = f"# Managed by Salt (glance.api.config): behind {NAME}\n[Service]\nExecStart=\nExecStart={start}\n"
    return {"name": unit_part(service), "contents": contents}


def unit_part(service):
    """Return the path of the part of systemd's unit that :py:func:`server` makes."""
    return f"/etc/systemd/system/{service}.service.d/{NAME}.conf"


def settings_of(settings, system, node, texts):
    """
    Return what the SLS and the checks need of it, next to the keys of pillar.

    settings, system
        As for :py:func:`server`.

    node
        Name of this host.

    texts
        Files of the API, among which the part of :py:func:`server` may be.
    """
    values, part = settings["api"]["tls"], unit_part(system["services"]["api"][0])
    return {
        **{key: value for key, value in values.items() if not key.endswith(("_pillar", "_file"))},
        "name": NAME,
        "directory": DIRECTORY,
        "pem": f"{DIRECTORY}/certificate.pem",
        "config": f"{DIRECTORY}/haproxy.cfg",
        "packages": system["packages"]["tls"],
        "source": _source(values),
        "hosts": hosts(settings),
        "renewed": is_on(settings) and bool(values.get("certificate_file")),
        "folders": sorted({_folder(values[key]) for key in ("certificate_file", "key_file") if values.get(key)}),
        "bind": _bind(settings["api"]["bind_host"], settings["api"]["bind_port"]),
        "port": settings["api"]["bind_port"],
        "address": _address(settings["api"]["bind_host"]),
        "backend": "{}:{}".format(LOOPBACK, values["backend_port"]),
        "server": part,
        "has_server": part in [each["name"] for each in texts],
        "proof": _own(settings, node),
    }


def hosts(settings):
    """Return the names that the certificate must be for: pillar's, or those of the endpoints."""
    urls = settings["identity"]["endpoints"].values()
    return settings["api"]["tls"].get("hosts") or list(dict.fromkeys(urlsplit(url).hostname or url for url in urls))


def problems(settings, pillar):
    """
    Return one line for each contradiction in pillar, ``[]`` when there is none.

    settings
        The pillar, completed by ``glance_schema.complete``.

    pillar
        The pillar, as returned by ``glance_schema.plain``.
    """
    if not is_on(settings):
        return []
    given = pillar["api"]
    return [*_sources(given["tls"]), *_ports(settings), *_overruled(given), *_plain(settings), *_nameless(settings)]


def _source(values):
    """Where certificate and key are, as ``openstack_certificate.present`` takes it."""
    if values.get("certificate_file"):
        return {key: values[key] for key in ("certificate_file", "key_file") if values.get(key)}
    return {key: values[key] for key in ("certificate_pillar", "key_pillar")}


def _sources(tls):
    pillar, files = ("certificate", "key"), ("certificate_file", "key_file")
    given = [key for key in (*pillar, *files) if tls.get(key)]
    if given and tls.get("certificate_file") == tls.get("key_file") is not None:
        return ["glance:api:tls:certificate_file and key_file are one file: name one for each"]
    if any(str(tls.get(key)).startswith(f"{DIRECTORY}/") for key in files):
        return [f"glance:api:tls: {DIRECTORY} is the formula's own: have the files renewed elsewhere"]
    if given in (list(pillar), list(files)):
        return []
    found = f"found {', '.join(given)}" if given else "found none"
    return [f"glance:api:tls needs certificate and key, or certificate_file and key_file, and no more: {found}"]


def _ports(settings):
    if settings["api"]["bind_port"] != settings["api"]["tls"]["backend_port"]:
        return []
    return ["glance:api:tls:backend_port is glance:api:bind_port, which HAProxy takes: choose another one"]


def _overruled(given):
    """What would win over that which Glance must know."""
    own = given.get("config", {}).get("DEFAULT") or {}
    found = [f"glance:api:config:DEFAULT:{key}" for key in _TAKEN if own.get(key) is not None]
    found += [f"glance:api:uwsgi:{key}" for key in _SOCKETS if key in given.get("uwsgi", {})]
    found += ["glance:api:proxy_headers"] if given.get("proxy_headers") is False else []
    return [f"{key} does not go with glance:api:tls, which sets that itself: take the key out" for key in found]


def _plain(settings):
    """URLs under which nobody answers any more."""
    urls = {f"identity:endpoints:{name}": url for name, url in settings["identity"]["endpoints"].items()}
    urls["api:public_endpoint"] = settings["api"].get("public_endpoint")
    urls["import:worker_url"] = settings["import"].get("worker_url")
    return [
        f"glance:{key} is {url}, but glance:api:tls is on: make it https://"
        for key, url in urls.items()
        if url and url.startswith("http:")
    ]


def _nameless(settings):
    if hosts(settings):
        return []
    return [
        "glance:api:tls:hosts is missing: without glance:identity:endpoints nothing says whom the certificate is for"
    ]


def _bind(host, port):
    if host == "::":
        return f":::{port} v4v6"
    return f"{glance_connections.host(host)}:{port}"


def _address(host):
    """Where this host finds HAProxy."""
    return {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104


def _own(settings, node):
    """The endpoint that is this host by its name, through which TLS is proven; ``None`` when there is none."""
    urls = settings["identity"]["endpoints"].values() if is_on(settings) else []
    return next((url for url in urls if urlsplit(url).hostname in (node, node.split(".")[0])), None)


def _folder(path):
    return path.rsplit("/", 1)[0] or "/"
