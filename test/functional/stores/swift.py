"""
Swift from PyPI with everything on one address: the account server of Glance's own user, behind Keystone, and the same
over S3, for a user that Swift itself knows.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from releases import ini, venvs
from releases.lanes import SWIFT
from releases.processes import Servers, run

PROXY, S3, BACKENDS = 8080, 8081, {"account": 6202, "container": 6201, "object": 6200}
S3_USER = "test:tester"
_PARTS = ("1", "1", "1")  # power of the ring, copies, hours


@dataclass(frozen=True)
class Swift:
    """Where it is."""

    address: str
    s3_secret: str

    @property
    def url(self) -> str:
        """The URL for the catalogue."""
        return f"http://{self.address}:{PROXY}/v1/AUTH_%(tenant_id)s"

    @property
    def s3_url(self) -> str:
        """The URL of the S3 service."""
        return f"http://{self.address}:{S3}"


def start(servers: Servers, directory: Path, address: str, login: dict, s3_secret: str) -> Swift:
    """
    Start it.

    servers
        Starts and ends its processes.

    directory
        Where its files go, on a file system with extended attributes.

    address
        Address of this machine to listen on.

    login
        Options of ``keystone_authtoken``: who asks Keystone about tokens.

    s3_secret
        Secret key of the user of S3, ``test:tester``.

    Raises ``Missing`` where this machine lacks something, ``Failed`` where a command or server does.
    """
    venv = venvs.ensure(SWIFT)
    (directory / "devices" / "one").mkdir(parents=True)
    hashed = {name: secrets.token_hex(8) for name in ("swift_hash_path_prefix", "swift_hash_path_suffix")}
    ini.write(directory / "swift.conf", {"swift-hash": hashed})
    for name, port in BACKENDS.items():
        _ring(venv, directory, name, f"r1z1-{address}:{port}/one", servers.logs / "swift-ring-builder.out")
        _serve(venv, servers, directory, name, address, port, _backend(name))
    _serve(venv, servers, directory, "proxy", address, PROXY, _keystone(login))
    _serve(venv, servers, directory, "proxy", address, S3, _s3(s3_secret), name="s3")
    return Swift(address, s3_secret)


def _ring(venv, directory, name, device, log):
    builder = [venv / "bin" / "swift-ring-builder", directory / f"{name}.builder"]
    for arguments in (("create", *_PARTS), ("add", device, "100"), ("rebalance",)):
        run([*builder, *arguments], log)


def _serve(venv, servers, directory, kind, address, port, sections, name=None):
    name = name or kind
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
    servers.start(f"swift-{name}", [venv / "bin" / f"swift-{kind}-server", config], address, port)


def _backend(name):
    return {"pipeline:main": {"pipeline": f"{name}-server"}, f"app:{name}-server": {"use": f"egg:swift#{name}"}}


def _proxy(*filters):
    pipeline = " ".join(["catch_errors", "proxy-logging", *filters, "dlo", "proxy-server"])
    options = {"use": "egg:swift#proxy", "account_autocreate": "true", "allow_account_management": "true"}
    shared = {f"filter:{name}": {"use": f"egg:swift#{name.replace('-', '_')}"} for name in ("catch_errors", "dlo")}
    shared["filter:proxy-logging"] = {"use": "egg:swift#proxy_logging"}
    return {"pipeline:main": {"pipeline": pipeline}, "app:proxy-server": options, **shared}


def _keystone(login):
    return {
        **_proxy("authtoken", "keystoneauth"),
        "filter:authtoken": {"paste.filter_factory": "keystonemiddleware.auth_token:filter_factory", **login},
        "filter:keystoneauth": {"use": "egg:swift#keystoneauth", "operator_roles": "admin, member"},
    }


def _s3(secret):
    account, user = S3_USER.split(":")
    return {
        **_proxy("s3api", "tempauth", "slo"),
        "filter:s3api": {"use": "egg:swift#s3api", "auth_pipeline_check": "false", "location": "us-east-1"},
        "filter:tempauth": {"use": "egg:swift#tempauth", f"user_{account}_{user}": f"{secret} .admin"},
        "filter:slo": {"use": "egg:swift#slo"},
    }
