"""
What becomes of images that nobody declares any more.

.. versionadded:: 1.0.0

.. code-block:: yaml

    what-pillar-does-not-name:
      openstack_image.only_declared:
        - images: [cirros-0.6.3, debian-13]

    old-versions:
      openstack_image.retired:
        - retire: {hide: true, keep: 2, delete_after: 30}
        - in_use: [nova_catalogue.images_in_use, 0f0fe7a8-5a75-4b0c-8f0c-0c2f6a0f6a0e]
"""

import openstack_image_marks as marks
import openstack_image_retirement
from openstack_errors import Invalid, OpenStackError, Refused, Unreachable
from openstack_profile import PROFILE
from openstack_states import converge

__virtualname__ = "openstack_image"

RETIRED = "retired"


def __virtual__():
    if "openstack_image.show" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_image is not loaded: it needs keystoneauth1 in Salt's own Python"


def absent(name, id=None, force=False, profile=PROFILE):
    """
    Ensure that there is no image of this name, or of this id; nor, without an id, what an upload of it left.

    name
        Name of the image.

    id
        Id of the image, then the name is only a label. Default ``None``.

    force
        Remove it even when it is protected. Default ``False``: that is an error, also under ``test=True``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.
    """

    def read():
        image = __salt__["openstack_image.show"](id or name, profile)
        if image and image["protected"] and not force:
            raise OpenStackError(f"image {image['id']} is protected: set force, or take its protection away")
        found = {key: image[key] for key in ("id", "name", "status", "visibility", "size")} if image else {}
        left = __salt__["openstack_image.leftovers"](profile).items()
        left = sorted(key for key, each in left if each == name and key != found.get("id"))
        return {**found, **({"unfinished": left} if left and not id else {})} or None

    def write(current, _changes):
        for image_id in [*([current["id"]] if "id" in current else []), *current.get("unfinished", [])]:
            __salt__["openstack_image.delete"](image_id, force, profile)

    return converge(name, f"Image {name}", None, read, write, __opts__["test"])


def deactivated(name, id=None, profile=PROFILE):
    """
    Ensure that nobody downloads or starts an image; its data, name and properties stay.

    name
        Name of the image.

    id
        Id of the image, then the name is only a label. Default ``None``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Without such an image, or before it has data, this fails. To have it active again, use ``present`` with
    ``deactivated: false``.
    """

    def read():
        image = __salt__["openstack_image.show"](id or name, profile)
        if image is None:
            raise OpenStackError("there is none, so nothing can be deactivated: use absent, or correct the name")
        if image["status"] not in ("active", "deactivated"):
            raise OpenStackError(f"image {image['id']} is {image['status']}, and only an active one is deactivated")
        return {"id": image["id"], "status": image["status"]}

    def write(current, _changes):
        __salt__["openstack_image.deactivate"](current["id"], profile)

    return converge(name, f"Image {name}", {"status": "deactivated"}, read, write, __opts__["test"])


def only_declared(name, images=None, ids=None, report=True, retire=None, catalogue="default", profile=PROFILE):
    """
    Ensure that the images of a catalogue are those that are declared: others are retired, or reported.

    An image is of the catalogue when ``present`` noted so on it (property ``glance_formula_catalogue``), so what users
    upload, snapshots of servers, and images made by hand are never touched. Uploads of this minion that were cut off,
    of an image that is declared no more, are deleted.

    name
        A label.

    images, ids
        Names and ids of the declared images. Default none.

    report
        Say in the comment which images are not declared, and change nothing. Default ``True``.

    retire
        What becomes of them, a mapping described in ``_utils/openstack_image_retirement.py``; deleting is left to
        ``retired``. Default ``None``: they are hidden.

    catalogue
        Name of the catalogue. Default ``default``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    Under ``test=True``, when nobody answers where Glance should be, or Keystone does not know the user (yet), the plan
    is that nothing would change, and the comment says why nobody could be asked.
    """
    declared = {"names": {str(each) for each in images or ()}, "ids": {str(each) for each in ids or ()}}
    label, found = f"Catalogue {catalogue}", {}

    def read():
        listed = {image["id"]: image for image in __salt__["openstack_image.list"](profile)}
        found.update({key: image for key, image in listed.items() if _undeclared(image, declared, catalogue)})
        left = __salt__["openstack_image.leftovers"](profile)
        found.update({key: listed[key] for key, each in left.items() if each not in declared["names"]})
        return {key: _standing(listed.get(key)) for key in found}

    def wanted():
        read()
        return {} if report else {key: None if marks.UPLOAD in image else RETIRED for key, image in found.items()}

    def write(_current, changes):
        for image_id, change in changes.items():
            if change["new"] is None:
                __salt__["openstack_image.delete"](image_id, profile=profile)
            else:
                __salt__["openstack_image.retire"](image_id, retire, profile)

    ret = _planned(name, label, wanted, read, write, lambda: openstack_image_retirement.policy(retire))
    if report and found and ret["result"]:
        listed = ", ".join(f"{image['name']} ({key})" for key, image in sorted(found.items()))
        ret["comment"] = f"{label}: {len(found)} not declared: {listed}: with report: false they are retired"
    return ret


def retired(name, retire=None, policies=None, in_use=None, catalogue="default", profile=PROFILE):
    """
    Ensure that retired images are what the policy says: hidden, visible to others, deactivated, deleted in time.

    ``present`` retires the image that another took the place of, ``only_declared`` one that is declared no more; both
    note it on the image (property ``glance_formula_retired``), and only such images are looked at.

    name
        A label.

    retire
        Mapping with ``hide``, ``visibility``, ``deactivate``, ``keep``, ``delete_after`` (days), ``unprotect``,
        described in ``_utils/openstack_image_retirement.py``. Default ``None``: they are hidden and never deleted.

    policies
        The same for images of one name, ``{name: mapping}``; what is not in the mapping has its default. Default none.

    in_use
        What is not deleted: a list of ids of images and names of execution functions, which are called without
        arguments and return ids. When one fails, so does the state, and nothing is deleted. Default none.

    catalogue
        Name of the catalogue, see ``only_declared``. Default ``default``.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    An image that is protected is deleted only with ``unprotect``; one that is in use is not. The comment names them.
    Under ``test=True`` it is as in ``only_declared`` when nobody can be asked.
    """
    label, kept, fates = f"Retired images of catalogue {catalogue}", {}, {}

    def checked():
        default = openstack_image_retirement.policy(retire)
        return {key: openstack_image_retirement.policy(each) for key, each in (policies or {}).items()}, default

    def ours():
        images = __salt__["openstack_image.list"](profile)
        return [image for image in images if marks.read(image, marks.CATALOGUE) == catalogue]

    def wanted():
        images, policies_of = ours(), checked()
        fates.update(openstack_image_retirement.fates(images, *policies_of))
        if any(should is None for _, should, _ in fates.values()):
            fates.update(openstack_image_retirement.fates(images, *policies_of, _used(in_use)))
        kept.update({key: reason for key, (_, _, reason) in fates.items() if reason})
        return {key: should for key, (_, should, _) in fates.items()}

    def read():
        now = {image["id"]: openstack_image_retirement.shown(image) for image in ours()}
        return {key: now.get(key) for key in fates}

    def write(_current, changes):
        own, default = checked()
        for image in ours():
            policy = own.get(marks.read(image, marks.RETIRED), default)
            if image["id"] in changes and changes[image["id"]]["new"] is None:
                __salt__["openstack_image.delete"](image["id"], policy["unprotect"], profile)
            elif image["id"] in changes:
                __salt__["openstack_image.retire"](image["id"], policy, profile)

    ret = _planned(name, label, wanted, read, write, checked)
    if kept:
        ret["comment"] += "; kept: " + ", ".join(f"{key} ({reason})" for key, reason in sorted(kept.items()))
    return ret


def _planned(name, label, wanted, read, write, check):
    """``converge``, where a plan goes on although nobody can be asked yet."""
    try:
        check()
        if __opts__["test"]:
            read()
    except (Unreachable, Refused) as exc:
        return {"name": name, "result": None, "changes": {}, "comment": f"{label}: nobody could be asked yet: {exc}"}
    except (Invalid, OpenStackError) as exc:
        return {"name": name, "result": False, "changes": {}, "comment": f"{label}: {exc}"}
    return converge(name, label, wanted, read, write, __opts__["test"])


def _undeclared(image, declared, catalogue):
    in_catalogue = marks.read(image, marks.CATALOGUE) == catalogue and marks.UPLOAD not in image
    named = image["name"] in declared["names"] or image["id"] in declared["ids"]
    return in_catalogue and not named and marks.read(image, marks.RETIRED) is None


def _standing(image):
    if image is None:
        return None
    return image["name"] if marks.read(image, marks.RETIRED) is None else RETIRED


def _used(in_use):
    """Ids of images that are not deleted: those given, and those that functions return."""
    found = set()
    for each in in_use or ():
        if "." not in str(each):
            found.add(str(each))
        elif each not in __salt__:
            raise Invalid(f"in_use: there is no execution function {each} on this minion")
        else:
            found |= {str(image_id) for image_id in _list(each, __salt__[each]())}
    return found


def _list(function, answer):
    if not isinstance(answer, (list, tuple, set)):
        raise OpenStackError(f"in_use: {function} returned {type(answer).__name__} in place of a list of ids")
    return answer
