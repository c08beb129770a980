"""
Ask and change what Keystone holds: projects, users, roles and who has them, the catalogue.

.. versionadded:: 1.0.0

:depends: python-keystoneclient, keystoneauth1 (in Salt's own Python: ``state.apply glance.client.python``)

Every function takes

profile
    Who asks which cloud: the name of a pillar (or minion configuration) key, or a mapping, see
    ``_utils/openstack_profile.py``. Default ``glance:identity:admin``.

and raises ``Invalid`` when the profile or another argument is not usable, ``Unreachable`` when Keystone gave no answer,
``Refused`` when it does not accept or not allow the profile's user, ``Ambiguous`` when a name stands for several
objects (their ids are in the message), and ``OpenStackError`` with Keystone's words for the rest.

Objects are named, not numbered: a name is looked up inside its domain (for a service: inside its type), and compared
whole. Functions that return an object return a plain mapping, ``None`` when it does not exist. An argument that is
``None`` leaves its attribute as it is.

Listings are kept for as long as ``__context__`` lives, for one run of states or one command, see
``_utils/openstack_identity_client.py``.
"""

import openstack_identity_client
import openstack_identity_records as records
import openstack_secrets
import openstack_session
from openstack_errors import Invalid, OpenStackError
from openstack_profile import PROFILE

try:
    import keystoneauth1.exceptions
    import keystoneauth1.identity
except ImportError:
    pass  # openstack_session tells what is missing

__virtualname__ = "openstack_identity"

_INTERFACES = ("public", "internal", "admin")


def __virtual__():
    if not openstack_session.HAS_KEYSTONEAUTH:
        return False, openstack_session.MISSING
    if not openstack_identity_client.HAS_KEYSTONECLIENT:
        return False, openstack_identity_client.MISSING
    return __virtualname__


# The connection


def login(profile=PROFILE):
    """
    Prove that a profile can log in, with a new token, and return who it is.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Returns ``{"auth_url", "user", "user_domain", "project", "project_domain", "roles"}``.

    Raises ``Unreachable`` when Keystone gave no answer and ``Refused`` when it does not accept the profile; both name
    the user, the URL and the pillar key.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.login
        salt '*' openstack_identity.login profile=glance:identity:service
    """
    session, found = openstack_session.session(profile, __context__, __pillar__, __salt__["config.get"])
    with openstack_session.asking("login", found):
        access = session.auth.get_auth_ref(session)
    return {
        "auth_url": found["auth_url"],
        "user": access.username,
        "user_domain": access.user_domain_name,
        "project": access.project_name,
        "project_domain": access.project_domain_name,
        "roles": sorted(access.role_names),
    }


def catalog(profile=PROFILE):
    """
    Return the catalogue as clients see it: ``{service type: {region: {interface: url}}}``.

    profile
        See the top of this page; default ``glance:identity:admin``. URLs that hold a project id show this profile's.

    Disabled services and endpoints are not in it. Where two endpoints claim the same place, it is the first that
    clients use and this function shows.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.catalog
    """
    keystone = _keystone(profile)
    with keystone.asking("the catalogue"):
        _, body = keystone.manager("service").client.get("/auth/catalog")
    result = {}
    for service in body["catalog"]:
        for endpoint in service["endpoints"]:
            region = result.setdefault(service["type"], {}).setdefault(records.region_of(endpoint), {})
            region.setdefault(endpoint["interface"], endpoint["url"])
    return result


# Projects


def project_list(domain=None, profile=PROFILE):
    """
    Return all projects, sorted by name.

    domain
        Only those of this domain. Default ``None``: of all domains.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_list
    """
    keystone = _keystone(profile)
    home = keystone.need("domain", domain) if domain else None
    return _records(keystone, "project", [row for row in keystone.rows("project") if home in (None, row["domain_id"])])


def project_get(name, domain="Default", profile=PROFILE):
    """
    Return a project, ``None`` when there is none of that name in the domain or no such domain.

    name
        Name of the project.

    domain
        Name of its domain; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_get service
    """
    keystone = _keystone(profile)
    return _record(keystone, "project", keystone.in_domain("project", name, domain))


def project_create(name, domain="Default", description=None, enabled=True, profile=PROFILE):
    """
    Create a project and return it.

    name
        Name of the project.

    domain
        Name of the domain it belongs to; default ``Default``.

    description
        Free text. Default ``None``: none.

    enabled
        Whether anybody can log in to it. Default ``True``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_create service description='Service project'
    """
    keystone = _keystone(profile)
    what = f"project {_named('project', name)}"
    values = {"domain": keystone.need("domain", domain), "description": description, "enabled": enabled}
    return _record(keystone, "project", keystone.create("project", what, name=name, **values))


def project_update(name, domain="Default", description=None, enabled=None, profile=PROFILE):
    """
    Change a project and return it.

    name
        Name of the project.

    domain
        Name of its domain; default ``Default``.

    description
        Free text. Default ``None``: as it is.

    enabled
        Whether anybody can log in to it. Default ``None``: as it is.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``OpenStackError`` when the project does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_update service enabled=False
    """
    keystone = _keystone(profile)
    id = keystone.need("project", name, domain)
    values = {"description": description, "enabled": enabled}
    return _record(keystone, "project", keystone.update("project", f"project {name}", id, **values))


def project_remove(name, domain="Default", profile=PROFILE):
    """
    Remove a project; return whether there was one.

    name
        Name of the project.

    domain
        Name of its domain; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.project_remove service
    """
    keystone = _keystone(profile)
    return _removed(keystone, "project", f"project {name}", keystone.in_domain("project", name, domain))


# Users


def user_list(domain="Default", profile=PROFILE):
    """
    Return the users of a domain, sorted by name.

    domain
        Name of the domain; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``OpenStackError`` when the domain does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_list
        salt '*' openstack_identity.user_list domain=heat
    """
    keystone = _keystone(profile)
    return _records(keystone, "user", keystone.rows("user", keystone.need("domain", domain)))


def user_get(name, domain="Default", profile=PROFILE):
    """
    Return a user, ``None`` when there is none of that name in the domain or no such domain.

    name
        Name of the user.

    domain
        Name of its domain; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_get glance
    """
    keystone = _keystone(profile)
    return _record(keystone, "user", keystone.in_domain("user", name, domain))


def user_create(
    name,
    domain="Default",
    password_pillar=None,
    default_project=None,
    default_project_domain=None,
    email=None,
    description=None,
    enabled=True,
    profile=PROFILE,
):
    """
    Create a user and return it.

    name
        Name of the user.

    domain
        Name of the domain it belongs to; default ``Default``.

    password_pillar
        Pillar key of its password. Default ``None``: no password, the user cannot log in with one.

    default_project
        Name of the project that it is logged in to when it names none. Default ``None``: none.

    default_project_domain
        Name of that project's domain. Default ``None``: the user's own.

    email
        Default ``None``: none.

    description
        Free text. Default ``None``: none.

    enabled
        Whether it can log in. Default ``True``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_create glance password_pillar=glance:identity:password
    """
    keystone = _keystone(profile)
    what = f"user {_named('user', name)}"
    values = {"domain": keystone.need("domain", domain), "email": email, "description": description}
    project = _default_project(keystone, default_project, default_project_domain or domain)
    secret = _password(password_pillar)
    made = keystone.create(
        "user", what, (secret,), name=name, password=secret, default_project=project, enabled=enabled, **values
    )
    return _record(keystone, "user", made)


def user_update(
    name,
    domain="Default",
    password_pillar=None,
    default_project=None,
    default_project_domain=None,
    email=None,
    description=None,
    enabled=None,
    profile=PROFILE,
):
    """
    Change a user and return it. A new password, and disabling it, end all its tokens.

    name
        Name of the user.

    domain
        Name of its domain; default ``Default``.

    password_pillar
        Pillar key of the password to set. Default ``None``: as it is.

    default_project
        Name of the project that it is logged in to when it names none. Default ``None``: as it is.

    default_project_domain
        Name of that project's domain. Default ``None``: the user's own.

    email
        Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    enabled
        Whether it can log in. Default ``None``: as it is.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``OpenStackError`` when the user or the default project does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_update glance password_pillar=glance:identity:password
    """
    keystone = _keystone(profile)
    id = keystone.need("user", name, domain)
    values = {"email": email, "description": description, "enabled": enabled}
    project = _default_project(keystone, default_project, default_project_domain or domain)
    secret = _password(password_pillar)
    now = keystone.update("user", f"user {name}", id, (secret,), password=secret, default_project=project, **values)
    return _record(keystone, "user", now)


def user_remove(name, domain="Default", profile=PROFILE):
    """
    Remove a user; return whether there was one.

    name
        Name of the user.

    domain
        Name of its domain; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.user_remove glance
    """
    keystone = _keystone(profile)
    return _removed(keystone, "user", f"user {name}", keystone.in_domain("user", name, domain))


def password_matches(name, password_pillar, domain="Default", profile=PROFILE):
    """
    Tell whether a user can log in with a password, by trying it.

    name
        Name of the user.

    password_pillar
        Pillar key of the password.

    domain
        Name of the user's domain; default ``Default``.

    profile
        Who asks, see the top of this page; default ``glance:identity:admin``.

    ``False`` also for a disabled user and for a password that has expired. A failed attempt counts where Keystone locks
    users out after several (``[security_compliance] lockout_failure_attempts``).

    Raises ``OpenStackError`` when the user does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.password_matches glance glance:identity:password
    """
    keystone = _keystone(profile)
    secret = _password(password_pillar)
    id = keystone.need("user", name, domain)
    plugin = keystoneauth1.identity.Password(auth_url=keystone.found["auth_url"], user_id=id, password=secret)
    with keystone.asking(f"trying the password of user {name}", (secret,)):
        try:
            plugin.get_auth_ref(keystone.session)
        except keystoneauth1.exceptions.Unauthorized:
            return False
        except keystoneauth1.exceptions.MissingAuthMethods:
            return True  # the password is right, Keystone wants a second factor
    return True


# Roles


def role_list(profile=PROFILE):
    """
    Return the roles that belong to no domain, sorted by name.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_list
    """
    keystone = _keystone(profile)
    return _records(keystone, "role", keystone.rows("role"))


def role_get(name, profile=PROFILE):
    """
    Return a role, ``None`` when there is none of that name.

    name
        Name of the role.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_get service
    """
    keystone = _keystone(profile)
    return _record(keystone, "role", _role(keystone, name))


def role_create(name, description=None, profile=PROFILE):
    """
    Create a role and return it.

    name
        Name of the role.

    description
        Free text. Default ``None``: none.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_create service
    """
    keystone = _keystone(profile)
    what = f"role {_named('role', name)}"
    return _record(keystone, "role", keystone.create("role", what, name=name, description=description))


def role_update(name, description=None, profile=PROFILE):
    """
    Change a role and return it.

    name
        Name of the role.

    description
        Free text. Default ``None``: as it is.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``OpenStackError`` when the role does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_update service description='What a service may do for users'
    """
    keystone = _keystone(profile)
    now = keystone.update("role", f"role {name}", keystone.need("role", name), description=description)
    return _record(keystone, "role", now)


def role_remove(name, profile=PROFILE):
    """
    Remove a role, and take it from everybody who has it; return whether there was one.

    name
        Name of the role.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.role_remove service
    """
    keystone = _keystone(profile)
    return _removed(keystone, "role", f"role {name}", _role(keystone, name))


# Who has which role


def assignment_list(user=None, project=None, user_domain="Default", project_domain="Default", profile=PROFILE):
    """
    Return role assignments of every sort, with names.

    user
        Only those of this user, not those of its groups. Default ``None``: of everybody.

    project
        Only those on this project. Default ``None``: on everything.

    user_domain, project_domain
        Names of their domains; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Returns a list of mappings with ``role``, ``user`` or ``group``, one of ``project``, ``domain`` and ``system``, and
    ``inherited: True`` where it is for the projects below.

    Raises ``OpenStackError`` when the user or the project does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.assignment_list user=glance
        salt '*' openstack_identity.assignment_list project=service
    """
    keystone = _keystone(profile)
    query = {"include_names": "True"}
    if user is not None:
        query["user.id"] = keystone.need("user", user, user_domain)
    if project is not None:
        query["scope.project.id"] = keystone.need("project", project, project_domain)
    with keystone.asking("the list of role assignments"):
        _, body = keystone.manager("assignment").client.get("/role_assignments", params=query)
    return sorted(
        (records.assignment(row) for row in body["role_assignments"]), key=lambda row: str(sorted(row.items()))
    )


def assignment_get(name, project, user_domain="Default", project_domain="Default", profile=PROFILE):
    """
    Return the names of the roles that a user has itself on a project, sorted; ``[]`` when it has none.

    name
        Name of the user.

    project
        Name of the project.

    user_domain, project_domain
        Names of their domains; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    A user or project that does not exist has no roles.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.assignment_get glance service
    """
    keystone = _keystone(profile)
    holder = keystone.in_domain("user", name, user_domain)
    scope = keystone.in_domain("project", project, project_domain)
    if holder is None or scope is None:
        return []
    return sorted(keystone.name_of("role", id) for id in keystone.roles_of(holder["id"], scope["id"]))


def assignment_add(name, roles, project, user_domain="Default", project_domain="Default", profile=PROFILE):
    """
    Give a user roles on a project, beside those that it has; return the names of all it has then.

    name
        Name of the user.

    roles
        List of names of roles.

    project
        Name of the project.

    user_domain, project_domain
        Names of their domains; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``OpenStackError`` when the user, the project or a role does not exist; nothing is changed then.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.assignment_add glance '[admin, service]' service
    """
    _assign("grant", name, roles, project, user_domain, project_domain, profile)
    return assignment_get(name, project, user_domain, project_domain, profile)


def assignment_remove(name, roles, project, user_domain="Default", project_domain="Default", profile=PROFILE):
    """
    Take roles on a project from a user; return the names of those it keeps.

    name
        Name of the user.

    roles
        List of names of roles; those that the user does not have are passed over.

    project
        Name of the project.

    user_domain, project_domain
        Names of their domains; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.assignment_remove glance '[admin]' service
    """
    held = assignment_get(name, project, user_domain, project_domain, profile)
    taken = [role for role in _as_list(roles) if role in held]
    if taken:
        _assign("revoke", name, taken, project, user_domain, project_domain, profile)
    return assignment_get(name, project, user_domain, project_domain, profile)


# Services


def service_list(type=None, profile=PROFILE):
    """
    Return the services of the catalogue, disabled ones too, sorted by name.

    type
        Only those of this type. Default ``None``: of every type.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_list
    """
    keystone = _keystone(profile)
    return _records(keystone, "service", [row for row in keystone.rows("service") if type in (None, row["type"])])


def service_get(name, type, profile=PROFILE):
    """
    Return a service, ``None`` when there is none of that name and type.

    name
        Name of the service.

    type
        Its type, ``image``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_get glance image
    """
    keystone = _keystone(profile)
    return _record(keystone, "service", _service(keystone, name, type))


def service_create(name, type, description=None, enabled=True, profile=PROFILE):
    """
    Create a service and return it.

    name
        Name of the service, ``glance``.

    type
        Its type, by which clients look for it: ``image``.

    description
        Free text. Default ``None``: none.

    enabled
        Whether it is in the catalogue that clients get. Default ``True``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``Invalid`` when there is one of that name and type: Keystone itself would take a second.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_create glance image description='Glance Image Service'
    """
    keystone = _keystone(profile)
    what = f"service {_named('service', name)} of type {_named('type of service', type)}"
    if _service(keystone, name, type):
        raise Invalid(f"{what} exists already")
    made = keystone.create("service", what, name=name, type=type, description=description, enabled=enabled)
    return _record(keystone, "service", made)


def service_update(name, type, new_name=None, description=None, enabled=None, profile=PROFILE):
    """
    Change a service and return it; its id and endpoints stay.

    name
        Name of the service.

    type
        Its type.

    new_name
        The name it gets. Default ``None``: as it is.

    description
        Free text. Default ``None``: as it is.

    enabled
        Whether it is in the catalogue that clients get. Default ``None``: as it is.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``OpenStackError`` when the service does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_update glance image description='Glance Image Service'
    """
    keystone = _keystone(profile)
    what = f"service {name} of type {type}"
    id = _service(keystone, name, type, needed=True)["id"]
    now = keystone.update("service", what, id, name=new_name, description=description, enabled=enabled)
    return _record(keystone, "service", now)


def service_remove(name, type, profile=PROFILE):
    """
    Remove a service and its endpoints; return whether there was one.

    name
        Name of the service.

    type
        Its type.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.service_remove glance image
    """
    keystone = _keystone(profile)
    return _removed(keystone, "service", f"service {name} of type {type}", _service(keystone, name, type))


# Endpoints


def endpoint_list(type=None, region=None, profile=PROFILE):
    """
    Return the endpoints, disabled ones too.

    type
        Only those of services of this type. Default ``None``: of every type.

    region
        Only those of this region. Default ``None``: of every region.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_list type=image
    """
    keystone = _keystone(profile)
    found = [records.endpoint(keystone, row) for row in keystone.rows("endpoint")]
    found = [each for each in found if type in (None, each["type"]) and region in (None, each["region"])]
    return sorted(found, key=lambda each: [str(each[key]) for key in ("type", "service", "region", "interface", "id")])


def endpoint_get(name, type, interface, region, profile=PROFILE):
    """
    Return an endpoint, ``None`` when there is none at that place or no such service.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    region
        Id of the region.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_get glance image public RegionOne
    """
    keystone = _keystone(profile)
    return _record(keystone, "endpoint", _endpoint(keystone, name, type, interface, region))


def endpoint_create(name, type, interface, url, region, enabled=True, profile=PROFILE):
    """
    Create an endpoint and return it. Keystone creates the region along with it.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    url
        Where the service answers: ``http://image-node.example.org:9292``.

    region
        Id of the region.

    enabled
        Whether it is in the catalogue that clients get. Default ``True``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``OpenStackError`` when the service does not exist, and ``Invalid`` when there is an endpoint at that place:
    Keystone itself would take a second.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_create glance image public http://image-node:9292 RegionOne
    """
    keystone = _keystone(profile)
    what = f"{interface} endpoint of {name} in {_region_id(region)}"
    service = _service(keystone, name, type, needed=True)
    if _endpoint(keystone, name, type, interface, region):
        raise Invalid(f"{what} exists already")
    place = {"service": service["id"], "interface": interface, "region": region}
    return _record(keystone, "endpoint", keystone.create("endpoint", what, url=url, enabled=enabled, **place))


def endpoint_update(name, type, interface, region, url=None, enabled=None, profile=PROFILE):
    """
    Change an endpoint and return it; its id stays.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    region
        Id of the region.

    url
        Where the service answers. Default ``None``: as it is.

    enabled
        Whether it is in the catalogue that clients get. Default ``None``: as it is.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``OpenStackError`` when there is no such endpoint.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_update glance image public RegionOne url=https://image.example.org
    """
    keystone = _keystone(profile)
    what = f"{interface} endpoint of {name} in {region}"
    row = _endpoint(keystone, name, type, interface, region)
    if row is None:
        raise OpenStackError(f"{what} does not exist")
    return _record(keystone, "endpoint", keystone.update("endpoint", what, row["id"], url=url, enabled=enabled))


def endpoint_remove(name, type, interface, region, profile=PROFILE):
    """
    Remove an endpoint; return whether there was one.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    region
        Id of the region.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.endpoint_remove glance image admin RegionOne
    """
    keystone = _keystone(profile)
    row = _endpoint(keystone, name, type, interface, region)
    return _removed(keystone, "endpoint", f"{interface} endpoint of {name} in {region}", row)


# Regions


def region_list(profile=PROFILE):
    """
    Return the regions, sorted by id.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_list
    """
    keystone = _keystone(profile)
    return _records(keystone, "region", keystone.rows("region"))


def region_get(name, profile=PROFILE):
    """
    Return a region, ``None`` when there is none of that id.

    name
        Id of the region, which is its name.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_get RegionOne
    """
    keystone = _keystone(profile)
    return _record(keystone, "region", _region(keystone, name))


def region_create(name, description=None, parent=None, profile=PROFILE):
    """
    Create a region and return it.

    name
        Id of the region, which is its name.

    description
        Free text. Default ``None``: none.

    parent
        Id of the region that it is a part of. Default ``None``: of none.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_create RegionTwo
    """
    keystone = _keystone(profile)
    values = {"id": _region_id(name), "description": description, "parent_region": parent, "enabled": None}
    return _record(keystone, "region", keystone.create("region", f"region {name}", **values))


def region_update(name, description=None, parent=None, profile=PROFILE):
    """
    Change a region and return it.

    name
        Id of the region, which is its name.

    description
        Free text. Default ``None``: as it is.

    parent
        Id of the region that it is a part of. Default ``None``: as it is.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Raises ``OpenStackError`` when the region does not exist.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_update RegionTwo description='Second site'
    """
    keystone = _keystone(profile)
    if _region(keystone, name) is None:
        raise OpenStackError(f"region {name} does not exist")
    values = {"description": description, "parent_region": parent}
    return _record(keystone, "region", keystone.update("region", f"region {name}", name, **values))


def region_remove(name, profile=PROFILE):
    """
    Remove a region; return whether there was one. Keystone refuses while endpoints or other regions are in it.

    name
        Id of the region, which is its name.

    profile
        See the top of this page; default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.region_remove RegionTwo
    """
    keystone = _keystone(profile)
    return _removed(keystone, "region", f"region {name}", _region(keystone, name))


# What they share


def _keystone(profile):
    return openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])


def _record(keystone, kind, row):
    return None if row is None else getattr(records, kind)(keystone, row)


def _records(keystone, kind, rows):
    return sorted((_record(keystone, kind, row) for row in rows), key=lambda record: (record["name"], record["id"]))


def _removed(keystone, kind, what, row):
    if row is None:
        return False
    if keystone.delete(kind, what, row["id"]) is not None:
        raise OpenStackError(f"{what} is still there after Keystone said it was removed")
    return True


def _named(kind, name):
    if not isinstance(name, str) or not name.strip():
        raise Invalid(f"a {kind} is named by a text that is not empty, not by {name!r}")
    return name


def _region_id(name):
    """A region's id is a part of URLs, and Keystone finds none with these in it."""
    if "/" in _named("region", name) or name in (".", ".."):
        raise Invalid(f"region {name} cannot be a part of a URL: no / in it")
    return name


def _password(pillar_key):
    return None if pillar_key is None else str(openstack_secrets.lookup(__pillar__, pillar_key))


def _default_project(keystone, name, domain):
    return None if name is None else keystone.need("project", name, domain)


def _role(keystone, name):
    return keystone.one("role", f"role {name}", keystone.rows("role"), name=name)


def _service(keystone, name, type, needed=False):
    what = f"service {name} of type {type}"
    row = keystone.one("service", what, keystone.rows("service"), name=name, type=type)
    if row is None and needed:
        raise OpenStackError(f"{what} does not exist: it must be there before what refers to it")
    return row


def _endpoint(keystone, name, type, interface, region):
    if interface not in _INTERFACES:
        raise Invalid(f"interface of an endpoint is one of {', '.join(_INTERFACES)}, not {interface!r}")
    service = _service(keystone, name, type)
    if service is None:
        return None
    rows = [row for row in keystone.rows("endpoint") if records.region_of(row) == region]
    what = f"{interface} endpoint of {name} in {region}"
    return keystone.one("endpoint", what, rows, service_id=service["id"], interface=interface)


def _region(keystone, name):
    return keystone.one("region", f"region {name}", keystone.rows("region"), id=name)


def _as_list(roles):
    return [roles] if isinstance(roles, str) else list(roles)


def _assign(method, name, roles, project, user_domain, project_domain, profile):
    keystone = _keystone(profile)
    role_ids = [keystone.need("role", role) for role in _as_list(roles)]
    user_id = keystone.need("user", name, user_domain)
    project_id = keystone.need("project", project, project_domain)
    keystone.assign(f"roles of user {name} on project {project}", method, role_ids, user_id, project_id)
