"""Names in statements: every character of a name is part of it, and none is a wildcard, a quote or an end."""

from openstack_errors import Invalid


def quoted(name):
    """
    Return a name in backticks, as the server's own language writes it.

    name
        The name of a schema, table, column, routine or plugin. Raises :py:exc:`Invalid` for what no server takes.
    """
    name = str(name)
    if not name or len(name) > 64 or "\0" in name or name.endswith(" "):
        raise Invalid(f"{name!r} is no name for a schema or table: 1 to 64 characters, no NUL, no space at the end")
    return "`" + name.replace("`", "``") + "`"


def identifier(name):
    """
    Quote a name for a statement that is sent with arguments, even empty ones: PyMySQL puts them in with ``%``.

    name
        As in :py:func:`quoted`.
    """
    return quoted(name).replace("%", "%%")


def pattern(name):
    r"""
    Return a schema's name as a grant wants it, where ``_`` and ``%`` are wildcards: ``glance\_db``.

    name
        The name itself, not a pattern.
    """
    return name.replace("\\", "\\\\").replace("_", r"\_").replace("%", r"\%")


def account(name, host):
    """
    Return ``glance@%``, the account of a user on a host.

    name
        Name of the user.

    host
        As in :py:func:`host_of`.
    """
    return f"{name}@{host_of(host)}"


def host_of(host):
    """
    Return the host of an account as servers keep it, in lower case.

    host
        A name, an address or a pattern. Raises :py:exc:`Invalid` for anything else.
    """
    if not isinstance(host, str) or not host:
        raise Invalid(f"{host!r} is no host of a database user: a name, an address, or % for any")
    return host.lower()


def hosts_of(hosts):
    """
    Return hosts once each, in the order given, as servers keep them.

    hosts
        A list of hosts, or a single one. Raises :py:exc:`Invalid` when it is neither, or empty.
    """
    listed = [hosts] if isinstance(hosts, str) else hosts
    if not isinstance(listed, list) or not listed or not all(isinstance(host, str) and host for host in listed):
        raise Invalid(f"hosts must be a list of host names, addresses or patterns, not {hosts!r}")
    return list(dict.fromkeys(host.lower() for host in listed))


def text(value):
    """
    Return a value of a server's table as a string: names come as bytes where the column is binary.

    value
        A string, bytes, or ``None`` for an empty one.
    """
    return value.decode() if isinstance(value, bytes) else value or ""
