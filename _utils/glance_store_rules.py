"""
What a schema cannot say of stores: keys of another type, what a type needs, what a release does not have, two backends
in one place.
"""

import glance_releases
import glance_store_files
import glance_stores
from glance_stores import KEY

_CREDENTIAL = ("application_credential_id", "application_credential_secret")


def problems(settings, pillar, schema, known, data):
    """
    Return one line for each problem of the backends, ``[]`` when there is none.

    settings, pillar, schema
        As for ``glance_stores.options``.

    known
        The options of the release, ``glance_options.Known``; ``None`` when no release is known.

    data
        Parsed ``releases.yaml``.
    """
    stores = settings["stores"]
    kinds = data["store_types"]
    found = _default(stores, kinds)
    for name, backend in stores["backends"].items():
        given = glance_stores.given(pillar, name)
        found += _keys(name, backend["type"], given, glance_stores.key_schemas(schema))
        found += _OWN.get(backend["type"], _nothing)(name, backend, given)
    found += _places(stores, kinds) + _references(stores) + _files(stores, pillar)
    if known:
        found += _release(stores, kinds, known, data) + _spelling(stores, pillar, known, data)
        found += _values_of_references(settings, pillar, known, data)
    return found


def deprecated(stores, known):
    """
    Return one line for each backend of a type that is to go, ``{backend: line}``.

    stores
        ``stores`` of the settings.

    known
        The options of the release, ``glance_options.Known``.
    """
    found = {}
    for name, kind in glance_stores.types(stores).items():
        notice = known.store_types[kind].get("deprecated")
        if notice and known.release["glance"] >= notice["glance"]:
            found[name] = f"type {kind} is deprecated by {notice['source']}: copy its images to another store"
    return found


def _nothing(name, backend, given):
    return []


def _default(stores, kinds):
    default, backends = glance_stores.default(stores), stores["backends"]
    names = ", ".join(name for name, kind in glance_stores.types(stores).items() if not kinds[kind].get("read_only"))
    if default is None:
        return [f"glance:stores:default is missing: name one of {names}"]
    if default not in backends:
        return [f"glance:stores:default is {default}, which is no backend: name one of {names}"]
    kind = backends[default]["type"]
    if kinds[kind].get("read_only"):
        return [f"glance:stores:default is {default}, which is of type {kind}, and can only be read: {_other(names)}"]
    return []


def _other(names):
    return f"name one of {names}" if names else "add a backend that takes images"


def _keys(name, kind, given, schemas):
    """Keys of another type, and those that are missing."""
    found = [
        f"{KEY}:{name}:{key} is for type {' or '.join(schemas[key]['stores'])}, {name} is of type {kind}: take it out"
        for key in given
        if key in schemas and not glance_stores.has(schemas[key], kind)
    ]
    return found + [
        f"{KEY}:{name}:{key} is missing: a store of type {kind} needs it. {child['description']}"
        for key, child in schemas.items()
        if kind in child.get("needed_by", ()) and given.get(key) in (None, "")
    ]


def _file(name, backend, given):
    if glance_stores.directories(backend):
        both = given.get("datadir") and given.get("datadirs")
        found = [f"{KEY}:{name}:datadir and datadirs exclude each other: take one out"] if both else []
        return found + _outside(name, backend)
    return [f"{KEY}:{name}:datadir is missing: a store of type file needs a directory"]


def _outside(name, backend):
    """Directories that are not where something must be mounted."""
    point = backend.get("mountpoint")
    return [
        f"{KEY}:{name}:mountpoint is {point}, and {path} is not in it"
        for path in glance_stores.directories(backend)
        if point and not f"{path.rstrip('/')}/".startswith(f"{point.rstrip('/')}/")
    ]


def _swift(name, backend, given):
    references = given.get("references")
    if backend.get("multi_tenant"):
        extra = [key for key in ("references", "reference", "containers_seed") if given.get(key)]
        return [f"{KEY}:{name}:{key}: with multi_tenant there is none: take it out" for key in extra]
    if not references:
        return [f"{KEY}:{name}:references is missing: a store of type swift needs it, or multi_tenant: true"]
    chosen, names = backend.get("reference"), ", ".join(references)
    found = [line for ref in references for line in _account(f"{KEY}:{name}:references:{ref}", references[ref] or {})]
    if chosen is None and len(references) > 1:
        found.append(f"{KEY}:{name}:reference is missing: name one of {names}")
    elif chosen is not None and chosen not in references:
        found.append(f"{KEY}:{name}:reference is {chosen}, which is none of {names}")
    return found


def _account(key, account):
    return _login(key, account, ("project", "user", "password"))


def _login(key, given, needed):
    """A user with all that belongs to it, or an application credential, and not both."""
    credential = [name for name in _CREDENTIAL if given.get(name)]
    if credential:
        missing = [name for name in _CREDENTIAL if not given.get(name)]
        extra = [name for name in ("user", "password") if given.get(name)]
        found = [f"{key}:{name} is missing: {credential[0]} needs it" for name in missing]
        return found + [f"{key}:{name}: with an application credential there is none: take it out" for name in extra]
    return [
        f"{key}:{name} is missing: a user needs {', '.join(needed)}, or set an application credential"
        for name in needed
        if not given.get(name)
    ]


def _cinder(name, backend, given):
    own = ("auth_url", "user", "password", "project", *_CREDENTIAL)
    if not any(given.get(key) for key in own):
        return []
    needed = () if any(given.get(key) for key in _CREDENTIAL) else ("user", "password", "project")
    found = [] if given.get("auth_url") else [f"{KEY}:{name}:auth_url is missing: a user of its own needs it"]
    return found + _login(f"{KEY}:{name}", given, needed)


def _rbd(name, backend, given):
    if given.get("key") or given.get("keyring"):
        return []
    return [f"{KEY}:{name}:key is missing: a store of type rbd needs it, or keyring: a file on the host that has it"]


_OWN = {"file": _file, "swift": _swift, "cinder": _cinder, "rbd": _rbd}


def _places(stores, kinds):
    """Two backends in one place: what is deleted from one is gone from the other."""
    places = {}
    for name, backend in stores["backends"].items():
        for path in glance_stores.directories(backend):
            places.setdefault(path.rstrip("/"), []).append(name)
        place = tuple(str(backend.get(key)) for key in kinds[backend["type"]].get("place", ()))
        if place:
            places.setdefault((backend["type"], *place), []).append(name)
    for which, path in stores["reserved"].items():
        places.setdefault(path.rstrip("/"), []).append(f"glance:stores:reserved:{which}")
    return [
        f"{KEY}: {' and '.join(owners)} share {_shared(place, kinds)}"
        for place, owners in places.items()
        if len(owners) > 1
    ]


def _shared(place, kinds):
    if isinstance(place, str):
        return f"{place}: each needs its own datadir"
    names = kinds[place[0]]["place"]
    what = ", ".join(f"{key} {value}" for key, value in zip(names, place[1:]) if value != "None") or "all of it"
    return f"{what}: each needs its own {' or '.join(names)}"


def _references(stores):
    """A name that two backends use: Glance reads all accounts into one table."""
    owners = {}
    for name, backend in stores["backends"].items():
        for ref in backend.get("references") or {}:
            owners.setdefault(ref, []).append(name)
    return [
        f"{KEY}:{names[1]}:references:{ref} is a reference of {names[0]} too: give it another name"
        for ref, names in owners.items()
        if len(names) > 1
    ]


def _files(stores, pillar):
    """A file whose content two backends say."""
    owners = {}
    for name, backend in stores["backends"].items():
        given = glance_stores.given(pillar, name)
        if backend["type"] == "rbd":
            for key, path in (("key", glance_store_files.keyring(backend)), ("ceph_config", backend["ceph_conf"])):
                if given.get(key):
                    owners.setdefault((key, path), []).append(name)
    return [
        f"{KEY}:{names[1]}:{key}: {names[0]} says what is in {path}: take one out"
        + (f", and set keyring: {path}" if key == "key" else "")
        for (key, path), names in owners.items()
        if len(names) > 1
    ]


def _release(stores, kinds, known, data):
    """Types that the release does not have, or not more than once."""
    found, release, by_type = [], known.release, {}
    for name, kind in glance_stores.types(stores).items():
        by_type.setdefault(kind, []).append(name)
        for first, last in kinds[kind].get("absent", []):
            if first <= release["glance"] <= last:
                found.append(f"{KEY}:{name}:type: {_gone(kind, first, last, release, data)}")
    for kind, names in by_type.items():
        several = kinds[kind]["several"]
        if len(names) > 1 and (several is None or release["glance"] < several):
            found.append(f"{KEY}: {_once(kind, names, several, release, data)}")
    return found


def _gone(kind, first, last, release, data):
    majors = [each["glance"] for each in data["releases"]]
    name = {major: glance_releases.codename(major, data) for major in (first, last + 1)}
    words = []
    if first > min(majors):
        words.append(f"was removed in {name[first]}")
    if last < max(majors):
        words.append(f"came {'back ' if words else ''}with {name[last + 1]}")
    return f"{release['codename']} has no store of type {kind}, which {' and '.join(words)}: use another type"


def _once(kind, names, several, release, data):
    who = " and ".join(names)
    if several is None:
        return f"{who} are of type {kind}, of which there can be one: take one out"
    first = glance_releases.codename(several, data)
    return f"{who}: {release['codename']} has one store of type {kind} only: name one, or move to {first}"


def _spelling(stores, pillar, known, data):
    """Values that the release cannot read back from a location."""
    found = []
    for name, kind in glance_stores.types(stores).items():
        rule = known.store_types[kind].get("spelled")
        for key in rule["keys"] if rule and known.release["glance"] < rule["before"] else ():
            if set(rule["without"]) & set(str(glance_stores.given(pillar, name).get(key) or "")):
                first = glance_releases.codename(rule["before"], data)
                letters = " or ".join(rule["without"])
                found.append(f"{KEY}:{name}:{key} has {letters}, with which no image is found before {first}")
    return found


def _values_of_references(settings, pillar, known, data):
    """Keys of an account that the release does not read."""
    found = []
    for name, backend in settings["stores"]["backends"].items():
        for ref in backend.get("references") or {}:
            given = glance_stores.given(pillar, name)["references"][ref] or {}
            key = f"{KEY}:{name}:references:{ref}"
            if given.get(_CREDENTIAL[0]) and not known.swift_option(_CREDENTIAL[0]):
                since = glance_releases.codename(data["swift_references"][_CREDENTIAL[0]]["since"], data)
                found.append(f"{key}:{_CREDENTIAL[0]}: {known.release['codename']} does not read it, {since} does")
            if given.get("auth_version", 3) != 3 and not known.swift_option("auth_version"):
                found.append(f"{key}:auth_version: {known.release['codename']} knows 3 only: take the key out")
    return found
