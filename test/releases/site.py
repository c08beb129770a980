"""A whole site of one release on a loopback address: MariaDB, Keystone, Glance, and what Glance is in Keystone."""

import contextlib
import random
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

import keystoneauth1.identity
import keystoneauth1.session
import keystoneclient.v3.client

from releases import database, glance, keystone, venvs
from releases.errors import Failed
from releases.lanes import Lane
from releases.processes import Servers

_PORTS = (database.PORT, keystone.PUBLIC, keystone.ADMIN, glance.API, glance.REGISTRY)


@dataclass(frozen=True)
class Site:
    """What runs."""

    lane: Lane
    directory: Path
    database: database.Database
    keystone: keystone.Keystone
    pillar: dict
    image_url: str
    processes: Servers

    def servers(self) -> dict:
        """What a file named by ``GLANCE_TEST_SERVERS`` has in it."""
        own = self.database
        return {
            "database": {"host": own.host, "port": own.port, "user": own.user, "password": own.password},
            "identity": self.keystone.admin,
            "image": {"url": self.image_url},
        }

    def log(self, name: str) -> str:
        """What a service has logged: ``glance-registry``."""
        files = [*self.directory.glob(f"*/log/{name}.log"), *self.directory.glob(f"logs/{name}.out")]
        return "\n".join(each.read_text(errors="replace") for each in files)


@contextlib.contextmanager
def running(
    lane: Lane, directory: Path, register: bool = True, say=lambda text: None, change=lambda given, directory: None
):
    """
    Give a :py:class:`Site` that runs, and end it.

    lane
        Which release.

    directory
        An empty directory for everything it writes.

    register
        Whether Glance's user, service and endpoints are made in Keystone. Default ``True``; what a test makes itself
        needs the password that is in :py:attr:`Site.pillar`.

    say
        Called with a text before each step that takes long.

    change
        Called with the pillar and the directory of Glance's files, may change both before Glance is configured.

    Raises ``Missing`` where this machine lacks something, ``Failed`` where a command or server does.
    """
    database.check()
    venv = venvs.ensure(lane, say)
    logs = directory / "logs"
    logs.mkdir()
    address = free_address()
    with Servers(logs) as servers:
        say(f"{lane.name}: MariaDB and Keystone on {address}")
        data = database.start(servers, directory / "mariadb", address)
        identity = keystone.start(lane, venv, servers, directory / "keystone", address, data)
        say(f"{lane.name}: Glance")
        passwords = {"database": data.create("glance"), "identity": secrets.token_urlsafe(18)}
        given = glance.pillar(lane, directory / "glance", identity, data, passwords)
        change(given, directory / "glance")
        url = glance.start(lane, venv, servers, directory / "glance", identity, given)
        if register:
            _register(identity, url, passwords["identity"])
        yield Site(lane, directory, data, identity, given, url, servers)


def free_address() -> str:
    """A loopback address on which nobody listens at any of the ports."""
    for _ in range(100):
        address = f"127.{random.randint(64, 126)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
        if all(_free(address, port) for port in _PORTS):
            return address
    raise Failed(f"no address in 127.0.0.0/8 has the ports {', '.join(map(str, _PORTS))} free")


def _free(address, port):
    with socket.socket() as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _register(identity, url, password):
    """Version 3, which each of the releases speaks; where version 2.0 has to make these things, a test does."""
    auth = {key: value for key, value in identity.admin.items() if key != "region_name"}
    session = keystoneauth1.session.Session(auth=keystoneauth1.identity.V3Password(**_v3(auth)), timeout=60)
    client = keystoneclient.v3.client.Client(session=session, endpoint_override=f"{identity.url}/v3")
    project = client.projects.create("service", "default")
    user = client.users.create("glance", "default", password=password)
    [admin] = [role for role in client.roles.list() if role.name == "admin"]
    client.roles.grant(admin, user=user, project=project)
    service = client.services.create("glance", "image", description="Glance Image Service")
    for interface in ("public", "internal", "admin"):
        client.endpoints.create(service, url, interface, keystone.REGION)


def _v3(auth):
    return {**auth, "auth_url": f"{auth['auth_url']}/v3"}
