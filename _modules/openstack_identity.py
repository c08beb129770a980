"""
Ask and change what Keystone holds: domains, projects, users, groups, roles and who has them, the catalogue, application
credentials and limits.

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
``None`` leaves its attribute as it is. Those that change or remove something that must be there raise
``OpenStackError`` when it, or what it refers to, is not.

Listings are kept for as long as ``__context__`` lives, for one run of states or one command, see
``_utils/openstack_identity_client.py``.
"""

import openstack_identity_client
import openstack_identity_records as records
import openstack_session
from openstack_profile import PROFILE

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_client.loadable(__virtualname__)


def login(profile=PROFILE):
    """
    Prove that a profile can log in, with a new token, and return who it is.

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


def supported(kind, attributes, new=True, profile=PROFILE):
    """
    Return ``True`` when the version of the Identity API that a profile names can keep something; raise ``Invalid``
    which says what it cannot.

    kind
        Kind of object: ``project``, ``user``, ``role``, ``service``, ``endpoint``, ``region`` …

    attributes
        Mapping of attributes that it would be given.

    new
        Whether it would be created, else changed. Default ``True``.

    CLI Example:

    .. code-block:: bash

        salt '*' openstack_identity.supported role '{description: text}' profile=glance:identity:admin
    """
    keystone = openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
    keystone.api.check(kind.replace("_", " "), attributes, new)
    return True


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
    keystone = openstack_identity_client.connect(profile, __context__, __pillar__, __salt__["config.get"])
    with keystone.asking("the catalogue"):
        services = keystone.api.catalog()
    result = {}
    for service in services:
        for endpoint in service["endpoints"]:
            region = result.setdefault(service["type"], {}).setdefault(records.region_of(endpoint), {})
            region.setdefault(endpoint["interface"], endpoint["url"])
    return result
