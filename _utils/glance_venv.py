"""
Glance out of a virtual environment in place of packages: what it consists of, and where things are then.

Who asks where a program is, asks :py:func:`programs`; nothing else knows.
"""

import glance_connections
import glance_front
import openstack_ini

MARK = "Managed by Salt (glance.api.venv)"
# types of store whose libraries are no part of PyPI, or need programs and rights of the system
REFUSED = {
    "rbd": "Ceph's libraries rados and rbd are not on PyPI",
    "cinder": "os-brick needs programs and rights of the system, which its packages bring",
}
_LOCKS = "/var/lock/"
# what uWSGI needs to serve Glance; workers, threads and the operator's own options come on top. Connections are closed,
# since it leaves a request that it did not read to the next one. When it is stopped, requests have 20 seconds to end,
# and Python's own end, which may wait for threads of libraries for good, is left out.
_UWSGI = {
    "module": "glance.wsgi.api:application",
    "master": True,
    "hook-master-start": "unix_signal:15 gracefully_kill_them_all",
    "worker-reload-mercy": 20,
    "skip-atexit-teardown": True,
    "lazy-apps": True,
    "enable-threads": True,
    "need-app": True,
    "thunder-lock": True,
    "threads": 4,
    "buffer-size": 65535,
    "add-header": "Connection: close",
}


def is_wanted(settings):
    """Tell whether Glance comes from a virtual environment; ``settings`` is the pillar, completed or not."""
    return settings.get("install") == "venv"


def programs(settings, system):
    """
    Return the directory of Glance's programs.

    settings
        The pillar, completed by ``glance_schema.complete``.

    system
        Parsed ``os/<os_family>.yaml``.
    """
    return f"{settings['venv']['directory']}/bin" if is_wanted(settings) else system["paths"]["programs"]


def problems(settings, known):
    """
    Return one line for each reason why there can be no virtual environment, ``[]`` when there is none.

    settings
        The pillar, completed by ``glance_schema.complete``.

    known
        The options of the release, ``glance_options.Known``; ``None`` when no release is known.
    """
    if not is_wanted(settings) or known is None:
        return []
    release, found = known.release, []
    if not release["venv"]:
        found.append(
            f"glance:install: venv is not there for {release['codename']}, which has no"
            f" glance/constraints/{release['codename']}.txt: set glance:release: hibiscus, or install: packages"
        )
    for name, backend in settings["stores"]["backends"].items():
        why = REFUSED.get(backend["type"])
        if why:
            key = f"glance:stores:backends:{name}:type"
            found.append(f"{key}: {backend['type']} needs install: packages, since {why}")
    return found


def of(settings, pillar, release, system):
    """
    Return what ``openstack_venv.present`` and the states around it get; ``None`` with packages.

    settings, system
        As for :py:func:`programs`.

    pillar
        What pillar has under ``glance:``.

    release
        As returned by ``glance_releases.resolve``; ``None`` when no release is known.
    """
    if not is_wanted(settings) or release is None:
        return None
    values = settings["venv"]
    return {
        **{key: values[key] for key in ("directory", "python", "extra", "timeout")},
        "proxy": values.get("proxy"),
        "index_pillar": values["index_url_pillar"] if pillar.get("venv", {}).get("index_url") else None,
        "requirements": f"salt://glance/constraints/{release['codename']}.txt",
        "pythons": release["venv"],
        "packages": system["venv"]["packages"],
        "replaces": system["venv"]["replaces"],
        "etc": f"{values['directory']}/etc/glance",
        # pillar's own, which are written there by glance.api.config
        "own_metadefs": [f"{name}.json" for name in settings["metadefs"]["own"]],
        "home": system["paths"]["state"],
        "directories": _directories(system),
        "context": _context(settings, system),
    }


def files(system):
    """
    Return the files that stand in for those of the packages, ``[{id, name, template, service}]``: the unit, where it
    wins over another one, with the service that it is of, and the rotation of the logs. :py:data:`MARK` is in each.
    """
    service = system["services"]["api"][0]
    return [
        {
            "id": "unit",
            "name": f"/etc/systemd/system/{service}.service",
            "template": "venv.service.jinja",
            "service": service,
        },
        {"id": "logrotate", "name": f"/etc/logrotate.d/{service}", "template": "logrotate.jinja", "service": None},
    ]


def uwsgi(settings, options):
    """
    Return the whole of uWSGI's ini file, ``{section: {option: value}}``.

    settings
        As for :py:func:`programs`.

    options
        From ``glance_config.uwsgi``; they win.
    """
    address, port = glance_front.listens(settings)
    socket = {"http-socket": f"{glance_connections.host(address)}:{port}"}
    base = {key: openstack_ini.text(value) for key, value in {**_UWSGI, **socket}.items()}
    return {"uwsgi": {**base, **options["uwsgi"]}}


def _directories(system):
    """Those that a package would bring, beside those that the API has anyway."""
    paths, user, group = system["paths"], system["user"], system["group"]
    found = [
        {"name": paths["config"], "user": user, "group": group, "mode": "0750"},
        {"name": f"{paths['config']}/metadefs", "user": user, "group": group, "mode": "0750"},
        {"name": paths["state"], "user": user, "group": group, "mode": "0750"},
        {"name": paths["logs"], "user": user, "group": system["log_group"], "mode": "0750"},
    ]
    if not paths["locks"].startswith(_LOCKS):
        found.append({"name": paths["locks"], "user": user, "group": group, "mode": "0750"})
    return found


def _context(settings, system):
    """What the templates of :py:func:`files` put in."""
    locks = system["paths"]["locks"]
    return {
        "mark": MARK,
        "user": system["user"],
        "group": system["group"],
        "command": f"{programs(settings, system)}/uwsgi --ini {system['paths']['uwsgi']}",
        "ca_bundle": system["ca_bundle"],
        "logs": system["paths"]["logs"],
        # a directory below /var/lock is gone after each boot
        "runtime": f"lock/{locks.removeprefix(_LOCKS)}" if locks.startswith(_LOCKS) else None,
    }
