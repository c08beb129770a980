"""
One way to run rabbitmqctl, of any RabbitMQ from 3.8 to 4.x: without a shell, with a time limit, and with what its
failure means.
"""

import os
import pwd
import shutil
import signal
import subprocess

from openstack_errors import OpenStackError, Refused, Unreachable

TIMEOUT = 60
SYSTEM_USER = "rabbitmq"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
UNREACHABLE = (
    "unable to perform an operation on node",
    "nodedown",
    "unable to connect to node",
    "requires the 'rabbit' app to be running",
)


def run(here, *command, quote=True):
    """
    Run rabbitmqctl and return its standard output.

    It runs as the system user of RabbitMQ: for root, packages put a shell between that expands the arguments. A
    subprocess instead of ``cmd.run_all``, which logs command lines and sets a locale in which names are not UTF-8.

    here
        Name of this host, for messages.

    command
        Command and arguments, no secret among them.

    quote
        Whether an error may quote what rabbitmqctl said: ``False`` where that may repeat a secret.

    Raises :py:exc:`Refused` without root, :py:exc:`Unreachable` where the broker does not answer or is not installed,
    :py:exc:`OpenStackError` for a command that failed.
    """
    if os.geteuid() != 0 and system_user().get("user") != os.geteuid():
        raise Refused(f"rabbitmqctl on {here} needs root")
    program = shutil.which("rabbitmqctl", path=PATH)
    if program is None:
        raise Unreachable(f"rabbitmqctl is not installed on {here}: run this on a host of the broker")
    try:
        process = subprocess.Popen(
            [program, "--quiet", "--timeout", str(TIMEOUT), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env=_environment(),
            start_new_session=True,
            **(system_user() if os.geteuid() == 0 else {}),
        )
    except OSError as exc:
        raise Unreachable(f"rabbitmqctl on {here} does not run: {exc.strerror}") from None
    answer, said = _wait(process, here, command[0])
    if process.returncode:
        raise _error(here, command[0], process.returncode, said, quote)
    return answer


def system_user():
    """Return arguments of subprocess that make a command run as the broker's user; none where there is no such user."""
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return {}
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _environment():
    """Erl wants a home; names are UTF-8."""
    try:
        home = {"HOME": pwd.getpwnam(SYSTEM_USER).pw_dir}
    except KeyError:
        home = {}
    return {**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", **home}


def _wait(process, here, command):
    """What it says on standard output and error. When it takes too long, the shells and erl under it end with it."""
    try:
        return process.communicate(timeout=TIMEOUT + 15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Unreachable(f"rabbitmqctl {command} on {here} did not end in {TIMEOUT + 15} s") from None


def _error(here, command, code, stderr, quote):
    """What a failed command means; its own words where they cannot quote what it was sent."""
    said = " ".join(line.strip() for line in stderr.splitlines() if line.strip())
    what = f"rabbitmqctl {command} on {here} failed (exit code {code})"
    if any(text in said.lower() for text in UNREACHABLE):
        return Unreachable(
            f"{what}: the broker does not answer: is rabbitmq-server running, is its Erlang cookie right?"
        )
    if code == 75 or "timeout" in said.lower():
        return Unreachable(f"{what}: the broker did not answer in {TIMEOUT} s")
    return OpenStackError(f"{what}: {said[:300] if quote else 'the broker refused it; its log says why'}")
