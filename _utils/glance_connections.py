"""
What the API and the registry connect to: database, Keystone, broker; in the way that a release wants it said.
"""

from urllib.parse import quote, urlencode, urlsplit

from openstack_secrets import reference

BROKER = ("messaging", "messagingv2")


def host(name):
    """Return a host as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{name}]" if ":" in name and not name.startswith("[") else name


def database(settings, release):
    """
    Return ``[database] connection``; nothing without a host.

    settings
        The pillar, completed by ``glance_schema.complete``.

    release
        As returned by ``glance_releases.resolve``.
    """
    values = settings["database"]
    if not values.get("host"):
        return {}
    port = "" if values["port"] == 3306 else f":{values['port']}"
    who = f"{quote(values['user'], safe='')}:{reference(values['password_pillar'], 'url')}"
    where = f"{host(values['host'])}{port}/{values['name']}"
    tls = {f"ssl_{key}": value for key, value in values["tls"].items()}
    query = urlencode({**tls, **values["url_parameters"]}, safe="/")
    driver = values.get("driver") or release["database_driver"]
    return {"database": {"connection": f"{driver}://{who}@{where}{'?' if query else ''}{query}"}}


def authtoken(settings, release):
    """
    Return ``[keystone_authtoken]``: how the API logs in at Keystone and checks tokens; nothing without a URL.

    settings, release
        As for :py:func:`database`.
    """
    identity = settings["identity"]
    if not identity.get("auth_url"):
        return {}
    style = identity.get("authtoken") or release["authtoken"]
    common = {
        "www_authenticate_uri": identity.get("www_authenticate_uri", identity["auth_url"]),
        "region_name": settings["region"],
    }
    return {"keystone_authtoken": {**common, **_LOGINS[style](identity)}}


def limits(settings, release):
    """
    Return how the API asks Keystone for unified limits; nothing unless the site has some.

    settings, release
        As for :py:func:`database`.
    """
    identity = settings["identity"]
    if not identity["limits"] or release["limits"] == "none":
        return {}
    login = {**_login_plugin(identity), "system_scope": "all"}
    options = {key: value for key, value in login.items() if not key.startswith("project_")}
    if release["limits"] == "endpoint_service":
        options |= {
            "endpoint_service_type": identity["service"]["type"],
            "endpoint_service_name": identity["service"]["name"],
            "endpoint_region_name": settings["region"],
            "endpoint_interface": "public",
        }
    return {"DEFAULT": {"use_keystone_limits": True}, "oslo_limit": options}


def signatures(settings):
    """
    Return where users of Barbican log in; nothing unless it keeps certificates.

    settings
        As for :py:func:`database`.
    """
    auth_url = settings["identity"].get("auth_url")
    if not settings["signatures"]["barbican"] or not auth_url:
        return {}
    keystone = auth_url.rstrip("/").removesuffix("/v3").removesuffix("/v2.0")
    return {"barbican": {"auth_endpoint": f"{keystone}/v3"}}


def messaging(settings, release):
    """
    Return where the broker is and what to do without it; nothing unless notifications go there.

    settings, release
        As for :py:func:`database`.
    """
    values = settings["messaging"]
    driver = {"oslo_messaging_notifications": {"driver": values["notifications"]}}
    if values["notifications"] not in BROKER:
        return [driver]
    retry = [{section: {option: value}} for section, option, value in _options(release["broker_retry"])]
    return [driver, _BROKERS[release["messaging"]](values), *retry, {"oslo_messaging_rabbit": _RABBIT}]


# in threads of its own the heartbeat breaks uWSGI and eventlet alike; it is the default from Wallaby to Zed
_RABBIT = {"heartbeat_in_pthread": False}


def _options(named):
    return [(*name.split("/"), value) for name, value in named.items()]


def _login_host(identity):
    """Icehouse: where Keystone's administrative API is, in three parts."""
    parts = urlsplit(identity.get("identity_uri", identity["auth_url"]))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {"auth_host": parts.hostname, "auth_port": port, "auth_protocol": parts.scheme, **_admin(identity)}


def _login_uri(identity):
    """Juno to 2026.1: where Keystone's administrative API is, without version."""
    parts = urlsplit(identity.get("identity_uri", identity["auth_url"]))
    return {"identity_uri": f"{parts.scheme}://{parts.netloc}", **_admin(identity)}


def _admin(identity):
    return {
        "admin_user": identity["user"],
        "admin_password": reference(identity["password_pillar"], "oslo"),
        "admin_tenant_name": identity["project"],
    }


def _login_plugin(identity):
    login = {
        "auth_url": identity["auth_url"],
        "username": identity["user"],
        "password": reference(identity["password_pillar"], "oslo"),
    }
    if identity["identity_api_version"] == 2:
        return {**login, "auth_type": "v2password", "tenant_name": identity["project"]}
    return {
        **login,
        "auth_type": "password",
        "user_domain_name": identity["domain"],
        "project_name": identity["project"],
        "project_domain_name": identity["domain"],
    }


def _broker_url(values):
    who = f"{quote(values['user'], safe='')}:{reference(values['password_pillar'], 'url')}"
    hosts = ",".join(f"{who}@{host(name)}:{values['port']}" for name in values["hosts"])
    return {"DEFAULT": {"transport_url": f"rabbit://{hosts}/{quote(values['vhost'], safe='/')}"}}


def _broker_hosts(values):
    return {
        "DEFAULT": {
            "rpc_backend": "rabbit",
            "rabbit_hosts": [f"{host(name)}:{values['port']}" for name in values["hosts"]],
            "rabbit_userid": values["user"],
            "rabbit_password": reference(values["password_pillar"], "oslo"),
            "rabbit_virtual_host": values["vhost"],
        }
    }


_LOGINS = {"auth_host": _login_host, "identity_uri": _login_uri, "plugin": _login_plugin}
_BROKERS = {"transport_url": _broker_url, "rabbit_host": _broker_hosts}
