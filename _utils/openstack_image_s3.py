"""
A source in S3 or a store that speaks like it: ``s3://BUCKET/KEY``.

Salt's own signing is used, and Salt's own settings for S3 (``s3.keyid``, ``s3.key``, ``s3.service_url``,
``s3.location``, ``s3.path_style``, ``s3.https_enable`` in the minion's configuration, or mapping ``s3`` in pillar,
https://docs.saltproject.io/en/latest/ref/modules/all/salt.modules.s3.html), but the answer is read as a stream: Salt's
``s3.get`` writes a file, or holds all of it in memory.
"""

import urllib.parse

import openstack_image_http
import salt.utils.aws
from openstack_errors import Invalid
from openstack_image_stream import shown


def opened(source, access, first_byte=False):
    """Open a URL; arguments as in ``openstack_image_source.opened``."""
    where = urllib.parse.urlsplit(source)
    bucket, key = where.netloc.rpartition("@")[2], where.path.lstrip("/")
    if not (bucket and key):
        raise Invalid(f"source {shown(source)}: use s3://BUCKET/KEY")
    settings = access.s3() if access.s3 else {}
    return openstack_image_http.reading(
        shown(source), lambda: _signed(bucket, key, settings, access.headers), access, first_byte
    )


def _signed(bucket, key, settings, headers):
    """``(url, headers)`` of a request, signed anew."""
    service = settings.get("service_url") or "s3.amazonaws.com"
    path_style = settings.get("path_style", False)
    endpoint = service if path_style else f"{bucket}.{service}"
    path = "/" + urllib.parse.quote(f"{bucket}/{key}" if path_style else key)
    scheme = "https" if settings.get("https_enable", True) else "http"
    found, url = salt.utils.aws.sig4(
        "GET",
        endpoint,
        {},
        prov_dict={name: settings.get(other) or salt.utils.aws.IROLE_CODE for name, other in _KEYS},
        location=settings.get("location") or salt.utils.aws.DEFAULT_LOCATION,
        product="s3",
        uri=path,
        requesturl=f"{scheme}://{endpoint}{path}",
    )
    return url, {**headers, **found}


_KEYS = (("id", "keyid"), ("key", "key"))
