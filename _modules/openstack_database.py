"""
Schemas, users and grants of MariaDB (10.5 and later) and MySQL (8 and later), over PyMySQL.

.. versionadded:: 1.0.0

Every function takes a ``profile``, which says as whom to connect to which server: the name of a pillar key
(``glance:database:admin``) or a mapping, described in ``_utils/openstack_mysql.py``. One connection is kept for a run.
While states run, what the server holds is read once for all of them; what they change themselves is read again, what
something else changes meanwhile (a ``cmd.run`` with its own SQL) is seen by the next run.

An account is a user name and a host, ``glance@%``. Passwords are read from pillar by the name of their key and appear
in no result, message or log line. Names are names: ``_``, ``%``, quotes and the like in them mean nothing.
"""

import openstack_mysql
from openstack_mysql_server import Server

__virtualname__ = "openstack_database"

PROFILE = "glance:database:admin"


def __virtual__():
    if openstack_mysql.HAS_PYMYSQL:
        return __virtualname__
    return False, openstack_mysql.MISSING


def login(profile=PROFILE):
    """
    Log in and return what the server says: ``{"version": …, "user": …}``, where ``user`` is the account it took.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    Raises ``Unreachable`` when there is no answer and ``Refused`` for a wrong password or host; both name the user, the
    address or socket, and the pillar key of the password.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.login
        salt 'image*' openstack_database.login '{user: glance, host: db, password_pillar: glance:database:password}'
    """
    server = Server(profile, __context__, __pillar__, __salt__["config.get"])
    return server.rows("asking who is connected", "SELECT VERSION() AS version, CURRENT_USER() AS user")[0]


def version(profile=PROFILE):
    """
    Return the server's version as it names it, ``10.11.19-MariaDB-0+deb12u1``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.version
    """
    return login(profile)["version"]
