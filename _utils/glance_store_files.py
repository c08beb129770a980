"""
Files that stores read beside ``glance-api.conf``: accounts of Swift, and configuration and keyring of Ceph. They are
the only place that has these secrets; here they are references to pillar.
"""

import os.path

import glance_stores
from openstack_secrets import reference

SWIFT_MODE, CEPH_MODE = "0640", "0644"


def all_of(settings, pillar, known, system):
    """
    Return ``[{name, options, user, group, mode, purge, validate}]``, for ``openstack_config.present``.

    settings, pillar, known, system
        As for ``glance_stores.options``.
    """
    backends = settings["stores"]["backends"]
    found = _swift(backends, known, system)
    for name, backend in backends.items():
        if backend["type"] == "rbd":
            found += _ceph(name, backend, glance_stores.given(pillar, name), system)
    return found


def directories(settings):
    """Return the directories of Ceph's files that pillar has the content of."""
    ceph = [each for each in settings["stores"]["backends"].values() if each["type"] == "rbd"]
    return list(dict.fromkeys(os.path.dirname(each["ceph_conf"]) for each in ceph))


def keyring(backend):
    """Return the file with the key of a backend's user: pillar's, or the one in which Ceph looks for it."""
    name = f"{os.path.basename(backend['ceph_conf']).removesuffix('.conf')}.client.{backend.get('user')}.keyring"
    return backend.get("keyring") or os.path.join(os.path.dirname(backend["ceph_conf"]), name)


def _swift(backends, known, system):
    """All accounts of all backends: Glance reads every such file into one table."""
    accounts = {}
    for name, backend in backends.items():
        if backend["type"] == "swift":
            key = f"{glance_stores.KEY}:{name}:references"
            for ref, account in (backend.get("references") or {}).items():
                accounts[ref] = _account(account, f"{key}:{ref}", known)
    path = f"{system['paths']['config']}/{glance_stores.SWIFT_FILE}"
    has_file = any(
        known.place(glance_stores.section_of(name, known.release), "swift_store_config_file")
        for name, backend in backends.items()
        if backend["type"] == "swift"
    )
    return [_file(path, accounts, system, SWIFT_MODE)] if accounts and has_file else []


def _account(account, key, known):
    """One reference, with what the release reads of it."""
    is_credential = bool(account.get("application_credential_id"))
    values = {name: account.get(name) for name in ("auth_url", "auth_version", "application_credential_id")}
    values |= {name: _plain(account[name]) for name in ("user_domain", "project_domain")}
    secret = "application_credential_secret" if is_credential else "password"
    values[secret] = reference(f"{key}:{secret}", "percent")
    if not is_credential:
        values["user"] = _plain(f"{account.get('project')}:{account.get('user')}")
    return {
        known.swift_option(name): str(value)
        for name, value in values.items()
        if value is not None and known.swift_option(name)
    }


def _plain(value):
    """The reader takes a percent sign for the begin of another option's name."""
    return value.replace("%", "%%")


def _ceph(name, backend, given, system):
    found = []
    if given.get("ceph_config"):
        found.append(_file(backend["ceph_conf"], given["ceph_config"], system, CEPH_MODE, group="root"))
    if given.get("key"):
        options = {f"client.{backend['user']}": {"key": reference(f"{glance_stores.KEY}:{name}:key")}}
        found.append(_file(keyring(backend), options, system, backend["keyring_mode"]))
    return found


def _file(name, options, system, mode, group=None):
    owner = {"user": "root", "group": group or system["group"], "mode": mode}
    return {"name": name, **owner, "options": options, "purge": True, "validate": None}
