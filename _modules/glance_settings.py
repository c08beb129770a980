"""
Settings: the pillar under ``glance:``, checked against ``glance/schema.yaml`` and completed.

.. versionadded:: 1.0.0

``glance/map.jinja`` calls :py:func:`get`; what an SLS finds in ``settings``, next to every key of docs/pillar.rst with
its default filled in:

.. code-block:: yaml

    roles: [api, client]                   # in the order in which one needs the other
    release: {codename: epoxy, number: '2025.1', glance: 30, …}    # all that releases.yaml knows of it
    database:
      profile: {…}                         # the administrator, for openstack_database.*
      own_profile: {…}                     # Glance's own user
      users: [{prefix, name, password_pillar}]               # both, while the password changes
      users_absent: [{prefix, name, password_pillar}]
    identity:
      admin_profile: {…}                   # for openstack_identity.*
      service_profile: {…}                 # Glance's own user, for openstack_image.*
      endpoints: {public: …, internal: …, admin: …}
    api:
      packages: [glance-api]
      package: glance-api                  # Glance's own; none with a virtual environment
      venv: {directory: /opt/glance, …}    # see _utils/glance_venv.py; none with packages
      services: [glance-api]
      own: {mark, files: [{id, name, template}]}           # of the virtual environment
      url: http://127.0.0.1:9292           # this host's own API, behind TLS where that is in front
      tls: {enabled: false, source: {…}, hosts: […], …}      # for openstack_certificate.present, and HAProxy
      directories: [{name, user, group, mode}]
      files: [{name, options, user, group, mode, purge, validate}]    # for openstack_config.present
      documents: [{name, dataset, serializer, merge, restart, user, group, mode}]     # policy and the like
      texts: [{name, contents, user, group, mode}]
      timers: [{name, description, command, user, calendar}]       # of systemd; calendar is empty for unwanted ones
    registry: {packages: […], services: […], files: […]}     # as for api
    client: {packages: […], openrc: …, clouds: …, cloud: …}
    images: [{name, function, arguments: […]}]               # openstack_image.<function>, arguments as a state has them
    catalogue: [{name, function, arguments: […]}]            # the same, of what is in images no more

No secret is in it. Where pillar has ``password``, there is ``password_pillar``, the name of its key; in the options of
a file stands a reference, see ``_utils/openstack_secrets.py``.
"""

import json
import os

import glance_catalogue
import glance_database
import glance_host
import glance_options
import glance_releases
import glance_rules
import glance_schema
import glance_stores
import glance_typed
import glance_venv
import salt.utils.files
import salt.utils.path
import yaml
from openstack_errors import Invalid

ROLES = ("database", "messaging", "identity", "registry", "api", "client", "images")
MOST_WORKERS = 8
# what brings jsonschema itself must not need it
_WITHOUT_CHECK = "glance.client.python"
_CONTEXT = "glance_settings"
_DOMAINS = ("user_domain_name", "project_domain_name")
# What the administrator may log in with.
_SECRETS = ("password", "application_credential_secret")
# What a profile says only where it is otherwise.
_VERSIONS = {"identity_api_version": 3, "image_api_version": 2}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

__virtualname__ = "glance_settings"


def __virtual__():
    return __virtualname__


def get(sls=None, role=None):
    """
    Return the settings; see this module's own page for what is in them.

    sls
        Name of the SLS that asks: ``glance.api.config`` means the role api, ``glance`` and the default mean the roles
        in pillar. Decides which keys must be there.

    role
        The role itself, in place of ``sls``.

    Raises Invalid, with one line for each problem of the pillar.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_settings.get role=api
    """
    roles = _asked(sls, role)
    pillar = _pillar()
    if glance_schema.HAS_JSONSCHEMA or sls != _WITHOUT_CHECK:
        found = _problems(pillar, roles)
        if found:
            raise Invalid("\n".join([f"The pillar of {__grains__['id']} cannot be used:", *found]))
    return _complete(pillar)


def check(role=None):
    """
    Return what is wrong with the pillar, one line a problem, ``[]`` when nothing is.

    role
        Check for this role; default is the roles in pillar.

    CLI Example:

    .. code-block:: bash

        salt '*' glance_settings.check
    """
    return _problems(_pillar(), _asked(None, role))


def config(file=None):
    """
    Return the options of each file of the API, secrets as references.

    file
        Path of one of the files, to get only its options; default is all: ``{path: {section: {option: value}}}``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_settings.config /etc/glance/glance-api.conf
    """
    files = {each["name"]: each["options"] for each in get(role="api")["api"]["files"]}
    if file is None:
        return files
    if file not in files:
        raise Invalid(f"{file} is not a file of the API: they are {', '.join(files)}")
    return files[file]


def without_effect():
    """
    Return the pillar keys that this release has no option for, ``{pillar key: option}``: they are left out of its
    files, so that one pillar serves several releases.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_settings.without_effect
    """
    pillar = _pillar()
    schema_ = _data("schema.yaml")
    settings, known = glance_schema.complete(schema_, pillar), _known(pillar)
    if known is None:
        return {}
    found = glance_typed.without_effect(schema_, settings, pillar, known.place)
    found += glance_stores.without_effect(settings, pillar, schema_, known)
    return {key: option for key, option, _ in found}


def program(name):
    """
    Return the path of a program of Glance on this host, ``None`` when it is not there: of the virtual environment with
    ``glance:install: venv``, else on the PATH.

    name
        Name of the program, ``glance-manage``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_settings.program glance-manage
    """
    if not glance_venv.is_wanted(__pillar__.get("glance") or {}):
        return salt.utils.path.which(name)
    directory = glance_venv.programs(glance_schema.complete(_data("schema.yaml"), _pillar()), _system())
    return salt.utils.path.which(os.path.join(directory, name))


def schema():
    """
    Return the schema of the pillar under ``glance:``.

    CLI Example:

    .. code-block:: bash

        salt-call glance_settings.schema
    """
    return _data("schema.yaml")


def _asked(sls, role):
    """The roles whose keys must be there."""
    if role is None and sls:
        parts = sls.split(".")
        role = parts[1] if len(parts) > 1 and parts[0] == "glance" and parts[1] in ROLES else None
    if role is None:
        wanted = _pillar().get("roles", [])
        return [name for name in ROLES if isinstance(wanted, list) and name in wanted]
    if role not in ROLES:
        raise Invalid(f"role {role} is not known: the roles are {', '.join(ROLES)}")
    return [role]


def _pillar():
    pillar = __pillar__.get("glance") or {}
    if not isinstance(pillar, dict):
        raise Invalid("pillar key glance must be a mapping")
    return glance_schema.plain(pillar, _data("schema.yaml"))


def _problems(pillar, roles):
    if not glance_schema.HAS_JSONSCHEMA:
        return [glance_schema.MISSING]
    schema_ = _data("schema.yaml")
    wrong = glance_schema.problems(schema_, pillar)
    found = wrong + glance_schema.missing(schema_, pillar, roles)
    release = None
    try:
        release = _release(pillar)
        if release is None and {"api", "registry"} & set(roles):
            found.append("glance:release is missing: this distribution has none of its own, so name one, as epoxy")
    except Invalid as exc:
        found.append(str(exc))
    if wrong:
        return found
    known = _known(pillar) if release else None
    settings = glance_schema.complete(schema_, pillar)
    return found + glance_rules.problems(settings, pillar, schema_, known, roles, _data("releases.yaml"))


def _release(pillar):
    """
    The release that pillar names, else the one that the distribution ships, else ``None``; its ``server`` as the
    distribution has packaged it.
    """
    system, codename = _system(), __grains__.get("oscodename")
    shipped = system["releases"].get(codename)
    name = pillar.get("release") or shipped
    if not name:
        return None
    found = glance_releases.resolve(name, _data("releases.yaml"))
    packaged = system.get("servers", {}).get(codename) if found["codename"] == shipped else None
    return {**found, "server": packaged or found["server"]}


def _known(pillar):
    """The options of the release; ``None`` when no release is known."""
    release = _release(pillar)
    if release is None:
        return None
    stores = glance_schema.complete(_data("schema.yaml"), pillar)["stores"]
    return glance_options.Known(_data("releases.yaml"), _data("options.json"), release, glance_stores.types(stores))


def _complete(pillar):
    settings = glance_schema.complete(_data("schema.yaml"), pillar)
    settings["roles"] = [name for name in ROLES if name in settings["roles"]]
    settings["release"] = _release(pillar)
    given, socket = pillar.get("database", {}), _system()["database_socket"]
    settings["database"] |= glance_database.settings(settings["database"], given, socket)
    settings["identity"] |= _profiles(settings, pillar)
    settings["identity"]["endpoints"] = _endpoints(settings["identity"]["endpoints"])
    _servers(settings, pillar)
    catalogue = glance_catalogue.images(settings), glance_catalogue.endings(settings)
    settings["images"], settings["catalogue"] = catalogue
    return settings


def _profiles(settings, pillar):
    """Who asks: the administrator, Glance's own user, and whichever of the two keeps the images."""
    identity, given = settings["identity"], pillar.get("identity", {}).get("admin", {})
    versions = {key: identity[key] for key, usual in _VERSIONS.items() if identity[key] != usual}
    common = {key: identity[key] for key in ("auth_url", "cacert", "timeout") if key in identity}
    if any(str(url).startswith("https:") for url in (identity.get("auth_url"), *identity["endpoints"].values())):
        common.setdefault("cacert", _system()["ca_bundle"])  # not the list that Salt's own Python brings
    common |= {"region_name": settings["region"], **versions}
    home = {} if identity["identity_api_version"] == 2 else dict.fromkeys(_DOMAINS, identity["domain"])
    service = {
        **common,
        "username": identity["user"],
        "password_pillar": identity["password_pillar"],
        "project_name": identity["project"],
        **home,
    }
    own = {key: value for key, value in given.items() if key not in _SECRETS}
    own |= {f"{key}_pillar": f"glance:identity:admin:{key}" for key in _SECRETS if given.get(key)}
    if given.get("cloud") or given.get("environment"):
        admin = {"region_name": settings["region"], **versions, **own}
    elif given.get("application_credential_secret"):
        admin = {**common, **own}
    else:
        names = {"username": "admin", "project_name": "admin", **dict.fromkeys(home, "Default")}
        admin = {**common, **names, "password_pillar": identity["admin"]["password_pillar"], **own}
    has_admin = any(given.get(key) for key in ("cloud", "environment", *_SECRETS))
    return {"admin_profile": admin, "service_profile": service, "images_profile": admin if has_admin else service}


def _endpoints(given):
    if "public" not in given:
        return given
    internal = given.get("internal", given["public"])
    return {"public": given["public"], "internal": internal, "admin": given.get("admin", internal)}


def _servers(settings, pillar):
    """What the hosts of the API and of the registry get."""
    known, schema_ = _known(pillar), _data("schema.yaml")
    system = glance_host.system_of(_system(), known.release["glance"] if known else None)
    node = __grains__.get("fqdn") or __grains__["id"]
    for role in ("api", "registry"):
        settings[role].setdefault("workers", min(__grains__.get("num_cpus", 1), MOST_WORKERS))
    api, registry = settings["api"], settings["registry"]
    flavors = _data("options.json")["flavors"]
    api |= glance_host.api(settings, pillar, schema_, known, system, node, flavors)
    registry |= glance_host.registry(settings, pillar, schema_, known, system)
    for values in (api, registry):
        values.pop("config", None)  # may hold secrets; in the files they are references
    settings["client"].setdefault("packages", system["packages"]["client"])
    settings["metadefs"]["directory"] = f"{system['paths']['config']}/metadefs"


def _system():
    family = __grains__.get("os_family", "unknown")
    try:
        return _data(f"os/{family}.yaml")
    except Invalid as exc:
        raise Invalid(f"this formula has no glance/os/{family}.yaml: it knows Debian and RedHat") from exc


def _data(name):
    """A file of ``glance/``: all of them are fetched from the file server at once, each is parsed when it is needed."""
    if _CONTEXT not in __context__:
        names = ["schema.yaml", "releases.yaml", "options.json", f"os/{__grains__.get('os_family', 'unknown')}.yaml"]
        saltenv = __opts__.get("saltenv") or "base"
        paths = __salt__["cp.cache_files"]([f"salt://glance/{each}" for each in names], saltenv)
        __context__[_CONTEXT] = {each: {"path": path} for each, path in zip(names, paths)}
    found = __context__[_CONTEXT].get(name, {})
    if "content" not in found:
        found["content"] = _parsed(found.get("path"))
    if found["content"] is None:
        raise Invalid(f"salt://glance/{name} is not on the file server: is the formula in file_roots?")
    return found["content"]


def _parsed(path):
    if not path or not os.path.isfile(path):
        return None
    with salt.utils.files.fopen(path, encoding="utf-8") as stream:
        return json.load(stream) if path.endswith(".json") else yaml.load(stream, Loader=_LOADER)  # noqa: S506
