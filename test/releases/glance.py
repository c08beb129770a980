"""Glance of a lane: configured by the formula from a pillar, listening; glance-registry where the release has it."""

import getpass
import grp
import os
import shutil
from pathlib import Path

from releases import formula, ini
from releases.database import Database
from releases.keystone import REGION, Keystone, uwsgi
from releases.lanes import Lane
from releases.processes import Servers, run

API, REGISTRY = 9292, 9191


def pillar(lane: Lane, directory: Path, keystone: Keystone, database: Database, passwords: dict) -> dict:
    """
    The pillar of the role api, as an operator would write it for this release.

    lane
        The lane.

    directory
        Where Glance's files go.

    keystone, database
        What it talks to.

    passwords
        ``{"database": …, "identity": …}`` of Glance's own users.
    """
    address = keystone.address
    config = {
        "DEFAULT": {"log_dir": str(directory / "log")},
        "oslo_concurrency": {"lock_path": str(directory / "lock")},
    }
    if lane.registry:
        config["DEFAULT"] |= {"registry_host": address, "registry_port": REGISTRY}
        if not lane.identity_v2:  # without it the API of this release asks the database itself
            config["DEFAULT"] |= {"enable_v2_registry": True, "data_api": "glance.db.registry.api"}
    return {
        "glance": {
            "release": lane.name,
            "region": REGION,
            "database": {"host": database.host, "port": database.port, "password": passwords["database"]},
            "identity": {"auth_url": keystone.url, "password": passwords["identity"]},
            "stores": {"backends": {"local": {"type": "file", "datadir": str(directory / "images")}}},
            "api": {"bind_host": address, "bind_port": API, "workers": 1, "config": config},
        }
    }


def start(lane: Lane, venv: Path, servers: Servers, directory: Path, keystone: Keystone, given: dict) -> str:
    """
    Start it and return its URL.

    lane, venv
        The lane and its environment.

    servers
        Starts and ends its processes.

    directory
        Where its files go.

    keystone
        What it asks about tokens; its own user need not be there yet.

    given
        From :py:func:`pillar`.
    """
    config = directory / "etc"
    config.mkdir(parents=True)
    for name in ("log", "lock", "images", "staging", "tasks", "salt"):
        (directory / name).mkdir()
    for source in (venv / "etc" / "glance").iterdir():
        if source.is_file():
            shutil.copy(source, config)
    owner = (getpass.getuser(), grp.getgrgid(os.getgid()).gr_name)
    formula.write_config(given, config, directory / "salt", owner)
    main = config / "glance-api.conf"
    run([venv / "bin" / "glance-manage", "--config-file", main, "db_sync"], servers.logs / "glance-manage.out")
    address = keystone.address
    if lane.registry:
        conf = config / "glance-registry.conf"
        ini.write(conf, _registry(given["glance"], directory, address))
        servers.start("glance-registry", [venv / "bin" / "glance-registry", "--config-file", conf], address, REGISTRY)
    if lane.uwsgi:
        command, env = uwsgi(venv, "glance.wsgi.api", address, API), {"OS_GLANCE_CONFIG_DIR": str(config)}
    else:
        command, env = [venv / "bin" / "glance-api", "--config-file", main], None
    servers.start("glance-api", command, address, API, env)
    return f"http://{address}:{API}"


def _registry(given, directory, address):
    database, identity = given["database"], given["identity"]
    where = f"{database['host']}:{database['port']}/glance"
    return {
        "DEFAULT": {
            "bind_host": address,
            "bind_port": REGISTRY,
            "workers": 1,
            "log_file": directory / "log" / "glance-registry.log",
        },
        "database": {"connection": f"mysql+pymysql://glance:{database['password']}@{where}"},
        "keystone_authtoken": {
            "auth_url": identity["auth_url"],
            "auth_type": "password",
            "username": "glance",
            "password": identity["password"],
            "project_name": "service",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        "paste_deploy": {"flavor": "keystone"},
    }
