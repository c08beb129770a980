"""
What a schema cannot say about the pillar: keys that need each other.
"""

import glance_catalogue
import glance_database
import glance_front
import glance_releases
import glance_store_rules
import glance_stores
import glance_typed
import glance_values
import glance_venv
from glance_connections import BROKER


def problems(settings, pillar, schema, known, roles, data):
    """
    Return one line for each contradiction, ``[]`` when there is none.

    settings
        The pillar, completed by ``glance_schema.complete``.

    pillar
        The pillar, as returned by ``glance_schema.plain``.

    schema
        Parsed ``schema.yaml``.

    known
        The options of the release, ``glance_options.Known``; ``None`` when no release is known.

    roles
        Roles of this minion, or the one that is asked for.

    data
        Parsed ``releases.yaml``.
    """
    found = []
    if "api" in roles:
        found += glance_store_rules.problems(settings, pillar, schema, known, data) + _broker(settings, pillar)
        found += glance_venv.problems(settings, known)
        found += glance_front.problems(settings, pillar)
        found += _options(settings, pillar, schema, known, data) if known else []
    if known and {"api", "registry"} & set(roles):
        found += _registry(settings, pillar, known) + _login(settings, pillar, known.release)
    if known and {"identity", "images", "client", "api", "registry"} & set(roles):
        found += _versions(settings["identity"], pillar, known.release)
    if "database" in roles:
        found += glance_database.problems(settings["database"], pillar.get("database", {}))
    if "identity" in roles:
        found += _admin(pillar)
    if "images" in roles:
        found += glance_catalogue.problems(settings["images"]) + _cataloguer(pillar)
    return found


def _broker(settings, pillar):
    driver = settings["messaging"]["notifications"]
    given = pillar.get("messaging", {})
    if driver not in BROKER:
        return []
    return [
        f"glance:messaging:{key} is missing: glance:messaging:notifications is {driver}, so the API needs the broker;"
        " set it, or notifications: noop"
        for key in ("hosts", "password")
        if not given.get(key)
    ]


def _options(settings, pillar, schema, known, data):
    values, release = pillar.get("api", {}), known.release
    config = values.get("config", {})
    found = known.problems(config, "glance:api:config", values.get("unchecked", []))
    found += _typed(settings, pillar, schema, known)
    for method in settings["import"].get("methods", []):
        if not known.has_method(method):
            first = glance_releases.codename(data["import_methods"][method], data)
            found.append(
                f"glance:import:methods: {release['codename']} does not have {method}, which came with {first}"
            )
    found += _limits(settings, release)
    if values.get("v1") and release["v1"] is None:
        found.append(f"glance:api:v1: {release['codename']} has no version 1 of the API: take the key out")
    if 22 <= release["glance"] < 26:
        found += _secure_rbac(config)
    return found


def _limits(settings, release):
    """Unified limits: how a release finds what they are limits of."""
    if not settings["identity"]["limits"]:
        return []
    if release["limits"] == "none":
        return [
            f"glance:identity:limits: {release['codename']} has no unified limits, they came with xena: take them out"
        ]
    if release["limits"] == "endpoint_id" and not settings["quotas"].get("endpoint_id"):
        how = "salt 'auth*' openstack_identity.endpoint_list shows the one of the public interface"
        return [
            f"glance:quotas:endpoint_id is missing: {release['codename']} needs it for glance:identity:limits; {how}"
        ]
    return []


def _typed(settings, pillar, schema, known):
    """Keys that the release has no option for, or whose value it does not take."""
    codename, found = known.release["codename"], []
    left_out = glance_typed.without_effect(schema, settings, pillar, known.place)
    for key, option, essential in left_out + glance_stores.without_effect(settings, pillar, schema, known):
        if essential:
            section, name = option.split("/")
            found.append(f"{key}: {codename} has no option [{section}] {name}: take the key out")
    typed = glance_typed.keys(schema, settings, pillar, "glance")
    for option, value, key in (*typed, *glance_stores.keys(settings, pillar, schema, known.release)):
        place = known.place(*option.split("/"))
        wrong = glance_values.problem(value, known.spec(*place)) if place else None
        if wrong:
            found.append(f"{key}: with {codename} [{place[0]}] {place[1]} {wrong}")
    return found


def _registry(settings, pillar, known):
    if settings["registry"]["through"] and known.release["glance"] == 20:
        return ["glance:registry:through: with ussuri no image can be uploaded that way: take it out"]
    if not known.release["registry"]:
        return []
    return known.problems(pillar.get("registry", {}).get("config", {}), "glance:registry:config")


def _login(settings, pillar, release):
    identity, found = settings["identity"], []
    style = identity.get("authtoken") or release["authtoken"]
    if style != "plugin" and release["glance"] >= 33:
        found.append(f"glance:identity:authtoken: {release['codename']} knows plugin only: take the key out")
    if style == "plugin" and release["glance"] < 10:
        found.append(f"glance:identity:authtoken: {release['codename']} has no plugins: take the key out")
    if identity.get("memcached_security") and not (
        identity["memcached"] and pillar.get("identity", {}).get("memcached_secret")
    ):
        found.append("glance:identity:memcached_security needs memcached and memcached_secret beside it")
    return found


def _versions(identity, pillar, release):
    """Old versions of the APIs: only where they are, and said wherever they are meant."""
    key, named = "glance:identity:identity_api_version", release["codename"]
    old, found = identity["identity_api_version"] == 2, []
    url = str(identity.get("auth_url", "")).rstrip("/")
    if old and not release["identity_v2"]:
        found.append(f"{key}: Keystone of {named} has no v2.0: take the key out")
    if url.endswith("/v2.0") and not old:
        found.append(f"glance:identity:auth_url ends in /v2.0: take that off, or declare {key}: 2")
    if old and url.endswith("/v3"):
        found.append(f"glance:identity:auth_url ends in /v3: take that off, or {key} out")
    if old and identity["domain"] != "Default":
        found.append(f"glance:identity:domain: Identity v2.0 has none but Default: take the key out, or {key}")
    if old and identity["limits"]:
        found.append(f"glance:identity:limits: Identity v2.0 has none: take them out, or {key}")
    if identity["image_api_version"] == 1 and release["v1"] is None:
        found.append(f"glance:identity:image_api_version: Glance of {named} has no version 1: take the key out")
    return found


def _secure_rbac(config):
    """Glance refuses to start when the two differ."""
    old = bool(config.get("DEFAULT", {}).get("enforce_secure_rbac"))
    new = bool(config.get("oslo_policy", {}).get("enforce_new_defaults"))
    if old == new:
        return []
    return [
        "glance:api:config: [DEFAULT] enforce_secure_rbac and [oslo_policy] enforce_new_defaults must be the same,"
        " or Glance does not start: set both"
    ]


def _admin(pillar):
    identity, admin = _identity(pillar)
    if _named_elsewhere(admin):
        return []
    if not _secret(admin):
        need = "role identity needs cloud (an entry of clouds.yaml), a password or an application credential"
        return [f"glance:identity:admin is missing: {need}"]
    return _auth_url(identity, admin, "identity")


def _cataloguer(pillar):
    identity, admin = _identity(pillar)
    if _named_elsewhere(admin):
        return []
    if not (identity.get("password") or _secret(admin)):
        return ["glance:identity:admin is missing: role images needs it, or glance:identity:password"]
    return _auth_url(identity, admin, "images")


def _identity(pillar):
    identity = pillar.get("identity", {})
    return identity, identity.get("admin", {})


def _named_elsewhere(admin):
    """Whether pillar only says where it is written who the administrator is."""
    return admin.get("cloud") or admin.get("environment")


def _secret(admin):
    """What the administrator logs in with."""
    return admin.get("password") or admin.get("application_credential_secret")


def _auth_url(identity, admin, role):
    if identity.get("auth_url") or admin.get("auth_url"):
        return []
    return [f"glance:identity:auth_url is missing: role {role} needs it, or an admin with a cloud"]
