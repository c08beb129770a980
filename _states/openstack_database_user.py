"""
Users, one account for each host from which a user may come.

.. versionadded:: 1.0.0
"""

import openstack_secrets
from openstack_errors import Invalid
from openstack_mysql_accounts import SOCKET
from openstack_mysql_names import account, hosts_of
from openstack_states import converge

__virtualname__ = "openstack_database"

PROFILE = "glance:database:admin"


def __virtual__():
    if "openstack_database.user_get" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_database is not loaded: it needs PyMySQL in Salt's own Python"


def user_present(
    name,
    hosts,
    password_pillar=None,
    plugin=None,
    tls_requires=None,
    limits=None,
    locked=None,
    other_hosts="keep",
    profile=PROFILE,
):
    """
    Ensure that a user exists for each of the hosts, with the password that pillar holds and what else is declared.

    The password is compared, not set again. What is not declared is not looked at.

    name
        Name of the user.

    hosts
        List of hosts in the server's notation: ``['%', localhost]``.

    password_pillar
        Pillar key of the password; not for ``plugin: unix_socket``.

    plugin
        How it logs in: ``mysql_native_password``, ``caching_sha2_password``, ``sha256_password``, ``ed25519``,
        ``parsec``, or ``unix_socket``, which takes the system's user for the password. Default: as it is, and the
        server's own for a new account.

    tls_requires
        What its connections must have: ``NONE``, ``SSL``, ``X509``, or a mapping of what its certificate must say
        (``subject``, ``issuer``) and of the ``cipher``. Default: not looked at.

    limits
        Mapping of ``max_queries_per_hour``, ``max_updates_per_hour``, ``max_connections_per_hour``,
        ``max_user_connections`` (numbers) and, on MariaDB, ``max_statement_time`` (seconds); 0 is no limit. Default:
        those that are not named are not looked at.

    locked
        Whether nobody can log in. Default: not looked at.

    other_hosts
        What becomes of accounts of that name for other hosts: ``keep`` or ``remove``. Default ``keep``.

    profile
        Who connects to which server. Default ``glance:database:admin``.
    """
    kept, options, removed = [], {}, {}

    def wanted():
        kept.extend(hosts_of(hosts))
        options.update(_options(password_pillar, plugin, tls_requires, limits, locked, profile))
        removed.update(dict.fromkeys(_others(name, kept, other_hosts, profile)))
        return {**{account(name, host): dict(options) for host in kept}, **removed}

    def read():
        found = {account(name, host): _there(name, host, options, password_pillar, profile) for host in kept}
        found = {key: value for key, value in found.items() if value is not None}
        return {**removed, **found, **_others(name, kept, other_hosts, profile)} or None

    def write(current, changes):
        given = {"plugin": plugin, "tls_requires": tls_requires, "limits": limits, "locked": locked}
        for host in kept:
            key = account(name, host)
            if key in changes:
                _write(name, host, (current or {}).get(key), options, password_pillar, given, profile)
        for key in removed:
            if key in changes:
                __salt__["openstack_database.user_remove"](name, key.removeprefix(f"{name}@"), profile)

    return converge(name, f"Database user {name}", wanted, read, write, __opts__["test"])


def user_absent(name, hosts=None, profile=PROFILE):
    """
    Ensure that a user does not exist; its grants go with it. Connections that it has stay until they end.

    name
        Name of the user.

    hosts
        List of hosts whose accounts are removed. Default: all accounts of that name.

    profile
        Who connects to which server. Default ``glance:database:admin``.
    """

    def read():
        found = _accounts(name, profile)
        chosen = list(found) if hosts is None else [account(name, host) for host in hosts_of(hosts)]
        return {key: found[key] for key in chosen if key in found} or None

    def write(current, _changes):
        for key in current:
            __salt__["openstack_database.user_remove"](name, key.removeprefix(f"{name}@"), profile)

    return converge(name, f"Database user {name}", None, read, write, __opts__["test"])


def _options(password_pillar, plugin, tls_requires, limits, locked, profile):
    """What is declared, in the form in which it is read."""
    options = __salt__["openstack_database.user_options"](plugin, tls_requires, limits, locked, profile)
    if (password_pillar is None) != (options.get("plugin") in SOCKET):
        raise Invalid("a user needs password_pillar, or plugin: unix_socket, and not both")
    if password_pillar is None:
        return options
    openstack_secrets.password(__pillar__, password_pillar)
    return {"password": openstack_secrets.SAME, **options}


def _there(name, host, options, password_pillar, profile):
    """What is declared of an account as it is, ``None`` when there is none."""
    found = __salt__["openstack_database.user_get"](name, host, profile)
    if found is None:
        return None
    if password_pillar is not None:
        fits = __salt__["openstack_database.password_matches"](name, host, password_pillar, profile)
        found["password"] = openstack_secrets.SAME if fits else openstack_secrets.DIFFERS
    return {key: found[key] for key in options}


def _write(name, host, current, options, password_pillar, given, profile):
    """Create an account, or change what differs: a password that fits is set again only for another plugin."""
    if current is None:
        __salt__["openstack_database.user_create"](name, host, password_pillar, profile=profile, **given)
        return
    same = {key for key in options if current[key] == options[key]}
    fits = {"password", "plugin"} & set(options) <= same
    changed = {key: value for key, value in given.items() if key not in same}
    if not fits:
        changed["plugin"] = given["plugin"]
    password = None if fits else password_pillar
    __salt__["openstack_database.user_update"](name, host, password, profile=profile, **changed)


def _accounts(name, profile):
    """All accounts of a name, ``{"glance@%": {"plugin": …}}``."""
    return {
        account(name, each["host"]): {"plugin": each["plugin"]}
        for each in __salt__["openstack_database.user_list"](profile)
        if each["name"] == name
    }


def _others(name, kept, other_hosts, profile):
    """The accounts of a name that are to be removed."""
    if other_hosts not in ("keep", "remove"):
        raise Invalid(f"other_hosts is keep or remove, not {other_hosts!r}")
    if other_hosts == "keep":
        return {}
    declared = {account(name, host) for host in kept}
    return {key: value for key, value in _accounts(name, profile).items() if key not in declared}
