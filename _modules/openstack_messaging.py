"""
Virtual hosts, users and permissions of RabbitMQ (3.8 to 4.x), on a host of the broker, as root.

.. versionadded:: 1.0.0

Everything is read by one ``rabbitmqctl export_definitions``, kept for a run and read again after this module has
written. What is written goes through ``rabbitmqctl import_definitions``, which merges, and carries the hash of a
password: no password is on a command line or leaves this process. Passwords are read from pillar by the name of their
key and compared with the broker's hash here.
"""

import base64
import binascii
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile

import openstack_secrets
from openstack_errors import Invalid, OpenStackError, Refused, Unreachable

__virtualname__ = "openstack_messaging"

TIMEOUT = 60
SYSTEM_USER = "rabbitmq"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CONTEXT = "openstack_messaging.definitions"
_HASHES = {
    "rabbit_password_hashing_sha256": "sha256",
    "rabbit_password_hashing_sha512": "sha512",
    "rabbit_password_hashing_md5": "md5",
}
_NEW_HASH = "rabbit_password_hashing_sha256"
_SALT = 4  # bytes


def __virtual__():
    return __virtualname__


# --- broker


def version():
    """
    Return the broker's version, ``3.10.8``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.version
    """
    found = _definitions()
    return found.get("rabbitmq_version") or found.get("rabbit_version")


# --- virtual hosts


def vhost_list():
    """
    Return the names of all virtual hosts.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.vhost_list
    """
    return sorted(vhost["name"] for vhost in _definitions().get("vhosts", []))


def vhost_queues(name):
    """
    Return the queues of a virtual host with the number of their messages, ``{"notifications.info": 3}``.

    name
        Name of the virtual host. Raises when it does not exist.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.vhost_queues /glance
    """
    answer = _rabbitmqctl("list_queues", f"--vhost={_name(name)}", "name", "messages", "--formatter", "json")
    return {row["name"]: row["messages"] for row in _json(answer, "list_queues")}


def vhost_create(name):
    """
    Create a virtual host; one that exists stays as it is.

    name
        Name of the virtual host.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.vhost_create /glance
    """
    return _import({"vhosts": [{"name": _name(name)}]})


def vhost_remove(name, force=False):
    """
    Remove a virtual host with its permissions; raises ``Invalid`` when it has queues.

    name
        Name of the virtual host. Raises when it does not exist.

    force
        Remove it with its queues and their messages. Default ``False``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.vhost_remove /glance force=True
    """
    queues = vhost_queues(name)
    if queues and not force:
        raise Invalid(f"virtual host {name} has {len(queues)} queues: remove it with force: true")
    return _delete("delete_vhost", "--", name)


# --- users


def user_list():
    """
    Return all users, a list of ``{"name": …, "tags": […]}``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.user_list
    """
    return sorted((_public(user) for user in _definitions().get("users", [])), key=lambda user: user["name"])


def user_get(name):
    """
    Return ``{"name": …, "tags": […]}`` of a user, ``None`` when there is none.

    name
        Name of the user.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.user_get glance
    """
    user = _user(name)
    return _public(user) if user else None


def user_set(name, password_pillar, tags=None):
    """
    Create a user, or give it this password and these tags.

    name
        Name of the user.

    password_pillar
        Pillar key of the password. A password that is already right keeps its hash.

    tags
        List of tags, all that the user shall have. Default: none.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.user_set glance glance:messaging:password
        salt 'db*' openstack_messaging.user_set watcher monitoring:password '[monitoring]'
    """
    current = _user(name) or {}
    algorithm, stored = current.get("hashing_algorithm"), current.get("password_hash")
    if not password_matches(name, password_pillar):
        algorithm = algorithm if algorithm in _HASHES else _NEW_HASH
        stored = _hash(openstack_secrets.password(__pillar__, password_pillar), algorithm, secrets.token_bytes(_SALT))
    user = {
        "name": _name(name),
        "password_hash": stored,
        "hashing_algorithm": algorithm,
        # releases before 3.9 read no list
        "tags": ",".join(_tags(tags)),
    }
    if current.get("limits"):
        user["limits"] = current["limits"]
    return _import({"users": [user]})


def user_remove(name):
    """
    Remove a user with its permissions. Raises when it does not exist.

    name
        Name of the user.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.user_remove glance
    """
    return _delete("delete_user", "--", name)


def password_matches(name, password_pillar):
    """
    Tell whether a user has the password that pillar holds, without changing it; ``None`` when there is no user.

    name
        Name of the user.

    password_pillar
        Pillar key of the password.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.password_matches glance glance:messaging:password
    """
    password = openstack_secrets.password(__pillar__, password_pillar)
    user = _user(name)
    return _fits(user.get("hashing_algorithm"), user.get("password_hash"), password) if user else None


# --- permissions


def permissions_list(name=None):
    """
    Return permissions, a list of ``{"user": …, "vhost": …, "configure": …, "write": …, "read": …}``.

    name
        Name of the user. Default: all users.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.permissions_list glance
    """
    found = [item for item in _definitions().get("permissions", []) if name is None or item["user"] == name]
    return sorted(found, key=lambda item: (item["user"], item["vhost"]))


def permissions_get(name, vhost):
    """
    Return ``{"configure": …, "write": …, "read": …}`` of a user in a virtual host, ``None`` when it has none.

    name
        Name of the user.

    vhost
        Name of the virtual host.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.permissions_get glance /glance
    """
    for item in permissions_list(name):
        if item["vhost"] == vhost:
            return {key: item[key] for key in ("configure", "write", "read")}
    return None


def permissions_set(name, vhost, configure=".*", write=".*", read=".*"):
    """
    Set what a user may do in a virtual host.

    name
        Name of the user; raises when it does not exist.

    vhost
        Name of the virtual host; raises when it does not exist.

    configure, write, read
        Regular expressions: the queues and exchanges that it may create and remove, write to, read from. Default
        ``.*``, an empty one stands for none.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.permissions_set glance /glance
        salt 'db*' openstack_messaging.permissions_set watcher /glance '' '' '^notifications'
    """
    if _user(name) is None:
        raise OpenStackError(f"RabbitMQ user {name} does not exist: create it before its permissions")
    if vhost not in vhost_list():
        raise OpenStackError(f"virtual host {vhost} does not exist: create it before permissions in it")
    item = {"user": name, "vhost": vhost, "configure": configure, "write": write, "read": read}
    return _import({"permissions": [item]})


def permissions_remove(name, vhost):
    """
    Take all permissions of a user in a virtual host away.

    name
        Name of the user; raises when it does not exist.

    vhost
        Name of the virtual host; raises when it does not exist.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_messaging.permissions_remove glance /glance
    """
    return _delete("clear_permissions", f"--vhost={_name(vhost)}", "--", name)


# --- passwords


def _fits(algorithm, stored, password):
    """Whether ``stored``, base64 of salt and hash, is of the password."""
    if algorithm not in _HASHES or not stored:
        return False
    try:
        salt = base64.b64decode(stored, validate=True)[:_SALT]
    except binascii.Error:
        return False
    return secrets.compare_digest(stored, _hash(password, algorithm, salt))


def _hash(password, algorithm, salt):
    digest = hashlib.new(_HASHES[algorithm], salt + password.encode(), usedforsecurity=False).digest()
    return base64.b64encode(salt + digest).decode()


# --- what the broker says


def _definitions():
    """All that the broker defines, hashes included: stays in this module."""
    if _CONTEXT not in __context__:
        answer = _rabbitmqctl("export_definitions", "-", "--format", "json")
        __context__[_CONTEXT] = _json(answer, "export_definitions")
    return __context__[_CONTEXT]


def _user(name):
    return next((user for user in _definitions().get("users", []) if user["name"] == name), None)


def _public(user):
    return {"name": user["name"], "tags": _tags(user.get("tags"))}


def _tags(tags):
    """Tags as a sorted list; releases before 3.9 export a string."""
    listed = tags.split(",") if isinstance(tags, str) else list(tags or [])
    if not all(isinstance(tag, str) and "," not in tag for tag in listed):
        raise Invalid("tags must be a list of strings without commas")
    return sorted({tag.strip() for tag in listed if tag.strip()})


def _name(name):
    if not isinstance(name, str) or not name or "\0" in name:
        raise Invalid(f"{name!r} is no name of a RabbitMQ user or virtual host: a string, not empty")
    return name


def _json(answer, command):
    try:
        return json.loads(answer)
    except ValueError:
        raise OpenStackError(
            f"rabbitmqctl {command} on {_here()} did not answer in JSON: needs RabbitMQ 3.8.2"
        ) from None


# --- rabbitmqctl


def _import(definitions):
    """
    Merge definitions into the broker's.

    They go through a file that only the broker's user reads, and that lasts as long as the command: rabbitmqctl of
    RabbitMQ 4.0 on Erlang 27 (Debian 13) waits for ever for the end of its standard input. A password is in it as the
    broker's own salted hash.
    """
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="rabbitmq-", suffix=".json") as file:
        user = _system_user()
        if user and os.geteuid() == 0:
            os.fchown(file.fileno(), user["user"], user["group"])
        json.dump(definitions, file)
        file.flush()
        _rabbitmqctl("import_definitions", file.name, "--format", "json", quote=False)
    __context__.pop(_CONTEXT, None)
    return True


def _delete(*command):
    _name(command[-1])
    _rabbitmqctl(*command)
    __context__.pop(_CONTEXT, None)
    return True


def _rabbitmqctl(*command, quote=True):
    """
    Run rabbitmqctl and return its standard output.

    It runs as the system user of RabbitMQ: for root, packages put a shell between that expands the arguments. A
    subprocess instead of ``cmd.run_all``, which logs command lines and sets a locale in which names are not UTF-8.
    """
    if os.geteuid() != 0 and _system_user().get("user") != os.geteuid():
        raise Refused(f"rabbitmqctl on {_here()} needs root")
    program = shutil.which("rabbitmqctl", path=PATH)
    if program is None:
        raise Unreachable(f"rabbitmqctl is not installed on {_here()}: run this on a host of the broker")
    # erl wants a home, and a working directory that it may enter
    environment = {**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", **_home()}
    try:
        process = subprocess.Popen(
            [program, "--quiet", "--timeout", str(TIMEOUT), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env=environment,
            start_new_session=True,
            **(_system_user() if os.geteuid() == 0 else {}),
        )
    except OSError as exc:
        raise Unreachable(f"rabbitmqctl on {_here()} does not run: {exc.strerror}") from None
    answer, said = _wait(process, command[0])
    if process.returncode:
        raise _error(command[0], process.returncode, said, quote)
    return answer


def _wait(process, command):
    """What it says on standard output and error. When it takes too long, the shells and erl under it end with it."""
    try:
        return process.communicate(timeout=TIMEOUT + 15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Unreachable(f"rabbitmqctl {command} on {_here()} did not end in {TIMEOUT + 15} s") from None


_UNREACHABLE = ("unable to perform an operation on node", "nodedown", "unable to connect to node")


def _error(command, code, stderr, quote):
    """What a failed command means; its own words where they cannot quote what it was sent."""
    said = " ".join(line.strip() for line in stderr.splitlines() if line.strip())
    what = f"rabbitmqctl {command} on {_here()} failed (exit code {code})"
    if any(text in said.lower() for text in _UNREACHABLE):
        return Unreachable(
            f"{what}: the broker does not answer: is rabbitmq-server running, is its Erlang cookie right?"
        )
    if code == 75 or "timeout" in said.lower():
        return Unreachable(f"{what}: the broker did not answer in {TIMEOUT} s")
    return OpenStackError(f"{what}: {said[:300] if quote else 'the broker refused it; its log says why'}")


def _system_user():
    """Arguments of subprocess that make a command run as the broker's user; none where there is no such user."""
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return {}
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _home():
    try:
        return {"HOME": pwd.getpwnam(SYSTEM_USER).pw_dir}
    except KeyError:
        return {}


def _here():
    return __grains__.get("id") or "this host"
