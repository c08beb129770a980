"""
The images of several sites side by side: pure, what comes in is what the sites offer.
"""

import glance_report
import openstack_image_offer as offer

PRESENT = "present"
MISSING = "missing"
UNKNOWN = "not asked"


def matrix(offers):
    """
    Return a row for each image that a site offers.

    A row is ``{"image": name, "id": …, "sites": {site: cell}, "differences": {site: {attribute: {"old", "new"}}}}``. A
    cell is ``present``, ``missing``, ``differs: attribute, …`` or ``not asked``. What an image should be is what the
    first site has that offers it.

    offers
        ``{site: [images]}`` in the order that counts, each image from ``openstack_image_offer.described``; ``None``
        for a site that could not be asked.
    """
    rows = [_row(group, offers) for group in _groups(offers)]
    return sorted(rows, key=lambda row: (row["image"], row["id"]))


def alike(row):
    """Return whether all sites that were asked have the image, and the same one."""
    return all(cell in (PRESENT, UNKNOWN) for cell in row["sites"].values())


def shown(row):
    """Return a row of :py:func:`matrix` with ``result`` and ``detail``, as a report has it."""
    return {**row, "result": glance_report.OK if alike(row) else glance_report.FAILED, "detail": detail(row)}


def unanswered(site, sites, problem):
    """
    Return the row of a site that could not be asked.

    sites
        All sites of the matrix.

    problem
        Why it does not answer.
    """
    cells = dict.fromkeys(sites, "") | {name: UNKNOWN for name in sites if name == site}
    failed = {"result": glance_report.FAILED, "detail": f"{site}: {problem}"}
    return {"image": "-", "id": None, "sites": cells, "differences": {}, **failed}


def detail(row):
    """Return what differs in words, a line each: ``geneva: visibility is private, not public``."""
    return "\n".join(
        f"{site}: {label} is {old}, not {new}"
        for site, changes in row["differences"].items()
        for label, old, new in parts(changes)
    )


def parts(changes):
    """
    Return ``[(attribute, old, new)]``, all of it text short enough for a line; each property is one of its own.

    changes
        ``{attribute: {"old", "new"}}``.
    """
    found = []
    for key, change in changes.items():
        old, new = change["old"], change["new"]
        if key == "properties":
            names = sorted(name for name in {*(old or {}), *new} if (old or {}).get(name) != new.get(name))
            found += [(f"property {name}", _text((old or {}).get(name)), _text(new.get(name))) for name in names]
        else:
            found.append((key, _text(old), _text(new)))
    return found


def _text(value):
    if isinstance(value, dict):
        value = [f"{key} {each}" for key, each in value.items()]
    if isinstance(value, list):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    text = "unset" if value in (None, "") else str(value)
    return text if len(text) <= 40 else f"{text[:24]}…"


def _groups(offers):
    """``{site: image}`` of what is one image: the same id, else the same name."""
    groups = []
    for site, images in offers.items():
        by_id = {image["id"]: group for group in groups for image in group.values()}
        rest = [image for image in images or () if not _joined(by_id.get(image["id"]), site, image)]
        by_name = {_name(group): group for group in groups if site not in group}
        for image in rest:
            if not _joined(by_name.get(image["name"]), site, image):
                groups.append({site: image})
    return groups


def _joined(group, site, image):
    if group is None or site in group:
        return False
    group[site] = image
    return True


def _row(group, offers):
    wanted = next(iter(group.values()))
    found = {site: offer.differences(wanted, image) for site, image in group.items()}
    cells = {site: _cell(site, group, found, images) for site, images in offers.items()}
    return {
        "image": wanted["name"],
        "id": wanted["id"],
        "sites": cells,
        "differences": {site: changes for site, changes in found.items() if changes},
    }


def _cell(site, group, found, images):
    if images is None:
        return UNKNOWN
    if site not in group:
        return MISSING
    return f"differs: {', '.join(found[site])}" if found[site] else PRESENT


def _name(group):
    return next(iter(group.values()))["name"]
