"""
Profiles: who asks which cloud.

A profile is the name of a pillar (or minion configuration) key, or a mapping with the same keys in a state's arguments,
where ``password_pillar`` names the key of the password:

.. code-block:: yaml

    auth_url: http://auth-node.example.org:5000    # with or without /v3
    username: admin
    password: …                                    # or password_pillar: glance:identity:admin:password
    project_name: admin
    user_domain_name: Default
    project_domain_name: Default
    region_name: RegionOne                         # which of the catalogue's endpoints: Keystone itself is asked at
    interface: public                              # auth_url; or internal, admin
    cacert: /etc/ssl/certs/ca-certificates.crt
    timeout: 30                                    # seconds, for each request
    identity_api_version: 3                        # 2 for Identity v2.0, as an auth_url that ends in /v2.0 says too
    image_api_version: 2                           # or 1, which Glance has up to Queens

    cloud: admin                                   # or this: an entry of clouds.yaml; keys beside it win over its own
    environment: true                              # or this: OS_AUTH_URL, OS_USERNAME, … of Salt's own environment

The names are those of ``clouds.yaml``
(https://docs.openstack.org/python-openstackclient/latest/configuration/index.html); an
``application_credential_id`` (or ``_name`` with the user) and ``application_credential_secret`` (or
``application_credential_secret_pillar``) stand in for user name, password and project. What says *where* to connect
(``auth_url``, ``region_name``, ``interface``, ``cacert``, ``insecure``, ``timeout``) and the two versions may also
stand one level up in pillar: ``glance:identity:admin`` takes the ``auth_url`` of ``glance:identity``.

Identity v2.0 has no domains: what names the one domain ``Default`` is left out, another is refused.
"""

import contextlib
import os
import pathlib
import re

import openstack_secrets
import yaml
from openstack_errors import Invalid

PROFILE = "glance:identity:admin"
TIMEOUT = 30
CLOUDS = ("clouds.yaml", "~/.config/openstack/clouds.yaml", "/etc/openstack/clouds.yaml")
# What each API has, the usual version first.
VERSIONS = {"identity_api_version": (3, 2), "image_api_version": (2, 1)}
_PLACE_KEYS = ("auth_url", "region_name", "interface", "cacert", "insecure", "timeout", *VERSIONS)
# What Identity v2.0 does not know, and the one value that says nothing there.
_DOMAINS = {
    "user_domain_name": "Default",
    "user_domain_id": "default",
    "project_domain_name": "Default",
    "project_domain_id": "default",
}
# What may stand under a pillar key of its own, and how a message calls it.
_SECRETS = {"password": "password", "application_credential_secret": "secret"}
_NOT_IN_V2 = ("domain_name", "domain_id", "system_scope", "application_credential_secret")
# Keys that stand in for one another: a profile that sets one of them overrides all of the cloud it names.
_ALTERNATIVES = (
    ("username", "user_id"),
    ("user_domain_name", "user_domain_id"),
    ("project_name", "project_id", "domain_name", "domain_id", "system_scope"),
    ("project_domain_name", "project_domain_id"),
)

# What an openrc file sets, OS_AUTH_URL and the like.
_ENVIRONMENT = {
    f"OS_{key.upper()}": key
    for key in (
        "cloud",
        "password",
        *_PLACE_KEYS,
        *(key for group in _ALTERNATIVES for key in group),
        "application_credential_id",
        "application_credential_name",
        "application_credential_secret",
    )
}


def settings(profile, pillar, config_get=None):
    """
    Return the profile as one flat mapping, password included: for the modules that connect, never for a result.

    profile
        Name of a pillar key, or a mapping; see this module's own page.

    pillar
        ``__pillar__``.

    config_get
        ``__salt__["config.get"]``, asked for a profile that is not in pillar but in the minion's configuration.
        Default ``None``: pillar only.

    Raises :py:exc:`Invalid` when the profile or one of its parts is missing. ``source`` in what is returned says where
    the profile came from, in words for a message.
    """
    if isinstance(profile, str):
        own, around = _named(profile, pillar, config_get)
        source = f"profile {own.pop('source', profile)}"
    elif isinstance(profile, dict):
        own, around = dict(profile), {}
        source = "profile given as a mapping"
    else:
        raise Invalid(f"a profile is the name of a pillar key or a mapping, not {type(profile).__name__}")
    for secret, words in _SECRETS.items():
        key = own.pop(f"{secret}_pillar", None)
        if key:
            own[secret] = openstack_secrets.lookup(pillar, key)
            source += f", {words} in {key}"
    if own.pop("environment", False):
        own = _over(_environment(), own)
        source += ", from the environment"
    found = {**around, **_over(_cloud(own.pop("cloud")) if "cloud" in own else {}, own)}
    found["source"] = source
    found.update({key: _version(found, key) for key in VERSIONS})
    _defaults(found)
    _complete(found)
    return found


def _named(profile, pillar, config_get):
    """The mapping under a pillar (or configuration) key, and what the mapping around it says of the place."""
    found = _mapping(profile, pillar, config_get)
    if profile == PROFILE:
        found = _by_hand(found, pillar, config_get)
    if found is None:
        raise Invalid(f"pillar key {profile} is missing: it holds who to connect as (auth_url, username, … or cloud)")
    parent = profile.rpartition(":")[0]
    around = (_mapping(parent, pillar, config_get) or {}) if parent else {}
    return found, {key: around[key] for key in _PLACE_KEYS if around.get(key) is not None}


def _by_hand(admin, pillar, config_get):
    """
    The default profile, for functions called by hand: the administrator where this minion's pillar has one, else
    Glance's own user, else who the environment names; names are the formula's defaults where pillar leaves them out.
    """
    region = (_mapping("glance", pillar, config_get) or {}).get("region")
    place = {"region_name": region} if region else {}
    if admin is not None:
        names = {} if {"cloud", "environment"} & set(admin) else {"username": "admin", "project_name": "admin"}
        return {**place, **names, **admin}
    own = _mapping(PROFILE.rpartition(":")[0], pillar, config_get) or {}
    if not own.get("password"):
        return {"environment": True} if {"cloud", "auth_url"} & set(_environment()) else None
    domain = own.get("domain", "Default")
    return {
        **place,
        "source": "glance:identity",
        "username": own.get("user", "glance"),
        "password": own["password"],
        "project_name": own.get("project", "service"),
        "user_domain_name": domain,
        "project_domain_name": domain,
    }


def _mapping(key, pillar, config_get):
    """A copy of the mapping under a key, ``None`` when there is none."""
    found = None
    with contextlib.suppress(Invalid):
        found = openstack_secrets.lookup(pillar, key)
    if found is None and config_get:
        found = config_get(key) or None
    if found is not None and not isinstance(found, dict):
        raise Invalid(f"pillar key {key} holds {type(found).__name__}, a profile is a mapping")
    return None if found is None else dict(found)


def _over(cloud, own):
    """A cloud's entry under the profile's own keys."""
    hidden = {key for group in _ALTERNATIVES if any(key in own for key in group) for key in group}
    return {**{key: value for key, value in cloud.items() if key not in hidden}, **own}


def _version(found, key):
    """Which version of an API is meant, as a whole number: clouds.yaml has 3, "3" and "3.0"."""
    usual, *others = VERSIONS[key]
    given = found.get(key)
    if given is None:
        named = key == "identity_api_version" and re.search(r"/v2\.0/*$", str(found.get("auth_url")))
        return 2 if named else usual
    version = str(given).removesuffix(".0")
    if version not in map(str, (usual, *others)):
        raise Invalid(f"{key} in {found['source']} is {given}: use {usual} or {others[0]}")
    return int(version)


def _defaults(found):
    if found["identity_api_version"] == 2:
        _in_v2(found)
    else:
        _domains(found)
    if "insecure" not in found and found.get("verify") is False:
        found["insecure"] = True
    try:
        found["timeout"] = float(found.get("timeout") or found.get("api_timeout") or TIMEOUT)
    except (TypeError, ValueError) as exc:
        raise Invalid(f"timeout in {found['source']} is a number of seconds") from exc


def _domains(found):
    if not any(found.get(key) for key in ("user_domain_id", "user_domain_name", "user_id")):
        found["user_domain_name"] = "Default"
    if found.get("project_name") and not found.get("project_domain_id"):
        found.setdefault("project_domain_name", "Default")


def _in_v2(found):
    """Identity v2.0: its one domain goes unsaid, and its URL says which version it is."""
    for key, only in _DOMAINS.items():
        if found.pop(key, only) != only:
            raise Invalid(f"{key} in {found['source']}: Identity API v2.0 has no domain but {only}: take it out")
    for key in _NOT_IN_V2:
        if found.get(key):
            raise Invalid(f"{key} in {found['source']}: Identity API v2.0 does not have this: take it out")
    if found.get("auth_url"):
        found["auth_url"] = re.sub(r"(/v[\d.]+)?/*$", "/v2.0", found["auth_url"], count=1)


def _complete(found):
    if found.get("application_credential_secret"):
        needed = {
            "auth_url": ("auth_url",),
            "application_credential_id": ("application_credential_id", "application_credential_name"),
        }
    else:
        needed = {"auth_url": ("auth_url",), "username": ("username", "user_id"), "password": ("password",)}
    missing = [name for name, keys in needed.items() if not any(found.get(key) for key in keys)]
    if missing:
        raise Invalid(f"{found['source']} lacks {', '.join(missing)}: name a cloud of clouds.yaml, or set them")


def _environment():
    found = {key: os.environ[name] for name, key in _ENVIRONMENT.items() if os.environ.get(name)}
    if "insecure" in found:
        found["insecure"] = found["insecure"].lower() in ("1", "true", "yes")
    return found


def _cloud(name):
    """One entry of the first clouds.yaml that has it, with what secure.yaml beside it adds, ``auth`` flattened."""
    paths = [os.environ.get("OS_CLIENT_CONFIG_FILE"), *CLOUDS]
    for path in (pathlib.Path(path).expanduser() for path in paths if path):
        cloud = _entry(path, name)
        if cloud is not None:
            return {**cloud, **(_entry(path.with_name("secure.yaml"), name) or {})}
    raise Invalid(f"no cloud named {name} in {', '.join(str(path) for path in paths if path)}")


def _entry(path, name):
    if not path.is_file():
        return None
    try:
        clouds = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("clouds") or {}
        cloud = clouds.get(name)
        return cloud and {**{key: value for key, value in cloud.items() if key != "auth"}, **(cloud.get("auth") or {})}
    except (yaml.YAMLError, AttributeError, OSError, UnicodeDecodeError) as exc:
        raise Invalid(f"{path} is not readable as a clouds.yaml: {type(exc).__name__}") from exc
