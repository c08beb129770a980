"""
Prints the options of the Glance that is installed in this environment, for build.py:

    ENVIRONMENT/bin/python test/options/dump.py > glance-25.1.0.json

Runs under every Python that a Glance ran under, 2.7 included. Install the drivers too (``glance_store[cinder,s3,swift,
vmware]``), or their options are missing.
"""

from __future__ import print_function  # noqa: UP010 Python 2.7

import json
import re
import sys

import stevedore
from oslo_config import cfg, types
from pbr.version import VersionInfo

# what Glance loads; its libraries bring more, which it never asks
NAMESPACES = re.compile(
    r"^(glance|castellan\.config$|keystonemiddleware\.(audit|auth_token)$|os_brick|osprofiler"
    r"|oslo\.(concurrency|db|limit|log|messaging|middleware|policy|reports))"
)
NAMES = {
    types.Boolean: "boolean",
    types.Integer: "integer",
    types.Float: "float",
    types.List: "list",
    types.Dict: "dict",
    types.Port: "port",
}


def kind(option_type):
    """Return the name of a type; the most special one wins (a port is an integer too)."""
    for known in (types.Port, types.Boolean, types.Integer, types.Float, types.List, types.Dict):
        if isinstance(option_type, known):
            return NAMES[known]
    return "string"


def specification(option, section):
    """Return what build.py wants to know of an option of a section."""
    option_type = option.type
    spec = {"type": kind(option_type)}
    if spec["type"] == "list":
        if kind(option_type.item_type) != "string":
            spec["items"] = kind(option_type.item_type)
        spec["brackets"] = bool(option_type.bounds)
        option_type = option_type.item_type
    for limit in ("min", "max"):
        value = getattr(option_type, limit, None)
        if value is not None and kind(option_type) != "port":
            spec[limit] = value
    choices = getattr(option_type, "choices", None)
    if choices:
        spec["choices"] = [each for each in choices if each not in ("", None)]
    spec["multi"] = bool(option.multi)
    old = [(each.group or section, (each.name or option.name).replace("-", "_")) for each in option.deprecated_opts]
    spec["old"] = sorted("/".join(each) for each in old)
    return {key: value for key, value in spec.items() if value is not False and value != []}


def main():
    """Print all options."""
    found = {}
    manager = stevedore.ExtensionManager(
        "oslo.config.opts", invoke_on_load=True, on_load_failure_callback=lambda *args: print(args[1:], file=sys.stderr)
    )
    for extension in manager:
        if NAMESPACES.match(extension.name):
            for group, options in extension.obj:
                name = group.name if isinstance(group, cfg.OptGroup) else group or "DEFAULT"
                name = name if name == "DEFAULT" else name.lower()
                found.setdefault(name, {}).update((each.dest, specification(each, name)) for each in options)
    version = VersionInfo("glance").version_string()
    print(json.dumps({"glance": version, "options": found}, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
