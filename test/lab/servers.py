"""The servers of one site, for tests that talk to its database, RabbitMQ, Keystone and Glance themselves."""

import json
import secrets
from pathlib import Path

from lab.client import Lab
from lab.errors import LabError
from lab.settings import DOMAIN

ADMIN = "lab"
DATABASES = Path(__file__).parent / "states" / "lab" / "database.json"


def ensure(lab: Lab, site: str) -> None:
    """Have a site deployed, its servers first; quick where it is already."""
    if _answers(lab, site):
        return
    orchestrate(lab, "lab.servers")
    orchestrate(lab, "glance.orchestrate.deploy", pillar={"glance": {"site": site}})


def orchestrate(lab: Lab, name: str, **more) -> None:
    """Run an orchestration that must succeed."""
    answer = lab.salt_run("state.orchestrate", name, **more)
    if answer.returncode:
        raise LabError(f"salt-run state.orchestrate {name}: exit {answer.returncode}\n{answer.stdout[-5000:]}")


def database_of(suite: str) -> dict:
    """The database server that the lab has on a Debian suite: its unit, its command-line client, and so on."""
    databases = json.loads(DATABASES.read_text(encoding="utf-8"))
    return databases["servers"][databases["suites"][suite]]


def sql(lab: Lab, node: str, statements: str) -> str:
    """What the database server of a host answers to its own client, without headings."""
    client = database_of(lab.status()["suite"])["client"]
    return lab.node(node).run(client, "--batch", "--skip-column-names", input=statements).stdout


def of_node(lab: Lab, node: str) -> dict:
    """Where the servers of a host with all roles are, and who may do everything there."""
    return {
        "database": {
            "host": lab.node(node).address,
            "port": 3306,
            "user": ADMIN,
            "password": _database_admin(lab, node),
        },
        **cloud(lab, node, node),
    }


def cloud(lab: Lab, identity_node: str, image_node: str) -> dict:
    """Where Keystone and Glance of a site are, and who may do everything there."""
    site = lab.status()["nodes"][identity_node]["site"]
    return {
        "identity": {
            "auth_url": f"http://{identity_node}.{DOMAIN}:5000",
            "username": "admin",
            "password": _secrets(lab)[site]["identity_admin"],
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "region_name": "RegionOne",
        },
        "image": {"url": f"http://{lab.node(image_node).address}:9292"},
    }


def _answers(lab: Lab, site: str) -> bool:
    return lab.salt_run("glance.verify", f"site={site}", "write=False", timeout=300).returncode == 0


def _database_admin(lab: Lab, node: str) -> str:
    """A user who may do everything over TCP, which root of Debian's servers may not; its new password."""
    password = secrets.token_urlsafe(18)
    statements = (
        f"DROP USER IF EXISTS '{ADMIN}'@'%';",
        f"CREATE USER '{ADMIN}'@'%' IDENTIFIED BY '{password}';",
        f"GRANT ALL ON *.* TO '{ADMIN}'@'%' WITH GRANT OPTION;",
    )
    sql(lab, node, "\n".join(statements))
    return password


def _secrets(lab: Lab) -> dict:
    _comment, _, data = lab.master.read("/srv/pillar/lab_secrets.sls").partition("\n")
    return json.loads(data)["lab_secrets"]
