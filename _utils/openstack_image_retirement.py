"""
What becomes of an image that gave its name away or is declared no more: its retirement.

It is renamed ``NAME (retired TIME)`` and noted with ``glance_formula_retired``; servers made from it are rebuilt and
migrated with it, so it stays usable by id (https://docs.openstack.org/glance/latest/user/os_hash_and_hidden.html) until
a policy says otherwise:

.. code-block:: yaml

    retire:
      hide: true            # leave it out of lists; default true
      visibility: community # public, private, shared or community; default: as it was
      deactivate: false     # nobody downloads or starts it; default false
      keep: 2               # how many of a name are never deleted, the newest; default 0 when delete_after is set
      delete_after: 30      # days after which it is deleted; default 0 when keep is set. Without both: never
      unprotect: false      # delete it even when it is protected; default false
"""

import datetime

import openstack_image_declared as declaration
import openstack_image_marks as marks
import openstack_image_patch as patching
from openstack_errors import Invalid

DEFAULTS = {
    "hide": True,
    "visibility": None,
    "deactivate": False,
    "keep": None,
    "delete_after": None,
    "unprotect": False,
}


def policy(given=None):
    """
    Return a policy, checked and complete.

    given
        Mapping, see this module's own page. Default ``None``: hidden, and never deleted.

    Raises :py:exc:`Invalid` and names the key.
    """
    if not isinstance(given or {}, dict):
        raise Invalid(f"retire: use a mapping with some of {', '.join(DEFAULTS)}")
    found = {**DEFAULTS, **(given or {})}
    for key in found.keys() - DEFAULTS.keys():
        raise Invalid(f"retire:{key} is unknown: use some of {', '.join(DEFAULTS)}")
    for key in ("hide", "deactivate", "unprotect"):
        if not isinstance(found[key], bool):
            raise Invalid(f"retire:{key} {found[key]!r}: use true or false")
    for key in ("keep", "delete_after"):
        number = found[key]
        if number is not None and (isinstance(number, bool) or not isinstance(number, (int, float)) or number < 0):
            raise Invalid(f"retire:{key} {number!r}: use a number, 0 or more")
    if found["visibility"] not in (None, *declaration.VISIBILITIES):
        raise Invalid(f"retire:visibility {found['visibility']!r}: use {', '.join(declaration.VISIBILITIES)}")
    return found


def retire(api, image_id, policy=None):
    """
    Retire an image, or bring one that is retired to what the policy says; return it, ``None`` when there is none.

    api
        ``openstack_image_api.Api``.

    image_id
        Id of the image.

    policy
        From :py:func:`policy`. Default ``None``: hidden.

    It is not deleted here, see :py:func:`fates`.
    """
    policy = policy or DEFAULTS
    image = api.image(image_id)
    if image is None:
        return None
    wanted, noted = _wanted(image, policy), {}
    if marks.read(image, marks.RETIRED) is None:
        now = datetime.datetime.now(datetime.timezone.utc).strftime(marks.TIME)
        wanted["name"] = f"{image['name'][:220]} (retired {now})"  # Glance takes 255 characters
        noted = {marks.RETIRED: marks.of(image["name"], image_id), marks.RETIRED_AT: now}
    patch = patching.operations(image, wanted) + patching.additions(image, noted)
    if patch:
        image = api.patch(image_id, patch)
    if policy["deactivate"] and image["status"] == "active":
        image = api.action(image_id, "deactivate")
    return image


def shown(image):
    """Return what a state shows of a retired image."""
    return {
        "name": image["name"],
        "status": image["status"],
        "visibility": image["visibility"],
        "hidden": bool(image.get("os_hidden")),
    }


def fates(images, policies, default, used=(), now=None):
    """
    Return what retired images should be: ``{id: (image as shown, wanted or None, reason)}``; ``None`` means deleted.

    images
        All images, as the API shows them; those that are not retired are left out.

    policies
        ``{name of the image before: policy}``.

    default
        The policy of the others.

    used
        Ids of images that are in use and not deleted.

    now
        Time, with its zone. Default ``None``: now.

    ``reason`` says why an image whose time has come is not deleted, else it is ``None``.
    """
    now = now or datetime.datetime.now(datetime.timezone.utc)
    found = {}
    for name, versions in _by_name(images).items():
        policy = policies.get(name, default)
        for position, image in enumerate(versions):
            delete, reason = _end(image, position, policy, used, now)
            should = {**shown(image), **_wanted(image, policy)}
            if policy["deactivate"] and image["status"] == "active":
                should["status"] = "deactivated"
            found[image["id"]] = (shown(image), None if delete else should, reason)
    return found


def _wanted(image, policy):
    """The attributes that a policy changes."""
    # releases before Rocky, and version 1 of the API, cannot hide an image: its new name says what it is
    wanted = {"hidden": True} if policy["hide"] and "os_hidden" in image else {}
    return {**wanted, **({"visibility": policy["visibility"]} if policy["visibility"] else {})}


def _end(image, position, policy, used, now):
    """Whether an image's time has come, and why it is kept nevertheless."""
    if policy["keep"] is None and policy["delete_after"] is None:
        return False, None
    grace = datetime.timedelta(days=policy["delete_after"] or 0)
    if position < (policy["keep"] or 0) or now - _time(image) < grace:
        return False, None
    if image["protected"] and not policy["unprotect"]:
        return False, "protected"
    if image["id"] in used:
        return False, "in use"
    return True, None


def _by_name(images):
    """Retired images by the name that they had, the one that was retired last first."""
    found = {}
    for image in images:
        name = marks.read(image, marks.RETIRED)
        if name is not None:
            found.setdefault(name, []).append(image)
    return {name: sorted(versions, key=_age, reverse=True) for name, versions in found.items()}


def _age(image):
    return _time(image), image["id"]


def _time(image):
    """When an image was retired; one whose note is unreadable counts as retired when it was last changed."""
    for text in (image.get(marks.RETIRED_AT), image.get("updated_at"), image.get("created_at")):
        try:
            return datetime.datetime.strptime(text or "", marks.TIME).replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            continue
    return datetime.datetime.now(datetime.timezone.utc)
