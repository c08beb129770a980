"""Keystone of a lane: configured by the test, bootstrapped with an administrator, listening."""

import getpass
import grp
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from releases import ini
from releases.database import Database
from releases.lanes import Lane
from releases.processes import Servers, run

PUBLIC, ADMIN = 5000, 35357
REGION = "RegionOne"


@dataclass(frozen=True)
class Keystone:
    """Where it is, and its administrator."""

    lane: Lane
    address: str
    password: str

    @property
    def url(self) -> str:
        """Its public URL without a version."""
        return f"http://{self.address}:{PUBLIC}"

    @property
    def admin_url(self) -> str:
        """The URL of its administrative API, where it has one, without a version."""
        return f"http://{self.address}:{ADMIN}"

    @property
    def admin(self) -> dict[str, str]:
        """The administrator, in the words of ``clouds.yaml``, for version 3."""
        return {
            "auth_url": self.url,
            "username": "admin",
            "password": self.password,
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "region_name": REGION,
        }


def start(
    lane: Lane,
    venv: Path,
    servers: Servers,
    directory: Path,
    address: str,
    database: Database,
    more: dict | None = None,
) -> Keystone:
    """
    Start it.

    lane, venv
        The lane and its environment.

    servers
        Starts and ends its processes.

    directory
        Where its files go.

    address
        Address of this machine to listen on: port 5000, and 35357 where version 2.0 has it.

    database
        Where its schema is made.

    more
        Options of keystone.conf beside those it needs, ``{section: {option: value}}``. Default ``None``: none.
    """
    config = directory / "keystone.conf"
    found = Keystone(lane, address, secrets.token_urlsafe(18))
    ini.write(config, {**_options(lane, venv, directory, address, database), **(more or {})})
    _prepare(found, venv, config, servers.logs / "keystone-manage.out")
    for name, port in [("public", PUBLIC), *([("admin", ADMIN)] if lane.identity_v2 else [])]:
        argv = _command(lane, venv, name, address, port, config)
        servers.start(f"keystone-{name}", argv, address, port, {"OS_KEYSTONE_CONFIG_FILES": str(config)})
    return found


def _options(lane, venv, directory, address, database):
    schema = database.create("keystone")
    options = {
        "DEFAULT": {
            "log_file": directory / "keystone.log",
            "public_endpoint": f"http://{address}:{PUBLIC}/",
            "admin_endpoint": f"http://{address}:{ADMIN}/" if lane.identity_v2 else None,
        },
        "database": {"connection": f"mysql+pymysql://keystone:{schema}@{database.host}:{database.port}/keystone"},
        "token": {"provider": "fernet"},
        # what a test logs in with need not be hard to guess
        "identity": {"password_hash_algorithm": "bcrypt", "password_hash_rounds": 4},
        "fernet_tokens": {"key_repository": directory / "fernet"},
        "credential": {"key_repository": directory / "credential"},
    }
    if lane.receipts:
        options["fernet_receipts"] = {"key_repository": directory / "receipts"}
    if lane.archives:
        options["paste_deploy"] = {"config_file": venv / "etc" / "keystone" / "keystone-paste.ini"}
    return options


def _prepare(keystone, venv, config, log):
    manage = [venv / "bin" / "keystone-manage", "--config-file", config]
    owner = ["--keystone-user", getpass.getuser(), "--keystone-group", grp.getgrgid(os.getgid()).gr_name]
    run([*manage, "db_sync"], log)
    for keys in ("fernet", "credential", *(["receipt"] if keystone.lane.receipts else [])):
        run([*manage, f"{keys}_setup", *owner], log)
    version, admin = ("v2.0", ADMIN) if keystone.lane.identity_v2 else ("v3", PUBLIC)
    urls = {"public": PUBLIC, "internal": PUBLIC, "admin": admin}
    options = [f"--bootstrap-{name}-url=http://{keystone.address}:{port}/{version}" for name, port in urls.items()]
    secret = {**os.environ, "OS_BOOTSTRAP_PASSWORD": keystone.password}
    run([*manage, "bootstrap", f"--bootstrap-region-id={REGION}", *options], log, env=secret)


def _command(lane, venv, name, address, port, config):
    if lane.uwsgi:
        return uwsgi(venv, "keystone.wsgi.api", address, port)
    return [venv / "bin" / f"keystone-wsgi-{name}", "--host", address, "--port", port, "--", "--config-file", config]


def uwsgi(venv: Path, application: str, address: str, port: int, kind: str = "--module") -> list:
    """
    The command line that serves an application; it ends when it is told to, as a unit would.

    application, kind
        A module with one of that name; with ``--paste`` the URI of a paste file.
    """
    options = ["--master", "--die-on-term", "--lazy-apps", "--enable-threads", "--need-app", "--processes", "1"]
    options += ["--threads", "4", "--buffer-size", "65535", "--add-header", "Connection: close"]
    options += ["--chunked-input-limit", str(64 << 20)]  # as the formula has it
    return [venv / "bin" / "uwsgi", *options, "--http-socket", f"{address}:{port}", kind, application]
