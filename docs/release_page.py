"""The page of the releases, from ``glance/releases.yaml`` and ``glance/options.json``."""

HEAD = """\
.. Made from glance/releases.yaml and glance/options.json by docs/build.py: change them there.

Releases
========

``glance:release`` takes a code name or a number. A pillar for one release works for another: keys say what is wanted,
and what reaches the disk is what that release reads, by the names that it has. A key that a release has no option for
is left out of its files (``glance_settings.without_effect`` lists them), or refused where a site would be less safe
than its pillar says, as with TLS and quorum queues.

"""
AFTER = """
Server
    What runs the API where nothing else is said: eventlet, Glance's own, or uWSGI. Debian 10 and 11 have packages that
    run it under uWSGI.
Login
    How the API is told to log in at Keystone. ``auth_host`` and ``identity_uri`` need Identity v2.0.
Broker
    Where the options of the message broker stand.
v1
    Version 1 of the API: served by default, served when ``glance:api:v1`` says so, or not there.
Stores
    ``classes`` and ``legacy`` have one store of each type, ``multi`` any number, by name.
Options
    Where the list of options comes from that pillar is checked against: an *installed* Glance with its drivers, or the
    sample files of its source, which lack options of some middleware.
Run
    What the tests run it from: packages of a Debian suite, in the lab, or PyPI. The others are rendered and checked
    only. docs/tests.rst has the results. What an operator can have from PyPI is in docs/venv.rst.

Options
-------

``glance:api:config`` reaches each option of glance-api.conf, ``glance:api:files`` those of other files in /etc/glance,
``glance:registry:config`` those of glance-registry.conf. Before anything is written,

- an option that the release does not have is refused: with the name that the release has for it, with what took its
  place and since when, or with the nearest name;
- a value of the wrong type, out of range or not among the choices is refused;
- on the host, ``oslo-config-validator`` of the installed release looks at the new file before it takes the place of the
  old one (since Train, where it is installed).

An option of a plugin that no list has is named in ``glance:api:unchecked`` as well.

The lists are in glance/options.json. For a new release, or one whose list is that of a sample:

.. code-block:: console

    $ git clone https://opendev.org/openstack/glance
    $ python3 -m venv 30
    $ 30/bin/pip install glance==30.2.0 'glance_store[cinder,s3,swift,vmware]' oslo.limit oslo.reports osprofiler
    $ 30/bin/python test/options/dump.py > 30.json     # likewise for each other release that is installed
    $ python3 test/options/build.py --glance glance --installed *.json

Use the release's own ``upper-constraints.txt`` with pip, or the list is that of newer libraries.
"""
TITLES = (
    "Release",
    "",
    "Glance",
    "Server",
    "Database driver",
    "Login",
    "Broker",
    "Registry",
    "v1",
    "Stores",
    "Options",
    "Run",
)
V1 = {True: "on", False: "off", None: "-"}


def page(releases, sources, run):
    """
    Return the text of the page.

    releases
        Parsed ``releases.yaml``.

    sources
        ``sources`` of ``options.json``.

    run
        ``{codename: [what the tests run it from]}``.
    """
    rows, known = [TITLES], {}
    for change in releases["releases"]:
        known = {**known, **change}
        rows.append(row(known, sources[str(known["glance"])], run.get(known["codename"])))
    widths = [max(len(each[column]) for each in rows) for column in range(len(TITLES))]
    line = " ".join("=" * max(width, 1) for width in widths)
    lines = [" ".join(cell.ljust(width) for cell, width in zip(each, widths, strict=True)).rstrip() for each in rows]
    return HEAD + "\n".join([line, lines[0], line, *lines[1:], line]) + "\n" + AFTER


def row(release, source, run):
    """Return the cells of one release."""
    return (
        release["codename"],
        release["number"],
        str(release["glance"]),
        release["server"],
        release["database_driver"],
        release["authtoken"],
        release["messaging"],
        "yes" if release["registry"] else "-",
        V1[release["v1"]],
        release["stores"],
        source,
        ", ".join(run or ["-"]),
    )
