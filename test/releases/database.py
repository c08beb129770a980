"""A MariaDB of its own: data directory, address and administrator made for one site."""

import getpass
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pymysql

from releases.errors import Failed, Missing
from releases.processes import START, Servers, run

PORT = 3306
_INSTALL = "mariadb-install-db"


@dataclass(frozen=True)
class Database:
    """Where it is, and who may do everything there."""

    host: str
    user: str
    password: str
    port: int = PORT

    def create(self, name: str) -> str:
        """Make a schema and a user of its name with a new password; return the password."""
        password = secrets.token_urlsafe(18)
        where = {"host": self.host, "port": self.port, "user": self.user, "password": self.password}
        with pymysql.connect(**where, connect_timeout=10) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8")
            cursor.execute(f"CREATE USER `{name}`@`%%` IDENTIFIED BY %s", (password,))
            cursor.execute(f"GRANT ALL ON `{name}`.* TO `{name}`@`%`")
        return password


def check() -> None:
    """Raise :py:exc:`Missing` where this machine has no MariaDB."""
    if not (_server() and shutil.which(_INSTALL)):
        raise Missing("no mariadbd on this machine: apt-get install mariadb-server (it need not run)")


def start(servers: Servers, directory: Path, address: str) -> Database:
    """
    Start an empty server.

    servers
        Starts and ends it.

    directory
        Where its files go; it must not exist.

    address
        Address of this machine to listen on.
    """
    check()
    directory.mkdir(mode=0o700)
    found = Database(address, "root", secrets.token_urlsafe(18))
    data, user = directory / "data", f"--user={getpass.getuser()}"
    run(
        [_INSTALL, "--no-defaults", user, f"--datadir={data}", "--auth-root-authentication-method=normal"],
        servers.logs / "mariadb-install.out",
    )
    first = directory / "first.sql"
    first.touch(mode=0o600)
    first.write_text(
        # the anonymous user, or root of 127.0.0.1, would be taken for whoever connects from this host
        "DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host != 'localhost');\nFLUSH PRIVILEGES;\n"
        f"ALTER USER root@localhost IDENTIFIED BY '{found.password}';\n"
        f"CREATE USER root@'%' IDENTIFIED BY '{found.password}';\n"
        "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n"
    )
    argv = [_server(), "--no-defaults", user, f"--datadir={data}", f"--socket={directory}/socket"]
    argv += [f"--pid-file={directory}/pid", f"--init-file={first}", f"--bind-address={address}", f"--port={PORT}"]
    # what a test writes need not survive a power loss
    argv += ["--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"]
    servers.start("mariadbd", argv, address, PORT)
    _wait(found)
    first.unlink()
    return found


def _wait(found: Database) -> None:
    """It listens before it has read its first statements, and lets nobody in until then."""
    end = time.monotonic() + START
    while True:
        try:
            where = {"host": found.host, "port": found.port, "user": found.user, "password": found.password}
            return pymysql.connect(**where, connect_timeout=10).close()
        except pymysql.err.OperationalError as error:
            if time.monotonic() > end:
                raise Failed(f"mariadbd on {found.host} lets nobody in after {START} s: {error.args[1]}") from error
            time.sleep(0.1)


def _server() -> str | None:
    return shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/libexec")
