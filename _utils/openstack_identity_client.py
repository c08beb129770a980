"""
One Keystone in one run: its client, and the one listing a kind of object in which every state looks things up.

A listing is asked for once and kept in ``__context__``. What the run itself creates, changes or removes is read again,
by id, from the server, and takes its place in the listing. So a site that is as declared costs one request a kind, how
many objects it has does not matter, and what a state compares after writing is the server's answer, not what was sent.
"""

import time
from urllib.parse import quote

import openstack_session
from openstack_errors import Ambiguous, Invalid, OpenStackError

try:
    import keystoneauth1.exceptions as ka_exceptions
    import keystoneauth1.plugin
    import keystoneclient.v3.client

    HAS_KEYSTONECLIENT = True
except ImportError:
    HAS_KEYSTONECLIENT = False

MISSING = "python-keystoneclient is missing in Salt's own Python: state.apply glance.client.python installs it"
# A minion with ``multiprocessing: False`` keeps ``__context__`` from one job to the next.
MAX_AGE = 300
_MANAGERS = {
    "domain": "domains",
    "project": "projects",
    "user": "users",
    "role": "roles",
    "service": "services",
    "endpoint": "endpoints",
    "region": "regions",
    "assignment": "role_assignments",
}
# What else Keystone removes or makes along with an object.
_ALONG = {
    ("delete", "project"): ("assignment", "user"),
    ("delete", "user"): ("assignment",),
    ("delete", "role"): ("assignment",),
    ("delete", "service"): ("endpoint",),
    ("create", "endpoint"): ("region",),
}
_INHERITED = "OS-INHERIT:inherited_to"


def connect(profile, context, pillar, config_get):
    """
    Return the :py:class:`Keystone` of a profile, the same one for as long as ``context`` lives.

    profile, context, pillar, config_get
        As in ``openstack_session.session``.
    """
    session, found = openstack_session.session(profile, context, pillar, config_get)
    key = "openstack_identity:" + openstack_session.fingerprint(found)
    if key not in context:
        context[key] = Keystone(session, found)
    return context[key]


class Keystone:
    """A Keystone, as one profile sees it. ``kind`` in its methods is a key of ``_MANAGERS``."""

    def __init__(self, session, found):
        self.session = session
        self.found = found
        # Where it lets us log in, not where the catalogue says: that may lack the region (one Keystone for several),
        # lead elsewhere, or be what is to be repaired.
        self.client = keystoneclient.v3.client.Client(session=session, interface=keystoneauth1.plugin.AUTH_INTERFACE)
        self._listings = {}

    def manager(self, kind):
        """Return keystoneclient's manager of a kind."""
        return getattr(self.client, _MANAGERS[kind])

    def asking(self, what, secrets=()):
        """Turn the library's exceptions into this formula's errors, as ``openstack_session.asking``."""
        return openstack_session.asking(what, self.found, secrets)

    # Looking up

    def rows(self, kind, domain_id=None):
        """
        Return what Keystone lists of a kind, raw.

        domain_id
            Ask for this domain's only. Default ``None``: all. Users are always asked for by domain, since a domain may
            be a company's whole LDAP.
        """
        asked, rows = self._listings.get((kind, domain_id), (None, None))
        if asked is None or time.monotonic() - asked > MAX_AGE:
            rows = self._list(kind, {"domain_id": domain_id} if domain_id else {})
            self._listings[kind, domain_id] = (time.monotonic(), rows)
        return rows

    def one(self, kind, what, rows, **wanted):
        """
        Return the only one of ``rows`` that has these attributes, ``None`` when there is none.

        Raises :py:exc:`Ambiguous` when there are several.
        """
        found = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
        if len(found) > 1:
            ids = ", ".join(sorted(row["id"] for row in found))
            raise Ambiguous(f"{what} stands for {len(found)} {kind}s: {ids}: remove or rename all but one of them")
        return found[0] if found else None

    def domain(self, name):
        """Return the domain of a name, ``None`` when there is none; raise Invalid for what is a domain's id."""
        rows = self.rows("domain")
        row = self.one("domain", f"domain {name}", rows, name=name)
        other = None if row else self.one("domain", f"domain {name}", rows, id=name)
        if other:
            raise Invalid(f"{name} is the id of domain {other['name']}: a domain is given by its name")
        return row

    def in_domain(self, kind, name, domain):
        """Return the project or user of a name in a domain, ``None`` when there is no such thing or domain."""
        home = self.domain(domain)
        if home is None:
            return None
        rows = self.rows(kind, home["id"] if kind == "user" else None)
        return self.one(kind, f"{kind} {name} in domain {domain}", rows, name=name, domain_id=home["id"])

    def need(self, kind, name, domain=None):
        """Return the id of a domain, project, user or role that must exist; raise OpenStackError when it does not."""
        if kind == "domain":
            row = self.domain(name)
        elif kind == "role":
            row = self.one("role", f"role {name}", self.rows("role"), name=name)
        else:
            row = self.in_domain(kind, name, domain)
        if row is None:
            where = f" in domain {domain}" if domain else ""
            raise OpenStackError(f"{kind} {name} does not exist{where}: it must be there before what refers to it")
        return row["id"]

    def name_of(self, kind, id):
        """Return the name of a domain, project, role or service; its id where Keystone does not list it."""
        return next((row["name"] for row in self.rows(kind) if row["id"] == id), id)

    # Changing

    def create(self, kind, what, secrets=(), **values):
        """Create an object and return it as the server then shows it; values that are ``None`` are left to Keystone."""
        with self.asking(f"creation of {what}", secrets):
            made = self.manager(kind).create(**values)
        self.forget(*_ALONG.get(("create", kind), ()))
        return self.reread(kind, what, made.id)

    def update(self, kind, what, id, secrets=(), **values):
        """Change attributes of an object; those that are ``None`` stay as they are. Its id stays too."""
        with self.asking(f"update of {what}", secrets):
            self.manager(kind).update(quote(id, safe=""), **values)
        self.forget(*_ALONG.get(("update", kind), ()))
        return self.reread(kind, what, id)

    def delete(self, kind, what, id):
        """Remove an object and what Keystone removes along with it."""
        with self.asking(f"removal of {what}"):
            self.manager(kind).delete(quote(id, safe=""))
        self.forget(*_ALONG.get(("delete", kind), ()))
        return self.reread(kind, what, id)

    def reread(self, kind, what, id):
        """Ask for one object again, put the answer into the listings, and return it; ``None`` when it is gone."""
        manager = self.manager(kind)
        with self.asking(f"reading {what}"):
            try:
                _, body = manager.client.get(f"/{manager.collection_key}/{quote(id, safe='')}")
                row = body[manager.key]
            except ka_exceptions.NotFound:
                row = None
        for (listed, domain_id), (_, rows) in self._listings.items():
            if listed == kind:
                rows[:] = [other for other in rows if other["id"] != id]
                if row and domain_id in (None, row.get("domain_id")):
                    rows.append(row)
        return row

    def forget(self, *kinds):
        """Ask again the next time one of these kinds is listed."""
        for key in [key for key in self._listings if key[0] in kinds]:
            del self._listings[key]

    # Roles of a user on a project

    def roles_of(self, user_id, project_id):
        """Return the ids of the roles that were given directly, neither through a group nor from a parent project."""
        return [row["role"]["id"] for row in self.rows("assignment") if _pair(row) == (user_id, project_id)]

    def assign(self, what, method, role_ids, user_id, project_id):
        """
        Give or take roles.

        method
            ``grant`` or ``revoke``.
        """
        with self.asking(what):
            for role_id in role_ids:
                getattr(self.client.roles, method)(role_id, user=user_id, project=project_id)
            now = self.client.roles.list(user=user_id, project=project_id)
        rows = self.rows("assignment")
        rows[:] = [row for row in rows if _pair(row) != (user_id, project_id)]
        scope = {"project": {"id": project_id}}
        rows.extend({"role": {"id": role.id}, "user": {"id": user_id}, "scope": scope} for role in now)

    def _list(self, kind, query):
        manager = self.manager(kind)
        with self.asking(f"the list of {kind}s"):
            _, body = manager.client.get(f"/{manager.collection_key}", params=query)
        if body.get("truncated"):
            raise OpenStackError(
                f"Keystone cuts its list of {kind}s short, so nobody can say what is absent: raise list_limit in"
                " keystone.conf"
            )
        return body[manager.collection_key]


def _pair(assignment):
    """The user and project of a direct assignment; ``None`` of one that is something else."""
    scope = assignment.get("scope", {})
    if "user" not in assignment or "project" not in scope or _INHERITED in scope:
        return None
    return assignment["user"]["id"], scope["project"]["id"]
