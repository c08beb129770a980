"""
Users: one account for each host from which a user may come, with its password, plugin, TLS requirement and limits.

.. versionadded:: 1.0.0

A password is compared and not set again: with the hash that the server keeps, or by logging in where that cannot be.
"""

import openstack_mysql
import openstack_mysql_accounts as accounts
import openstack_secrets
from openstack_errors import Invalid, OpenStackError
from openstack_mysql_errors import DENIED, asking
from openstack_mysql_names import account, host_of
from openstack_mysql_passwords import PLUGINS, fits
from openstack_mysql_server import Server

__virtualname__ = "openstack_database"

PROFILE = "glance:database:admin"


def __virtual__():
    if openstack_mysql.HAS_PYMYSQL:
        return __virtualname__
    return False, openstack_mysql.MISSING


def user_list(profile=PROFILE):
    """
    Return all accounts, each as :py:func:`user_get` returns it; MariaDB's roles left out.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_list
    """
    rows = _server(profile).users
    return [accounts.attributes(rows[key]) for key in sorted(rows)]


def user_get(name, host="%", profile=PROFILE):
    """
    Return what an account is, ``None`` when there is none.

    ``{"name": …, "host": …, "plugin": …, "tls_requires": …, "locked": …}`` and its limits, as :py:func:`user_create`
    takes them. The plugins of an account that has several (MariaDB) are joined by ``OR``.

    name
        Name of the user.

    host
        Host from which the account is used. Default ``%``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_get glance localhost
    """
    row = _server(profile).users.get((name, host_of(host)))
    return accounts.attributes(row) if row else None


def user_options(plugin=None, tls_requires=None, limits=None, locked=None, profile=PROFILE):
    """
    Return what is declared of an account in the form in which :py:func:`user_get` returns it; what is not given is left
    out.

    plugin, tls_requires, limits, locked
        As in :py:func:`user_create`.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    Raises ``Invalid`` for what no account on this server can have.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_options tls_requires=ssl limits='{max_user_connections: 100}'
    """
    return accounts.options(_server(profile).maria, plugin, tls_requires, limits, locked)


def user_create(
    name, host, password_pillar=None, plugin=None, tls_requires=None, limits=None, locked=None, profile=PROFILE
):
    """
    Create an account. Returns ``False`` for one that exists, it stays as it is.

    name
        Name of the user.

    host
        Host from which the account is used, ``%`` for any.

    password_pillar
        Pillar key of the password; not for ``unix_socket``.

    plugin
        How it logs in: ``mysql_native_password``, ``caching_sha2_password``, ``sha256_password``, ``ed25519``,
        ``parsec``, or ``unix_socket`` (``auth_socket`` of MySQL), which takes the system's user for the password.
        Default: the server's.

    tls_requires
        What its connections must have: ``NONE``, ``SSL``, ``X509``, or a mapping of what its certificate must say
        (``subject``, ``issuer``) and of the ``cipher``. Default: nothing.

    limits
        Mapping of ``max_queries_per_hour``, ``max_updates_per_hour``, ``max_connections_per_hour``,
        ``max_user_connections`` (numbers) and, on MariaDB, ``max_statement_time`` (seconds). Default: no limits.

    locked
        Nobody can log in. Default ``False``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_create glance '%' glance:database:password tls_requires=SSL
    """
    server = _server(profile)
    given = accounts.options(server.maria, plugin, tls_requires, limits, locked)
    _refuse_half(name, host, given, password_pillar)
    there = (name, host_of(host)) in server.users
    # asked again by the server: another run may make it in this moment
    if not there:
        _write(server, "CREATE USER IF NOT EXISTS", "creating", (name, host), given, password_pillar)
    return not there


def user_update(
    name, host, password_pillar=None, plugin=None, tls_requires=None, limits=None, locked=None, profile=PROFILE
):
    """
    Change an account; raises when there is none. What is not given stays as it is.

    name
        Name of the user.

    host
        Host from which the account is used, ``%`` for any.

    password_pillar
        Pillar key of the password to set. The account keeps its plugin if that has passwords.

    plugin
        As in :py:func:`user_create`; needs ``password_pillar`` if the plugin has passwords.

    tls_requires, limits, locked
        As in :py:func:`user_create`.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_update glance '%' glance:database:password
        salt 'db*' openstack_database.user_update glance '%' locked=True
    """
    server = _server(profile)
    row = server.users.get((name, host_of(host)))
    if row is None:
        raise OpenStackError(f"user {account(name, host)} does not exist: user_create makes it")
    given = accounts.options(server.maria, plugin, tls_requires, limits, locked)
    if "plugin" in given:
        _refuse_half(name, host, given, password_pillar)
    (current, _), *others = accounts.methods(row)
    if password_pillar is not None and plugin is None and not others and current in PLUGINS:
        given["plugin"] = current
    _write(server, "ALTER USER", "changing", (name, host), given, password_pillar)
    return True


def _refuse_half(name, host, given, password_pillar):
    """Without a password anybody would be let in, and a socket account takes none."""
    if (password_pillar is None) != (given.get("plugin") in accounts.SOCKET):
        raise Invalid(f"user {account(name, host)} needs password_pillar, or plugin: unix_socket, and not both")


def _write(server, verb, what, who, given, password_pillar):
    name, host = who
    password = None if password_pillar is None else openstack_secrets.password(__pillar__, password_pillar)
    sql, args = accounts.clauses(server.maria, given, password)
    server.change(
        f"{what} user {account(name, host)}", f"{verb} %s@%s {sql}", [name, host_of(host), *args], secret=True
    )


def user_remove(name, host="%", profile=PROFILE):
    """
    Remove an account with all its grants. Connections that it has stay until they end.

    name
        Name of the user.

    host
        Host from which the account is used. Default ``%``.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    Raises ``Invalid`` when it is the account that is connected.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.user_remove glance localhost
    """
    server = _server(profile)
    (own,) = server.rows("asking who is connected", "SELECT CURRENT_USER() AS user")
    if own["user"] == account(name, host):
        raise Invalid(f"user {account(name, host)} is the one that is connected: use another profile to remove it")
    server.change(f"removing user {account(name, host)}", "DROP USER IF EXISTS %s@%s", [name, host_of(host)])
    return True


def password_matches(name, host, password_pillar, profile=PROFILE):
    """
    Tell whether an account has the password that pillar holds, without changing it; ``None`` when there is no account.

    The stored hash is compared: of ``mysql_native_password``, ``caching_sha2_password``, ``sha256_password``, of
    ``ed25519`` with PyNaCl and of ``parsec`` with cryptography in Salt's own Python. Without these libraries the
    account logs in, over the profile's route.

    name
        Name of the user.

    host
        Host from which the account is used, ``%`` for any.

    password_pillar
        Pillar key of the password.

    profile
        Who connects to which server. Default ``glance:database:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'db*' openstack_database.password_matches glance '%' glance:database:password
    """
    password = openstack_secrets.password(__pillar__, password_pillar)
    server = _server(profile)
    row = server.users.get((name, host_of(host)))
    if row is None:
        return None
    told = [fits(plugin, stored, password) for plugin, stored in accounts.methods(row)]
    if None in told and True not in told:
        return _logs_in(server, name, host, password_pillar)
    return True in told


def _logs_in(server, name, host, password_pillar):
    """Whether the account logs in with the password: the answer where nobody else can compare it."""
    password = openstack_secrets.password(__pillar__, password_pillar)
    source = f"pillar key {password_pillar}"
    asked = {**server.settings, "user": name, "password": password, "password_source": source}
    what, taken = f"comparing the password of user {account(name, host)}", None
    with asking(what, asked, secret=True, ignored=DENIED):
        connection = openstack_mysql.connect(asked)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT CURRENT_USER() AS user")
            taken = cursor.fetchone()["user"]
    if taken not in (None, account(name, host)):
        raise OpenStackError(
            f"{what}: from this host it is account {taken} that logs in; run this where the account is used"
        )
    return taken is not None


def _server(profile):
    return Server(profile, __context__, __pillar__, __salt__["config.get"])
