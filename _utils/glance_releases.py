"""
Releases of OpenStack: from a name to what ``glance/releases.yaml`` knows about it.
"""

import difflib

from openstack_errors import Invalid


def all_of(data):
    """
    Return every release, oldest first, each with everything that it has from those before it.

    data
        Parsed ``releases.yaml``.
    """
    found, known = [], {}
    for change in data["releases"]:
        known = {**known, **change}
        found.append(known)
    return found


def resolve(name, data):
    """
    Return the release as a mapping: ``codename``, ``number``, ``glance`` (major version) and what ``releases.yaml``
    says at its top.

    name
        Code name (``epoxy``) or number (``2025.1``); case does not matter.

    data
        Parsed ``releases.yaml``.

    Raises :py:exc:`Invalid` that lists the known releases.
    """
    wanted, releases = str(name).strip().lower(), all_of(data)
    for release in releases:
        if wanted in (release["codename"], release["number"]):
            return dict(release)
    known = [release["codename"] for release in releases]
    numbers = [release["number"] for release in releases]
    close = difflib.get_close_matches(wanted, known + numbers, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    listed = ", ".join(f"{codename} ({number})" for codename, number in zip(known, numbers))
    raise Invalid(f"glance:release {wanted} is not known: {hint}Known are {listed}")


def codename(major, data):
    """
    Return the code name of a major version of Glance, as a number where there is none.

    major
        Major version.

    data
        Parsed ``releases.yaml``.
    """
    return next((each["codename"] for each in data["releases"] if each["glance"] == major), str(major))
