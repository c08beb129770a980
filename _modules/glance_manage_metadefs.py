"""
Definitions of metadata: which of a directory's JSON files are in the database, and loading them.

.. versionadded:: 1.0.0

A namespace is in the database or it is not; whether it is what its file says, the database cannot tell. So the minion
remembers a checksum of each file that it loaded, and a file with another one has changed.
"""

import hashlib
import json
import pathlib

import openstack_mysql
import openstack_mysql_errors
import openstack_mysql_names
import salt.utils.atomicfile
import salt.utils.files
from openstack_errors import Invalid, OpenStackError

__virtualname__ = "glance_manage"

DIRECTORY = "/etc/glance/metadefs"
MEMORY = "glance_metadefs.json"
TIMEOUT = 600
# what becomes of a namespace that is there already
UPDATES = {"none": [], "new": ["--merge"], "all": ["--merge", "--prefer_new"]}
_NO_TABLE, _NO_SCHEMA = 1146, 1049


def __virtual__():
    return __virtualname__


def metadefs(profile, schema="glance", directory=DIRECTORY):
    """
    Return ``{"loaded": […], "missing": […], "changed": […]}``, names of namespaces; ``None`` without the directory.

    profile
        Who asks the database server, see ``_utils/openstack_mysql.py``.

    schema
        Name of the database schema. Default glance.

    directory
        Where the files are. Default /etc/glance/metadefs.

    Raises Unreachable and Refused as the database server does, OpenStackError for a file that is no JSON.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_manage.metadefs '{host: db-node, password_pillar: "glance:database:password"}'
    """
    files = _files(directory)
    if files is None:
        return None
    there, known = _namespaces(profile, schema), _remembered()
    loaded = [name for name in files if name in there]
    return {
        "loaded": loaded,
        "missing": [name for name in files if name not in there],
        "changed": [name for name in loaded if known.get(name) != files[name]],
    }


def metadefs_load(directory=DIRECTORY, update="none", config=None, user="glance", timeout=TIMEOUT):
    """
    Load the files of a directory into the database.

    directory
        Where the files are. Default /etc/glance/metadefs.

    update
        What becomes of namespaces that are there already: ``none`` leaves them, ``new`` adds what they do not have,
        ``all`` makes them what the file says. Default none.

    config
        Configuration file; default is the command's own, ``/etc/glance/glance-api.conf``.

    user
        Who runs the command. Default glance.

    timeout
        Seconds. Default 600.

    Raises Invalid for another ``update``, OpenStackError when the command is not there or fails.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_manage.metadefs_load update=new
    """
    if update not in UPDATES:
        raise Invalid(f"update must be one of {', '.join(UPDATES)}, not {update}")
    program = __salt__["glance_settings.program"]("glance-manage")
    if program is None:
        raise OpenStackError("glance-manage is not installed: state.apply glance.api.package")
    command = [program, *(["--config-file", config] if config else []), "db", "load_metadefs"]
    found = __salt__["cmd.run_all"](
        [*command, "--path", directory, *UPDATES[update]],
        runas=user,
        timeout=timeout,
        python_shell=False,
        ignore_retcode=True,
        output_loglevel="quiet",
    )
    if found["retcode"] != 0:
        raise OpenStackError(f"glance-manage db load_metadefs: exit code {found['retcode']}: see Glance's log")
    _remember(_files(directory))
    return True


def _files(directory):
    """``{namespace: checksum of its file}``, or ``None``."""
    path = pathlib.Path(directory)
    if not path.is_dir():
        return None
    found = {}
    for each in sorted(path.glob("*.json")):
        content = each.read_bytes()
        try:
            name = json.loads(content)["namespace"]
        except (ValueError, KeyError, TypeError) as exc:
            raise OpenStackError(f"{each} is no definition of metadata, a JSON object with a namespace") from exc
        found[name] = hashlib.sha256(content).hexdigest()
    return found


def _namespaces(profile, schema):
    connection, found = openstack_mysql.connection(profile, __context__, __pillar__)
    ignored, names = (_NO_TABLE, _NO_SCHEMA), set()
    asking = openstack_mysql_errors.asking("the definitions of metadata", found, ignored=ignored)
    with asking, connection.cursor() as cursor:
        table = f"{openstack_mysql_names.identifier(schema)}.metadef_namespaces"
        cursor.execute(f"SELECT namespace FROM {table}")  # noqa: S608 an identifier, quoted
        names = {row["namespace"] for row in cursor.fetchall()}
    return names


def _memory():
    return pathlib.Path(__opts__["cachedir"]) / MEMORY


def _remembered():
    try:
        with salt.utils.files.fopen(_memory(), encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return {}


def _remember(files):
    with salt.utils.atomicfile.atomic_open(str(_memory()), "w") as stream:
        stream.write(json.dumps(files))
