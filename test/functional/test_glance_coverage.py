"""
Every key of the pillar does something: the example with one key changed gives other states. Keys that stand for options
are looked at for every release by test/unit/test_glance_options.py.
"""

import copy
import json
import pathlib

import pytest
import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = yaml.safe_load((REPO / "pillar.example").read_text(encoding="utf-8"))["glance"]
SCHEMA = yaml.safe_load((REPO / "glance" / "schema.yaml").read_text(encoding="utf-8"))
# what is read by orchestrations, runners and checks, not by states; each is tested where it is used
ELSEWHERE = {"site", "external_roles", "replication", "preflight", "api:unchecked", "catalogue:in_use"}
# a secret is in no state, a state has the name of its key
SECRET = {"password", "memcached_secret"}
# what the example needs besides, so that a key counts or its other value is allowed
WITH = {
    "cache": {"cache": {"enabled": True}},
    "metadefs": {"metadefs": {"load": True}},
    "api:audit": {"api": {"audit": {"enabled": True}}},
    "purge:images_table": {"purge": {"images_table": False}},
    "database:admin:unix_socket": {"database": {"admin": {"host": None}}},
    "identity:admin:cloud": {"identity": {"admin": {"password": None}}},
    "catalogue": {"catalogue": {"undeclared": "retire"}},
    "release": {"identity": {"memcached_tls": None}, "stores": {}},
    "stores:default": {"stores": {"backends": {"other": {"type": "file", "datadir": "/other"}}}},
}
OTHER = {
    "release": "epoxy",
    "roles": ["api"],
    "images": {},
    "database:url_parameters": {"charset": "utf8"},
    "stores:default": "other",
    "stores:backends": {"local": {"type": "file", "datadir": "/elsewhere"}},
    "identity:identity_api_version": 2,
    "identity:image_api_version": 1,
    "identity:authtoken": "identity_uri",
    "messaging:notifications": "log",
    "api:v1": True,
    "registry:through": True,
    "import:methods": ["web-download"],
}
OLD = {
    "release": "pike",
    "cache": {"driver": "sqlite"},
    "api": {"cors": {}, "formats": {}},
}


def leaves(schema, values, key=""):
    for name, child in schema["properties"].items():
        full = f"{key}:{name}" if key else name
        if full in ELSEWHERE or name in SECRET:
            continue
        if "properties" in child:
            yield from leaves(child, values.get(name) or {}, full)
        elif "option" not in child and "sets" not in child:
            yield full, child


def over(base, changes):
    if not isinstance(base, dict) or not isinstance(changes, dict) or not changes:
        return copy.deepcopy(changes)
    return {**copy.deepcopy(base), **{key: over(base.get(key), value) for key, value in changes.items()}}


def get(pillar, key):
    for part in key.split(":"):
        pillar = (pillar or {}).get(part)
    return pillar


def put(pillar, key, value):
    changes = value
    for part in reversed(key.split(":")):
        changes = {part: changes}
    return over(pillar, changes)


def another(key, schema, value):
    """A value that is valid too, and not the same."""
    if key in OTHER:
        return OTHER[key]
    if "enum" in schema:
        return next(choice for choice in schema["enum"] if choice != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, list):
        return value[:-1] or [*value, "more"]
    if isinstance(value, dict):
        return {}
    if schema.get("expects", "").startswith("when"):
        return "monthly"
    return f"{value}x" if not value.startswith("http") else value.replace("://", "://x")


@pytest.fixture(scope="module")
def states(loaders):
    grains = {"os_family": "Debian", "os": "Debian", "oscodename": "trixie", "fqdn": "image-node", "num_cpus": 3}
    before, known = dict(loaders.opts["grains"]), {}
    loaders.opts["grains"].update(grains)

    def render(pillar):
        given = json.dumps(pillar)
        if given not in known:
            known[given] = low(pillar)
        return known[given]

    def low(pillar):
        found = loaders.modules.state.show_low_sls("glance", pillar={"glance": copy.deepcopy(pillar)})
        assert all(isinstance(chunk, dict) for chunk in found), found
        text = json.dumps(found, sort_keys=True)
        assert " object at 0x" not in text, "Jinja found a method in place of a key: write settings['key']"
        return text

    yield render
    loaders.opts["grains"].clear()
    loaders.opts["grains"].update(before)


def old():
    """The example, as far as Pike takes it."""
    pillar = over(EXAMPLE, OLD)
    for key in ("memcached_tls", "limits"):
        pillar["identity"].pop(key)
    for key in ("quorum_queues", "transient_quorum_queues"):
        pillar["messaging"].pop(key)
    pillar["import"] = pillar["stores"] = {}
    return pillar


OF_OLD = ("registry", "identity:identity_api_version", "identity:image_api_version", "identity:authtoken")
OF_OLD += ("identity:identity_uri", "api:v1", "database:driver")


@pytest.mark.slow
@pytest.mark.parametrize(("key", "schema"), list(leaves(SCHEMA, EXAMPLE)), ids=lambda value: str(value)[:60])
def test_every_key_does_something(states, key, schema):
    base = old() if key.startswith(OF_OLD) else copy.deepcopy(EXAMPLE)
    for prefix, changes in WITH.items():
        base = over(base, changes) if key.startswith(prefix) else base
    if key == "identity:identity_uri":
        base["identity"]["authtoken"] = "identity_uri"
    if key == "registry:port" or key == "registry:host":
        base["api"]["v1"] = True
    value = get(base, key)
    assert value is not None, f"{key} is not in the example"
    assert states(base) != states(put(base, key, another(key, schema, value)))
