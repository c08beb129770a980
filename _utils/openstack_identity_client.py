"""
One Keystone in one run: the one listing a kind of object in which every state looks things up.

A listing is asked for once and kept in ``__context__``. What the run itself creates, changes or removes is read again,
by id, from the server, and takes its place in the listing. So a site that is as declared costs one request a kind, how
many objects it has does not matter, and what a state compares after writing is the server's answer, not what was sent.

Users, groups and the roles of a domain are listed by domain, since a domain may be a company's whole LDAP; application
credentials by user and members by group, since Keystone has no other list of them.
"""

import time

import openstack_identity_places as places
import openstack_identity_v2
import openstack_identity_v3
import openstack_session
from openstack_errors import Ambiguous, Conflict, Invalid, OpenStackError

# A minion with ``multiprocessing: False`` keeps ``__context__`` from one job to the next.
MAX_AGE = 300
_IN_A_DOMAIN = ("project", "user", "group")
_BY_DOMAIN = ("user", "group", "role")
_BY_HOME = (*_BY_DOMAIN, "member", "application credential")
_ASSIGNED = ("assignment", "implication", "member", "application credential")
_VERSIONS = {3: openstack_identity_v3.V3, 2: openstack_identity_v2.V2}
# What else Keystone removes, makes or changes along with an object.
_ALONG = {
    ("delete", "domain"): ("project", "user", "group", "role", "limit", *_ASSIGNED),
    ("delete", "project"): ("user", "limit", *_ASSIGNED),
    ("delete", "user"): _ASSIGNED,
    ("update", "user"): ("member", "application credential"),
    ("delete", "group"): _ASSIGNED,
    ("delete", "role"): _ASSIGNED,
    ("delete", "service"): ("endpoint", "registered limit", "limit"),
    ("create", "endpoint"): ("region",),
    ("delete", "registered limit"): ("limit",),
}


def loadable(name):
    """Return what ``__virtual__`` of a module that needs Keystone's libraries returns: its name, or why not."""
    if not openstack_session.HAS_KEYSTONEAUTH:
        return False, openstack_session.MISSING
    if not openstack_identity_v3.HAS_KEYSTONECLIENT:
        return False, openstack_identity_v3.MISSING
    return name


def connect(profile, context, pillar, config_get):
    """
    Return the :py:class:`Keystone` of a profile, the same one for as long as ``context`` lives.

    profile, context, pillar, config_get
        As in ``openstack_session.session``.
    """
    session, found = openstack_session.session(profile, context, pillar, config_get)
    key = "openstack_identity:" + openstack_session.fingerprint(found)
    if key not in context:
        version = _VERSIONS[found["identity_api_version"]]
        context[key] = Keystone(version(session, found), session, found)
    return context[key]


class Keystone:
    """
    A Keystone, as one profile sees it. ``kind`` in its methods is a key of ``openstack_identity_v3.KINDS``.

    api
        The version of the API: an object with the methods of ``openstack_identity_v3.V3``.
    """

    def __init__(self, api, session, found):
        self.api = api
        self.session = session
        self.found = found
        self._listings = {}
        self._single = {}

    def asking(self, what, secrets=()):
        """Turn the library's exceptions into this formula's errors, as ``openstack_session.asking``."""
        return openstack_session.asking(what, self.found, secrets)

    def user_id(self):
        """Return the id of the profile's user."""
        with self.asking("login"):
            return self.session.get_user_id()

    # Looking up

    def rows(self, kind, home=None):
        """
        Return what Keystone lists of a kind, raw.

        home
            Id of the domain (of users, groups and roles), the user (of application credentials) or the group (of
            members) whose rows are wanted. Default ``None``: all, or what belongs to none.
        """
        asked, rows = self._listings.get((kind, home), (None, None))
        if asked is None or time.monotonic() - asked > MAX_AGE:
            rows = self._list(kind, home)
            self._listings[kind, home] = (time.monotonic(), rows)
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
        if self.api.only_domain not in (None, name):
            raise Invalid(f"domain {name}: this version of the Identity API has no domain but {self.api.only_domain}")
        rows = self.rows("domain")
        row = self.one("domain", f"domain {name}", rows, name=name)
        other = None if row else self.one("domain", f"domain {name}", rows, id=name)
        if other:
            raise Invalid(f"{name} is the id of domain {other['name']}: a domain is given by its name")
        return row

    def in_domain(self, kind, name, domain):
        """Return the project, user or group of a name in a domain, ``None`` when there is no such thing or domain."""
        home = self.domain(domain)
        if home is None:
            return None
        rows = self.rows(kind, home["id"] if kind in _BY_DOMAIN else None)
        return self.one(kind, f"{kind} {name} in domain {domain}", rows, name=name, domain_id=home["id"])

    def role(self, name, domain=None):
        """Return the role of a name, ``None`` when there is none; of no domain unless one is named."""
        home = domain and self.domain(domain)
        if domain and home is None:
            return None
        where = f" of domain {domain}" if domain else ""
        return self.one("role", f"role {name}{where}", self.rows("role", home and home["id"]), name=name)

    def find(self, kind, name, domain=None):
        """Return a domain, project, user, group or role by its name, ``None`` when there is none."""
        if kind == "domain":
            return self.domain(name)
        return self.in_domain(kind, name, domain) if kind in _IN_A_DOMAIN else self.role(name, domain)

    def need(self, kind, name, domain=None):
        """Return the id of what :py:meth:`find` finds; raise OpenStackError when there is none."""
        row = self.find(kind, name, domain)
        if row is None:
            where = f" in domain {domain}" if domain and kind != "domain" else ""
            raise OpenStackError(f"{kind} {name} does not exist{where}: it must be there before what refers to it")
        return row["id"]

    def name_of(self, kind, id):
        """Return the name of a domain, project, role or service; its id where Keystone does not list it."""
        return next((row["name"] for row in self.rows(kind) if row["id"] == id), id)

    def by_id(self, kind, id):
        """Return the row of an id wherever it is listed, else ask for it; ``None`` when it is gone."""
        for (listed, _), (_, rows) in self._listings.items():
            row = next((row for row in rows if listed == kind and row["id"] == id), None)
            if row:
                return row
        if (kind, id) not in self._single:
            with self.asking(f"reading {kind} {id}"):
                self._single[kind, id] = self.api.get(kind, id)
        return self._single[kind, id]

    # Changing

    def create(self, kind, what, secrets=(), home=None, **values):
        """
        Create an object and return it as the server then shows it; values that are ``None`` are left to Keystone.

        Raises :py:exc:`Conflict` when somebody else made one of that name since it was looked up.
        """
        try:
            with self.asking(f"creation of {what}", secrets):
                made = self.api.create(kind, _given(values))
        except Conflict:
            self.forget(kind)
            raise
        self.forget(*_ALONG.get(("create", kind), ()))
        return self.reread(kind, what, made["id"], home)

    def create_only(self, kind, what, key, **values):
        """
        Create an object of which Keystone would take two, and return it.

        key
            Called with a row, returns what only one may have.

        Raises :py:exc:`Conflict` when somebody else made one at the same time; this one is removed again then.
        """
        made = self.create(kind, what, **values)
        self.forget(kind)
        twins = [row["id"] for row in self.rows(kind) if key(row) == key(made) and row["id"] != made["id"]]
        if twins:
            self.delete(kind, what, made["id"])
            raise Conflict(
                f"{what} was made by somebody else at the same time, {', '.join(twins)}: this one was removed"
            )
        return made

    def update(self, kind, what, id, secrets=(), **values):
        """Change attributes of an object; those that are ``None`` stay as they are. Its id stays too."""
        with self.asking(f"update of {what}", secrets):
            self.api.update(kind, id, _given(values))
        self.forget(*_ALONG.get(("update", kind), ()))
        return self.reread(kind, what, id)

    def delete(self, kind, what, id, home=None):
        """Remove an object and what Keystone removes along with it; raise OpenStackError when it is still there."""
        with self.asking(f"removal of {what}"):
            self.api.delete(kind, id, home)
        self.forget(*_ALONG.get(("delete", kind), ()))
        if self.reread(kind, what, id, home) is not None:
            raise OpenStackError(f"{what} is still there after Keystone said it was removed")

    def reread(self, kind, what, id, home=None):
        """Ask for one object again, put the answer into the listings, and return it; ``None`` when it is gone."""
        with self.asking(f"reading {what}"):
            row = self.api.get(kind, id, home)
        self._single.pop((kind, id), None)
        for (listed, place), (_, rows) in self._listings.items():
            if listed == kind:
                rows[:] = [other for other in rows if other["id"] != id]
                if row and place == (home or row.get("domain_id") if kind in _BY_HOME else None):
                    rows.append(row)
        return row

    def forget(self, *kinds):
        """Ask again the next time one of these kinds is listed."""
        for key in [key for key in self._listings if key[0] in kinds]:
            del self._listings[key]
        self._single = {key: row for key, row in self._single.items() if key[0] not in kinds}

    # What binds objects together

    def roles_at(self, place):
        """Return the ids of the roles that were given at a place itself, see ``openstack_identity_places``."""
        if not self.api.lists_assignments:
            with self.asking("the list of roles"):
                return self.api.granted(place)
        return [row["role"]["id"] for row in self.rows("assignment") if places.of(row) == place]

    def assign(self, what, method, role_ids, place):
        """
        Give or take roles at a place.

        method
            ``grant`` or ``revoke``.
        """
        with self.asking(what):
            for role_id in role_ids:
                getattr(self.api, method)(role_id, place)
            now = self.api.granted(place)
        if not self.api.lists_assignments:
            return
        rows = self.rows("assignment")
        rows[:] = [row for row in rows if places.of(row) != place]
        rows.extend(places.row(place, role_id) for role_id in now)

    def implied_by(self, role_id):
        """Return the ids of the roles that a role implies itself."""
        rules = (rule for rule in self.rows("implication") if rule["prior_role"]["id"] == role_id)
        return [role["id"] for rule in rules for role in rule["implies"]]

    def imply(self, what, prior_id, added, removed):
        """Add and remove implied roles, by ids."""
        with self.asking(what):
            for id in added:
                self.api.imply(prior_id, id)
            for id in removed:
                self.api.imply_no_more(prior_id, id)
        self.forget("implication")

    def change_members(self, what, group_id, joining, leaving):
        """Put users into a group and take others out, by ids."""
        with self.asking(what):
            for id in joining:
                self.api.join(id, group_id)
            for id in leaving:
                self.api.leave(id, group_id)
        self.forget("member")

    def _list(self, kind, home):
        with self.asking(f"the list of {kind}s"):
            rows, truncated = self.api.list(kind, home)
        if truncated:
            raise OpenStackError(
                f"Keystone cuts its list of {kind}s short, so nobody can say what is absent: raise list_limit in"
                " keystone.conf"
            )
        return rows


def _given(values):
    return {key: value for key, value in values.items() if value is not None}
