"""A region for tests, in which Glance is reached through a window."""

import contextlib
import urllib.parse

from keystoneclient.v3 import client as keystoneclient

from functional import cloud, webserver


@contextlib.contextmanager
def opened(servers, region, window=webserver.Window, **attributes):
    """
    Open a window onto the Glance of ``servers`` and register it in a region, which is removed at the end.

    window
        Its class. ``attributes`` are the server's.
    """
    identity = {key: value for key, value in servers["identity"].items() if key != "region_name"}
    keystone = keystoneclient.Client(session=cloud.session(identity), interface="public")
    target = urllib.parse.urlsplit(servers["image"]["url"]).netloc
    attributes = {"answer": None, "break_upload": False, **attributes}
    with webserver.serving(window, target=target, **attributes) as server:
        if region not in [each.id for each in keystone.regions.list()]:
            keystone.regions.create(region)
        for stale in keystone.endpoints.list(region=region):
            keystone.endpoints.delete(stale)
        service = keystone.services.list(type="image")[0]
        endpoint = keystone.endpoints.create(service, server.url, "public", region)
        yield server
        keystone.endpoints.delete(endpoint)
        keystone.regions.delete(region)
