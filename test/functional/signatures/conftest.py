"""Glances of several releases that look certificates up in Barbican, as this formula has them do it."""

import base64
import secrets

import glanceclient
import keystoneclient.v3.client
import pytest
from authority import Authority
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from releases import keystone, site
from releases.errors import Missing
from releases.extended import extended
from releases.lanes import LANES

from functional import cloud
from functional.signatures import barbican


def _hibiscus(given, place):
    extended(given, place)
    given["glance"]["signatures"] = {"barbican": True, "interface": "internal", "region": keystone.REGION}


def _pike(given, _):
    """It knows no interface but the public one, so it is told where Barbican is."""
    given["glance"]["signatures"] = {"barbican": True, "endpoint": barbican.url(given["glance"]["api"]["bind_host"])}


RELEASES = {"hibiscus": _hibiscus, "pike": _pike}


@pytest.fixture(scope="session", params=RELEASES)
def running(request, tmp_path_factory):
    """A site with Barbican, which the catalogue has under an internal endpoint only."""
    directory = tmp_path_factory.mktemp(request.param)
    try:
        with site.running(LANES[request.param], directory, change=RELEASES[request.param]) as found:
            address = found.keystone.address
            login = _register(found, barbican.url(address))
            barbican.start(found.processes, directory / "barbican", address, found.database, login)
            yield found
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def session(running):
    """Its administrator."""
    return cloud.session({key: value for key, value in running.keystone.admin.items() if key != "region_name"})


@pytest.fixture(scope="session")
def sign(running, session):
    """The properties of an image with this data, signed by one whose certificate Barbican has: ``sign(data)``."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate, _ = Authority().issue("signer", key=key)
    stored = _store(session, barbican.url(running.keystone.address), certificate)

    def properties(data):
        method = hashes.SHA256()
        pss = padding.PSS(mgf=padding.MGF1(method), salt_length=padding.PSS.MAX_LENGTH)
        return {
            "img_signature": base64.b64encode(key.sign(data, pss, method)).decode(),
            "img_signature_hash_method": "SHA-256",
            "img_signature_key_type": "RSA-PSS",
            "img_signature_certificate_uuid": stored,
        }

    return properties


@pytest.fixture
def glance(running, session):
    """The witness; cleans up behind a test."""
    client = glanceclient.Client("2", session=session, endpoint_override=running.image_url)
    yield client
    for image in list(client.images.list()):
        client.images.delete(image.id)


@pytest.fixture(scope="module")
def pillar(running):
    """Where the states find the cloud."""
    return {"glance": {"identity": {"admin": running.keystone.admin}}}


def _register(found, url):
    """Barbican in Keystone; what it logs in with."""
    auth = {key: value for key, value in found.keystone.admin.items() if key != "region_name"}
    client = keystoneclient.v3.client.Client(session=cloud.session(auth), endpoint_override=f"{found.keystone.url}/v3")
    service = client.services.create("barbican", "key-manager")
    client.endpoints.create(service, url, "internal", keystone.REGION)
    password, project = secrets.token_urlsafe(18), client.projects.find(name="service")
    user = client.users.create("barbican", "default", password=password)
    client.roles.grant(client.roles.find(name="admin"), user=user, project=project)
    _admit(client)
    return {
        "auth_type": "password",
        "auth_url": f"{found.keystone.url}/v3",
        "username": "barbican",
        "password": password,
        "project_name": "service",
        "user_domain_id": "default",
        "project_domain_id": "default",
    }


def _admit(client):
    """Who stores secrets has to be a member, which Keystone's administrator is by himself since Rocky."""
    if not client.roles.list(name="member"):
        admin, project = client.users.find(name="admin"), client.projects.find(name="admin")
        client.roles.grant(client.roles.create("member"), user=admin, project=project)


def _store(session, url, certificate):
    """Put a certificate into Barbican, in PEM, as Castellan takes it out; its id."""
    body = {
        "name": "signer",
        "secret_type": "certificate",
        "payload": base64.b64encode(certificate.encode()).decode(),
        "payload_content_type": "application/octet-stream",
        "payload_content_encoding": "base64",
    }
    return session.post(f"{url}/v1/secrets", json=body).json()["secret_ref"].rpartition("/")[2]
