"""
``glance_node.preflight``: whether this host is ready for its roles.

A check is a function of the :py:class:`glance_questions.Question`; :py:data:`CHECKS` says whose it is.
"""

import re

import glance_checks
import glance_front
import glance_front_rows
import glance_node_servers
import glance_store_files
import glance_stores
import glance_venv_checks

ROOM = 1 << 30
_GLANCE = re.compile(r"(^|[/ ])glance-(wsgi-)?api|glance[./]wsgi")


def answer(question):
    """Return the rows of a :py:class:`glance_questions.Question`, as a list."""
    if question.ready():
        question.make(CHECKS)
    return list(question.rows)


def connections(question):
    """Database, Keystone and broker can be reached from here."""
    database, messaging = question.settings["database"], question.settings["messaging"]
    question.reach("reaches database", database.get("host"), database["port"])
    _keystone(question)
    for host in messaging["hosts"]:
        question.reach("reaches RabbitMQ", host, messaging["port"])


def keystone(question):
    """Keystone can be reached, on a host that no other check of it is for."""
    if not {"identity", "api"} & set(question.roles):
        _keystone(question)


def _keystone(question):
    question.reach("reaches Keystone", *glance_checks.address(question.settings["identity"]["auth_url"]))


def names(question):
    """The names in the catalogue: a client on this host, and Glance itself, will go there."""
    hosts = {}
    for interface, url in question.settings["identity"]["endpoints"].items():
        hosts.setdefault(glance_checks.address(url)[0], []).append(interface)
    for host, interfaces in hosts.items():
        check = f"name of {', '.join(interfaces)} endpoint"
        with question.rows.checking(check):
            question.rows.ok(check, f"{host} is {', '.join(glance_checks.resolve(host))}")


def ports(question):
    """Nobody but Glance, and what ends TLS for it, listens on the ports that they need."""
    for number in glance_front.ports(question.settings):
        _port(question, number)


def _port(question, number):
    check, found = f"port {number}", glance_checks.listeners(number)
    strange = [each for each in found if not _is_glance(each, question)]
    if strange:
        who = ", ".join(f"{each['command'] or 'a process'} (pid {each['pid'] or 'unknown'})" for each in strange)
        question.rows.failed(check, f"taken by {who}: stop it, or set glance:api:bind_port")
    else:
        question.rows.ok(check, "held by Glance" if found else "free")


def _is_glance(listener, question):
    """Glance under its own name, or under that of a WSGI server as Glance's user."""
    users = {entry["user"] for entry in question.settings["api"]["directories"]}
    known = question.execution["user.info"](next(iter(users))) if users else {}
    return bool(_GLANCE.search(listener["command"]) or (known and listener["uid"] == known["uid"]))


def certificate(question):
    """The certificate will do, or somebody else ends TLS."""
    glance_front_rows.before(question.rows, question.settings, question.execution)


def source(question):
    """Glance of pillar's release can be installed: as a package, or in a virtual environment."""
    if question.settings["api"].get("venv"):
        glance_venv_checks.preflight(question.rows, question.settings, question.execution, question.strict)
    else:
        _package(question)


def _package(question):
    release, package = question.settings["release"], question.settings["api"]["packages"][0]
    check, wanted = f"package {package}", f"{release['codename']} (Glance {release['glance']})"
    candidate = _candidate(question.execution, package)
    if not candidate:
        question.rows.failed(check, "no package source offers it: add one for this release to the host's sources")
    elif not glance_checks.provides(candidate, release):
        text = f"the sources offer {candidate}, pillar wants {wanted}: change glance:release or the host's sources"
        question.rows.failed(check, text)
    else:
        question.rows.ok(check, f"{candidate} is {wanted}")


def _candidate(execution, package):
    """The version that will be installed, or is; the sources are read again only when neither is known."""
    return _latest(execution, package, False) or execution["pkg.version"](package) or _latest(execution, package, True)


def _latest(execution, package, refresh):
    """The version that would be installed; on apt a package that is not known comes as a mapping."""
    found = execution["pkg.latest_version"](package, refresh=refresh)
    return found.get(package) if isinstance(found, dict) else found


def disks(question):
    """What must be mounted for a store is, and there is room in each of its directories."""
    rows = question.rows
    for name, store in question.settings["stores"]["backends"].items():
        mounted = _mounted(question, name, store)
        for path in glance_stores.directories(store) if mounted else ():
            check = f"room in store {name}"
            with rows.checking(check):
                free, where = glance_checks.free(path)
                text = f"{glance_checks.size(free)} free in {where} for {path}"
                (rows.ok if free >= ROOM else rows.failed)(check, text)


def _mounted(question, name, store):
    """Whether what must be mounted for a store is; a row when something must."""
    point = store.get("mountpoint")
    if not point:
        return True
    if question.execution["mount.is_mounted"](point):
        question.rows.ok(f"mount of store {name}", point)
        return True
    question.rows.failed(f"mount of store {name}", f"nothing is mounted on {point}: mount it")
    return False


def stores(question):
    """What a store needs that pillar does not bring is there; types of stores that are to go are named."""
    rows = question.rows
    for name, store in question.settings["stores"]["backends"].items():
        check = f"keyring of store {name}"
        if store["type"] == "rbd" and not _brings_key(question.pillar, name):
            path = glance_store_files.keyring(store)
            found = question.execution["file.file_exists"](path)
            (rows.ok if found else rows.failed)(check, path if found else f"no {path}: put it there, or set key")
    for name, text in question.settings["api"]["deprecated_stores"].items():
        rows.ok(f"store {name}", text)


def _brings_key(pillar, name):
    stores = (pillar.get("glance") or {}).get("stores") or {}
    return bool(((stores.get("backends") or {}).get(name) or {}).get("key"))


# the roles that need it, and the check; rows come in this order
CHECKS = (
    (("database",), glance_node_servers.database),
    (("messaging",), glance_node_servers.messaging),
    (("identity",), glance_node_servers.identity),
    (("api",), connections),
    (("api",), names),
    (("api",), ports),
    (("api",), certificate),
    (("api",), source),
    (("api",), disks),
    (("api",), stores),
    (("client", "images"), keystone),
)
