"""
The pillar's images as states, and what a schema cannot say about them.
"""

_OF_PILLAR = ("absent", "proxy")
_APART = ("architecture", "os_distro", "os_version", "os_type", "kernel_id", "ramdisk_id")


def images(settings):
    """
    Return the state of each image, ``[{name, function, arguments}]``.

    settings
        The pillar, completed, with the profiles.
    """
    return [_image(settings, name, image) for name, image in settings["images"].items()]


def endings(settings):
    """
    Return the states of what is in ``images`` no more, and of old versions, as :py:func:`images` does.

    settings
        As there. Without images there is none: a pillar that lost its images must not take them from the site.
    """
    catalogue = settings["catalogue"]
    present = {name: image for name, image in settings["images"].items() if not image["absent"]}
    if not settings["images"]:
        return []
    common = {
        "retire": catalogue["retire"],
        "catalogue": catalogue["name"],
        "profile": settings["identity"]["images_profile"],
    }
    named = {"images": list(present), "ids": [image["id"] for image in present.values() if "id" in image]}
    named["report"] = catalogue["undeclared"] == "report"
    policies = {name: image["retire"] for name, image in settings["images"].items() if "retire" in image}
    old = {"policies": policies, "in_use": catalogue["in_use"]}
    states = [] if catalogue["undeclared"] == "keep" else [("(undeclared)", "only_declared", named)]
    return [
        {"name": name, "function": function, "arguments": _arguments({"name": name, **own, **common})}
        for name, function, own in [*states, ("(retired)", "retired", old)]
    ]


def problems(images):
    """
    Return one line for each contradiction, ``[]`` when there is none.

    images
        ``glance:images``, completed.
    """
    found, ids = [], {}
    for name, image in images.items():
        key = f"glance:images:{name}"
        if not image["absent"] and not image.get("source"):
            found.append(f"{key}:source is missing: say where the data comes from, or absent: true")
        if image.get("members") and image["visibility"] != "shared":
            found.append(f"{key}:members: only an image with visibility shared has members, not {image['visibility']}")
        twice = [each for each in _APART if each in image and each in image["properties"]]
        found += [f"{key}:properties:{each} is declared a second time beside properties: keep one" for each in twice]
        if "id" in image:
            ids.setdefault(image["id"], []).append(name)
    doubled = [(image_id, names) for image_id, names in ids.items() if len(names) > 1]
    return found + [f"glance:images: {' and '.join(names)} have the same id {image_id}" for image_id, names in doubled]


def _image(settings, name, image):
    profile = settings["identity"]["images_profile"]
    if image["absent"]:
        keys = {key: image[key] for key in ("id",) if key in image}
        return {"name": name, "function": "absent", "arguments": _arguments({"name": name, **keys, "profile": profile})}
    proxy = image.get("proxy") or settings.get("proxy")
    wanted = {"name": name, **{key: value for key, value in image.items() if key not in _OF_PILLAR}}
    if proxy and str(image.get("source")).startswith("http"):
        wanted["proxy"] = proxy
    wanted = {"retire": settings["catalogue"]["retire"], **wanted, "catalogue": settings["catalogue"]["name"]}
    return {"name": name, "function": "present", "arguments": _arguments({**wanted, "profile": profile})}


def _arguments(values):
    return [{key: value} for key, value in values.items()]
