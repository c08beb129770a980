"""Glances of several releases with stores of several kinds, configured by this formula."""

import dataclasses
import json
import secrets

import keystoneauth1.identity
import keystoneauth1.session
import keystoneclient.v3.client
import pytest
from releases import keystone, site, venvs
from releases.errors import Missing
from releases.lanes import LANES
from releases.processes import Servers

from functional.stores import ceph, swift
from functional.stores.api import Glance

RELEASES = ("epoxy", "hibiscus")
METHODS = ["glance-direct", "web-download", "copy-image"]
SWIFT_FILE = "swift-store.conf"


@pytest.fixture(scope="session", params=RELEASES)
def running(request, tmp_path_factory):
    """A site with two file stores, Swift, Swift over S3, and a store of what is on the web."""
    directory = tmp_path_factory.mktemp(request.param)
    keys = {name: secrets.token_hex(16) for name in ("access", "secret")}

    def change(given, place):
        _add_stores(given["glance"], place, keys)

    try:
        with site.running(LANES[request.param], directory, change=change) as found:
            address = found.keystone.address
            swift.start(found.processes, directory / "swift", address, _login(found))
            _register(found, swift.endpoint(address), keys)
            yield found
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def with_ceph(tmp_path_factory):
    """A site with a file store and two clusters of Ceph; its Python is the one that Ceph's packages here are for."""
    directory = tmp_path_factory.mktemp("ceph")
    try:
        python = ceph.python()
        lane = dataclasses.replace(LANES["hibiscus"], python=python)
        ceph.bind(venvs.ensure(lane))
        (directory / "logs-of-ceph").mkdir()
        with Servers(directory / "logs-of-ceph") as servers:
            clusters = {name: ceph.start(servers, directory / name, site.free_address()) for name in ("east", "west")}

            def change(given, place):
                _add_clusters(given["glance"]["stores"], place, clusters)

            (directory / "site").mkdir()
            with site.running(lane, directory / "site", change=change) as found:
                yield found
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture
def glance_with_ceph(with_ceph):
    """Its API."""
    with Glance(_session(with_ceph), with_ceph.image_url) as found:
        yield found


def _add_clusters(stores, place, clusters):
    stores["default"] = "local"
    stores["reserved"] = {"staging": str(place / "staging"), "tasks": str(place / "tasks")}
    for name, cluster in clusters.items():
        keyring = str(place / "etc" / f"{name}.client.glance.keyring")
        stores["backends"][name] = {
            "type": "rbd",
            "user": "glance",
            "pool": ceph.POOL,
            "key": cluster.key,
            "ceph_conf": str(place / "etc" / f"{name}.conf"),
            # these files are not in /etc/ceph, where Ceph would look
            "ceph_config": {"global": cluster.options, "client.glance": {"keyring": keyring}},
        }


@pytest.fixture
def glance(running):
    """The API as its administrator; images that a test leaves are removed."""
    with Glance(_session(running), running.image_url) as found:
        yield found


def _add_stores(settings, place, keys):
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
            "large_object_size": 4,
            "large_object_chunk_size": 1,
        },
        "s3": {
            "type": "s3",
            "host": swift.url(address),
            "bucket": "pictures",
            "bucket_url_format": "path",
            "create_bucket": True,
            "access_key": keys["access"],
            "secret_key": keys["secret"],
        },
        "web": {"type": "http"},
    }
    settings["import"] = {"methods": METHODS}
    # what a test serves is on any port of this host, which Glance lets nobody read otherwise
    filters = {"allowed_ports": [], "disallowed_ports": [], "allowed_hosts": ["127.0.0.1"]}
    settings["api"]["config"]["import_filtering_opts"] = filters
    # volumes and datastores that are nowhere: their drivers are loaded, no more
    settings["stores"]["backends"] |= {
        "volumes": {**account, "type": "cinder", "password": settings["identity"]["password"]},
    }
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


def _register(found, url, keys):
    """Swift in the catalogue, and the keys of Glance's own user."""
    client = keystoneclient.v3.client.Client(session=_session(found), endpoint_override=f"{found.keystone.url}/v3")
    service = client.services.create("swift", "object-store")
    for interface in ("public", "internal", "admin"):
        client.endpoints.create(service, url, interface, keystone.REGION)
    [user], [project] = client.users.list(name="glance"), client.projects.list(name="service")
    client.credentials.create(user, "ec2", json.dumps(keys), project=project)
