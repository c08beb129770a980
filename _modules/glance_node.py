"""
What one host can tell of itself: the ``glance`` runner asks it of every host of a site.

.. versionadded:: 1.0.0

Each function returns a list of rows, ``{"host": …, "check": …, "result": "ok" | "failed" | "not checked",
"detail": …}``. What is checked follows from ``glance:roles``. Nothing is changed; :py:func:`verify` makes an image of
its own and removes it again.
"""

import hashlib
import json
import re
import time

import glance_checks
import glance_front
import glance_front_rows
import glance_proof
import glance_report
import glance_store_files
import glance_stores
import glance_venv_checks
import openstack_image_api
import salt.utils.path
from openstack_errors import EXPECTED, OpenStackError

__virtualname__ = "glance_node"

# what Salt's own Python needs, by the role that needs it: {module: package}
LIBRARIES = {
    "database": {"pymysql": "PyMySQL"},
    "identity": {"keystoneauth1": "keystoneauth1", "keystoneclient": "python-keystoneclient"},
    "api": {"keystoneauth1": "keystoneauth1"},
    "images": {"keystoneauth1": "keystoneauth1"},
}
FOR_ALL = {"jsonschema": "jsonschema"}
# all of them, whatever the role: what pip installs is the same on every host
ALL_LIBRARIES = {
    **FOR_ALL,
    "pymysql": "PyMySQL",
    "keystoneauth1": "keystoneauth1",
    "keystoneclient": "python-keystoneclient",
    "glanceclient": "python-glanceclient",
    "oslo_config": "oslo.config",
    "oslo_utils": "oslo.utils",
    "cryptography": "cryptography",
}
INSTALLS = "state.apply glance.client.python installs them"
CURRENT = "up to date"
ROOM = 1 << 30
INTERFACES = ("public", "internal", "admin")
_GLANCE = re.compile(r"(^|[/ ])glance-(wsgi-)?api|glance[./]wsgi")
_OPEN = (OSError, KeyError, TypeError, ValueError, AttributeError)


def __virtual__():
    return __virtualname__


def preflight(strict=False):
    """
    Check whether this host is ready for its roles.

    strict
        Whether a missing Python library, and what cannot be checked without it, is a failure. Default ``False``: it is
        "not checked", since a deployment installs it first.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_node.preflight
    """
    rows, roles = glance_report.Rows(__grains__["id"]), _roles()
    missing = _libraries(rows, roles, strict)
    settings = _settings(rows, missing, strict)
    if settings is None:
        return list(rows)
    doing = {"database": _database, "messaging": _messaging, "identity": _identity, "api": _api_prerequisites}
    for role, check in doing.items():
        if role in roles:
            check(rows, settings, missing, strict)
    if not {"identity", "api"} & set(roles) and {"client", "images"} & set(roles):
        _reach(rows, "reaches Keystone", *glance_checks.address(settings["identity"]["auth_url"]))
    return list(rows)


def missing_libraries():
    """
    Return the Python packages that this formula's modules need and Salt's own Python lacks, for pip.

    CLI Example:

    .. code-block:: bash

        salt '*' glance_node.missing_libraries
    """
    return glance_checks.missing(ALL_LIBRARIES)


def status():
    """
    Tell how this host's roles are: services, versions, schema, API, images, catalogue.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_node.status
    """
    rows, roles = glance_report.Rows(__grains__["id"]), _roles()
    missing = _libraries(rows, roles, strict=True, quiet=True)
    settings = _settings(rows, missing, strict=True)
    if settings is None:
        return list(rows)
    doing = {"database": _database, "messaging": _messaging, "identity": _identity, "api": _api_status}
    for role, check in doing.items():
        if role in roles:
            check(rows, settings, missing, True)
    if "identity" in roles and not missing:
        _catalogue(rows, settings)
    return list(rows)


def verify(write=True):
    """
    Prove that this host's roles work: the catalogue by its URLs, the API by an image that goes up, comes back and goes.

    write
        Whether the proof with the image is made. Default ``True``; ``False`` only asks.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_node.verify
    """
    rows, roles = glance_report.Rows(__grains__["id"]), _roles()
    missing = _libraries(rows, roles, strict=True, quiet=True)
    settings = _settings(rows, missing, strict=True)
    if settings is None or missing:
        return list(rows)
    if "identity" in roles:
        _catalogue(rows, settings)
    if "api" in roles:
        answers = _answers(rows, settings)
        if write and answers:
            _image(rows, settings)
        elif write:
            rows.not_checked("image goes up", "this host's API must answer first")
    return list(rows)


# What every question needs


def _roles():
    roles = (__pillar__.get("glance") or {}).get("roles") or []
    return [str(role) for role in roles] if isinstance(roles, (list, tuple)) else []


def _libraries(rows, roles, strict, quiet=False):
    """The packages that Salt's Python lacks for these roles; a row unless all is well and nobody asked."""
    wanted = dict(FOR_ALL)
    for role in roles:
        wanted.update(LIBRARIES.get(role, {}))
    missing = glance_checks.missing(wanted)
    if not missing and not quiet:
        rows.ok("Python libraries", ", ".join(sorted(set(wanted.values()))))
    elif missing:
        _unless(rows, strict, "Python libraries", f"{', '.join(missing)} missing, {INSTALLS}")
    return missing


def _unless(rows, strict, check, detail):
    (rows.failed if strict else rows.not_checked)(check, detail)


def _settings(rows, missing, strict):
    """The settings; without jsonschema those that nobody has checked; ``None`` and a row when there are none."""
    if FOR_ALL["jsonschema"] in missing:
        _unless(rows, strict, "pillar", f"jsonschema missing, {INSTALLS}")
        try:
            return __salt__["glance_settings.get"](sls="glance.client.python")
        except (*EXPECTED, *_OPEN) as exc:
            rows.failed("pillar", f"cannot be used: {exc if isinstance(exc, EXPECTED) else type(exc).__name__}")
            return None
    try:
        problems = __salt__["glance_settings.check"]()
        for problem in problems:
            rows.failed("pillar", problem)
        if problems:
            return None
        settings = __salt__["glance_settings.get"]()
    except EXPECTED as exc:
        rows.failed("pillar", exc)
        return None
    rows.ok("pillar", f"valid; roles {', '.join(settings['roles'])}")
    return settings


def _ask(rows, strict, missing, check, function, **kwarg):
    """What an execution function answers; a row and ``None`` when it cannot be asked, or fails."""
    if function not in __salt__:
        reason = f"{', '.join(missing)} missing, {INSTALLS}" if missing else f"{function} is not available"
        _unless(rows, strict or not missing, check, reason)
        return None
    with rows.checking(check):
        return __salt__[function](**kwarg)
    return None


# Servers


def _database(rows, settings, missing, strict):
    check = "database login"
    found = _ask(rows, strict, missing, check, "openstack_database.login", profile=settings["database"]["profile"])
    if found:
        rows.ok(check, f"{found['user']}, server {found['version']}")


def _messaging(rows, settings, missing, strict):
    found = _ask(rows, strict, missing, "RabbitMQ answers", "openstack_messaging.version")
    if found:
        rows.ok("RabbitMQ answers", f"version {found}")


def _identity(rows, settings, missing, strict):
    check, profile = "Keystone login", settings["identity"]["admin_profile"]
    found = _ask(rows, strict, missing, check, "openstack_identity.login", profile=profile)
    if found:
        rows.ok(check, f"{found['user']} in project {found['project']} at {found['auth_url']}")


# A host of the API before it is one


def _api_prerequisites(rows, settings, missing, strict):
    _connections(rows, settings)
    _names(rows, settings)
    for port in glance_front.ports(settings):
        _port(rows, settings, port)
    glance_front_rows.before(rows, settings, __salt__)
    _package(rows, settings, strict)
    _disks(rows, settings)
    _stores(rows, settings)


def _connections(rows, settings):
    database, messaging = settings["database"], settings["messaging"]
    _reach(rows, "reaches database", database.get("host"), database["port"])
    _reach(rows, "reaches Keystone", *glance_checks.address(settings["identity"]["auth_url"]))
    for host in messaging["hosts"]:
        _reach(rows, "reaches RabbitMQ", host, messaging["port"])


def _reach(rows, check, host, port):
    with rows.checking(check):
        address = glance_checks.connect(host, port)
        rows.ok(check, f"{host}:{port}" if address == host else f"{host}:{port} at {address}")


def _names(rows, settings):
    """The names in the catalogue: a client on this host, and Glance itself, will go there."""
    hosts = {}
    for interface, url in settings["identity"]["endpoints"].items():
        hosts.setdefault(glance_checks.address(url)[0], []).append(interface)
    for host, interfaces in hosts.items():
        check = f"name of {', '.join(interfaces)} endpoint"
        with rows.checking(check):
            rows.ok(check, f"{host} is {', '.join(glance_checks.resolve(host))}")


def _port(rows, settings, port):
    check, found = f"port {port}", glance_checks.listeners(port)
    strange = [each for each in found if not _is_glance(each, settings)]
    if strange:
        who = ", ".join(f"{each['command'] or 'a process'} (pid {each['pid'] or 'unknown'})" for each in strange)
        rows.failed(check, f"taken by {who}: stop it, or set glance:api:bind_port")
    else:
        rows.ok(check, "held by Glance" if found else "free")


def _is_glance(listener, settings):
    """Glance under its own name, or under that of a WSGI server as Glance's user."""
    users = {entry["user"] for entry in settings["api"]["directories"]}
    known = __salt__["user.info"](next(iter(users))) if users else {}
    return bool(_GLANCE.search(listener["command"]) or (known and listener["uid"] == known["uid"]))


def _package(rows, settings, strict=False):
    if settings["api"].get("venv"):
        glance_venv_checks.preflight(rows, settings, __salt__, strict)
        return
    release, package = settings["release"], settings["api"]["packages"][0]
    check, wanted = f"package {package}", f"{release['codename']} (Glance {release['glance']})"
    candidate = _candidate(package, False) or __salt__["pkg.version"](package) or _candidate(package, True)
    if not candidate:
        rows.failed(check, "no package source offers it: add one for this release to the host's sources")
    elif not glance_checks.provides(candidate, release):
        text = f"the sources offer {candidate}, pillar wants {wanted}: change glance:release or the host's sources"
        rows.failed(check, text)
    else:
        rows.ok(check, f"{candidate} is {wanted}")


def _candidate(package, refresh):
    """The version that would be installed; on apt a package that is not known comes as a mapping."""
    found = __salt__["pkg.latest_version"](package, refresh=refresh)
    return found.get(package) if isinstance(found, dict) else found


def _disks(rows, settings):
    for name, store in settings["stores"]["backends"].items():
        mounted = _mounted(rows, name, store)
        for path in glance_stores.directories(store) if mounted else ():
            check = f"room in store {name}"
            with rows.checking(check):
                free, where = glance_checks.free(path)
                text = f"{glance_checks.size(free)} free in {where} for {path}"
                (rows.ok if free >= ROOM else rows.failed)(check, text)


def _mounted(rows, name, store):
    """Whether what must be mounted for a store is; a row when something must."""
    point = store.get("mountpoint")
    if not point:
        return True
    if __salt__["mount.is_mounted"](point):
        rows.ok(f"mount of store {name}", point)
        return True
    rows.failed(f"mount of store {name}", f"nothing is mounted on {point}: mount it")
    return False


def _stores(rows, settings):
    """What a store needs that pillar does not bring, and types that are to go."""
    for name, store in settings["stores"]["backends"].items():
        check = f"keyring of store {name}"
        if store["type"] == "rbd" and not _brings_key(name):
            path = glance_store_files.keyring(store)
            found = __salt__["file.file_exists"](path)
            (rows.ok if found else rows.failed)(check, path if found else f"no {path}: put it there, or set key")
    for name, text in settings["api"]["deprecated_stores"].items():
        rows.ok(f"store {name}", text)


def _brings_key(name):
    stores = (__pillar__.get("glance") or {}).get("stores") or {}
    return bool(((stores.get("backends") or {}).get(name) or {}).get("key"))


# A host of the API as it is


def _api_status(rows, settings, missing, strict):
    for service in settings["api"]["services"]:
        _service(rows, service)
    if settings["api"]["venv"]:
        glance_venv_checks.status(rows, settings, __salt__)
    for package in settings["api"]["packages"]:
        version = __salt__["pkg.version"](package)
        if not version:
            rows.failed(f"package {package}", "not installed: state.apply glance.api installs it")
        elif "glance" in package and not glance_checks.provides(version, settings["release"]):
            rows.failed(f"package {package}", f"{version} is not {settings['release']['codename']}")
        else:
            rows.ok(f"package {package}", version)
    _schema(rows)
    if not missing and _answers(rows, settings):
        with rows.checking("images"):
            count = len(_api(settings).images())
            rows.ok("images", f"{count} that {settings['identity']['user']} sees")


def _service(rows, service):
    check = f"service {service}"
    running, enabled = __salt__["service.status"](service), __salt__["service.enabled"](service)
    words = f"{'running' if running else 'stopped'}, {'' if enabled else 'not '}enabled at boot"
    (rows.ok if running and enabled else rows.failed)(check, words)


def _schema(rows):
    check = "database schema"
    found = _ask(rows, True, [], check, "glance_manage.db_check")
    if found:
        (rows.ok if found == CURRENT else rows.failed)(check, found)


def _answers(rows, settings):
    """
    An authenticated request to this host's own API, and one to where the catalogue points.

    Glance's health check and systemd say "fine" of one that serves nobody.
    """
    own = _answer(rows, "API answers", settings, settings["api"]["url"])
    glance_front_rows.now(rows, settings, __salt__)
    _answer(rows, "API by catalogue", settings, None)
    return own


def _answer(rows, check, settings, url):
    profile = settings["identity"]["service_profile"]
    found = _ask(rows, True, [], check, "openstack_image.answering", profile=profile, url=url)
    if found and found["error"]:
        rows.failed(check, found["error"])
    elif found:
        rows.ok(check, f"{found['url']}, authenticated, API {found['version']}, {found['latency']} s")
    return bool(found) and not found["error"]


def _api(settings):
    """Glance of this host as Glance's own user."""
    profile = settings["identity"]["service_profile"]
    url = settings["api"]["tls"]["proof"] or settings["api"]["url"]
    return openstack_image_api.connect(profile, __context__, __pillar__, __salt__["config.get"], url)


def _catalogue(rows, settings):
    """The endpoints of pillar's region are those of pillar, one each, and lead somewhere."""
    identity, region = settings["identity"], settings["region"]
    kind = identity["service"]["type"]
    with rows.checking("catalogue"):
        found = __salt__["openstack_identity.endpoint_list"](
            type=kind, region=region, profile=identity["admin_profile"]
        )
        for interface in INTERFACES:
            urls = [each["url"] for each in found if each["interface"] == interface and each.get("enabled", True)]
            _endpoint(rows, f"{interface} endpoint", urls, identity["endpoints"].get(interface), region)


def _endpoint(rows, check, urls, wanted, region):
    if wanted is None:
        rows.not_checked(check, f"pillar names none (glance:identity:endpoints:{check.split()[0]})")
    elif not urls:
        rows.failed(check, f"none in region {region}: state.apply glance.identity registers {wanted}")
    elif len(urls) > 1:
        rows.failed(check, f"{len(urls)} in region {region}, clients take any: {', '.join(urls)}")
    elif urls[0] != wanted:
        rows.failed(check, f"{urls[0]}, pillar says {wanted}: state.apply glance.identity corrects it")
    else:
        rows.ok(check, f"{wanted} in region {region}")


# The proof


def _image(rows, settings):
    """An image goes up, is looked at from all sides, and goes, whatever happened between."""
    content, api = glance_proof.qcow2(), _api(settings)
    with rows.checking("image goes up"):
        started = time.monotonic()
        image = glance_proof.upload(api, glance_proof.name(), content)
        rows.ok("image goes up", f"{glance_checks.size(len(content))} in {time.monotonic() - started:.2f} s")
        store, path = _place(settings, image)
        try:
            _comes_back(rows, api, image, content)
            _lies(rows, settings, store, path, len(content))
            _is_qcow2(rows, path)
        finally:
            _goes(rows, api, image, path)


def _place(settings, image):
    """Name of the store that took the image, and its file; ``None`` for a store without files here."""
    backends = settings["stores"]["backends"]
    name = image.get("stores") or settings["stores"].get("default") or next(iter(backends))
    paths = [f"{each}/{image['id']}" for each in glance_stores.directories(backends.get(name, {"type": None}))]
    return name, next((path for path in paths if glance_proof.lies(path)), paths[0] if paths else None)


def _comes_back(rows, api, image, content):
    check, wanted = "image comes back", hashlib.sha512(content).hexdigest()
    with rows.checking(check):
        if glance_proof.download_digest(api, image["id"]) != wanted:
            raise OpenStackError("what comes back is not what went up")
        told = image.get("os_hash_value")
        if told and image.get("os_hash_algo") == "sha512" and told != wanted:
            raise OpenStackError("bit for bit, but Glance tells another sha512 than the data has")
        rows.ok(check, f"bit for bit, sha512 {wanted[:12]}…")


def _lies(rows, settings, store, path, size):
    check = "image lies in store"
    if path is None:
        rows.not_checked(check, f"store {store} keeps no files on this host")
        return
    found, user = glance_proof.lies(path), settings["api"]["directories"][0]["user"]
    if found is None:
        rows.failed(check, f"no {path}: is glance:stores:backends:{store}:datadir what the running API has?")
    elif found != {"user": user, "size": size}:
        text = f"{path} is {found['size']} bytes of {found['user']}, and should be {size} bytes of {user}"
        rows.failed(check, text)
    else:
        rows.ok(check, f"store {store}: {path}, {size} bytes of {user}")


def _is_qcow2(rows, path):
    check = "image is qcow2"
    if path is None:
        rows.not_checked(check, "no file to look at on this host")
        return
    if not salt.utils.path.which("qemu-img"):
        rows.not_checked(check, "qemu-img is not here: install qemu-utils (Debian) or qemu-img (Red Hat)")
        return
    with rows.checking(check):
        found = _qemu_img(path)
        seen = (found.get("format"), found.get("virtual-size"))
        if seen != ("qcow2", glance_proof.VIRTUAL_SIZE):
            raise OpenStackError(f"qemu-img takes it for {seen[0]} of {seen[1]} bytes")
        rows.ok(check, f"qemu-img info: {seen[0]}, virtual size {seen[1]}")


def _qemu_img(path):
    command = ["qemu-img", "info", "--output=json", path]
    ran = __salt__["cmd.run_all"](command, python_shell=False, timeout=60, ignore_retcode=True)
    if ran["retcode"]:
        raise OpenStackError(f"qemu-img info fails: {(ran['stderr'].strip().splitlines() or ['no message'])[-1]}")
    try:
        return json.loads(ran["stdout"])
    except ValueError as exc:
        raise OpenStackError("qemu-img info answers no JSON") from exc


def _goes(rows, api, image, path):
    check, remove = "image is gone", f"openstack_image.delete {image['id']}"
    with rows.checking(check):
        try:
            api.delete(image["id"])
        except OpenStackError as exc:
            raise OpenStackError(f"{exc}; image {image['name']} is left behind, remove it: {remove}") from exc
        if api.image(image["id"]) is not None:
            raise OpenStackError(f"deleted, but still there: {remove}")
        if path and glance_proof.lies(path) is not None:
            raise OpenStackError(f"deleted, but {path} is still there")
        rows.ok(check, "removed, and its file" if path else "removed")
