"""
Releases of OpenStack: from a name to what ``glance/releases.yaml`` knows about it, and which options a release has.
"""

import difflib

from openstack_errors import Invalid


def resolve(name, data):
    """
    Return the release as a mapping: ``codename``, ``number``, ``glance`` (major version), ``server``,
    ``database_driver``.

    name
        Code name (``epoxy``) or number (``2025.1``); case does not matter.

    data
        Parsed ``releases.yaml``.

    Raises :py:exc:`Invalid` that lists the known releases.
    """
    wanted = str(name).strip().lower()
    for release in data["releases"]:
        if wanted in (release["codename"], release["number"]):
            return dict(release)
    known = [release["codename"] for release in data["releases"]]
    numbers = [release["number"] for release in data["releases"]]
    close = difflib.get_close_matches(wanted, known + numbers, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    listed = ", ".join(f"{codename} ({number})" for codename, number in zip(known, numbers, strict=True))
    raise Invalid(f"glance:release {wanted} is not known: {hint}Known are {listed}")


def has(data, major, section, option):
    """
    Tell whether a release has an option; one that ``releases.yaml`` does not name is taken to be there.

    data
        Parsed ``releases.yaml``.

    major
        Major version of Glance.

    section, option
        Names as in the file.
    """
    entry = data["options"].get(f"{section}/{option}", {})
    return entry.get("since", 0) <= major < entry.get("removed", major + 1)


def place(data, major, section, option):
    """
    Return ``(section, option)``: where a release has an option that a newer one may have renamed; ``None`` when it has
    it nowhere.

    data, major, section, option
        As for :py:func:`has`.
    """
    if has(data, major, section, option):
        return section, option
    entry = data["options"][f"{section}/{option}"]
    if "before" in entry and major < entry.get("since", 0):
        return place(data, major, *entry["before"].split("/"))
    return None


def problems(data, release, config, key="glance:api:config"):
    """
    Return one line for each option in ``config`` that the release does not have.

    data
        Parsed ``releases.yaml``.

    release
        As returned by :py:func:`resolve`.

    config
        ``{section: {option: value}}``.

    key
        Pillar key of ``config``, for the message.
    """
    return [
        _problem(data, release, key, section, option)
        for section, options in config.items()
        for option, value in (options or {}).items()
        if value is not None and not has(data, release["glance"], section, option)
    ]


def _problem(data, release, key, section, option):
    entry = data["options"][f"{section}/{option}"]
    number = entry["removed"] if entry.get("removed", release["glance"] + 1) <= release["glance"] else entry["since"]
    change = "was removed in" if number == entry.get("removed") else "came with"
    where = next((each["codename"] for each in data["releases"] if each["glance"] == number), number)
    before = "[{}] {}".format(*entry["before"].split("/")) if "before" in entry else None
    use = before if number == entry.get("since") else entry.get("use")
    use = f": use {use}" if use else ": take it out"
    pillar = f", pillar key {entry['pillar']}" if entry.get("pillar") else ""
    return (
        f"{key}:{section}:{option}: {release['codename']} does not have [{section}] {option}, which {change} {where}"
        f"{use}{pillar} ({entry['source']})"
    )
