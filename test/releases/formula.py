"""This formula's own code as a minion of a release would run it: an SLS applied, the files of Glance written."""

import json
from pathlib import Path

import salt.config
import salt.loader
from lab.settings import REPO


def write_config(role: str, pillar: dict, directory: Path, cache: Path, owner: tuple[str, str]) -> list[Path]:
    """
    Write the files of a role as the formula does on Debian, but into another directory; return their paths.

    role
        ``api`` or ``registry``.

    pillar
        The minion's pillar: ``{"glance": …}``.

    directory
        In place of ``/etc/glance``.

    cache
        Directory for Salt's own files.

    owner
        User and group of the files, since there may be no user ``glance`` here.
    """
    modules = _modules(pillar, cache)
    written = []
    for each in modules["glance_settings.get"](role=role)[role]["files"]:
        path = directory / Path(each["name"]).name
        modules["openstack_config.write"](
            str(path), each["options"], user=owner[0], group=owner[1], mode="0600", makedirs=True
        )
        written.append(path)
    return written


def apply(sls: str, pillar: dict, cache: Path, test: bool = False) -> dict[str, dict]:
    """
    Apply an SLS and return what each of its states returned, by id.

    sls
        Name: ``glance.identity``.

    pillar
        The minion's pillar.

    cache
        Directory for Salt's own files.

    test
        Only say what would change. Default ``False``.
    """
    done = _modules(pillar, cache)["state.sls"](sls, test=test)
    if not isinstance(done, dict):
        raise AssertionError(f"{sls} does not render: {done}")
    return {each["__id__"]: each for each in done.values()}


def _modules(pillar, cache):
    roots = cache / "pillar"
    roots.mkdir(parents=True, exist_ok=True)
    (roots / "top.sls").write_text("base: {'*': [data]}")
    data = roots / "data.sls"
    data.touch(mode=0o600)
    data.write_text("#!json\n" + json.dumps(pillar))
    opts = salt.config.DEFAULT_MINION_OPTS.copy()
    opts |= {
        "id": "release",
        "root_dir": str(cache),
        "cachedir": str(cache / "cache"),
        "sock_dir": str(cache / "sock"),
        "extension_modules": str(cache / "extmods"),
        "file_client": "local",
        "file_roots": {"base": [str(REPO)]},
        "pillar_roots": {"base": [str(roots)]},
        "module_dirs": [str(REPO)],
        # the names and paths are Debian's whatever this machine is
        "grains": {"id": "release", "os_family": "Debian", "os": "Debian", "oscodename": "none"},
        "pillar": pillar,
    }
    return salt.loader.minion_mods(opts, utils=salt.loader.utils(opts))
