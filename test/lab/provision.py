"""The files in which nodes differ: written into a node's upper layer before its first boot."""

import json
import os
import secrets
import string
from dataclasses import dataclass
from pathlib import Path

from lab import host, sources
from lab.settings import FORMULA, GATEWAY, MASTER, PROXY_PORT, SUITES
from lab.topology import SITES, Member, Plan, hosts

PROXY = f"http://{GATEWAY}:{PROXY_PORT}"
SECRETS = ("database", "messaging", "identity", "identity_admin", "keystone_database")
# oslo.messaging makes a URL of its own of transport_url, and leaves a / in the password as it is: no connection
MARKS = {"messaging": "@%"}
PILLAR = "/srv/pillar"  # what this lab alone knows: its secrets
USER_PILLAR = "/srv/pillar-of-user"

# A lab's machines come and go within seconds: a minion must not wait long before it tries again.
MINION = f"""\
master: {MASTER}
acceptance_wait_time: 0.5
acceptance_wait_time_max: 2
auth_timeout: 5
recon_default: 200
recon_max: 1000
recon_randomize: false
random_reauth_delay: 1
return_retry_timer: 1
return_retry_timer_max: 3
ping_interval: 0
tcp_keepalive_idle: 5
tcp_keepalive_cnt: 3
tcp_keepalive_intvl: 2
"""


@dataclass(frozen=True)
class File:
    """A file's text, or where a symbolic link points to."""

    text: str = ""
    mode: int = 0o644
    link: str = ""


def files(member: Member, plan: Plan, archive: sources.Archive) -> dict[str, File]:
    """Everything that node `member` has and the base has not."""
    found = {
        "etc/hostname": File(f"{member.name}\n"),
        "etc/hosts": File(hosts(plan.members)),
        "etc/resolv.conf": File("# nobody answers: what /etc/hosts has not is unknown\nnameserver 127.0.0.1\n"),
        **_packages(plan, archive),
    }
    salt = _master(plan) if member.name == MASTER else _minion(member, plan)
    return {**found, **salt}


def _packages(plan: Plan, archive: sources.Archive) -> dict[str, File]:
    """Where apt and pip find packages: through the lab's proxy, nothing else is reachable."""
    suite = SUITES[plan.suite]
    pip = {
        "proxy": PROXY,
        "cert": str(host.CA_BUNDLE),
        "disable-pip-version-check": "true",
        **{k.removeprefix("PIP_").lower().replace("_", "-"): v for k, v in host.pip_index().items()},
    }
    options = [*host.apt_options(), *suite.apt_options]
    found = {
        "etc/apt/sources.list.d/debian.sources": File(sources.for_suite(archive, suite, plain=True)),
        "etc/apt/apt.conf.d/80lab": File(
            f'Acquire::http::Proxy "{PROXY}";\nAcquire::https::Proxy "{PROXY}";\n' + "".join(f"{o}\n" for o in options)
        ),
        "etc/pip.conf": File("[global]\n" + "".join(f"{k} = {v}\n" for k, v in pip.items())),
    }
    certificates = host.extra_certificates()
    if certificates:
        bundle = (Path(plan.base) / str(host.CA_BUNDLE).lstrip("/")).read_text()
        found[str(host.CA_BUNDLE).lstrip("/")] = File("\n".join([bundle.rstrip(), *certificates.values()]))
        for name, text in certificates.items():  # so that update-ca-certificates in the node keeps them
            found[f"{str(host.EXTRA_CA).lstrip('/')}/{name}"] = File(text)
    return found


def _started(unit: str) -> dict[str, File]:
    return {f"etc/systemd/system/multi-user.target.wants/{unit}": File(link=f"/etc/systemd/system/{unit}")}


def _minion(member: Member, plan: Plan) -> dict[str, File]:
    return {
        "etc/salt/minion_id": File(member.name),
        "etc/salt/minion.d/lab.conf": File(MINION + f"log_level_logfile: {plan.log_level}\n"),
        **_started("salt-minion.service"),
        # Debian's package starts Keystone with eight processes before it has a database, and again when they give up.
        # Not masked: the package of bookworm cannot be installed then.
        "etc/systemd/system/keystone.service.d/lab.conf": File(
            "[Unit]\nConditionPathExists=/var/lib/keystone/bootstrapped\n"
        ),
    }


def _master(plan: Plan) -> dict[str, File]:
    """A master as a user has one: the checkout in its file_roots, the site's settings and secrets in its pillar."""
    pillar_roots = [PILLAR, f"{FORMULA}/test/lab/pillar"]
    if plan.pillar:
        pillar_roots.insert(0, USER_PILLAR)
    config = {
        "file_roots": {"base": [FORMULA, f"{FORMULA}/test/lab/states"]},
        "pillar_roots": {"base": pillar_roots},
        "file_ignore_regex": [r"/\.git(/|$)", r"__pycache__"],
        "auto_accept": True,
        "worker_threads": 3,
        "timeout": 5,
        "gather_job_timeout": 20,  # of a minion at work on a busy machine; one that is down costs as long
        "log_level_logfile": plan.log_level,
        # Salt 3008 warns of runners and events that it did not close itself, at the end of every salt-run
        "log_granular_levels": {"salt.runner": "error", "salt.minion": "error", "salt.utils.event": "error"},
    }
    return {
        "etc/salt/master.d/lab.conf": File("".join(f"{k}: {json.dumps(v)}\n" for k, v in config.items())),
        f"{PILLAR.lstrip('/')}/lab_secrets.sls": File(
            "# Made at random by ./lab up\n" + json.dumps({"lab_secrets": plan.secrets}, indent=2) + "\n", 0o600
        ),
        **_started("salt-master.service"),
    }


def new_secrets() -> dict[str, dict[str, str]]:
    """Passwords for every site the lab knows."""
    return {site: {name: password(marks=MARKS.get(name, "/@%")) for name in SECRETS} for site in SITES}


def password(length: int = 24, marks: str = "/@%") -> str:
    """Random, and never fit for a URL as it is: whoever forgets to quote a password fails here, not at a user's."""
    letters = string.ascii_letters + string.digits
    rest = list(marks) + [secrets.choice(letters + "-_") for _ in range(length - 1 - len(marks))]
    secrets.SystemRandom().shuffle(rest)
    return secrets.choice(letters) + "".join(rest)  # a command line would take a leading - for an option


def write(upper: Path, found: dict[str, File]) -> None:
    """Write files into an upper layer."""
    for name, file in found.items():
        path = upper / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.link:
            path.symlink_to(file.link)
            continue
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, file.mode)
        with os.fdopen(handle, "w") as opened:
            opened.write(file.text)


def binds(member: Member, plan: Plan) -> list[str]:
    """The host's folders that a node sees, read-only."""
    if member.name != MASTER:
        return []
    found = [f"{plan.repo}:{FORMULA}"]
    if plan.pillar:
        found.append(f"{plan.pillar}:{USER_PILLAR}")
    return [f"--bind-ro={b}" for b in found]
