"""
The requests that make an image what is wanted, as the Image API takes them: pure logic, nobody is asked here.
"""

import openstack_image_marks as marks
from openstack_image_marks import CATALOGUE, COPY_OF
from openstack_image_metadata import API_NAMES, NAMED, PATCHED, custom

# Attributes that are kept as a mark.
_MARKS = {"catalogue": CATALOGUE, "copy_of": COPY_OF}


def operations(image, wanted):
    """
    Return the one JSON patch that brings an image to the wanted attributes; empty when nothing differs.

    image
        As the API shows it.

    wanted
        From ``openstack_image_declared.declared``; formula's own properties (``glance_formula_…``) may be added to its
        ``properties``, where ``None`` removes one.
    """
    patch = []
    for key in (key for key in PATCHED if key in wanted):
        current = sorted(image.get(key) or []) if key == "tags" else image.get(API_NAMES.get(key, key))
        if current != wanted[key] and not (key == "hidden" and not current and not wanted[key]):
            patch.append({"op": "replace", "path": f"/{API_NAMES.get(key, key)}", "value": wanted[key]})
    own = {key: wanted[key] for key in NAMED if key in wanted} | _marked(wanted, image["id"])
    if "properties" in wanted:
        return patch + _property_operations(image, {**wanted["properties"], **own})
    return patch + additions(image, own)


def creation(wanted):
    """Return the body that creates an image (https://docs.openstack.org/api-ref/image/v2/#create-image)."""
    body = {API_NAMES.get(key, key): wanted[key] for key in ("id", *PATCHED, *NAMED) if key in wanted}
    if not body.get("os_hidden"):
        body.pop("os_hidden", None)  # not known before Rocky
    properties = {key: value for key, value in wanted["properties"].items() if value is not None}
    return {**properties, **_marked(wanted, wanted.get("id")), **body}


def additions(image, properties):
    """Return the operations that give an image properties, beside those that it has; one of ``None`` is left out."""
    # "add" also overwrites; "replace" and "remove" of what is not there are a conflict
    return [
        {"op": "add", "path": _pointer(key), "value": value}
        for key, value in sorted(properties.items())
        if value is not None and image.get(key) != value
    ]


def _property_operations(image, properties):
    unwanted = [key for key in custom(image, properties) if properties.get(key) is None]
    return additions(image, properties) + [{"op": "remove", "path": _pointer(key)} for key in unwanted]


def _marked(wanted, image_id):
    return {mark: marks.of(wanted[key], image_id) for key, mark in _MARKS.items() if key in wanted}


def _pointer(key):
    """A JSON pointer (RFC 6901)."""
    return "/" + key.replace("~", "~0").replace("/", "~1")
