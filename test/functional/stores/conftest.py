"""Glances of several releases with stores of several kinds, configured by this formula."""

import secrets

import keystoneauth1.identity
import keystoneauth1.session
import keystoneclient.v3.client
import pytest
from releases import keystone, site
from releases.errors import Missing
from releases.lanes import LANES

from functional.stores import swift
from functional.stores.api import Glance

RELEASES = ("epoxy", "hibiscus")
METHODS = ["glance-direct", "web-download", "copy-image"]
SWIFT_FILE = "swift-store.conf"


@pytest.fixture(scope="session", params=RELEASES)
def running(request, tmp_path_factory):
    """A site with two file stores, Swift, Swift over S3, and a store of what is on the web."""
    directory = tmp_path_factory.mktemp(request.param)
    s3_secret = secrets.token_urlsafe(18)

    def change(given, place):
        _add_stores(given["glance"], place, s3_secret)

    try:
        with site.running(LANES[request.param], directory, change=change) as found:
            address = found.keystone.address
            login = _login(found)
            found.swift = swift.start(found.processes, directory / "swift", address, login, s3_secret)
            _catalogue(found)
            yield found
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture
def glance(running):
    """The API as its administrator; images that a test leaves are removed."""
    with Glance(_session(running), running.image_url) as found:
        yield found


def _add_stores(settings, place, s3_secret):
    account = {"auth_url": f"{settings['identity']['auth_url']}/v3", "project": "service", "user": "glance"}
    address = settings["api"]["bind_host"]
    (place / "other").mkdir(parents=True)
    settings["stores"]["default"] = "local"
    settings["stores"]["reserved"] = {"staging": str(place / "staging"), "tasks": str(place / "tasks")}
    settings["stores"]["backends"] |= {
        "several": {"type": "file", "datadirs": {str(place / "other"): 100}, "file_mode": "0640", "weight": 5},
        "objects": {
            "type": "swift",
            "references": {"main": {**account, "password": settings["identity"]["password"]}},
            "container": "images",
            "create_container": True,
            "large_object_size": 2,
            "large_object_chunk_size": 1,
        },
        "s3": {
            "type": "s3",
            "host": f"http://{address}:{swift.S3}",
            "bucket": "images",
            "bucket_url_format": "path",
            "create_bucket": True,
            "access_key": swift.S3_USER,
            "secret_key": s3_secret,
        },
        "web": {"type": "http"},
    }
    settings["import"] = {"methods": METHODS}
    # the files of this Glance are not in /etc
    settings["api"]["config"]["objects"] = {"swift_store_config_file": str(place / "etc" / SWIFT_FILE)}


def _login(found):
    identity = found.pillar["glance"]["identity"]
    names = {
        "username": "glance",
        "project_name": "service",
        "user_domain_id": "default",
        "project_domain_id": "default",
    }
    url = identity["auth_url"]
    return {
        "www_authenticate_uri": url,
        "auth_url": url,
        "auth_type": "password",
        **names,
        "password": identity["password"],
    }


def _session(found):
    admin = {key: value for key, value in found.keystone.admin.items() if key != "region_name"}
    auth = keystoneauth1.identity.V3Password(**{**admin, "auth_url": f"{admin['auth_url']}/v3"})
    return keystoneauth1.session.Session(auth=auth, timeout=120)


def _catalogue(found):
    client = keystoneclient.v3.client.Client(session=_session(found), endpoint_override=f"{found.keystone.url}/v3")
    service = client.services.create("swift", "object-store")
    for interface in ("public", "internal", "admin"):
        client.endpoints.create(service, found.swift.url, interface, keystone.REGION)
