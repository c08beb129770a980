"""A RabbitMQ of this machine's package that nobody else uses: loopback only, its own data, gone at the end."""

import contextlib
import os
import pathlib
import secrets
import shutil
import socket
import subprocess

from releases.processes import Servers

ADDRESS = "127.0.0.1"
USER = "rabbitmq"  # whose cookie rabbitmqctl knows
SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"


def missing():
    """What this machine lacks, ``None`` where it can be started."""
    if os.geteuid() != 0:
        return "a broker of one's own needs root"
    return None if pathlib.Path(SERVER).exists() else "rabbitmq-server is not installed"


@contextlib.contextmanager
def private(folder):
    """
    Start it, with the environment in which rabbitmqctl asks it and no other.

    folder
        An empty directory that the user of RabbitMQ may enter.
    """
    name = f"glance-test-{secrets.token_hex(4)}@localhost"
    port, distribution, names = _free_ports(3)
    data = pathlib.Path(folder) / "rabbitmq"
    data.mkdir()
    shutil.chown(data, USER, USER)
    environment = {
        "RABBITMQ_NODENAME": name,
        "RABBITMQ_NODE_IP_ADDRESS": ADDRESS,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_MNESIA_BASE": str(data),
        "RABBITMQ_LOG_BASE": str(data),
        "RABBITMQ_PID_FILE": str(data / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(data / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(data / "none"),
        "RABBITMQ_CONFIG_FILE": str(data / "none"),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": ADDRESS,
    }
    logs = pathlib.Path(folder) / "logs"
    logs.mkdir()
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        with Servers(logs) as servers:
            servers.start("epmd", ["epmd", "-port", names, "-address", ADDRESS], ADDRESS, names)
            home = pathlib.Path("~rabbitmq").expanduser()
            argv = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--", SERVER]
            servers.start("rabbitmq", argv, ADDRESS, port, {"HOME": str(home)})
            subprocess.run(
                ["rabbitmqctl", "--quiet", "await_startup"], check=True, timeout=60, stdout=subprocess.DEVNULL
            )
            yield name
    finally:
        os.environ.clear()
        os.environ.update(before)


def _free_ports(number):
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.create_server((ADDRESS, 0))) for _ in range(number)]
        return [each.getsockname()[1] for each in found]
