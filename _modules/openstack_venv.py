"""
Virtual environments of Python that hold exactly what a list of requirements names.

.. versionadded:: 1.0.0

A name like ``/opt/glance`` is a link to one of two directories beside it, ``/opt/glance.1`` and ``/opt/glance.2``. A
new environment is made in the other one, checked, and only then is the link changed, at once: what runs goes on in the
old one until it is restarted, and what was interrupted is no more than a directory that nothing leads to, which the
next run makes anew.
"""

import contextlib
import filecmp
import os
import shutil
import sys
import tempfile

import openstack_files
import openstack_pip
from openstack_errors import Invalid, OpenStackError
from openstack_secrets import lookup

__virtualname__ = "openstack_venv"

PYTHON = "/usr/bin/python3"
TIMEOUT = 1800
_ASK_TIMEOUT = 60
_MARK = ".openstack_venv"
_UMASK = "022"  # whoever runs the programs is not root


def __virtual__():
    return __virtualname__


def status(name):
    """
    Return what an environment is, ``{"directory", "python": "3.13", "distributions": {name: version}}``; ``None`` when
    there is none. One whose interpreter does not run any more has the python ``None`` and no distributions. pip itself
    is not listed.

    name
        The environment.

    Raises Invalid when something else has the name.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.status /opt/glance
    """
    directory = _current(name)
    if directory is None:
        return None
    found = _list(directory) or {"python": None, "distributions": {}}
    return {"directory": directory, **found}


def version(name, distribution):
    """
    Return the version of a distribution in an environment, ``None`` when there is none of it.

    name
        The environment.

    distribution
        Name of the distribution, as ``glance``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.version /opt/glance glance
    """
    found = status(name)
    return found and found["distributions"].get(openstack_pip.canonical(distribution))


def interpreter(python=PYTHON):
    """
    Return the version of an interpreter, ``3.13``; ``None`` when there is no such program.

    python
        Path of the interpreter. Default /usr/bin/python3.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.interpreter /usr/bin/python3
    """
    if not os.access(python, os.X_OK):
        return None
    done = _run([python, "-I", "-c", openstack_pip.LIST], _ASK_TIMEOUT)
    found = openstack_pip.listed(done["stdout"]) if done["retcode"] == 0 else None
    return found and found["python"]


def makes(python=PYTHON):
    """
    Tell whether an interpreter can make environments with a pip in them: Debian has the modules for that in a package
    of their own.

    python
        Path of the interpreter. Default /usr/bin/python3.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.makes /usr/bin/python3
    """
    if not os.access(python, os.X_OK):
        return False
    return _run([python, "-I", "-c", "import venv, ensurepip"], _ASK_TIMEOUT)["retcode"] == 0


def wanted(requirements, extra=()):
    """
    Return the distributions that a list of requirements names, ``{name: version}``.

    requirements
        Path or ``salt://…`` of the file: lines of ``NAME==VERSION``, of all that is needed.

    extra
        More of such lines; they win over those of the file.

    Raises Invalid when there is no such file, or a line is no such line.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.wanted salt://glance/constraints/hibiscus.txt
    """
    path = __salt__["cp.cache_file"](requirements, __opts__.get("saltenv") or "base")
    text = openstack_files.read(path) if path else None
    if text is None:
        raise Invalid(f"{requirements} is not on the file server: is the formula in file_roots?")
    return {**openstack_pip.pins(text, requirements), **openstack_pip.pins("\n".join(extra), "extra")}


def make(name, requirements, extra=(), python=PYTHON, index_pillar=None, proxy=None, timeout=TIMEOUT):
    """
    Make an environment, beside the one that there is, and put it in its place.

    name
        The environment, an absolute path.

    requirements, extra
        As for :py:func:`wanted`. They are installed as they are listed, nothing is resolved.

    python
        Path of the interpreter. Default /usr/bin/python3.

    index_pillar
        Name of the pillar key with the URL of an index in place of PyPI. Default ``None``: what the host's pip.conf
        says.

    proxy
        HTTP proxy. Default ``None``: what the minion's environment and pip.conf say.

    timeout
        Seconds for the installation. Default 1800.

    Raises Invalid when something else has the name, OpenStackError when the interpreter or pip fails, or what is
    installed is not what was wanted; then the environment is as it was.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.make /opt/glance salt://glance/constraints/hibiscus.txt
    """
    target = wanted(requirements, extra)
    index = lookup(__pillar__, index_pillar) if index_pillar else None
    directory = _other(name)
    _clear(directory)
    _begin(directory, target)
    if not makes(python):
        raise OpenStackError(
            f"{python} is missing, or has no modules venv and ensurepip: on Debian install python3-venv"
        )
    _must(f"{python} -m venv", _run([python, "-I", "-m", "venv", directory], timeout))
    pip, environment = [f"{directory}/bin/python", "-m", "pip"], openstack_pip.environment(index, proxy)
    # up to Python 3.11 an environment begins with a setuptools
    strange = sorted(set((_list(directory) or {"distributions": {}})["distributions"]) - set(target))
    if strange:
        _must("pip uninstall", _run([*pip, "uninstall", "--yes", *strange], _ASK_TIMEOUT, environment))
    command = [*pip, "install", "--no-deps", "--requirement", _requirements(directory)]
    _must("pip install", _run(command, timeout, environment))
    _must("pip check", _run([*pip, "check"], _ASK_TIMEOUT, environment))
    _agree(directory, target)
    _link(name, directory)
    return True


def fetches(pin, python_version, index_pillar=None, proxy=None, timeout=60):
    """
    Fetch one distribution from the index, with the pip of Salt's own Python, and throw it away.

    pin
        ``NAME==VERSION``

    python_version
        The Python that it is to be for, ``3.13``.

    index_pillar, proxy
        As for :py:func:`make`.

    timeout
        Seconds. Default 60.

    Raises OpenStackError when it cannot be had.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.fetches glance==33.0.0 3.13
    """
    index = lookup(__pillar__, index_pillar) if index_pillar else None
    environment = {**openstack_pip.environment(index, proxy), "PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "15"}
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    with tempfile.TemporaryDirectory() as folder:
        done = _run([*command, f"--python-version={python_version}", f"--dest={folder}", pin], timeout, environment)
    _must(f"pip download {pin}", done)
    return True


def remove(name):
    """
    Remove an environment, the one before it as well.

    name
        The environment.

    Raises Invalid when something else has the name.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.remove /opt/glance
    """
    _current(name)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name)
    for directory in _slots(name):
        _clear(directory)
    return True


def files(source, target, omit=()):
    """
    Compare the files of a directory that an environment brings with those at another place: ``{name: True}`` for one
    that is the same there, ``False`` for another content, ``None`` for one that is missing. ``None`` without a source.

    source
        Directory of the environment.

    target
        Where they should be.

    omit
        Names that are not looked at. Default none.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.files /opt/glance/etc/glance/metadefs /etc/glance/metadefs
    """
    if not os.path.isdir(source):
        return None
    found = {}
    for name in sorted(set(os.listdir(source)) - set(omit)):
        path, there = os.path.join(source, name), os.path.join(target, name)
        if os.path.isfile(path):
            found[name] = filecmp.cmp(path, there, shallow=False) if os.path.isfile(there) else None
    return found


def copy(source, target, names, user="root", group="root", mode="0640"):
    """
    Copy files that an environment brings; each replaces the old one at once.

    source, target
        As for :py:func:`files`; both must be there.

    names
        Names of the files.

    user, group, mode
        Owner and permissions of the new files. Default root, root, 0640.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_venv.copy /opt/glance/etc/glance/metadefs /etc/glance/metadefs '[README]'
    """
    for name in names:
        text = openstack_files.read(os.path.join(source, name))
        if text is None:
            raise OpenStackError(f"{source} has no {name}")
        openstack_files.write(os.path.join(target, name), text, user, group, mode)
    return True


def _slots(name):
    if not os.path.isabs(name) or os.path.normpath(name) != name or name == "/":
        raise Invalid(f"the environment {name} must be an absolute path")
    return f"{name}.1", f"{name}.2"


def _current(name):
    """The directory that the name leads to, ``None`` when there is no such name."""
    slots = _slots(name)
    if not os.path.lexists(name):
        return None
    target = os.path.join(os.path.dirname(name), os.readlink(name)) if os.path.islink(name) else None
    if target not in slots:
        raise Invalid(f"{name} is there, and is no environment of openstack_venv: move it away, or choose another name")
    return target


def _other(name):
    current = _current(name)
    return next(directory for directory in _slots(name) if directory != current)


def _clear(directory):
    """Remove a directory of ours, whole or half made."""
    if not os.path.lexists(directory):
        return
    if not os.path.exists(os.path.join(directory, _MARK)):
        raise Invalid(f"{directory} is there, and was not made by openstack_venv: move it away")
    # the mark goes last, so that a removal that was interrupted can be taken up again
    for each in os.listdir(directory):
        path = os.path.join(directory, each)
        if each == _MARK:
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    shutil.rmtree(directory)


def _begin(directory, target):
    try:
        os.makedirs(directory, mode=0o755)
        os.chmod(directory, 0o755)  # noqa: S103
    except OSError as exc:
        raise OpenStackError(f"cannot make {directory}: {exc.strerror}") from exc
    openstack_files.write(os.path.join(directory, _MARK), "", os.getuid(), os.getgid(), "0644")
    text = openstack_pip.requirements(target)
    openstack_files.write(_requirements(directory), text, os.getuid(), os.getgid(), "0644")


def _requirements(directory):
    return os.path.join(directory, "requirements.txt")


def _agree(directory, target):
    found = (_list(directory) or {"distributions": {}})["distributions"]
    wrong = sorted(name for name in {*found, *target} if found.get(name) != target.get(name))
    if wrong:
        raise OpenStackError(
            f"pip says that all went well, but in {directory} other versions are of {', '.join(wrong)}"
        )


def _link(name, directory):
    beside = f"{name}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(beside)
    os.symlink(os.path.basename(directory), beside)
    os.replace(beside, name)


def _list(directory):
    python = f"{directory}/bin/python"
    if not os.access(python, os.X_OK):
        return None
    done = _run([python, "-I", "-c", openstack_pip.LIST], _ASK_TIMEOUT)
    return openstack_pip.listed(done["stdout"]) if done["retcode"] == 0 else None


def _must(what, done):
    if done["retcode"] != 0:
        raise OpenStackError(f"{what} fails: {openstack_pip.problem(done)}")


def _run(command, timeout, environment=None):
    return __salt__["cmd.run_all"](
        command,
        env=environment or {"PYTHONPATH": ""},
        timeout=timeout,
        umask=_UMASK,
        cwd="/",
        python_shell=False,
        ignore_retcode=True,
        output_loglevel="quiet",
    )
