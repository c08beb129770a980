"""
The image cache of one API host (https://docs.openstack.org/api-ref/image/v2/#cache-manage), since Glance 24.

Every host has a cache of its own, so what a balancer answers is that of one of them.
"""

from openstack_errors import Invalid, OpenStackError

TARGETS = {"all": "", "cache": "cache", "queue": "queue"}
NEEDS = "Glance 24 (Yoga) with a cache: glance:cache in the pillar of the API host"


def state(api):
    """
    Return ``{"cached": [{"image_id", "size", "hits", "last_accessed", "last_modified"}], "queued": [ids]}``.

    api
        ``openstack_image_api.Api`` of the host.
    """
    found = asked(api, "GET", "", "the image cache").json()
    return {"cached": found["cached_images"], "queued": found["queued_images"]}


def queue(api, image_id):
    """Have the host fetch an image into its cache."""
    asked(api, "PUT", f"/{image_id}", f"queueing image {image_id} for the cache")


def delete(api, image_id):
    """Drop an image from cache and queue; return whether it was in one of them."""
    before = state(api)
    if image_id not in before["queued"] and image_id not in [entry["image_id"] for entry in before["cached"]]:
        return False
    asked(api, "DELETE", f"/{image_id}", f"dropping image {image_id} from the cache")
    return True


def clear(api, target):
    """
    Drop everything from ``cache``, ``queue`` or ``all``; return how many entries there were.

    Raises :py:exc:`Invalid` for another target.
    """
    if target not in TARGETS:
        raise Invalid(f"target {target!r}: use {', '.join(TARGETS)}")
    before = state(api)
    headers = {"x-image-cache-clear-target": TARGETS[target]} if TARGETS[target] else {}
    asked(api, "DELETE", "", f"clearing the image cache ({target})", headers=headers)
    return {
        "cached": len(before["cached"]) if target in ("all", "cache") else 0,
        "queued": len(before["queued"]) if target in ("all", "queue") else 0,
    }


def asked(api, method, path, what, **kwargs):
    """Return the answer of the cache; OpenStackError says what it needs where there is none."""
    response = api.raw(method, f"/v2/cache{path}", what, **kwargs)
    if response.status_code == 404 and not (path and _there(api)):
        raise OpenStackError(f"{what}: {api.base} has no image cache to manage; it needs {NEEDS}")
    if response.status_code >= 300:
        raise api.error(response, what)
    return response


def _there(api):
    """Whether there is a cache: then a 404 is about the image."""
    return api.raw("GET", "/v2/cache", "the image cache").status_code < 300
