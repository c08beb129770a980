"""Barbican from PyPI, behind Keystone: it keeps certificates, encrypted with a key in its configuration."""

import base64
import secrets
from pathlib import Path

from releases import ini, venvs
from releases.database import Database
from releases.keystone import uwsgi
from releases.lanes import BARBICAN
from releases.processes import Servers

PORT = 9311


def url(address: str) -> str:
    """Return its URL without a version, as it stands in the catalogue."""
    return f"http://{address}:{PORT}"


def start(servers: Servers, directory: Path, address: str, database: Database, login: dict) -> None:
    """
    Start it.

    servers
        Starts and ends its processes.

    directory
        Where its files go.

    address
        Address of this machine to listen on.

    database
        Where its schema is made.

    login
        Options of ``keystone_authtoken``: who asks Keystone about tokens.

    Raises ``Missing`` where this machine lacks something, ``Failed`` where a command or server does.
    """
    venv = venvs.ensure(BARBICAN)
    # there is no option that says where its file is, but it looks at home first
    ini.write(directory / ".barbican" / "barbican.conf", _options(directory, database, login))
    # the module for WSGI servers reads /etc/barbican and no other
    paste = venv / "etc" / "barbican" / "barbican-api-paste.ini"
    command = uwsgi(venv, f"config:{paste}", address, PORT, "--paste")
    servers.start("barbican", command, address, PORT, {"HOME": str(directory)})


def _options(directory, database, login):
    schema = database.create("barbican")
    return {
        "DEFAULT": {"log_file": directory / "barbican.log", "db_auto_create": "true"},
        "database": {"connection": f"mysql+pymysql://barbican:{schema}@{database.host}:{database.port}/barbican"},
        "keystone_authtoken": login,
        "simple_crypto_plugin": {"kek": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()},
    }
