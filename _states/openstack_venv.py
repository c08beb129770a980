"""
Virtual environments of Python that hold exactly what a list of requirements names.

.. versionadded:: 1.0.0

.. code-block:: yaml

    /opt/glance:
      openstack_venv.present:
        - requirements: salt://glance/constraints/hibiscus.txt
        - index_pillar: glance:venv:index_url

What differs, be it one version or a distribution too many, is put right by a new environment beside the old one, which
takes its place when it is whole. Changes show each distribution with its version before and after.
"""

import openstack_states
from openstack_errors import OpenStackError

__virtualname__ = "openstack_venv"

SAME, OTHER = "as the environment brings it", "another content"


def __virtual__():
    if "openstack_venv.make" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_venv is missing: run saltutil.sync_modules"


def present(name, requirements, extra=(), python="/usr/bin/python3", index_pillar=None, proxy=None, timeout=1800):
    """
    Make an environment that holds these distributions, and no others but pip.

    name
        The environment, an absolute path; it becomes a link.

    requirements
        Path or ``salt://…`` of a file with all that is needed: lines of ``NAME==VERSION``.

    extra
        More of such lines, which win over those of the file. Default none.

    python
        Path of the interpreter; when its version (3.13) changes, the environment is made anew. Default
        /usr/bin/python3.

    index_pillar
        Name of the pillar key with the URL of an index in place of PyPI. Default ``None``: what the host's pip.conf
        says.

    proxy
        HTTP proxy. Default ``None``: what the minion's environment and pip.conf say.

    timeout
        Seconds for the installation. Default 1800.
    """
    arguments, seen = {"extra": extra, "python": python}, {}

    def wanted():
        target = __salt__["openstack_venv.wanted"](requirements, extra)
        there = (__salt__["openstack_venv.status"](name) or {}).get("distributions", {})
        # under test=True the interpreter may be part of the plan
        version = __salt__["openstack_venv.interpreter"](python) or python
        seen.update({**dict.fromkeys(there), **target, "python": version})
        return seen

    def read():
        found = __salt__["openstack_venv.status"](name)
        return found and {**dict.fromkeys(seen), **found["distributions"], "python": found["python"]}

    def write(current, changes):
        source = {"index_pillar": index_pillar, "proxy": proxy, "timeout": timeout}
        __salt__["openstack_venv.make"](name, requirements, **arguments, **source)

    return openstack_states.converge(name, f"Environment {name}", wanted, read, write, __opts__["test"])


def absent(name):
    """
    Remove an environment that :py:func:`present` made; what is something else stays as it is.

    name
        The environment.
    """

    def read():
        found = __salt__["openstack_venv.status"](name)
        return found and {"python": found["python"], **found["distributions"]}

    def write(current, changes):
        __salt__["openstack_venv.remove"](name)

    return openstack_states.converge(name, f"Environment {name}", None, read, write, __opts__["test"])


def files(name, source, omit=(), user="root", group="root", mode="0640"):
    """
    Files that an environment brings are the same at another place; others there stay.

    name
        The directory where they should be.

    source
        The directory of the environment.

    omit
        Names that are left alone. Default none.

    user, group, mode
        Owner and permissions of files that are written. Default root, root, 0640.

    Under ``test=True`` an environment that is not made yet is part of the plan.
    """
    words = {True: SAME, False: OTHER, None: None}

    def found():
        return __salt__["openstack_venv.files"](source, name, omit)

    def wanted():
        there = found()
        if there is None and not __opts__["test"]:
            raise OpenStackError(f"there is no directory {source}: the environment has to be made first")
        return {f"all of {source}": SAME} if there is None else dict.fromkeys(there, SAME)

    def read():
        return {each: words[same] for each, same in (found() or {}).items()}

    def write(current, changes):
        __salt__["openstack_venv.copy"](source, name, sorted(changes), user=user, group=group, mode=mode)

    return openstack_states.converge(name, f"Files of {name}", wanted, read, write, __opts__["test"])


def unmarked(name, mark, service=None):
    """
    Remove a file that has a mark, which says who wrote it; another file of the name stays as it is.

    name
        Path of the file.

    mark
        The text that is in it.

    service
        Stopped before the file goes, which is its unit. Default ``None``.
    """

    def read():
        return {"file": mark} if __salt__["file.contains"](name, mark) else None

    def write(current, changes):
        if service and not __salt__["service.stop"](service):
            raise OpenStackError(f"{service} cannot be stopped: see systemctl status {service}")
        __salt__["file.remove"](name)

    return openstack_states.converge(name, f"File {name}", None, read, write, __opts__["test"])
