"""
Sessions: who asks which cloud, from a profile, with one token for a whole run.

A profile is the name of a pillar (or minion configuration) key, or a mapping with the same keys in a state's arguments,
where ``password_pillar`` names the key of the password:

.. code-block:: yaml

    auth_url: http://auth-node.example.org:5000    # with or without /v3
    username: admin
    password: …                                    # or password_pillar: glance:identity:admin:password
    project_name: admin
    user_domain_name: Default
    project_domain_name: Default
    region_name: RegionOne
    interface: public                              # or internal, admin
    cacert: /etc/ssl/certs/ca-certificates.crt
    timeout: 30                                    # seconds, for each request

    cloud: admin                                   # or this: an entry of clouds.yaml; keys beside it win over its own

The names are those of ``clouds.yaml``
(https://docs.openstack.org/python-openstackclient/latest/configuration/index.html).
"""

import contextlib
import hashlib
import json
import os
import pathlib

import openstack_secrets
import yaml
from openstack_errors import Invalid, OpenStackError, Refused, Unreachable

try:
    import keystoneauth1.exceptions as ka_exceptions
    import keystoneauth1.identity
    import keystoneauth1.session

    HAS_KEYSTONEAUTH = True
except ImportError:
    HAS_KEYSTONEAUTH = False

MISSING = "keystoneauth1 is missing in Salt's own Python: state.apply glance.client.python installs it"
TIMEOUT = 30
CLOUDS = ("clouds.yaml", "~/.config/openstack/clouds.yaml", "/etc/openstack/clouds.yaml")
_AUTH_KEYS = (
    "auth_url",
    "username",
    "password",
    "user_domain_name",
    "user_domain_id",
    "project_name",
    "project_id",
    "project_domain_name",
    "project_domain_id",
    "domain_name",
    "domain_id",
    "system_scope",
)


def settings(profile, pillar, config_get=None):
    """
    Return the profile as one flat mapping, password included: for the modules that connect, never for a result.

    profile
        Name of a pillar key, or a mapping; see this module's own page.

    pillar
        ``__pillar__``.

    config_get
        ``__salt__["config.get"]``, asked for a profile that is not in pillar but in the minion's configuration.

    Raises :py:exc:`Invalid` when the profile or one of its parts is missing.
    """
    if isinstance(profile, str):
        found = _named(profile, pillar, config_get)
    elif isinstance(profile, dict):
        found = dict(profile)
    else:
        raise Invalid(f"a profile is the name of a pillar key or a mapping, not {type(profile).__name__}")
    key = found.pop("password_pillar", None)
    if key:
        found["password"] = openstack_secrets.lookup(pillar, key)
    if "cloud" in found:
        found = {**_cloud(found.pop("cloud")), **found}
    found.setdefault("user_domain_name" if "user_domain_id" not in found else "user_domain_id", "Default")
    if ("project_name" in found) and "project_domain_id" not in found:
        found.setdefault("project_domain_name", "Default")
    missing = [key for key in ("auth_url", "username", "password") if not found.get(key)]
    if missing:
        source = profile if isinstance(profile, str) else "the profile"
        raise Invalid(f"{source} lacks {', '.join(missing)}: name a cloud of clouds.yaml, or set them")
    return found


def session(profile, context, pillar, config_get=None):
    """
    Return ``(session, settings)``: a keystoneauth session that keeps its token for as long as ``context`` lives.

    profile, pillar, config_get
        As in :py:func:`settings`.

    context
        ``__context__``; a second call with the same settings returns the same session, so a whole run needs one token.
    """
    if not HAS_KEYSTONEAUTH:
        raise Invalid(MISSING)
    found = settings(profile, pillar, config_get)
    key = "openstack_session:" + hashlib.sha256(json.dumps(found, sort_keys=True, default=str).encode()).hexdigest()
    if key not in context:
        auth = {name: found[name] for name in _AUTH_KEYS if found.get(name)}
        context[key] = keystoneauth1.session.Session(
            auth=keystoneauth1.identity.Password(**auth),
            verify=False if found.get("insecure") else found.get("cacert") or True,
            timeout=found.get("timeout", TIMEOUT),
            user_agent="glance-formula",
        )
    return context[key], found


@contextlib.contextmanager
def asking(what, found):
    """
    Turn keystoneauth's exceptions into this formula's errors.

    what
        What is being asked, for the message: ``"the list of services"``.

    found
        The settings returned by :py:func:`session`.
    """
    who = f"user {found.get('username')} at {found.get('auth_url')}"
    try:
        yield
    except (ka_exceptions.Unauthorized, ka_exceptions.MissingAuthPlugin) as exc:
        raise Refused(
            f"{what}: Keystone does not accept {who}: check user name, password, project and domains"
        ) from exc
    except ka_exceptions.Forbidden as exc:
        raise Refused(f"{what}: {who} may not do this: it needs a role that policy allows") from exc
    except (ka_exceptions.ConnectionError, ka_exceptions.DiscoveryFailure) as exc:
        raise Unreachable(f"{what}: no answer from {_url(exc, found)}: is the service up, is the URL right?") from exc
    except (ka_exceptions.EndpointNotFound, ka_exceptions.EmptyCatalog) as exc:
        raise Unreachable(
            f"{what}: the catalogue has no {found.get('interface', 'public')} endpoint for it"
            f" in region {found.get('region_name') or 'any'}"
        ) from exc
    except ka_exceptions.HttpError as exc:
        raise OpenStackError(f"{what}: HTTP {exc.http_status}: {exc.message}") from exc
    except ka_exceptions.ClientException as exc:
        raise OpenStackError(f"{what}: {type(exc).__name__}") from exc


def _url(exc, found):
    """The address that did not answer: keystoneauth has it in ``url``, or only in its text."""
    return getattr(exc, "url", None) or found.get("auth_url")


def _named(profile, pillar, config_get):
    with contextlib.suppress(Invalid):
        return dict(openstack_secrets.lookup(pillar, profile))
    found = config_get(profile) if config_get else None
    if not isinstance(found, dict):
        raise Invalid(f"pillar key {profile} is missing: it holds who to connect as (auth_url, username, … or cloud)")
    return dict(found)


def _cloud(name):
    """One entry of the first clouds.yaml that has it, ``auth`` flattened."""
    paths = [os.environ.get("OS_CLIENT_CONFIG_FILE"), *CLOUDS]
    for path in (pathlib.Path(path).expanduser() for path in paths if path):
        if path.is_file():
            cloud = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("clouds", {}).get(name)
            if cloud:
                return {**{key: value for key, value in cloud.items() if key != "auth"}, **cloud.get("auth", {})}
    raise Invalid(f"no cloud named {name} in {', '.join(CLOUDS)}")
