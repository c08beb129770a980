"""
Files of oslo.config (``glance-api.conf`` and its like), option by option.

.. versionadded:: 1.0.0

.. code-block:: yaml

    /etc/glance/glance-api.conf:
      openstack_config.present:
        - options:
            DEFAULT:
              debug: true
            database:
              connection: mysql+pymysql://glance:{pillar:glance:database:password|url}@db-node/glance
            oslo_messaging_notifications:
              driver: [messagingv2, log]      # two lines in the file
        - group: glance

A reference to a pillar key is resolved only while the file is compared or written; changes show of a secret no more
than that it is, or is not, as in pillar.
"""

import openstack_states

__virtualname__ = "openstack_config"


def __virtual__():
    if "openstack_config.write" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_config is missing: run saltutil.sync_modules"


def present(
    name, options, purge=True, user="root", group="root", mode="0640", makedirs=False, validate=None, base=None
):
    """
    Make a file have these options.

    name
        Path of the file.

    options
        ``{section: {option: value}}``; a list stands for an option on several lines.

    purge
        Whether every other option of the file is removed. With ``False``, other options and all comments stay.
        Default ``True``.

    user, group, mode
        Owner and permissions of the file. Default root, root, 0640.

    makedirs
        Whether to make the directory when there is none. Default ``False``.

    validate
        ``{namespaces: […], accepted: […]}``: have ``oslo-config-validator`` look at the new file before it replaces the
        old one, where a host has it; ``programs`` beside them names the directory of the command. Default ``None``.

    base
        Path of a file that this one is a copy of, but for the options; under ``test=True`` it may be missing. Default
        ``None``.
    """
    arguments = {"options": options, "purge": purge, "user": user, "group": group, "mode": mode, "base": base}
    seen = {}

    def wanted():
        seen.update(__salt__["openstack_config.compare"](name, **arguments)["wanted"])
        return seen

    def read():
        current = __salt__["openstack_config.compare"](name, **arguments)["current"]
        return None if current is None else {**dict.fromkeys(seen), **current}

    def write(current, changes):
        __salt__["openstack_config.write"](name, makedirs=makedirs, validate=validate, **arguments)

    return openstack_states.converge(name, f"File {name}", wanted, read, write, __opts__["test"])


def absent(name, options):
    """
    Make a file not have these options; everything else in it stays.

    name
        Path of the file; it need not exist.

    options
        ``{section: [option, …]}``.
    """
    wanted = {f"{section}/{option}": None for section, names in options.items() for option in names}

    def read():
        found = __salt__["openstack_config.read"](name) or {}
        flat = {f"{section}/{option}": value for section, each in found.items() for option, value in each.items()}
        return {**wanted, **{key: value for key, value in flat.items() if key in wanted}}

    def write(current, changes):
        __salt__["openstack_config.remove"](name, options)

    return openstack_states.converge(name, f"File {name}", wanted, read, write, __opts__["test"])
