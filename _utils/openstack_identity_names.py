"""
What the parts of execution module ``openstack_identity`` share: names that can be names, and objects by their names.
"""

from openstack_errors import Invalid, OpenStackError


def named(kind, name):
    """
    Return a name; raise :py:exc:`Invalid` when it cannot be one.

    kind
        Of what, in words.

    name
        What was given.
    """
    if not isinstance(name, str) or not name.strip():
        raise Invalid(f"a {kind} is named by a text that is not empty, not by {name!r}")
    return name


def in_url(kind, name):
    """Return a name that becomes a part of a URL, where Keystone finds none with these in it; arguments as `named`."""
    if "/" in named(kind, name) or name in (".", ".."):
        raise Invalid(f"{kind} {name} cannot be a part of a URL: no / in it")
    return name


def tags(listed):
    """Return tags of a project, each once, sorted; raise :py:exc:`Invalid` for what Keystone cannot keep as one."""
    found = sorted({listed} if isinstance(listed, str) else set(map(str, listed)))
    for tag in found:
        if not tag or set("/,") & set(tag):
            raise Invalid(f"{tag!r} cannot be a tag: it is empty, or has a / or a comma in it")
    return found


def service(keystone, name, type, needed=False):
    """
    Return the row of a service, ``None`` when there is none.

    keystone
        The ``Keystone`` of ``openstack_identity_client.py``.

    name, type
        Which service.

    needed
        Raise OpenStackError when there is none. Default ``False``.
    """
    what = f"service {name} of type {type}"
    row = keystone.one("service", what, keystone.rows("service"), name=name, type=type)
    if row is None and needed:
        raise OpenStackError(f"{what} does not exist: it must be there before what refers to it")
    return row


def removed(keystone, kind, what, row, home=None):
    """Remove an object; return whether there was one. ``row`` is ``None`` for what is not there."""
    if row is None:
        return False
    keystone.delete(kind, what, row["id"], home)
    return True
