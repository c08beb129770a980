"""A site seen without Salt: what is on its servers, and how all of Glance is taken off them again."""

import json
from dataclasses import dataclass

from lab.servers import sql

_OBJECTS = {
    **dict.fromkeys(("service", "endpoint", "project", "assignment", "region", "role"), "*"),
    "user": "id, extra, enabled, default_project_id, created_at, domain_id",  # not when somebody last logged in
    "local_user": "id, user_id, domain_id, name",  # not how often somebody typed a wrong password
    "password": "*",
}
_FILES = (
    "find /etc/glance /var/lib/glance /var/lib/openstack_service"
    " /root/glance-openrc /root/.config/openstack /etc/openstack"
    " -not -path '*/.cache*' -type f -exec sha256sum {} + 2>/dev/null | sort -k 2;"
    " find /etc/glance /var/lib/glance /var/lib/openstack_service /root/glance-openrc /etc/openstack"
    " -not -path '*/.cache*' -printf '%p %M %u %g\\n' 2>/dev/null | sort"
)
_PACKAGES = "dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Version}\\n' '*glance*' 2>/dev/null | sort"


@dataclass(frozen=True)
class Hosts:
    """Who is what in a site of the lab."""

    database: str
    identity: str
    api: str

    @property
    def all(self):
        return list(dict.fromkeys([self.database, self.identity, self.api]))


SITES = {
    "zurich": Hosts("db-node", "auth-node", "image-node"),
    "geneva": Hosts("geneva-node", "geneva-node", "geneva-node"),
}


def secrets_of(lab):
    """The lab's own passwords: ``{site: {name: password}}``."""
    text = lab.master.read("/srv/pillar/lab_secrets.sls")
    return json.loads(text[text.index("{") :])["lab_secrets"]


def auth(lab, site, **other):
    """Who to be at a site's Keystone, for ``functional.cloud.session``: its administrator, but for ``other``."""
    administrator = {
        "auth_url": f"http://{SITES[site].identity}.example.org:5000",
        "username": "admin",
        "password": secrets_of(lab)[site]["identity_admin"],
        "project_name": "admin",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    return {**administrator, **other}


def keystone(lab, site, *commands):
    """Commands of python3-openstackclient as the administrator; one process, so one slow start."""
    auth = {
        "OS_AUTH_URL": f"http://{SITES[site].identity}.example.org:5000/v3",
        "OS_USERNAME": "admin",
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_IDENTITY_API_VERSION": "3",
        "OS_PASSWORD": secrets_of(lab)[site]["identity_admin"],
    }
    done = lab.node(SITES[site].identity).run("openstack", input="\n".join(commands) + "\n", env=auth, check=False)
    return done.stdout + done.stderr


def snapshot(lab, site):
    """
    All that a deployment may touch, as ``{what: text}``: equal snapshots mean that nothing was touched.

    Keystone's objects are read from its database, image data by its hash, packages by their versions.
    """
    hosts = SITES[site]
    found = {
        "schemas": sql(lab, hosts.database, "SHOW DATABASES"),
        "database users": sql(lab, hosts.database, "SELECT User, Host, authentication_string FROM mysql.user"),
        "grants": sql(lab, hosts.database, "SELECT * FROM mysql.db"),
    }
    rows = "SELECT id, name, status, visibility, size, os_hash_value FROM glance.images WHERE deleted = 0;"
    rows += "SELECT image_id, name, value FROM glance.image_properties WHERE deleted = 0"
    if "glance" in found["schemas"].split():
        found["images"] = sql(lab, hosts.database, rows)
    for table, columns in _OBJECTS.items():
        rows = sql(lab, hosts.database, f"SELECT {columns} FROM keystone.`{table}`")
        found[f"Keystone {table}"] = "\n".join(sorted(rows.splitlines()))
    found |= {f"RabbitMQ {kind}": text for kind, text in _broker(lab, hosts.database).items()}
    node = lab.node(hosts.api)
    found["files"] = node.run("sh", "-c", _FILES, check=False).stdout
    found["packages"] = node.run("sh", "-c", _PACKAGES, check=False).stdout
    return found


def _broker(lab, host):
    said = lab.node(host).run("rabbitmqctl", "export_definitions", "-", "--format", "json").stdout
    definitions = json.loads(said[said.index("{") :])
    return {
        kind: json.dumps(sorted(definitions[kind], key=json.dumps), indent=1, sort_keys=True)
        for kind in ("users", "vhosts", "permissions")
    }


def differences(before, after):
    """What two snapshots differ in, line by line, ``[]`` when they are equal."""
    found = []
    for what in sorted({*before, *after}):
        old, new = (set((side.get(what) or "").splitlines()) for side in (before, after))
        found += [f"{what}: - {line}" for line in sorted(old - new)]
        found += [f"{what}: + {line}" for line in sorted(new - old)]
    return found


def is_bare(lab, site):
    """Whether nothing of Glance is on the site."""
    hosts = SITES[site]
    there = "SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'glance';"
    there += "SELECT User FROM mysql.user WHERE User = 'glance';"
    there += "SELECT type FROM keystone.service WHERE type = 'image'"
    return (
        not sql(lab, hosts.database, there)
        and lab.node(hosts.api).run("test", "!", "-e", "/etc/glance", check=False).returncode == 0
    )


def strip(lab, site):
    """Take all of Glance off a site; the servers that other formulas made stay."""
    hosts = SITES[site]
    node = lab.node(hosts.api)
    node.run("systemctl", "stop", "glance-api", check=False)
    purge = "dpkg-query -W -f '${Package}\\n' 'glance-*' 2>/dev/null | xargs -r apt-get purge -qq"
    node.run("sh", "-c", purge, timeout=600)
    node.run("sh", "-c", "rm -rf /etc/glance /var/lib/glance /var/log/glance /root/glance-openrc /etc/openstack")
    node.run("sh", "-c", "rm -rf /var/lib/openstack_service /opt/glance /opt/glance.1 /opt/glance.2")
    node.run("rm", "-f", "/etc/systemd/system/glance-api.service", "/etc/logrotate.d/glance-api")
    node.run("systemctl", "daemon-reload")
    keystone(lab, site, "service delete glance", "user delete glance", "project delete service")
    users = "DROP USER IF EXISTS 'glance'@'%', 'glance'@'localhost'"
    sql(lab, hosts.database, f"DROP DATABASE IF EXISTS glance; {users}")
    for command in (["delete_user", "glance"], ["delete_vhost", "/glance"]):
        lab.node(hosts.database).run("rabbitmqctl", *command, check=False)
    assert is_bare(lab, site), f"site {site} still has something of Glance: look at its hosts with ./lab exec"
