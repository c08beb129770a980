"""Looks for secrets: in the files, processes, events and outputs of a lab.

Nothing here prints a secret or puts one on a command line: what is found is told by the secret's label.
"""

import base64
import json
import re
import secrets
import shlex
import string
import subprocess
import time
from contextlib import contextmanager
from urllib.parse import quote

CORE = 16  # letters and digits in a row, which no quoting changes
SPECIAL = "/@%:#&'\"\\ ${};!"
# what Jinja, with which the lab's pillar is rendered, and oslo.config have another meaning for
_NEVER = re.compile(r"\{[{%#]|[}%#]\}|\\\$|\$\{")

# Every file of a machine but those of the kernel, and the journal as journalctl unpacks it. Patterns come on stdin.
_SEARCH = """
umask 077
list=$(mktemp -p /dev/shm)
trap 'rm -f "$list"' EXIT
cat > "$list"
find / /run /tmp /dev/shm -xdev \\( -path /proc -o -path /sys -o -path /dev \\) -prune -o \
    -type f ! -path "$list" -print0 | xargs -0 grep -aoFHZs -f "$list"
find /var/log -name '*.gz' -exec zcat '{}' + | grep -aoFHZ --label='/var/log/*.gz' -f "$list"
journalctl --output=export --all --no-pager | grep -aoFHZ --label=journalctl -f "$list"
true
"""
# Every command line and environment that a process has while this runs; until stdin is closed.
_WATCH = """
import glob, select, sys
seen, rounds = set(), 0
print("watching", flush=True)
while not select.select([sys.stdin], [], [], 0.02)[0]:
    rounds += 1
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as file:
                seen.add((path.rsplit("/", 1)[1], file.read()))
        except OSError:
            pass
print(rounds)
for name, text in sorted(seen):
    print(name, ascii(text.decode(errors="replace")))
"""


def password(without=""):
    """Return a password that must be quoted in a URL, a shell, JSON, YAML and SQL."""
    special = [sign for sign in SPECIAL if sign not in without]
    letters = string.ascii_letters + string.digits
    core = "".join(secrets.choice(letters) for _ in range(CORE))
    while True:
        signs = secrets.SystemRandom().sample(special, len(special))
        found = "k{}{}{}k".format("".join(signs[:7]), core, "".join(signs[7:]))
        if not _NEVER.search(found):
            return found


def forms(value):
    """Return every form in which a value may stand in a file, those that hold another one left out."""
    found = {
        value,
        quote(value, safe=""),
        quote(value),
        json.dumps(value)[1:-1],
        json.dumps(json.dumps(value))[3:-3],
        repr(value)[1:-1],
        shlex.quote(value).strip("'"),
        value.replace("'", "''"),
        value.replace("'", "\\'"),
        value.replace("$", "$$"),
        value.encode().hex(),
        *re.findall(rf"[A-Za-z0-9]{{{CORE},}}", value),
    }
    encoded = {base64.b64encode(b"\0" * ahead + value.encode()).decode()[4 if ahead else 0 : -4] for ahead in range(3)}
    found |= encoded | {text.replace("+", "-").replace("/", "_") for text in encoded}
    return {one for one in found if not any(other != one and other in one for other in found)}


class Search:
    """Looks for secrets, ``{label: value}``."""

    def __init__(self, secrets):
        self._labels = {form: label for label, value in secrets.items() for form in forms(value)}

    def text(self, text):
        """Return the labels of the secrets in a text."""
        return {label for form, label in self._labels.items() if form in text}

    def files(self, node):
        """Return ``{(path, label)}`` of a whole machine."""
        patterns = "".join(f"{form}\n" for form in self._labels)
        said = node.run("sh", "-c", _SEARCH, check=False, timeout=900, input=patterns).stdout
        found = (line.partition("\0") for line in said.splitlines() if "\0" in line)
        return {(path, self._labels[form]) for path, _, form in found}


@contextmanager
def watched(node):
    """Collect the command lines and environments of all processes of a machine: yields a list that is filled after."""
    found = []
    process = _start(node.argv("python3", "-c", _WATCH))
    process.stdout.readline()
    begin = time.monotonic()
    try:
        yield found
        said = process.communicate("\n", timeout=60)[0].split("\n", 1)
        often = int(said[0]) / (time.monotonic() - begin)
        assert often > 3, f"{node.name}: processes were looked at only {often:.1f} times a second"
        found += said[1].splitlines()
    finally:
        process.kill()
        process.wait()


@contextmanager
def recorded(lab, path):
    """Write the whole event bus into a file."""
    with open(path, "w") as file:
        process = subprocess.Popen(lab.master.argv("salt-run", "state.event"), stdout=file, stdin=subprocess.DEVNULL)
        try:
            _heard(lab, path, "glance/test/begin")
            yield
            _heard(lab, path, "glance/test/end")
        finally:
            process.kill()
            process.wait()


@contextmanager
def debug_logs(lab, names):
    """Have these machines' daemons log everything, and after it what they logged before."""
    files = {name: f"/etc/salt/{_daemon(lab, name)}.d/zz-test-debug.conf" for name in names}
    try:
        for name in names:
            lab.node(name).write(files[name], "log_level_logfile: debug\nlog_granular_levels: {}\n")
        _restart(lab, names)
        yield
    finally:
        for name in names:
            lab.node(name).run("rm", "-f", files[name])
        _restart(lab, names)


def _heard(lab, path, tag):
    """Until an event that is sent is in the recording."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        lab.master.run("salt-run", "event.send", tag, timeout=120)
        if tag in path.read_text(errors="replace"):
            return
    raise AssertionError(f"the event {tag} was not recorded")


def _daemon(lab, name):
    return "master" if name == lab.master.name else "minion"


def _restart(lab, names):
    for name in sorted(names, key=lambda name: name != lab.master.name):
        lab.node(name).run("systemctl", "restart", f"salt-{_daemon(lab, name)}", timeout=180)
    lab.wait_minions(timeout=240)


def _start(argv):
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, text=True, errors="replace", stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
