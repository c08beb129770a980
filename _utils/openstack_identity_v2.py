"""
Keystone's API v2.0, which Keystone has up to Pike, in the words of v3: the methods are those of
``openstack_identity_v3.V3``, and rows look as v3 would show them.

A tenant is a project. There is one domain, Default. A region is what endpoints are in. The three URLs of a service in a
region are one record there, which can be made and removed but not changed; here each URL is an endpoint of its own, and
its id, ``SERVICE/INTERFACE/REGION``, stays. What v2.0 cannot do is refused with :py:exc:`Invalid`.

Paths: https://docs.openstack.org/keystone/pike/api-ref-v2.html. Everything but logging in is asked at the admin URL of
the catalogue, ``http://auth-node:35357/v2.0``, since the public one does not have it.
"""

from openstack_errors import Invalid, OpenStackError

try:
    import keystoneauth1.exceptions as ka_exceptions
    import keystoneclient.v2_0.client
except ImportError:
    pass  # openstack_identity_v3 tells what is missing

DOMAIN = {"id": "default", "name": "Default"}
INTERFACES = ("public", "internal", "admin")
_MANAGERS = {"project": "tenants", "user": "users", "role": "roles", "service": "services", "endpoint": "endpoints"}
# What v2.0 takes, and what keystoneclient calls it.
_CREATE = {
    "project": {"name": "tenant_name", "description": "description", "enabled": "enabled"},
    "user": {
        "name": "name",
        "password": "password",
        "email": "email",
        "default_project": "tenant_id",
        "enabled": "enabled",
    },
    "role": {"name": "name"},
    "service": {"name": "name", "type": "service_type", "description": "description"},
    "endpoint": {"service": "service", "interface": "interface", "region": "region", "url": "url"},
}
_UPDATE = {
    "project": {"name": "tenant_name", "description": "description", "enabled": "enabled"},
    "user": {
        "name": "name",
        "email": "email",
        "enabled": "enabled",
        "password": "password",
        "default_project": "tenant_id",
    },
    "endpoint": {"url": "url"},
}
# Values which say what is so anyway where v2.0 does not know the attribute.
_NEUTRAL = (
    *({"domain": name} for name in DOMAIN.values()),
    {"default_project_domain": DOMAIN["name"]},
    {"enabled": True},
    *({name: ""} for name in ("description", "parent")),
    {"tags": []},
    {"options": {}},
)
_HOW = "declare identity_api_version: 3 in the profile where Keystone speaks it, or leave it out"


class V2:
    """The API as one session sees it."""

    lists_assignments = False
    only_domain = DOMAIN["name"]

    def __init__(self, session, found):
        self.session = session
        self.found = found
        self._client = keystoneclient.v2_0.client.Client(session=session, interface="admin")

    def list(self, kind, home=None):
        """Return all rows of a kind, and that the list is whole; ``home`` is the one domain."""
        if kind == "domain":
            return [dict(DOMAIN)], False
        if kind == "region":
            regions = sorted({record["region"] for record in self._records() if record.get("region")})
            return [{"id": region} for region in regions], False
        if kind == "endpoint":
            return [row for record in self._records() for row in _endpoints(record)], False
        return [_row(kind, each.to_dict()) for each in self._manager(kind).list()], False

    def get(self, kind, id, home=None):
        """Return one row, ``None`` when there is no such id."""
        if kind not in _MANAGERS or kind == "endpoint":
            return next((row for row in self.list(kind)[0] if row["id"] == id), None)
        try:
            return _row(kind, self._manager(kind).get(id).to_dict())
        except ka_exceptions.NotFound:
            return None

    def check(self, kind, values, new=True):
        """
        Raise :py:exc:`Invalid` for what v2.0 cannot do.

        kind
            Kind of object.

        values
            What it would be given, in the words of v3.

        new
            Whether it would be created, else changed. Default ``True``.
        """
        if kind not in _CREATE:
            raise Invalid(f"Identity API v2.0 has no {kind}s to {'create' if new else 'change'}: {_HOW}")
        if not new and kind not in _UPDATE:
            raise Invalid(f"Identity API v2.0 cannot change {kind}s: remove it and create it again, or {_HOW}")
        taken = (_CREATE if new else _UPDATE)[kind]
        for name, value in values.items():
            if name not in taken and {name: value} not in _NEUTRAL:
                raise Invalid(f"Identity API v2.0 keeps no {name} with {kind}s: {_HOW}")

    def create(self, kind, values):
        """Create an object and return its row."""
        self.check(kind, values)
        given = {name: values[key] for key, name in _CREATE[kind].items() if key in values}
        if kind == "endpoint":
            return self._set_url(**given)
        return _row(kind, self._manager(kind).create(**given).to_dict())

    def update(self, kind, id, values):
        """Change the given attributes of an object."""
        self.check(kind, values, new=False)
        given = {name: values[key] for key, name in _UPDATE[kind].items() if key in values}
        if kind == "endpoint":
            service, interface, region = _place(id)
            self._set_url(service, interface, region, given["url"])
        elif kind == "user":
            self._update_user(id, given)
        else:
            self._manager(kind).update(id, **given)

    def delete(self, kind, id, home=None):
        """Remove an object."""
        if kind not in _MANAGERS:
            raise Invalid(f"Identity API v2.0 has no {kind}s to remove: {_HOW}")
        if kind == "endpoint":
            self._set_url(*_place(id), None)
        else:
            self._manager(kind).delete(id)

    def grant(self, role_id, place):
        """Give a role at a place of ``openstack_identity_places``."""
        self._client.roles.add_user_role(*_user_and(role_id, place))

    def revoke(self, role_id, place):
        """Take a role."""
        self._client.roles.remove_user_role(*_user_and(role_id, place))

    def granted(self, place):
        """Return the ids of the roles of a user on a project: v2.0 counts those of its groups in."""
        user, _, tenant = _user_and(None, place)
        return [role.id for role in self._client.roles.roles_for_user(user, tenant)]

    def named_assignments(self, query):
        """Refuse: v2.0 tells the roles of one user on one project only."""
        raise Invalid(f"Identity API v2.0 has no list of assignments: {_HOW}")

    def catalog(self):
        """Return the catalogue that comes with this session's token, endpoints as v3 has them."""
        catalog = self.session.auth.get_access(self.session).service_catalog.catalog
        return [
            {"type": service["type"], "endpoints": [one for each in service["endpoints"] for one in _in_catalog(each)]}
            for service in catalog
        ]

    def _manager(self, kind):
        if kind not in _MANAGERS:
            raise Invalid(f"Identity API v2.0 has no list of {kind}s: {_HOW}")
        return getattr(self._client, _MANAGERS[kind])

    def _update_user(self, id, given):
        """Password and default project have requests of their own."""
        if "password" in given:
            self._client.users.update_password(id, given.pop("password"))
        if "tenant_id" in given:
            self._client.users.update_tenant(id, given.pop("tenant_id"))
        if given:
            self._client.users.update(id, **given)

    def _records(self):
        return [each.to_dict() for each in self._client.endpoints.list()]

    def _set_url(self, service, interface, region, url):
        """
        Give a service one URL in a region, or take it with ``None``: by a new record in place of the old one.

        The new one is there before the old one goes, so no failure leaves the service without URLs.
        """
        old = next((each for each in self._records() if (each["service_id"], each["region"]) == (service, region)), {})
        urls = {each: old.get(f"{each}url") for each in INTERFACES} | {interface: url}
        made = None
        if any(urls.values()):
            if not urls["public"]:
                raise Invalid(
                    f"Identity API v2.0 keeps the URLs of a service in one record that must have a public one:"
                    f" {'create it first' if url else 'remove the others first'}"
                )
            named = {f"{each}url": urls[each] for each in INTERFACES}
            made = self._client.endpoints.create(region, service, **named)
        if old:
            self._remove_record(old, made)
        return {"id": f"{service}/{interface}/{region}"}

    def _remove_record(self, old, made):
        try:
            self._client.endpoints.delete(old["id"])
        except ka_exceptions.NotFound as exc:
            if made:
                self._client.endpoints.delete(made.id)
            raise OpenStackError(
                f"endpoint {old['id']} was made with Identity API v3, and v2.0 cannot remove it: declare"
                " identity_api_version: 3 in the profile"
            ) from exc


def _row(kind, shown):
    """An object as v3 would show it."""
    row = dict(shown)
    if kind in ("project", "user"):
        row["domain_id"] = DOMAIN["id"]
    if kind == "user":
        row["default_project_id"] = row.pop("tenantId", None)
    return row


def _endpoints(record):
    """The endpoints of a record, one for each URL that it has."""
    service, region = record["service_id"], record.get("region")
    urls = {each: record.get(f"{each}url") for each in INTERFACES}
    return [
        {
            "id": f"{service}/{interface}/{region}",
            "service_id": service,
            "interface": interface,
            "region": region,
            "url": url,
            "enabled": record.get("enabled", True),
        }
        for interface, url in urls.items()
        if url
    ]


def _in_catalog(endpoint):
    """A record as the catalogue has it: ``publicURL``, not ``publicurl``."""
    urls = {each: endpoint.get(f"{each}URL") for each in INTERFACES}
    return [
        {"region": endpoint.get("region"), "interface": interface, "url": url} for interface, url in urls.items() if url
    ]


def _place(endpoint_id):
    """Service, interface and region of an endpoint."""
    return endpoint_id.split("/", 2)


def _user_and(role_id, place):
    if (place.holder, place.scope, place.inherited) != ("user", "project", False):
        raise Invalid(f"Identity API v2.0 has roles of users on projects only: {_HOW}")
    return place.holder_id, role_id, place.scope_id
