"""One session for the same settings, and what keystoneauth raises in this formula's words."""

import json

import keystoneauth1.exceptions as ka
import keystoneauth1.identity
import openstack_session
import pytest
from openstack_errors import Conflict, Invalid, OpenStackError, Refused, Unreachable

PROFILE = {"auth_url": "http://auth-node:5000", "username": "admin", "password": "s3'c\\r3t"}
FOUND = {**PROFILE, "source": "profile a:b"}


def test_same_settings_same_session():
    context = {}
    first, found = openstack_session.session("a:b", context, {"a": {"b": PROFILE}})
    again, _ = openstack_session.session(dict(PROFILE), context, {})
    other, _ = openstack_session.session({**PROFILE, "password": "other"}, context, {})
    assert first is again
    assert first is not other
    assert found["source"] == "profile a:b"
    assert "s3" not in "".join(context)


@pytest.mark.parametrize(
    ("extra", "verify"),
    [({}, True), ({"cacert": "/ca.pem"}, "/ca.pem"), ({"insecure": True}, False), ({"verify": False}, False)],
)
def test_certificates_are_verified_unless_told(extra, verify):
    session, _ = openstack_session.session({**PROFILE, **extra}, {}, {})
    assert session.verify == verify


def test_a_certificate_that_is_not_checked_is_logged_once(caplog):
    context = {}
    for _ in range(2):
        openstack_session.session({**PROFILE, "insecure": True}, context, {})
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"certificate of {PROFILE['auth_url']} is not checked" in caplog.text
    caplog.clear()
    openstack_session.session(PROFILE, context, {})
    assert caplog.text == ""


def test_the_same_user_for_the_whole_system():
    session, found = openstack_session.session({**PROFILE, "project_name": "p"}, {}, {})
    system = openstack_session.for_system(session, found)
    assert (system.auth._system_scope, system.auth._project_name) == ("all", None)
    already, found = openstack_session.session({**PROFILE, "system_scope": "all"}, {}, {})
    assert openstack_session.for_system(already, found) is already


def test_an_application_credential_is_for_no_system():
    credential = {"application_credential_id": "1", "application_credential_secret": "x"}
    session, found = openstack_session.session({"auth_url": PROFILE["auth_url"], **credential}, {}, {})
    with pytest.raises(Invalid, match="is an application credential"):
        openstack_session.for_system(session, found)


def test_every_request_has_a_timeout():
    assert openstack_session.session(PROFILE, {}, {})[0].timeout == 30
    assert openstack_session.session({**PROFILE, "timeout": "2"}, {}, {})[0].timeout == 2


def test_application_credential():
    profile = {
        "auth_url": "http://auth-node:5000",
        "application_credential_id": "1234",
        "application_credential_secret": "s3cr3t",
    }
    session, found = openstack_session.session(profile, {}, {})
    assert isinstance(session.auth, keystoneauth1.identity.V3ApplicationCredential)
    with pytest.raises(Refused, match="application credential 1234"), openstack_session.asking("x", found):
        raise ka.Unauthorized


def test_without_the_library(monkeypatch):
    monkeypatch.setattr(openstack_session, "HAS_KEYSTONEAUTH", False)
    with pytest.raises(Invalid, match="keystoneauth1 is missing"):
        openstack_session.session(PROFILE, {}, {})


@pytest.mark.parametrize(
    ("raised", "error", "words"),
    [
        (
            ka.Unauthorized(),
            Refused,
            r"x: Keystone does not accept user admin at http://auth-node:5000 \(profile a:b\)",
        ),
        (ka.MissingAuthPlugin(), Refused, "does not accept"),
        (ka.Forbidden(), Refused, "may not do this"),
        (
            ka.ConnectFailure("Unable to establish connection to http://far:9/v3/x: reason"),
            Unreachable,
            "no answer from http://far:9/v3/x for user admin",
        ),
        (ka.ConnectTimeout(), Unreachable, "no answer from http://auth-node:5000 for"),
        (ka.SSLError("SSL exception connecting to https://far: bad"), Unreachable, "certificate of https://far is"),
        (ka.DiscoveryFailure(), Unreachable, "no answer"),
        (ka.ServiceUnavailable(), Unreachable, "no answer"),
        (ka.GatewayTimeout(), Unreachable, "no answer"),
        (ka.EndpointNotFound(), Unreachable, "no public endpoint"),
        (ka.EmptyCatalog(), Unreachable, "no public endpoint"),
        (ka.Conflict("taken"), Conflict, "x: HTTP 409: taken"),
        (ka.InternalServerError("s3'c\\r3t"), OpenStackError, r"HTTP 500: \*\*\*"),
        (
            ka.BadRequest(f"{PROFILE['password']!r} is bad, so is {'n3w'!r}"),
            OpenStackError,
            r"\*\*\*. is bad, so is .\*\*\*",
        ),
        (ka.ClientException("s3'c\\r3t"), OpenStackError, "x: ClientException"),
    ],
)
def test_what_the_library_raises(raised, error, words):
    with pytest.raises(OpenStackError, match=words) as told, openstack_session.asking("x", FOUND, ["n3w", None]):
        raise raised
    assert type(told.value) is error
    assert "r3t" not in str(told.value)


def test_other_exceptions_pass():
    with pytest.raises(ZeroDivisionError), openstack_session.asking("x", FOUND):
        raise ZeroDivisionError


@pytest.mark.parametrize("secret", ["plain", "ü'\"\\", "日本"])
@pytest.mark.parametrize("write", [str, repr, ascii, json.dumps])
def test_secrets_in_the_servers_words(secret, write):
    assert secret not in openstack_session.without(f"value {write(secret)} is bad", [secret])
    assert "bad" in openstack_session.without(f"value {write(secret)} is bad", [secret, "", None])


@pytest.mark.parametrize(
    ("given", "who"),
    [
        ({"project_name": "service"}, ("admin", None, "service", None)),
        ({"project_id": "4711"}, ("admin", None, None, "4711")),
        ({}, ("admin", None, None, None)),
    ],
)
def test_identity_v2(given, who):
    session, _ = openstack_session.session({**PROFILE, **given, "identity_api_version": 2}, {}, {})
    assert isinstance(session.auth, keystoneauth1.identity.V2Password)
    assert session.auth.auth_url == "http://auth-node:5000/v2.0"
    found = (session.auth.username, session.auth.user_id, session.auth.tenant_name, session.auth.tenant_id)
    assert tuple(each or None for each in found) == who
