"""
Keystone's objects as plain mappings with names in place of ids: what execution functions return and states compare.

Each function takes the ``Keystone`` of ``openstack_identity_client.py`` and a row of its listings. A text that was
never set reads as the empty string, so that declaring ``description: ''`` is fulfilled by it.
"""

import datetime
import re

import openstack_identity_places as places
from openstack_errors import Invalid


def record(keystone, kind, row):
    """Return a row as a mapping, ``None`` for ``None``."""
    return None if row is None else _FORMS[kind](keystone, row)


def records(keystone, kind, rows):
    """Return rows as mappings, sorted by name."""
    found = [record(keystone, kind, row) for row in rows]
    return sorted(found, key=lambda each: (str(each["name"]), str(each["id"])))


def domain(keystone, row):
    """Return a domain."""
    return {**_named(row), "enabled": row.get("enabled", True), "options": row.get("options") or {}}


def project(keystone, row):
    """Return a project; ``parent`` is the empty string right below the domain."""
    parent = row.get("parent_id")
    return {
        **_named(row),
        "domain": keystone.name_of("domain", row["domain_id"]),
        "parent": "" if parent in (None, row["domain_id"]) else keystone.name_of("project", parent),
        "enabled": row.get("enabled", True),
        "tags": sorted(row.get("tags") or []),
        "options": row.get("options") or {},
    }


def user(keystone, row):
    """Return a user; of its password Keystone tells nothing but when it expires."""
    return {
        **_named(row),
        "domain": keystone.name_of("domain", row["domain_id"]),
        "email": row.get("email") or "",
        "enabled": row.get("enabled", True),
        "options": row.get("options") or {},
        "password_expires_at": row.get("password_expires_at"),
        **_default_project(keystone, row.get("default_project_id")),
    }


def group(keystone, row):
    """Return a group; its members are another list."""
    return {**_named(row), "domain": keystone.name_of("domain", row["domain_id"])}


def role(keystone, row):
    """Return a role; ``domain`` is ``None`` for one that belongs to none."""
    home = row.get("domain_id")
    return {
        **_named(row),
        "domain": home and keystone.name_of("domain", home),
        "options": row.get("options") or {},
    }


def service(keystone, row):
    """Return a service."""
    return {**_named(row), "type": row["type"], "enabled": row.get("enabled", True)}


def endpoint(keystone, row):
    """Return an endpoint, with name and type of its service."""
    return {
        "id": row["id"],
        **_service(keystone, row),
        "interface": row["interface"],
        "region": region_of(row),
        "url": row["url"],
        "enabled": row.get("enabled", True),
    }


def region(keystone, row):
    """Return a region; its id is its name."""
    return {
        "id": row["id"],
        "name": row["id"],
        "description": row.get("description") or "",
        "parent": row.get("parent_region_id"),
    }


def application_credential(keystone, row):
    """Return an application credential; of its secret Keystone tells nothing."""
    return {
        **_named(row),
        "project_id": row.get("project_id"),  # its owner may list no projects
        "roles": sorted(each["name"] for each in row.get("roles") or []),
        "expires_at": expiry(row.get("expires_at")),
        "unrestricted": row.get("unrestricted", False),
        "access_rules": access_rules(row.get("access_rules") or []),
    }


def registered_limit(keystone, row):
    """Return a registered limit: what everybody has who has no limit of its own."""
    return {**_limit(keystone, row), "limit": row["default_limit"]}


def limit(keystone, row):
    """Return the limit of a project or of a domain."""
    owner = keystone.by_id("project", row["project_id"]) if row.get("project_id") else None
    home = row.get("domain_id")
    return {
        **_limit(keystone, row),
        "project": owner["name"] if owner else row.get("project_id"),
        "project_domain": keystone.name_of("domain", owner["domain_id"]) if owner else None,
        "domain": home and keystone.name_of("domain", home),
        "limit": row["resource_limit"],
    }


def assignment(row):
    """Return a role assignment of a listing that was asked for with names."""
    found = {"role": row["role"]["name"]}
    if row["role"].get("domain"):
        found["role_domain"] = row["role"]["domain"]["name"]
    scope = row["scope"]
    holders = {"user": row.get("user"), "group": row.get("group"), "project": scope.get("project")}
    for kind, holder in holders.items():
        if holder:
            found |= {kind: holder["name"], f"{kind}_domain": holder["domain"]["name"]}
    if "domain" in scope:
        found["domain"] = scope["domain"]["name"]
    if "system" in scope:
        found["system"] = True
    if places.of(row).inherited:
        found["inherited"] = True
    return found


def reference(keystone, row, home=None):
    """
    Return how a role or user is named where several are listed: its name, or ``{"name", "domain"}`` where its domain
    is not ``home``.

    home
        Name of a domain; ``None`` for roles that belong to none.
    """
    domain = row.get("domain_id") and keystone.name_of("domain", row["domain_id"])
    return row["name"] if domain == home else {"name": row["name"], "domain": domain}


def split(reference, home=None):
    """Return ``(name, domain)`` of what :py:func:`reference` returns, or of the same in pillar."""
    return (reference["name"], reference.get("domain", home)) if isinstance(reference, dict) else (reference, home)


def references(listed, home=None):
    """Return references as they are compared: each once, sorted, with a domain only where it is not ``home``."""
    parts = {split(each, home) for each in ([listed] if isinstance(listed, (str, dict)) else listed)}
    sort = sorted(parts, key=lambda part: (part[1] != home, str(part[1]), str(part[0])))
    return [name if domain == home else {"name": name, "domain": domain} for name, domain in sort]


def access_rules(rules):
    """Return the rules of an application credential as they are compared: without ids, sorted."""
    found = [{key: rule[key] for key in ("service", "method", "path") if key in rule} for rule in rules]
    return sorted(found, key=lambda rule: sorted(rule.items()))


def moment(given):
    """
    Return a moment as a ``datetime`` of UTC without a zone, as keystoneclient takes it; ``None`` for ``None``.

    given
        Text in the form of ISO 8601, or what YAML makes of one; UTC where it names no zone.

    Raises :py:exc:`Invalid` for what is no moment.
    """
    if given is None:
        return None
    text = given.isoformat() if isinstance(given, datetime.date) else str(given)
    try:
        parsed = datetime.datetime.fromisoformat(re.sub("[Zz]$", "+00:00", text))
    except ValueError:
        raise Invalid(f"{text!r} is no moment: 2027-01-31T00:00:00Z is one") from None
    return parsed if parsed.tzinfo is None else parsed.astimezone(datetime.timezone.utc).replace(tzinfo=None)


def expiry(given):
    """Return a :py:func:`moment` as it is compared, ``2027-01-31T00:00:00Z``."""
    return None if given is None else f"{moment(given):%Y-%m-%dT%H:%M:%SZ}"


def region_of(endpoint_row):
    """Return an endpoint's region, which old releases call ``region`` only."""
    return endpoint_row.get("region_id") or endpoint_row.get("region")


def _named(row):
    return {"id": row["id"], "name": row.get("name") or "", "description": row.get("description") or ""}


def _service(keystone, row):
    owner = next((each for each in keystone.rows("service") if each["id"] == row["service_id"]), {})
    return {"service": owner.get("name") or "", "type": owner.get("type")}


def _limit(keystone, row):
    return {
        "id": row["id"],
        "name": row["resource_name"],
        **_service(keystone, row),
        "region": row.get("region_id"),
        "description": row.get("description") or "",
    }


def _default_project(keystone, id):
    row = next((each for each in keystone.rows("project") if each["id"] == id), None) if id else None
    return {
        "default_project": row["name"] if row else id,
        "default_project_domain": keystone.name_of("domain", row["domain_id"]) if row else None,
    }


_FORMS = {
    "domain": domain,
    "project": project,
    "user": user,
    "group": group,
    "role": role,
    "service": service,
    "endpoint": endpoint,
    "region": region,
    "application credential": application_credential,
    "registered limit": registered_limit,
    "limit": limit,
}
