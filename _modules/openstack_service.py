"""
A service and its configuration: the files with which it last answered are kept, and put back when others do not do.

.. versionadded:: 1.0.0

What is kept is in ``/var/lib/openstack_service/NAME``, which only root reads: ``kept.json``, one generation,
``answers.json``, how the service was asked when it answered with it, and under ``refused`` the files that were put
away. The minion option or pillar key ``openstack_service:directory`` names another place.
"""

import os

import openstack_kept
from openstack_errors import Invalid

__virtualname__ = "openstack_service"

DIRECTORY = "/var/lib/openstack_service"


def __virtual__():
    return __virtualname__


def kept(name):
    """
    Return what is kept of a service, ``{path: {"user", "group", "mode", "same"}}``: ``same`` says whether the file is
    now as it is kept. ``None`` stands for a file that was not there. ``None`` when nothing is kept.

    name
        The service.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.kept glance-api
    """
    found = openstack_kept.read(_folder(name))
    if found is None:
        return None
    differ = openstack_kept.differing(found, found)
    return {path: each and {**_owner(each), "same": path not in differ} for path, each in found.items()}


def keep(name, files, answers=None):
    """
    Keep files as they are, in place of what was kept of the service; what was refused before is removed.

    name
        The service.

    files
        Paths of its configuration files; one that is not there is kept as such.

    answers
        What asked the service that answers with them, see :py:func:`status`. Default ``None``: not known.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.keep glance-api '[/etc/glance/glance-api.conf]'
    """
    openstack_kept.keep(_folder(name), _absolute(files), answers)
    return True


def answered(name):
    """
    Return what asked the service when it last answered, ``{function: {argument: value}}``; ``None`` when that is not
    known.

    name
        The service.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.answered glance-api
    """
    return openstack_kept.answers(_folder(name))


def keep_more(name, files):
    """
    Keep those of the files, as they are, of which nothing is kept yet; what is kept stays.

    name, files
        As for :py:func:`keep`.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.keep_more glance-api '[/etc/glance/glance-api-paste.ini]'
    """
    openstack_kept.add(_folder(name), _absolute(files))
    return True


def differing(name, files):
    """
    Return those of the files that are not as they are kept; ``None`` when nothing is kept.

    name, files
        As for :py:func:`keep`.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.differing glance-api '[/etc/glance/glance-api.conf]'
    """
    found = openstack_kept.read(_folder(name))
    return None if found is None else openstack_kept.differing(found, _absolute(files))


def put_back(name):
    """
    Make the configuration of a service what it was when it last answered; the service is not restarted.

    name
        The service.

    Returns ``{path: where the file that was refused is}``, ``None`` for one that is missing now; empty when nothing
    differs. Raises OpenStackError when nothing is kept.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.put_back glance-api
    """
    return openstack_kept.put_back(_folder(name))


def directory(name):
    """
    Return the directory of what is kept of a service; it need not exist.

    name
        The service.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.directory glance-api
    """
    return _folder(name)


def _folder(name):
    if not name or "/" in name or name.startswith("."):
        raise Invalid(f"{name!r} is no name of a service")
    return os.path.join(__salt__["config.get"]("openstack_service:directory", DIRECTORY), name)


def _absolute(files):
    wrong = [path for path in files if not os.path.isabs(path)]
    if wrong:
        raise Invalid(f"files must be absolute paths: {', '.join(map(str, wrong))}")
    return list(dict.fromkeys(files))


def _owner(each):
    return {key: value for key, value in each.items() if key != "text"}
