"""
Sessions: how a cloud is asked, with one token for a whole run. Who asks comes from a profile, ``openstack_profile.py``.

Requests are never repeated, each has a connection of its own, and none waits longer than the profile's ``timeout``
(30 seconds unless set).
"""

import contextlib
import hashlib
import json
import logging
import re

from openstack_errors import Conflict, Invalid, OpenStackError, Refused, Unreachable
from openstack_profile import settings

try:
    import keystoneauth1.exceptions as ka_exceptions
    import keystoneauth1.identity
    import keystoneauth1.session

    HAS_KEYSTONEAUTH = True
    _NO_ANSWER = (
        ka_exceptions.ConnectionError,
        ka_exceptions.BadGateway,
        ka_exceptions.ServiceUnavailable,
        ka_exceptions.GatewayTimeout,
    )

    class _Session(keystoneauth1.session.Session):
        """Logs no body of what is written: there may be a secret in it, and keystoneauth knows only some of them."""

        def request(self, url, method, *args, **kwargs):
            if method not in ("GET", "HEAD"):
                kwargs["log"] = False
            return super().request(url, method, *args, **kwargs)

except ImportError:
    HAS_KEYSTONEAUTH = False

MISSING = "keystoneauth1 is missing in Salt's own Python: state.apply glance.client.python installs it"
log = logging.getLogger(__name__)
# It warns with a traceback of what :py:func:`asking` raises with the pillar key and the user.
logging.getLogger("keystoneauth1.identity.generic.base").setLevel(logging.ERROR)

_USER_KEYS = ("username", "user_id", "user_domain_name", "user_domain_id")
_SCOPE_KEYS = (
    "project_name",
    "project_id",
    "project_domain_name",
    "project_domain_id",
    "domain_name",
    "domain_id",
    "system_scope",
)
_CREDENTIAL_KEYS = ("application_credential_id", "application_credential_name", "application_credential_secret")
_SECRET_KEYS = ("password", "application_credential_secret")


def session(profile, context, pillar, config_get=None):
    """
    Return ``(session, settings)``: a keystoneauth session that keeps its token for as long as ``context`` lives.

    profile, pillar, config_get
        As in ``openstack_profile.settings``.

    context
        ``__context__``; a second call with the same settings returns the same session, so a whole run needs one token.

    Raises :py:exc:`Invalid` as ``openstack_profile.settings`` does, and when keystoneauth1 is not installed. Asks
    nobody yet: the first request through the session logs in.
    """
    if not HAS_KEYSTONEAUTH:
        raise Invalid(MISSING)
    found = settings(profile, pillar, config_get)
    key = "openstack_session:" + fingerprint(found)
    if key not in context:
        if found.get("insecure"):
            log.warning("%s: the certificate of %s is not checked (insecure)", found["source"], found.get("auth_url"))
        context[key] = _session(found)
    return context[key], found


def for_system(session, found):
    """
    Return a session of the same user for the whole system, which some of Keystone's lists need to be complete.

    session, found
        As returned by :py:func:`session`.

    Raises :py:exc:`Invalid` for an application credential, which is for its one project.
    """
    if found.get("system_scope"):
        return session
    if found.get("application_credential_secret"):
        raise Invalid(
            f"{found['source']} is an application credential, and this needs a user with a role on the system"
        )
    return _session({**{key: value for key, value in found.items() if key not in _SCOPE_KEYS}, "system_scope": "all"})


def _session(found):
    made = _Session(
        auth=_plugin(found),
        verify=False if found.get("insecure") else found.get("cacert") or True,
        timeout=found["timeout"],
        user_agent="glance-formula",
    )
    made.session.hooks["response"].append(_used_once)
    return made


def _used_once(response, **_):
    """
    Use no connection for a second request: servers close theirs without a word, and a request on such a one fails.

    Keystone's uWSGI does so; after an answer without a body the client cannot know.
    """
    response.connection.close()


def fingerprint(found):
    """Return a key under which things that belong to these settings may be kept in ``__context__``."""
    parts = {key: value for key, value in found.items() if key != "source"}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@contextlib.contextmanager
def asking(what, found, secrets=()):
    """
    Turn keystoneauth's exceptions into this formula's errors.

    what
        What is being asked, for the message: ``"the list of services"``.

    found
        The settings returned by :py:func:`session`.

    secrets
        Values sent with the request that the answer may quote and the message must not. The profile's own are always
        left out.
    """
    who = f"{_who(found)} at {found.get('auth_url')} ({found.get('source', 'profile')})"
    try:
        yield
    except (ka_exceptions.Unauthorized, ka_exceptions.AuthPluginException) as exc:
        raise Refused(
            f"{what}: Keystone does not accept {who}: check user name, password, project and domains"
        ) from exc
    except ka_exceptions.Forbidden as exc:
        words = _words(exc, found, secrets)
        raise Refused(f"{what}: {who} may not do this: {words} (a role is missing, or it is protected)") from exc
    except (*_NO_ANSWER, ka_exceptions.DiscoveryFailure) as exc:
        if _of_certificate(exc):
            words = f"the certificate of {_url(exc, found)} is not accepted: set cacert in {found.get('source')}"
        else:
            words = f"no answer from {_url(exc, found)} for {who}: is the service up, is the URL right?"
        raise Unreachable(f"{what}: {words}") from exc
    except ka_exceptions.CatalogException as exc:
        raise Unreachable(
            f"{what}: the catalogue has no {found.get('interface', 'public')} endpoint for it"
            f" in region {found.get('region_name') or 'any'}"
        ) from exc
    except ka_exceptions.Conflict as exc:
        raise Conflict(f"{what}: HTTP 409: {_words(exc, found, secrets)}") from exc
    except ka_exceptions.HttpError as exc:
        raise OpenStackError(f"{what}: HTTP {exc.http_status}: {_words(exc, found, secrets)}") from exc
    except ka_exceptions.ClientException as exc:
        raise OpenStackError(f"{what}: {type(exc).__name__}") from exc


def _of_certificate(exc):
    """Whether a certificate was not accepted; of a login keystoneauth has that in its text only."""
    return isinstance(exc, ka_exceptions.SSLError) or "SSL exception" in str(exc)


def _words(exc, found, secrets):
    """The server's own words."""
    return without(exc.message, [*secrets, *(found.get(key) for key in _SECRET_KEYS)])


def without(text, secrets):
    """Return a server's words without the given secrets, in whichever way the server wrote them."""
    text = str(text)
    for secret in (str(secret) for secret in secrets if secret):
        quoted = (json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret))
        for form in (*(form[1:-1] for form in quoted), secret):
            text = text.replace(form, "***")
    return text


def _who(found):
    if found.get("application_credential_secret"):
        name = found.get("application_credential_id") or found.get("application_credential_name")
        return f"application credential {name}"
    return f"user {found.get('username') or found.get('user_id')}"


def _url(exc, found):
    """The address that did not answer: keystoneauth has it in its text only."""
    match = re.search(r"https?://[^\s'\",]+[^\s'\",:.]", str(exc))
    return match[0] if match else found.get("auth_url")


def _plugin(found):
    """How these settings log in."""

    def given(*keys):
        return {key: found[key] for key in keys if found.get(key)}

    if found["identity_api_version"] == 2:
        tenant = {f"tenant_{key}": found[f"project_{key}"] for key in ("name", "id") if found.get(f"project_{key}")}
        user = given("username") or given("user_id")
        return keystoneauth1.identity.V2Password(found["auth_url"], password=str(found["password"]), **user, **tenant)
    if not found.get("application_credential_secret"):
        return keystoneauth1.identity.Password(
            **given("auth_url", *_USER_KEYS, *_SCOPE_KEYS), password=str(found["password"])
        )
    user = {} if found.get("application_credential_id") else given(*_USER_KEYS)
    return keystoneauth1.identity.V3ApplicationCredential(**given("auth_url", *_CREDENTIAL_KEYS), **user)
