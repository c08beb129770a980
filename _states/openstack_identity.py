"""
What Keystone should hold: projects, users, roles and who has them, the catalogue.

.. versionadded:: 1.0.0

.. code-block:: yaml

    glance-identity-user:
      openstack_identity.user_present:
        - name: glance
        - password_pillar: glance:identity:password

Every function takes ``profile``, who asks which cloud: the name of a pillar (or minion configuration) key or a mapping,
see ``_utils/openstack_profile.py``. Default ``glance:identity:admin``.

Names are looked up inside their domain; a name that stands for several objects is an error that lists their ids. An
attribute that is not declared (``None``) stays as it is.

What refers to something that does not exist yet (an endpoint to its service, roles to their user) is planned under
``test=True`` as if it did, since a state before it may create it. The real run says what is missing.
"""

import functools

import openstack_secrets
import openstack_states
from openstack_errors import Ambiguous, Invalid
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"

_UNKNOWN = "unknown while the user is disabled"


def __virtual__():
    if "openstack_identity.login" in __salt__:
        return __virtualname__
    return False, "execution module openstack_identity is not available: state.apply glance.client.python"


# Projects


def project_present(name, domain="Default", description=None, enabled=True, profile=PROFILE):
    """
    Ensure a project exists.

    name
        Name of the project.

    domain
        Name of the domain it belongs to; default ``Default``.

    description
        Free text. Default ``None``: not looked at.

    enabled
        Whether anybody can log in to it. Default ``True``.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    attributes = {"description": description, "enabled": enabled}
    return _present("project", f"Project {name}", name, {"domain": domain}, attributes, profile)


def project_absent(name, domain="Default", profile=PROFILE):
    """
    Ensure a project does not exist.

    name
        Name of the project.

    domain
        Name of its domain; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    return _absent("project", f"Project {name}", name, {"domain": domain}, profile)


# Users


def user_present(
    name,
    domain="Default",
    password_pillar=None,
    default_project=None,
    default_project_domain=None,
    email=None,
    description=None,
    enabled=True,
    update_password="always",  # noqa: S107
    profile=PROFILE,
):
    """
    Ensure a user exists.

    name
        Name of the user.

    domain
        Name of the domain it belongs to; default ``Default``.

    password_pillar
        Pillar key of its password. Default ``None``: not looked at.

    default_project
        Name of the project that it is logged in to when it names none. Default ``None``: not looked at.

    default_project_domain
        Name of that project's domain. Default ``None``: the user's own.

    email
        Default ``None``: not looked at.

    description
        Free text. Default ``None``: not looked at.

    enabled
        Whether it can log in. Default ``True``.

    update_password
        ``always``: log in with the password and, where Keystone refuses it, set it, which ends the user's tokens. Each
        run with a wrong password, also under ``test=True``, is one failed login where Keystone counts them.
        ``on_create``: set it when the user is created and never look at it again. Default ``always``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    The password of a user that is and stays disabled cannot be tried and is not looked at.
    """
    password = password_pillar and functools.partial(_password, name, domain, password_pillar, enabled, profile)
    attributes = {
        "email": email,
        "description": description,
        "enabled": enabled,
        "password": password_pillar and openstack_secrets.SAME,
    }
    if default_project is not None:
        attributes["default_project"] = default_project
        attributes["default_project_domain"] = default_project_domain or domain

    def read():
        _check_password_arguments(password_pillar, update_password)
        user = __salt__["openstack_identity.user_get"](name, domain=domain, profile=profile)
        if user and password:
            look = update_password == "always"  # noqa: S105
            user["password"] = password(user) if look else openstack_secrets.SAME
        return user

    return _present(
        "user",
        f"User {name}",
        name,
        {"domain": domain},
        attributes,
        profile,
        read,
        {"password_pillar": password_pillar},
    )


def user_absent(name, domain="Default", profile=PROFILE):
    """
    Ensure a user does not exist.

    name
        Name of the user.

    domain
        Name of its domain; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    return _absent("user", f"User {name}", name, {"domain": domain}, profile)


# Roles


def role_present(name, description=None, profile=PROFILE):
    """
    Ensure a role exists.

    name
        Name of the role.

    description
        Free text. Default ``None``: not looked at.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    return _present("role", f"Role {name}", name, {}, {"description": description}, profile)


def role_absent(name, profile=PROFILE):
    """
    Ensure a role does not exist; whoever has it loses it.

    name
        Name of the role.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    return _absent("role", f"Role {name}", name, {}, profile)


# Who has which role


def assignment_present(
    name, roles, project, user_domain="Default", project_domain="Default", exact=False, profile=PROFILE
):
    """
    Ensure a user has roles on a project.

    name
        Name of the user.

    roles
        List of names of roles.

    project
        Name of the project.

    user_domain, project_domain
        Names of their domains; default ``Default``.

    exact
        Take other roles that the user has on the project. Default ``False``: they stay.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Roles that the user has through a group or from a project above are not looked at.
    """
    declared = sorted({roles} if isinstance(roles, str) else set(map(str, roles)))
    where = {"project": project, "user_domain": user_domain, "project_domain": project_domain, "profile": profile}

    def read():
        held = __salt__["openstack_identity.assignment_get"](name, **where)
        relevant = held if exact else [role for role in held if role in declared]
        return {"roles": relevant} if relevant else None

    def write(current, changes):
        held = current["roles"] if current else []
        missing = [role for role in declared if role not in held]
        extra = [role for role in held if role not in declared]
        if missing:
            __salt__["openstack_identity.assignment_add"](name, missing, **where)
        if extra:
            __salt__["openstack_identity.assignment_remove"](name, extra, **where)

    wanted = {"roles": declared} if declared else None
    return openstack_states.converge(name, _roles_label(name, project), wanted, read, write, __opts__["test"])


def assignment_absent(name, project, roles=None, user_domain="Default", project_domain="Default", profile=PROFILE):
    """
    Ensure a user does not have roles on a project.

    name
        Name of the user.

    project
        Name of the project.

    roles
        List of names of roles. Default ``None``: all that the user has there.

    user_domain, project_domain
        Names of their domains; default ``Default``.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    declared = [roles] if isinstance(roles, str) else roles
    where = {"project": project, "user_domain": user_domain, "project_domain": project_domain, "profile": profile}

    def read():
        held = __salt__["openstack_identity.assignment_get"](name, **where)
        relevant = [role for role in held if declared is None or role in declared]
        return {"roles": relevant} if relevant else None

    def write(current, changes):
        __salt__["openstack_identity.assignment_remove"](name, current["roles"], **where)

    return openstack_states.converge(name, _roles_label(name, project), None, read, write, __opts__["test"])


# Services


def service_present(name, type, description=None, enabled=True, profile=PROFILE):
    """
    Ensure a service is in the catalogue, once.

    name
        Name of the service, ``glance``.

    type
        Its type, by which clients look for it: ``image``.

    description
        Free text. Default ``None``: not looked at.

    enabled
        Whether it is in the catalogue that clients get. Default ``True``.

    profile
        See the top of this page; default ``glance:identity:admin``.

    Clients go by the type and are lost when two services have the same, so a service of this type with another name
    gets this name, and keeps its id and its endpoints. Where several have this type and none this name, or several this
    type and name, the state fails and lists their ids.
    """

    def read():
        exact = __salt__["openstack_identity.service_get"](name, type, profile=profile)
        return exact or _only_of_type(name, type, profile)

    def write(current, changes):
        if current is None:
            values = {"description": description, "enabled": enabled}
            __salt__["openstack_identity.service_create"](name, type, **values, profile=profile)
            return
        values = {key: change["new"] for key, change in changes.items()}
        values["new_name"] = values.pop("name", None)
        __salt__["openstack_identity.service_update"](current["name"], type, **values, profile=profile)

    wanted = _given(name=name, type=type, description=description, enabled=enabled)
    return openstack_states.converge(name, _service_label(name, type), wanted, read, write, __opts__["test"])


def service_absent(name, type, profile=PROFILE):
    """
    Ensure a service is not in the catalogue; its endpoints go with it.

    name
        Name of the service.

    type
        Its type. A service of this type with another name stays.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    return _absent("service", _service_label(name, type), name, {"type": type}, profile)


# Endpoints


def endpoint_present(name, type, interface, url, region, enabled=True, profile=PROFILE):
    """
    Ensure a service has an endpoint of one interface in one region. Endpoints of other regions are not touched, and one
    that exists keeps its id.

    name
        Name of the service.

    type
        Type of the service.

    interface
        ``public``, ``internal`` or ``admin``.

    url
        Where the service answers: ``http://image-node.example.org:9292``.

    region
        Id of the region; Keystone creates it along with the endpoint.

    enabled
        Whether it is in the catalogue that clients get. Default ``True``.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    place = {"type": type, "interface": interface, "region": region}

    def read():
        found = __salt__["openstack_identity.endpoint_get"](name, **place, profile=profile)
        if found is None and __opts__["test"]:
            found = _endpoint_before_renaming(name, place, profile)
        return found

    label = _endpoint_label(name, interface, region)
    return _present("endpoint", label, name, place, {"url": url, "enabled": enabled}, profile, read)


def endpoint_absent(name, type, interface, region, profile=PROFILE):
    """
    Ensure a service has no endpoint of one interface in one region.

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
    """
    place = {"type": type, "interface": interface, "region": region}
    return _absent("endpoint", _endpoint_label(name, interface, region), name, place, profile)


# Regions


def region_present(name, description=None, parent=None, profile=PROFILE):
    """
    Ensure a region exists.

    name
        Id of the region, which is its name.

    description
        Free text. Default ``None``: not looked at.

    parent
        Id of the region that it is a part of. Default ``None``: not looked at.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    return _present("region", f"Region {name}", name, {}, {"description": description, "parent": parent}, profile)


def region_absent(name, profile=PROFILE):
    """
    Ensure a region does not exist. Keystone refuses to remove one that has endpoints or other regions in it.

    name
        Id of the region, which is its name.

    profile
        See the top of this page; default ``glance:identity:admin``.
    """
    return _absent("region", f"Region {name}", name, {}, profile)


# What they share


def _present(kind, label, name, place, attributes, profile, read=None, secrets=None):
    """
    Converge one object over the execution functions of its kind.

    place
        What identifies the object beside its name, as arguments of those functions.

    attributes
        What it should be; ``None`` for what is not looked at.

    read
        How to read it. Default: the ``get`` function.

    secrets
        Arguments that stand in for attribute ``password`` when writing.
    """

    def write(current, changes):
        values = {key: change["new"] for key, change in changes.items() if key in attributes}
        if {"default_project", "default_project_domain"} & set(values):
            values |= {key: attributes[key] for key in ("default_project", "default_project_domain")}
        if values.pop("password", None):
            values |= secrets
        verb = "create" if current is None else "update"
        __salt__[f"openstack_identity.{kind}_{verb}"](name, **place, **values, profile=profile)

    get = functools.partial(__salt__[f"openstack_identity.{kind}_get"], name, **place, profile=profile)
    wanted = {("service" if kind == "endpoint" else "name"): name, **place, **_given(**attributes)}
    return openstack_states.converge(name, label, wanted, read or get, write, __opts__["test"])


def _absent(kind, label, name, place, profile):
    def read():
        found = __salt__[f"openstack_identity.{kind}_get"](name, **place, profile=profile)
        return found and {key: value for key, value in found.items() if value not in (None, "")}

    def write(current, changes):
        __salt__[f"openstack_identity.{kind}_remove"](name, **place, profile=profile)

    return openstack_states.converge(name, label, None, read, write, __opts__["test"])


def _given(**attributes):
    return {key: value for key, value in attributes.items() if value is not None}


def _check_password_arguments(password_pillar, update_password):
    if update_password not in ("always", "on_create"):
        raise Invalid(f"update_password is always or on_create, not {update_password!r}")
    if password_pillar:
        openstack_secrets.lookup(__pillar__, password_pillar)


def _password(name, domain, password_pillar, enabled, profile, user):
    """What can be said about a user's password: it is tried, and a disabled user cannot try."""
    if not user["enabled"]:
        return _UNKNOWN if enabled else openstack_secrets.SAME
    matches = __salt__["openstack_identity.password_matches"](name, password_pillar, domain=domain, profile=profile)
    return openstack_secrets.SAME if matches else openstack_secrets.DIFFERS


def _only_of_type(name, type, profile):
    """The service of a type, whatever its name; fails where there are several."""
    found = __salt__["openstack_identity.service_list"](type, profile=profile)
    if len(found) > 1:
        ids = ", ".join(f"{each['id']} ({each['name']})" for each in found)
        raise Ambiguous(f"none of the {len(found)} services of type {type} is named {name}: {ids}: remove all but one")
    return found[0] if found else None


def _endpoint_before_renaming(name, place, profile):
    """Under ``test=True`` a service that ``service_present`` would rename still has its old name."""
    if __salt__["openstack_identity.service_get"](name, place["type"], profile=profile):
        return None
    service = _only_of_type(name, place["type"], profile)
    found = service and __salt__["openstack_identity.endpoint_get"](service["name"], **place, profile=profile)
    return found and {**found, "service": name}


def _service_label(name, type):
    return f"Service {name} of type {type}"


def _endpoint_label(name, interface, region):
    return f"{str(interface).capitalize()} endpoint of {name} in {region}"


def _roles_label(name, project):
    return f"Assignment of user {name} on project {project}"
