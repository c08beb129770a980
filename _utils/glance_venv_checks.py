"""
What is asked of a host whose Glance comes from a virtual environment, in place of questions about packages.
"""

_DEPLOYING = "glance.api installs it"


def preflight(rows, settings, ask, strict):
    """
    Say whether the environment can be made: its Python, the modules for that, and the index that has Glance.

    rows
        ``glance_report.Rows``.

    settings
        From ``glance_settings.get``.

    ask
        ``__salt__``.

    strict
        Whether what a deployment installs must be there already.
    """
    venv, release = settings["api"]["venv"], settings["release"]
    check, version = "Python of Glance", ask["openstack_venv.interpreter"](venv["python"])
    if version is None:
        rows.failed(check, f"no {venv['python']}: install it, or set glance:venv:python")
        return
    first, last = venv["pythons"]
    if not _number(first) <= _number(version) <= _number(last):
        text = f"{venv['python']} is {version}, {release['codename']} is for {first} to {last}: set glance:venv:python"
        rows.failed(check, text)
        return
    rows.ok(check, f"{venv['python']} is {version}")
    if ask["openstack_venv.makes"](venv["python"]):
        rows.ok("virtual environments", "the modules venv and ensurepip are there")
    else:
        missing = f"{venv['python']} lacks venv or ensurepip: {', '.join(venv['packages'])}, {_DEPLOYING}"
        (rows.failed if strict else rows.not_checked)("virtual environments", missing)
    _index(rows, venv, version, ask)


def status(rows, settings, ask):
    """
    Say what of Glance is installed; arguments as for :py:func:`preflight`.
    """
    venv, release = settings["api"]["venv"], settings["release"]
    check = f"environment {venv['directory']}"
    with rows.checking(check):
        wanted = ask["openstack_venv.wanted"](venv["requirements"], venv["extra"])
        found = (ask["openstack_venv.status"](venv["directory"]) or {}).get("distributions", {})
        differing = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        if "glance" not in found:
            rows.failed(check, "no Glance in it: state.apply glance.api installs it")
        elif differing:
            names = ", ".join(differing[:5]) + (f" and {len(differing) - 5} more" if len(differing) > 5 else "")
            rows.failed(
                check, f"Glance {found['glance']}, other versions than pillar's of {names}: state.apply glance.api"
            )
        else:
            rows.ok(check, f"Glance {found['glance']} of {release['codename']}, {len(found)} distributions as listed")


def _index(rows, venv, version, ask):
    check = "package index"
    with rows.checking(check):
        wanted = ask["openstack_venv.wanted"](venv["requirements"], venv["extra"])
        pin = f"glance=={wanted['glance']}"
        ask["openstack_venv.fetches"](pin, version, index_pillar=venv["index_pillar"], proxy=venv["proxy"])
        rows.ok(check, f"has {pin} for Python {version}")


def _number(version):
    return tuple(int(part) for part in version.split("."))
