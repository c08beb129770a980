"""
Swift from PyPI with everything on one address, behind Keystone: by its own API, and over S3 for those with a credential
of EC2 in Keystone.
"""

import secrets
from pathlib import Path

from releases import ini, venvs
from releases.lanes import SWIFT
from releases.processes import Servers, run

PROXY, BACKENDS = 8080, {"account": 6202, "container": 6201, "object": 6200}
_PARTS = ("1", "1", "1")  # power of the ring, copies, hours


def url(address: str) -> str:
    """Return the URL of the S3 service."""
    return f"http://{address}:{PROXY}"


def endpoint(address: str) -> str:
    """Return the URL for the catalogue."""
    return f"{url(address)}/v1/AUTH_%(tenant_id)s"


def start(servers: Servers, directory: Path, address: str, login: dict) -> None:
    """
    Start it.

    servers
        Starts and ends its processes.

    directory
        Where its files go, on a file system with extended attributes.

    address
        Address of this machine to listen on.

    login
        Options of ``keystone_authtoken``: who asks Keystone about tokens and credentials.

    Raises ``Missing`` where this machine lacks something, ``Failed`` where a command or server does.
    """
    venv = venvs.ensure(SWIFT)
    (directory / "devices" / "one").mkdir(parents=True)
    hashed = {name: secrets.token_hex(8) for name in ("swift_hash_path_prefix", "swift_hash_path_suffix")}
    ini.write(directory / "swift.conf", {"swift-hash": hashed})
    for name, port in BACKENDS.items():
        _ring(venv, directory, name, f"r1z1-{address}:{port}/one", servers.logs / "swift-ring-builder.out")
        _serve(venv, servers, directory, name, address, port, _backend(name))
    _serve(venv, servers, directory, "proxy", address, PROXY, _proxy(login))


def _ring(venv, directory, name, device, log):
    builder = [venv / "bin" / "swift-ring-builder", directory / f"{name}.builder"]
    for arguments in (("create", *_PARTS), ("add", device, "100"), ("rebalance",)):
        run([*builder, *arguments], log)


def _serve(venv, servers, directory, name, address, port, sections):
    common = {
        "bind_ip": address,
        "bind_port": port,
        "workers": 0,
        "user": "root",
        "swift_dir": directory,
        "devices": directory / "devices",
        "mount_check": "false",
        "log_address": directory / "no-syslog",
    }
    config = directory / f"{name}-server.conf"
    ini.write(config, {"DEFAULT": common, **sections})
    servers.start(f"swift-{name}", [venv / "bin" / f"swift-{name}-server", config], address, port)


def _backend(name):
    return {"pipeline:main": {"pipeline": f"{name}-server"}, f"app:{name}-server": {"use": f"egg:swift#{name}"}}


def _proxy(login):
    names = ["catch_errors", "proxy-logging", "authtoken", "s3api", "s3token", "keystoneauth", "slo", "dlo"]
    filters = {f"filter:{name}": {"use": f"egg:swift#{name.replace('-', '_')}"} for name in names}
    filters["filter:s3api"] |= {"auth_pipeline_check": "false", "location": "us-east-1"}
    filters["filter:s3token"] |= {**login, "auth_uri": f"{login['auth_url']}/v3", "auth_url": f"{login['auth_url']}/v3"}
    filters["filter:keystoneauth"] |= {"operator_roles": "admin, member"}
    factory = "keystonemiddleware.auth_token:filter_factory"
    filters["filter:authtoken"] = {"paste.filter_factory": factory, "delay_auth_decision": "true", **login}
    return {
        "pipeline:main": {"pipeline": " ".join([*names, "proxy-server"])},
        "app:proxy-server": {"use": "egg:swift#proxy", "account_autocreate": "true"},
        **filters,
    }
