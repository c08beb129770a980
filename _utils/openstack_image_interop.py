"""
What Glance does with an image by itself, after it has answered: import, copies to more stores
(https://docs.openstack.org/glance/latest/admin/interoperable-image-import.html). Asked whether it can before, waited
for with an end, and told in Glance's own words where it fails.
"""

import time

import openstack_image_metadata as metadata
from openstack_errors import OpenStackError

METHODS = ("web-download", "glance-direct", "copy-image")
COPYING, FAILED = "os_glance_importing_to_stores", "os_glance_failed_import"
_SIGNED = "img_signature"
_PAUSE, _LONGEST_PAUSE = 0.5, 10
# After a task has failed Glance still tidies the image up.
_GRACE = 10


def ready(api, method, stores=()):
    """
    Refuse what this Glance cannot do, before anything is made.

    api
        ``openstack_image_api.Api``.

    method
        ``web-download``, ``glance-direct`` or ``copy-image``.

    stores
        Ids of stores that are meant. Default none: the default one.

    Raises :py:exc:`OpenStackError` and names the option to set.
    """
    found = findings(methods(api), known_stores(api), method, stores)
    if found:
        raise OpenStackError(f"Glance at {api.base} cannot do this: {'; '.join(found)}")


def findings(enabled, known, method, stores=()):
    """
    Return in words why an import cannot work, empty when nothing speaks against it.

    enabled
        Methods that are switched on, ``None`` where Glance knows no import.

    known
        Ids of Glance's stores, ``None`` where it has a single one without a name.

    method, stores
        As in :py:func:`ready`.
    """
    if enabled is None:
        return ["it has no import, which came with Queens"]
    found = []
    if method not in enabled:
        switched_on = ", ".join(sorted(enabled)) or "none"
        found.append(f"method {method} is not in enabled_import_methods ({switched_on}): set glance:import:methods")
    if method == "copy-image" and known is None:
        found.append("it has no named stores: set glance:stores:backends")
    unknown = sorted(set(stores) - set(known or ()))
    if unknown:
        names = ", ".join(known or ()) or "none with a name"
        found.append(f"store {', '.join(unknown)} is not one of its stores ({names})")
    return found


def methods(api):
    """Return the methods that are switched on, ``None`` before Queens."""
    response = api.request("GET", "/v2/info/import", "asking for import methods", absent=404)
    return response and response.json()["import-methods"]["value"]


def known_stores(api):
    """Return the ids of the stores, without those that cannot be written; ``None`` where there is only one, unnamed."""
    response = api.request("GET", "/v2/info/stores", "asking for stores", absent=404)
    found = response and [store["id"] for store in response.json()["stores"] if store.get("read-only") != "true"]
    return found or None


def start(api, image_id, method, stores=(), must_succeed=True):
    """
    Begin an import.

    api
        ``openstack_image_api.Api``.

    image_id
        Id of the image.

    method
        What the API calls method: ``{"name": "web-download", "uri": …}``.

    stores
        Ids of stores. Default none: the default one.

    must_succeed
        Whether one failed store undoes the others. Default ``True``.
    """
    body = {"method": method}
    if stores:
        body |= {"stores": list(stores), "all_stores_must_succeed": must_succeed}
    api.request("POST", f"/v2/images/{image_id}/import", f"{method['name']} of image {image_id}", json=body)


def wait(api, image_id, timeout, stores=(), clock=time.monotonic, sleep=time.sleep):
    """
    Wait for the end of an import or copy and return the image.

    api, image_id
        As in :py:func:`start`.

    timeout
        Seconds.

    stores
        Ids of stores that the data must be in then. Default none: the image must be active.

    clock, sleep
        Default: those of the system.

    Raises :py:exc:`OpenStackError` with Glance's own reason when it failed, and when it is not done in time.
    """
    end, pause = clock() + timeout, _PAUSE
    failed_since = None
    while True:
        image = api.image(image_id)
        if image is None:
            raise OpenStackError(f"image {image_id} was deleted while Glance was importing it")
        missing = set(stores) - set(metadata.stores(image))
        if image["status"] in ("active", "deactivated") and not image.get(COPYING) and not missing:
            return image
        reason = _failure(api, image, stores)
        failed_since = (failed_since or clock()) if reason else None
        if reason and (not _in_progress(image) or clock() - failed_since > _GRACE):
            raise OpenStackError(f"image {image_id}: Glance's import failed: {reason}{_unsaid(image)}")
        if clock() >= end:
            raise OpenStackError(
                f"image {image_id} is {image['status']} after {timeout} s and Glance is not done: look into its journal"
                f" for the import, or raise fetch:import_timeout"
            )
        sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def tasks(api, image_id):
    """Return the tasks of an image, newest first; empty before Wallaby."""
    response = api.request("GET", f"/v2/images/{image_id}/tasks", f"tasks of image {image_id}", absent=404)
    found = response.json()["tasks"] if response else []
    return sorted(found, key=lambda task: task["created_at"], reverse=True)


def _in_progress(image):
    return bool(image.get(COPYING)) or image["status"] == "importing"


def _unsaid(image):
    """What may be behind a failure of which Glance tells its journal only."""
    return " (it is signed, see img_signature: look into its journal, whether that is why)" if _SIGNED in image else ""


def _failure(api, image, stores):
    """Why the newest task failed, ``None`` when it did not."""
    newest = next(iter(tasks(api, image["id"])), None)
    if newest and newest["status"] == "failure":
        return newest.get("message") or "Glance gives no reason: look into its journal"
    failed = set(filter(None, (image.get(FAILED) or "").split(",")))
    named = failed & set(stores) if stores else failed
    return f"store {', '.join(sorted(named))} did not take it: look into the journal of Glance" if named else None
