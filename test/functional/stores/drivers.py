"""Run by the Python of a release: loads the drivers of a configuration, and tells how each is set."""

import json
import sys

from glance.common import config, wsgi  # noqa: F401  enabled_backends is registered by the second in some releases
from glance_store import multi_backend
from oslo_config import cfg


def main(path, names):
    """Print ``{store: {"type": …, "class": …, "options": {option: value}}}`` for some stores of a file."""
    config.parse_args(["--config-file", path])
    conf, found = cfg.CONF, {}
    multi_backend.register_store_opts(conf)
    for kind, store, name in multi_backend._load_multi_stores(conf):
        if name in names:
            options = {each.name: getattr(conf[name], each.name) for each in type(store).OPTIONS or []}
            found[name] = {"type": kind, "class": type(store).__module__, "options": options}
    print(json.dumps(found, default=str))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
