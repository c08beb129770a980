"""Glance of a lane: configured by the formula from a pillar, listening; glance-registry where the release has it."""

import getpass
import grp
import os
import shutil
from pathlib import Path

from releases import formula
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
    logs = {"DEFAULT": {"log_dir": str(directory / "log")}}
    registry = {"host": address, "port": REGISTRY, "bind_host": address, "bind_port": REGISTRY, "workers": 1}
    # Where version 1 goes through it, version 2 asks the database itself, as it does by default.
    registry |= {"through": not lane.identity_v2, "config": logs}
    identity = {"auth_url": keystone.url, "password": passwords["identity"]}
    if lane.identity_v2:  # the way of the time: the administrative API of v2.0, and no authentication plugin
        old = {"identity_api_version": 2, "authtoken": "identity_uri", "identity_uri": keystone.admin_url}
        identity |= {**old, "auth_url": f"{keystone.url}/v2.0"}
    return {
        "glance": {
            "release": lane.name,
            "region": REGION,
            "database": {"host": database.host, "port": database.port, "password": passwords["database"]},
            "identity": identity,
            "stores": {"backends": {"local": {"type": "file", "datadir": str(directory / "images")}}},
            "api": {
                "bind_host": address,
                "bind_port": API,
                "workers": 1,
                **({"v1": True} if lane.identity_v2 else {}),
                "config": {**logs, "oslo_concurrency": {"lock_path": str(directory / "lock")}},
            },
            **({"registry": registry} if lane.registry else {}),
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
    for role in ("api", *(["registry"] if lane.registry else [])):
        formula.write_config(role, given, config, directory / "salt", owner)
    main = config / "glance-api.conf"
    run([venv / "bin" / "glance-manage", "--config-file", main, "db_sync"], servers.logs / "glance-manage.out")
    address = keystone.address
    if lane.registry:
        conf = config / "glance-registry.conf"
        servers.start("glance-registry", [venv / "bin" / "glance-registry", "--config-file", conf], address, REGISTRY)
    if lane.uwsgi:
        command, env = uwsgi(venv, "glance.wsgi.api", address, API), {"OS_GLANCE_CONFIG_DIR": str(config)}
    else:
        command, env = [venv / "bin" / "glance-api", "--config-file", main], None
    servers.start("glance-api", command, address, API, env)
    return f"http://{address}:{API}"
