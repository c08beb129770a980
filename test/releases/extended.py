"""A Glance with everything that tests of images ask of one: two stores, each way of import, and a cache."""

from pathlib import Path

METHODS = ("glance-direct", "web-download", "copy-image")
STORES = ("local", "second")


def extended(given: dict, directory: Path) -> None:
    """
    Change the pillar of a lane that has stores of these, Zed and later, before Glance is configured.

    given
        The pillar, from ``releases.glance.pillar``.

    directory
        Of Glance's files.
    """
    settings, address = given["glance"], given["glance"]["api"]["bind_host"]
    for name in ("second", "cache"):
        (directory / name).mkdir(parents=True)
    settings["stores"]["backends"]["second"] = {"type": "file", "datadir": str(directory / "second")}
    settings["stores"]["default"] = STORES[0]
    settings["stores"]["reserved"] = {name: str(directory / name) for name in ("staging", "tasks")}
    settings["import"] = {"methods": list(METHODS)}
    settings["cache"] = {"enabled": True, "dir": str(directory / "cache")}
    # what a test serves is on any port of this host, which Glance lets nobody read otherwise
    filters = {"allowed_ports": [], "disallowed_ports": [], "allowed_hosts": ["127.0.0.1"]}
    options = settings["api"]["config"]
    options["DEFAULT"]["worker_self_reference_url"] = f"http://{address}:{settings['api']['bind_port']}"
    options["import_filtering_opts"] = filters
