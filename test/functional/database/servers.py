"""
Database servers that the tests start themselves: the mariadbd or mysqld that this machine has installed, and those of
packages that were only unpacked (``dpkg -x``), whose directories GLANCE_TEST_DATABASES names, separated by colons.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pymysql

ADDRESS = "127.0.0.1"
ADMIN = {"user": "admin", "password": "of the 't%sts\""}
# quick to start and stop; nothing here has to survive
QUICK = ["--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0", "--max-connections=50"]
MARIADB_TABLES = ["system_tables", "performance_tables", "system_tables_data"]


def found():
    """Directories under which there is a server, ``/`` for the machine itself: ``{name: path}``."""
    listed = {"machine": pathlib.Path("/")}
    listed |= {path.name: path for path in map(pathlib.Path, os.environ.get("GLANCE_TEST_DATABASES", "").split(":"))}
    return {name: path for name, path in listed.items() if str(path) != "." and _binary(path)}


def _binary(root):
    """mariadbd, or mysqld where it is not MariaDB's."""
    paths = [root / "usr/sbin" / name for name in ("mariadbd", "mysqld")]
    return next((path for path in paths if path.exists()), None)


class Own:
    """A server with a directory of its own, on a free port of this machine."""

    def __init__(self, root, certificates):
        self.root, self.process = root, None
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="glance-database-"))
        self.socket = str(self.home / "socket")
        self.port = _free_port()
        self._tls = [f"--ssl-{key}={value}" for key, value in certificates.server.items()]
        self.maria = _binary(root).name == "mariadbd"

    def create(self):
        """Fill the directory, start, and make an administrator who comes over TCP."""
        data = self.home / "data"
        if self.maria:
            data.mkdir()
            self._run("--bootstrap", "--skip-grant-tables", input=self._tables())
        else:
            self._run("--initialize-insecure")
        self.start()
        with pymysql.connect(unix_socket=self.socket, user="root", autocommit=True) as connection:
            cursor = connection.cursor()
            cursor.execute("CREATE USER %s@'127.0.0.1' IDENTIFIED BY %s", (ADMIN["user"], ADMIN["password"]))
            cursor.execute("GRANT ALL ON *.* TO %s@'127.0.0.1' WITH GRANT OPTION", (ADMIN["user"],))

    def _tables(self):
        folder = self.root / "usr/share" / ("mariadb" if (self.root / "usr/share/mariadb").exists() else "mysql")
        texts = [next(folder.glob(f"m*_{name}.sql")).read_text() for name in MARIADB_TABLES]
        # root comes by the socket, without a password
        return "\n".join(["CREATE DATABASE mysql;", "USE mysql;", "SET @auth_root_socket=NULL;", *texts])

    def start(self, *options):
        """Start it and wait until it answers."""
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command(*options), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                pymysql.connect(unix_socket=self.socket, user="nobody", password="x").close()
            except pymysql.err.OperationalError as exc:
                if exc.args[0] == 1045:  # it knows nobody: it is up
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{self.root}: the server does not start:\n{(self.home / 'log').read_text()[-3000:]}")

    def stop(self, how=signal.SIGTERM):
        """End it; what it had written stays."""
        self.process.send_signal(how)
        self.process.wait(timeout=60)

    def remove(self):
        """End it and remove its directory."""
        if self.process and self.process.poll() is None:
            self.stop(signal.SIGKILL)
        shutil.rmtree(self.home)

    def _run(self, *options, **more):
        done = subprocess.run(self._command(*options), capture_output=True, text=True, timeout=120, **more)
        if done.returncode:
            raise RuntimeError(f"{self.root}: {' '.join(options)} failed:\n{done.stderr[-3000:]}")

    def _command(self, *options):
        share = self.root / "usr/share"
        messages = share / "mariadb" if (share / "mariadb").exists() else share / "mysql"
        plugins = self.root / "usr/lib/mysql/plugin"
        user = ["--user=root"] if os.getuid() == 0 else []
        return [
            *_loader(self.root),
            str(_binary(self.root)),
            "--no-defaults",
            f"--datadir={self.home / 'data'}",
            f"--socket={self.socket}",
            f"--port={self.port}",
            f"--bind-address={ADDRESS}",
            f"--pid-file={self.home / 'pid'}",
            f"--lc-messages-dir={messages}",
            f"--character-sets-dir={messages / 'charsets'}",
            f"--plugin-dir={plugins}",
            *user,
            *QUICK,
            *self._tls,
            *self._flavour(plugins),
            *options,
        ]

    def _flavour(self, plugins):
        if not self.maria:
            return [f"--secure-file-priv={self.home}", "--mysqlx=OFF", "--disable-log-bin", "--performance-schema=OFF"]
        there = [name for name in ("auth_ed25519", "auth_parsec") if (plugins / f"{name}.so").exists()]
        return [f"--plugin-load-add={name}" for name in there]


def _loader(root):
    """What starts a program of another distribution with the libraries of that one."""
    if root == pathlib.Path("/"):
        return []
    loader = next(path for pattern in ("lib/*/ld-linux*", "usr/lib64/ld-linux*") for path in root.glob(pattern))
    libraries = [root / folder / "x86_64-linux-gnu" for folder in ("usr/lib", "lib")]
    return [str(loader), "--library-path", ":".join(map(str, libraries))]


def _free_port():
    with socket.socket() as unused:
        unused.bind((ADDRESS, 0))
        return unused.getsockname()[1]
