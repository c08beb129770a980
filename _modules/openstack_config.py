"""
Files of oslo.config (``glance-api.conf`` and its like), option by option.

.. versionadded:: 1.0.0

Options are ``{section: {option: value}}``; a list stands for an option on several lines. A value may hold references to
pillar keys, ``mysql+pymysql://glance:{pillar:glance:database:password|url}@db/glance``, which are resolved only while
a file is compared or written. What comes back shows a secret as "as in pillar" or "not as in pillar".
"""

import re

import openstack_files
import openstack_ini
import openstack_validator
import salt.utils.files
from openstack_errors import Invalid, OpenStackError
from openstack_secrets import DIFFERS, SAME, has_reference, resolve

__virtualname__ = "openstack_config"

_CREDENTIALS_IN_URL = re.compile(r"://[^/@\s]*:[^/@\s]*@")


def __virtual__():
    return __virtualname__


def read(path):
    """
    Return the options of a file, secrets masked; ``None`` when there is no such file.

    path
        Path of the file.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_config.read /etc/glance/glance-api.conf
    """
    found = _parsed(path)
    if found is None:
        return None
    return {
        section: {option: _shown(option, values, values) for option, values in options.items()}
        for section, options in found.items()
    }


def compare(path, options, purge=True, user="root", group="root", mode="0640", base=None):
    """
    Return ``{"current": …, "wanted": …}``, two flat mappings of ``section/option``, ``user``, ``group`` and ``mode`` to
    values. ``current`` is ``None`` when there is no such file.

    path
        Path of the file.

    options
        What the file must have.

    purge
        Whether every other option of the file is unwanted; it is ``None`` in ``wanted`` then. Default ``True``.

    user, group, mode
        Owner and permissions that the file must have. Default root, root, 0640.

    base
        Path of a file that this one is a copy of, but for the options. Default ``None``.

    Raises Invalid when a reference names a pillar key that is missing.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_config.compare /etc/glance/glance-api.conf '{DEFAULT: {debug: true}}' purge=False
    """
    options, purge = _on(base, options), purge or base is not None
    resolved, found = _resolved(options), _parsed(path)
    owner = {"user": user, "group": group, "mode": salt.utils.files.normalize_mode(mode)}
    wanted = {
        f"{section}/{option}": _shown(option, values, values, options[section][option])
        for section, each in resolved.items()
        for option, values in each.items()
    }
    current = {}
    for section, each in (found or {}).items():
        for option, values in each.items():
            target = resolved.get(section, {}).get(option)
            given = options[section][option] if target is not None else None
            current[f"{section}/{option}"] = _shown(option, values, target, given)
            if target is None and (purge or option in options.get(section, {})):
                wanted[f"{section}/{option}"] = None
    return {
        "current": None if found is None else {**current, **openstack_files.owner(path)},
        "wanted": {**wanted, **owner},
    }


def write(path, options, purge=True, user="root", group="root", mode="0640", makedirs=False, validate=None, base=None):
    """
    Write options into a file: a new file replaces the old one at once, owner and permissions are set before content.

    path
        Path of the file.

    options
        What the file must have; ``None`` as a value takes an option out.

    purge
        Whether every other option, and every comment, goes. Default ``True``.

    user, group, mode
        Owner and permissions of the file. Default root, root, 0640.

    makedirs
        Whether to make the directory when there is none. Default ``False``.

    validate
        ``{namespaces: […], accepted: […], programs: directory}``: ask ``oslo-config-validator``, where there is one,
        whether it knows every option, before the new file replaces the old one; see ``_utils/openstack_validator.py``.
        Default ``None``.

    base
        Path of a file that this one is a copy of, but for the options. Default ``None``.

    Raises OpenStackError when the directory, the user or the group is missing, and when the validator does not know an
    option; then the old file is as it was.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_config.write /etc/glance/glance-api.conf '{DEFAULT: {debug: true}}' purge=False
    """
    removed = {
        section: {option: None for option, value in each.items() if value is None} for section, each in options.items()
    }
    resolved = _resolved(options)
    if base:
        content = openstack_ini.update(_base(base), resolved)
    elif purge:
        content = openstack_ini.render(resolved)
    else:
        changes = {section: {**removed[section], **resolved.get(section, {})} for section in options}
        content = openstack_ini.update(openstack_files.read(path) or "", changes)

    def check(temporary):
        names, accepted, run = validate["namespaces"], validate["accepted"], __salt__["cmd.run_all"]
        openstack_validator.check(temporary, names, accepted, run, validate.get("programs"))

    openstack_files.write(path, content, user, group, mode, makedirs, check if validate else None)
    return True


def remove(path, options):
    """
    Take options out of a file; everything else in it stays, owner and permissions as well.

    path
        Path of the file; when there is none, nothing is done.

    options
        ``{section: [option, …]}``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_config.remove /etc/glance/glance-api.conf '{DEFAULT: [rpc_backend]}'
    """
    content = openstack_files.read(path)
    if content is None:
        return False
    text = openstack_ini.update(content, {section: dict.fromkeys(names) for section, names in options.items()})
    openstack_files.write(path, text, **openstack_files.owner(path))
    return True


def _on(base, options):
    """Options on top of those of a base; under ``test=True`` the base may be part of the plan."""
    if base is None or (__opts__["test"] and openstack_files.read(base) is None):
        return options
    found = openstack_ini.parse(_base(base))
    return {
        section: {**found.get(section, {}), **options.get(section, {})} for section in dict.fromkeys([*found, *options])
    }


def _base(base):
    content = openstack_files.read(base)
    if content is None:
        raise OpenStackError(f"there is no {base}, which the file is to be a copy of: it has to be installed first")
    return content


def _resolved(options):
    """Options as lists of strings, references replaced; those that are ``None`` left out."""
    if not isinstance(options, dict) or not all(isinstance(each, dict) for each in options.values()):
        raise Invalid("options must be {section: {option: value}}")
    return {
        section: {
            option: _checked(section, option, openstack_ini.values(resolve(value, __pillar__)))
            for option, value in each.items()
            if value is not None
        }
        for section, each in options.items()
    }


def _checked(section, option, values):
    """Refuse what a file cannot hold: it would be read back as something else."""
    for value in values:
        if not openstack_ini.fits(value):
            raise Invalid(f"[{section}] {option} has a blank line or a control character, which no file can hold")
    return values


def _shown(option, values, target, given=None):
    """
    Values as they may be seen: one as itself, several as a list, a secret as whether it is the wanted one. ``target``
    is ``None`` where none is wanted.
    """
    shown = values[0] if len(values) == 1 else values
    secret = openstack_ini.is_secret(option) or has_reference(given)
    if secret or any(_CREDENTIALS_IN_URL.search(value) for value in [*values, *(target or [])]):
        return SAME if values == target else DIFFERS
    return shown


def _parsed(path):
    content = openstack_files.read(path)
    return None if content is None else openstack_ini.parse(content)
