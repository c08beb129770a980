"""
A secret is in pillar and in the file or server that needs it, and nowhere else.

All passwords of a site are replaced by new ones, of characters that must be quoted everywhere, while everything that
can log does so at debug. One deployment must bring them to database, broker, Keystone and files. After it every file of
every machine, the event bus, the processes and all that was printed are searched for the old and the new ones.
"""

import fnmatch
import hashlib
import json
import re
import shlex
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from . import leaks, site

SECRETS = "/srv/pillar/lab_secrets.sls"
ROTATED = ("database", "messaging", "identity")
CONFIG = "/etc/glance/glance-api.conf"
KEPT = "/var/lib/openstack_service/glance-api/kept.json"
# Who may hold what: machine, file, labels of secrets, why. {site} is each site, {host} each host of a site.
ALLOWED = [
    ("salt-master", SECRETS, "{site}/*", "the lab's own pillar"),
    # Salt keeps the pillar of each minion on the master, mode 0600, to target minions by it (I@, and the mine)
    ("salt-master", "/var/cache/salt/master/pillar/{host}.p", "{site}/*", "Salt's cache of a minion's pillar"),
    ("{api}", CONFIG, "{site}/database", "Glance logs in at the database"),
    ("{api}", CONFIG, "{site}/messaging", "Glance logs in at the broker"),
    ("{api}", CONFIG, "{site}/identity", "Glance asks Keystone who its users are"),
    # mode 0600: what Glance goes back to when it does not come up with another configuration
    ("{api}", KEPT, "{site}/database", "the file as Glance last read it"),
    ("{api}", KEPT, "{site}/messaging", "the file as Glance last read it"),
    ("{api}", KEPT, "{site}/identity", "the file as Glance last read it"),
    ("{api}", "/root/glance-openrc", "{site}/identity", "for people"),
    ("{api}", "/etc/openstack/clouds.yaml", "{site}/identity", "for people and for Salt"),
    ("{identity}", "/etc/keystone/keystone.conf", "{site}/keystone_database_hex", "Keystone logs in at its database"),
]
# What a person may type on a host, and what looks most like printing everything.
BY_HAND = [
    ("state.show_low_sls", "glance"),
    ("state.show_sls", "glance"),
    ("glance_settings.check",),
    ("glance_settings.get", "role={role}"),
    ("glance_node.preflight",),
    ("glance_node.status",),
    ("pillar.items",),
]
ON_API = [
    ("glance_settings.config",),
    ("openstack_config.read", CONFIG),
    ("openstack_config.compare", CONFIG, '{"database": {"connection": "{pillar:glance:database:password}"}}'),
    ("openstack_config.compare", CONFIG, '{"x": {"y": "{pillar:glance:database:password|oslo}"}}', "purge=False"),
]


@dataclass
class Evidence:
    """What a deployment with new passwords left behind."""

    site: str
    search: leaks.Search
    codes: dict = field(default_factory=dict)
    printed: dict = field(default_factory=dict)
    events: str = ""
    processes: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)


@pytest.fixture(scope="module")
def evidence(servers, tmp_path_factory):
    name = "geneva" if "geneva-node" in servers.nodes else "zurich"
    run = tmp_path_factory.mktemp("secrets")
    old = labelled(site.secrets_of(servers), "old ")
    found = Evidence(name, None)
    machines = [servers.master.name, *site.SITES[name].all]
    with leaks.debug_logs(servers, machines), leaks.recorded(servers, run / "events"):
        rotate(servers, name)
        found.search = leaks.Search({**old, **labelled(site.secrets_of(servers))})
        with ExitStack() as watchers:
            for machine in machines:
                found.processes[machine] = watchers.enter_context(leaks.watched(servers.node(machine)))
            use(servers, found)
    found.events = (run / "events").read_text(errors="replace")
    found.files = {machine: found.search.files(servers.node(machine)) for machine in servers.nodes}
    return found


def labelled(secrets, prefix=""):
    """``{site/name: value}``; of Keystone's database password the form that the lab's pillar makes of it."""
    found = {f"{prefix}{one}/{name}": value for one, each in secrets.items() for name, value in each.items()}
    for one, each in secrets.items():
        found[f"{prefix}{one}/keystone_database_hex"] = hashlib.sha256(each["keystone_database"].encode()).hexdigest()
    return found


def rotate(lab, name):
    """New passwords into the lab's pillar."""
    secrets = site.secrets_of(lab)
    secrets[name] |= {each: leaks.password() for each in ROTATED}
    secrets[name]["messaging"] = leaks.password(without="/")  # see its key in glance/schema.yaml
    text = "# Made at random by the lab, renewed by its tests\n" + json.dumps({"lab_secrets": secrets}, indent=2)
    lab.master.write(SECRETS, text + "\n", mode="0600")


def use(lab, found):
    """Plan, deploy, ask, apply on the hosts, and call whatever shows something; all of it at debug."""
    deploy = ["state.orchestrate", "glance.orchestrate.deploy", f'pillar={{"glance": {{"site": "{found.site}"}}}}']
    runs = [
        [*deploy, "test=True"],
        deploy,
        *([f"glance.{each}", f"site={found.site}"] for each in ("status", "verify")),
    ]
    for argv in runs:
        keep(found, lab.master, "salt-run", "-l", "debug", *argv)
    hosts = site.SITES[found.site]
    for host in hosts.all:
        calls = BY_HAND + (ON_API if host == hosts.api else [])
        role = "api" if host == hosts.api else "database" if host == hosts.database else "identity"
        keep(found, lab.node(host), "salt-call", "-l", "debug", "state.apply", "glance")
        keep(found, lab.node(host), "salt-call", "-l", "debug", "state.apply", "glance", "test=True")
        for call in calls:
            keep(found, lab.master, "salt", "-l", "debug", host, *(each.replace("{role}", role) for each in call))


def keep(found, node, *argv):
    done = node.run(*argv, check=False, timeout=1500)
    title = f"{node.name}: {shlex.join(argv)}"
    found.codes[title] = done.returncode
    found.printed[title] = done.stdout + done.stderr


def allowed(lab, machine, path, label):
    """Whether a machine's file may hold a secret."""
    for name, hosts in site.SITES.items():
        for where, file, what, _ in ALLOWED:
            for host in hosts.all:
                words = {"site": name, "host": host, "api": hosts.api, "identity": hosts.identity}
                given = (where.format(**words), file.format(**words), what.format(**words))
                if (machine, path) == given[:2] and fnmatch.fnmatch(label, given[2]):
                    return True
    return False


def test_the_search_finds_what_is_planted(servers):
    """Each place and each form in which it must find something."""
    node, secret = servers.master, leaks.password()
    search = leaks.Search({"planted": secret})
    folder = "/var/cache/lab-test of secrets"
    texts = {
        "raw": secret,
        "url": leaks.quote(secret, safe=""),
        "json": json.dumps({"return": json.dumps({"x": secret})}),
        "repr": repr([secret]),
        "shell": shlex.quote(secret),
        "base64": leaks.base64.b64encode(f"glance:{secret}".encode()).decode(),
        "hex": secret.encode().hex(),
    }
    quiet = {"none": "nothing in here", "half": secret[: leaks.CORE - 1]}
    try:
        for name, text in {**texts, **quiet}.items():
            node.write(f"{folder}/{name}", f"\0binary\n{text} and more\n", mode="0600")
        node.write("/run/lab-test-planted", secret)
        node.write("/tmp/.lab-test-planted", secret)
        node.run("systemd-cat", input=f"a line with {secret} in it\n")
        with leaks.watched(node) as seen:
            node.run("sh", "-c", 'python3 -c "import time; time.sleep(0.5)" "$(cat)"', input=secret)
        files = search.files(node)
    finally:
        node.run("rm", "-rf", folder, "/run/lab-test-planted", "/tmp/.lab-test-planted")
    places = {f"{folder}/{name}" for name in texts} | {"/run/lab-test-planted", "/tmp/.lab-test-planted", "journalctl"}
    assert places <= {path for path, _ in files}
    assert not {f"{folder}/{name}" for name in quiet} & {path for path, _ in files}
    assert search.text("\n".join(seen)) == {"planted"}


@pytest.mark.slow
def test_the_deployment_brings_new_passwords_everywhere(evidence, lab):
    wrong = {title: code for title, code in evidence.codes.items() if code}
    assert not wrong, f"exit codes: {wrong}\n" + "\n".join(evidence.printed[title][-3000:] for title in wrong)
    api = site.SITES[evidence.site].api
    held = {label for path, label in evidence.files[api] if path == CONFIG}
    broker = f"{evidence.site}/messaging"  # only where notifications are sent
    assert held - {broker} == {f"{evidence.site}/database", f"{evidence.site}/identity"}
    assert (broker in held) == (evidence.site == "zurich")


@pytest.mark.slow
def test_the_second_run_changes_nothing(evidence):
    plans = {title: text for title, text in evidence.printed.items() if "salt-call" in title}
    for title, text in plans.items():
        assert re.search(r"Succeeded:\s+\d+$", text, re.MULTILINE), f"{title} has changes or no end"


@pytest.mark.slow
def test_no_secret_in_files(evidence, lab):
    found = [
        f"{machine}:{path} holds {label}"
        for machine, files in evidence.files.items()
        for path, label in sorted(files)
        if not allowed(lab, machine, path, label)
    ]
    assert not found, "\n".join(found)


@pytest.mark.slow
def test_no_secret_in_events(evidence):
    assert "glance/test/end" in evidence.events
    found = [
        f"{line.split(None, 1)[0]} holds {', '.join(sorted(labels))}"
        for line in evidence.events.splitlines()
        if (labels := evidence.search.text(line))
    ]
    assert not found, "\n".join(found)


@pytest.mark.slow
def test_no_secret_in_what_was_printed(evidence):
    found = [
        f"{title} printed {', '.join(sorted(labels))}"
        for title, text in evidence.printed.items()
        if (labels := evidence.search.text(text))
    ]
    assert not found, "\n".join(found)


@pytest.mark.slow
def test_no_secret_in_processes(evidence):
    found = [
        f"{machine}: the {line.split(None, 1)[0]} of a process holds {', '.join(sorted(labels))}"
        for machine, lines in evidence.processes.items()
        for line in lines
        if (labels := evidence.search.text(line))
    ]
    assert not found, "\n".join(found)
