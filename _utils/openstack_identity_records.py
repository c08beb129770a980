"""
Keystone's objects as plain mappings with names in place of ids: what execution functions return and states compare.

Each function takes the ``Keystone`` of ``openstack_identity_client.py`` and a row of its listings. A text that was
never set reads as the empty string, so that declaring ``description: ''`` is fulfilled by it.
"""


def project(keystone, row):
    """Return a project."""
    return {
        "id": row["id"],
        "name": row["name"],
        "domain": keystone.name_of("domain", row["domain_id"]),
        "description": row.get("description") or "",
        "enabled": row.get("enabled", True),
    }


def user(keystone, row):
    """Return a user; of its password Keystone tells nothing but when it expires."""
    return {
        "id": row["id"],
        "name": row["name"],
        "domain": keystone.name_of("domain", row["domain_id"]),
        "email": row.get("email") or "",
        "description": row.get("description") or "",
        "enabled": row.get("enabled", True),
        "password_expires_at": row.get("password_expires_at"),
        **_default_project(keystone, row.get("default_project_id")),
    }


def role(keystone, row):
    """Return a role that is not bound to a domain."""
    return {"id": row["id"], "name": row["name"], "description": row.get("description") or ""}


def service(keystone, row):
    """Return a service."""
    return {
        "id": row["id"],
        "name": row.get("name") or "",
        "type": row["type"],
        "description": row.get("description") or "",
        "enabled": row.get("enabled", True),
    }


def endpoint(keystone, row):
    """Return an endpoint, with name and type of its service."""
    owner = next((each for each in keystone.rows("service") if each["id"] == row["service_id"]), {})
    return {
        "id": row["id"],
        "service": owner.get("name") or "",
        "type": owner.get("type"),
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


def assignment(row):
    """Return a role assignment of a listing that was asked for with names."""
    record = {"role": row["role"]["name"]}
    scope = row["scope"]
    holders = {"user": row.get("user"), "group": row.get("group"), "project": scope.get("project")}
    for kind, holder in holders.items():
        if holder:
            record |= {kind: holder["name"], f"{kind}_domain": holder["domain"]["name"]}
    if "domain" in scope:
        record["domain"] = scope["domain"]["name"]
    if "system" in scope:
        record["system"] = True
    if "OS-INHERIT:inherited_to" in scope:
        record["inherited"] = True
    return record


def region_of(endpoint_row):
    """Return an endpoint's region, which old releases call ``region`` only."""
    return endpoint_row.get("region_id") or endpoint_row.get("region")


def _default_project(keystone, id):
    row = next((each for each in keystone.rows("project") if each["id"] == id), None) if id else None
    return {
        "default_project": row["name"] if row else id,
        "default_project_domain": keystone.name_of("domain", row["domain_id"]) if row else None,
    }
