"""
Keystone's API v3, kind by kind: raw rows in and out, through keystoneclient. Nothing is remembered here.

A class with these methods is all that ``openstack_identity_client.Keystone`` needs of a version of the API. ``kind`` is
a key of ``KINDS``; ``home`` is what a kind is listed by: the id of a domain, of a user, of a group.
"""

import contextlib
from urllib.parse import quote

import openstack_identity_places as places
import openstack_session
from openstack_errors import Refused

try:
    import keystoneauth1.exceptions as ka_exceptions
    import keystoneauth1.plugin
    import keystoneclient.v3.client

    HAS_KEYSTONECLIENT = True
except ImportError:
    HAS_KEYSTONECLIENT = False

MISSING = "python-keystoneclient is missing in Salt's own Python: state.apply glance.client.python installs it"
# keystoneclient's name of each kind; for objects inside a user or a group, the path to them.
KINDS = {
    "domain": "domains",
    "project": "projects",
    "user": "users",
    "group": "groups",
    "role": "roles",
    "service": "services",
    "endpoint": "endpoints",
    "region": "regions",
    "assignment": "role_assignments",
    "implication": "inference_rules",
    "member": "users",
    "application credential": "application_credentials",
    "registered limit": "registered_limits",
    "limit": "limits",
}
_INSIDE = {"member": "/groups/{home}", "application credential": "/users/{home}"}
# What keystoneclient would set, or insists on, and Keystone is to decide.
_NOT_SET = {"region": {"enabled": None}, "limit": {"project": None}}
# Up to 2024.2 Keystone shows the limits of all projects to a token for the whole system only, others silently less.
_SYSTEM = {"limit"}
# Keystone 22 lets only a token for the whole system change these, 27 also an application credential.
_SYSTEM_IF_REFUSED = {"registered limit"}


class V3:
    """The API as one session sees it."""

    # Whether roles are looked up in one list of all assignments, else place by place.
    lists_assignments = True
    # The name of the one domain where there is no other. Default ``None``: there may be.
    only_domain = None

    def __init__(self, session, found):
        self.session = session
        self.found = found
        self._clients = {}

    def manager(self, kind):
        """Return keystoneclient's manager of a kind."""
        return getattr(self._client(kind in _SYSTEM), KINDS[kind])

    def list(self, kind, home=None):
        """
        Return all rows of a kind, and whether Keystone cut the list short.

        home
            Id of the domain, user or group whose rows are wanted. Default ``None``: of none.
        """
        manager = self.manager(kind)
        query = {"domain_id": home} if home and kind not in _INSIDE else {}
        with self._as_the_system() if kind in _SYSTEM else contextlib.nullcontext():
            _, body = manager.client.get(self._path(kind, home), params=query)
        return body[manager.collection_key], bool(body.get("truncated"))

    def get(self, kind, id, home=None):
        """Return one row, ``None`` when there is no such id."""
        manager = self.manager(kind)
        try:
            _, body = manager.client.get(f"{self._path(kind, home)}/{quote(id, safe='')}")
        except ka_exceptions.NotFound:
            return None
        return body[manager.key]

    def check(self, kind, values, new=True):
        """Raise Invalid for what this version cannot keep of an object that would be made, or else changed."""

    def create(self, kind, values):
        """Create an object and return the row that Keystone answers; arguments are those of keystoneclient."""
        values = {**_NOT_SET.get(kind, {}), **values}
        return self._write(kind, lambda manager: manager.create(**values)).to_dict()

    def update(self, kind, id, values):
        """Change the given attributes of an object."""
        self._write(kind, lambda manager: manager.update(quote(id, safe=""), **values))

    def delete(self, kind, id, home=None):
        """Remove an object; one that somebody else just removed is as good."""
        path = f"{self._path(kind, home)}/{quote(id, safe='')}"
        with contextlib.suppress(ka_exceptions.NotFound):
            self._write(kind, lambda manager: manager.client.delete(path))

    def grant(self, role_id, place):
        """Give a role at a place of ``openstack_identity_places``."""
        self._client().roles.grant(role_id, **_target(place))

    def revoke(self, role_id, place):
        """Take a role."""
        with contextlib.suppress(ka_exceptions.NotFound):
            self._client().roles.revoke(role_id, **_target(place))

    def granted(self, place):
        """Return the ids of the roles that are given at a place itself; for inherited ones there is no other list."""
        _, body = self.manager("assignment").client.get("/role_assignments", params=places.query(place))
        return [row["role"]["id"] for row in body["role_assignments"] if places.of(row) == place]

    def join(self, user_id, group_id):
        """Put a user into a group."""
        self._client().users.add_to_group(user_id, group_id)

    def leave(self, user_id, group_id):
        """Take a user out of a group."""
        with contextlib.suppress(ka_exceptions.NotFound):
            self._client().users.remove_from_group(user_id, group_id)

    def imply(self, prior_id, implied_id):
        """Let whoever has one role have another."""
        self._client().inference_rules.create(prior_id, implied_id)

    def imply_no_more(self, prior_id, implied_id):
        """Take an implied role out of another."""
        with contextlib.suppress(ka_exceptions.NotFound):
            self._client().inference_rules.delete(prior_id, implied_id)

    def named_assignments(self, query):
        """Return role assignments that a query of Keystone's selects, with names beside ids."""
        _, body = self.manager("assignment").client.get("/role_assignments", params={"include_names": "True", **query})
        return body["role_assignments"]

    def catalog(self):
        """Return the catalogue that comes with this session's token."""
        _, body = self.manager("service").client.get("/auth/catalog")
        return body["catalog"]

    def _write(self, kind, act):
        """Do something with keystoneclient's manager of a kind, in the name of the system where that is needed."""
        try:
            return act(self.manager(kind))
        except ka_exceptions.Forbidden:
            if kind not in _SYSTEM_IF_REFUSED:
                raise
            with self._as_the_system():
                return act(getattr(self._client(system=True), KINDS[kind]))

    @contextlib.contextmanager
    def _as_the_system(self):
        """Tell a user who may log in, but not for the whole system, from a wrong password: Keystone does not."""
        try:
            yield
        except ka_exceptions.Unauthorized as exc:
            raise Refused(
                f"{self.found['source']}: its user has no role on the system, for which limits are listed and made:"
                " openstack role add --user USER --system all admin"
            ) from exc

    def _path(self, kind, home):
        inside = _INSIDE.get(kind, "").format(home=home and quote(home, safe=""))
        return f"{inside}/{self.manager(kind).collection_key}"

    def _client(self, system=False):
        """
        A client that asks where Keystone lets us log in, not where the catalogue says: that may lack the region (one
        Keystone for several), lead elsewhere, or be what is to be repaired.
        """
        if system not in self._clients:
            session = openstack_session.for_system(self.session, self.found) if system else self.session
            self._clients[system] = keystoneclient.v3.client.Client(
                session=session, interface=keystoneauth1.plugin.AUTH_INTERFACE
            )
        return self._clients[system]


def _target(place):
    return {
        place.holder: place.holder_id,
        place.scope: place.scope_id,
        "os_inherit_extension_inherited": place.inherited,
    }
