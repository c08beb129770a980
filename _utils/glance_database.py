"""What the pillar says of the database, in the form in which ``glance.database`` and the other roles use it."""


def settings(database, pillar, socket):
    """
    Return who asks the server and which users it should have, without a password:

    ``profile``, the administrator, and ``own_profile``, Glance's own user, for ``openstack_database.*``; ``users``, a
    list of ``{"prefix": …, "name": …, "password_pillar": …}``, and ``users_absent``, a list of the same.

    database
        ``glance:database``, completed by ``glance_schema.complete``.

    pillar
        The same as pillar has it.

    socket
        The distribution's socket of the server.
    """
    own = {key: database[key] for key in ("host", "port", "user", "password_pillar") if key in database}
    tls = database.get("tls")
    first = {"prefix": "", "name": database["user"], "password_pillar": database.get("password_pillar")}
    users, absent = _second(database.get("second_user"))
    return {
        "profile": _administrator(database["admin"], pillar.get("admin", {}), socket),
        "own_profile": {**own, "ssl": dict(tls)} if tls else own,
        "users": [first, *users],
        "users_absent": absent,
    }


def problems(database, pillar):
    """
    Return one line for each contradiction, ``[]`` when there is none.

    database, pillar
        As in :py:func:`settings`.
    """
    second, key = database.get("second_user"), "glance:database:second_user"
    if second is None:
        return []
    if second["name"] == database["user"]:
        return [f"{key}:name is that of glance:database:user: a second user has another name"]
    if not second["absent"] and not pillar["second_user"].get("password"):
        return [f"{key}:password is missing: set it, or absent: true if this user is to go"]
    return []


def _second(user):
    """The second user, in one of two lists: of those that there are and of those that are to go."""
    if user is None:
        return [], []
    found = {"prefix": "second-", "name": user["name"], "password_pillar": user["password_pillar"]}
    return ([], [found]) if user["absent"] else ([found], [])


def _administrator(admin, given, socket):
    """Who makes the objects: root on the socket, unless pillar or an option file says otherwise."""
    profile = {"user": admin["user"]} if "user" in given or not admin.get("option_file") else {}
    for key in ("option_file", "option_group", "ssl"):
        if admin.get(key):
            profile[key] = admin[key]
    if admin.get("host"):
        profile |= {"host": admin["host"], "port": admin["port"]}
    elif admin.get("unix_socket") or not admin.get("option_file"):
        profile["unix_socket"] = admin.get("unix_socket", socket)
    if given.get("password"):
        profile["password_pillar"] = admin["password_pillar"]
    return profile
