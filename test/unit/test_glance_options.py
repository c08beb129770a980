"""
The options of every release: what the tables know, what is refused and how, and that nothing is ever rendered that the
release does not have.
"""

import copy
import json
import pathlib

import glance_config
import glance_options
import glance_releases
import glance_rules
import glance_schema
import glance_stores
import glance_typed
import pytest
import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]


def load(name):
    return yaml.safe_load((REPO / name).read_text(encoding="utf-8"))


SCHEMA, RELEASES = load("glance/schema.yaml"), load("glance/releases.yaml")
SYSTEM = load("glance/os/Debian.yaml")
REGISTRY = json.loads((REPO / "glance" / "options.json").read_text(encoding="utf-8"))
EXAMPLE = load("pillar.example")["glance"]
CODENAMES = [release["codename"] for release in RELEASES["releases"]]
TYPED = glance_typed.named(SCHEMA, "glance")
SEVERAL = {"default": "fast", "backends": {"fast": {"datadir": "/srv/fast"}, "slow": {"datadir": "/srv/slow"}}}
# values of keys with choices that the example does not have: each stands for options of its own
CHOICES = [
    {},
    {"api": {"logging": {"target": "journal", "format": "json"}}},
    {"api": {"logging": {"target": "syslog"}}},
    {"api": {"logging": {"target": "stderr"}}},
    {"api": {"v1": True}, "registry": {"through": True}},
    {"identity": {"identity_api_version": 2, "limits": None}},
    {"api": {"audit": {"enabled": True}}, "signatures": {"barbican": True}},
    {"identity": {"authtoken": "identity_uri"}},
    {"messaging": {"notifications": "noop"}},
    {"import": {"disallowed_schemes": ["ftp"], "disallowed_hosts": ["db-node"], "disallowed_ports": [22]}},
    {"cache": {"enabled": True, "flavor": "caching"}},
    {"cache": {"enabled": True}, "stores": SEVERAL},
]


def over(base, changes):
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return copy.deepcopy(changes)
    return {**copy.deepcopy(base), **{key: over(base.get(key), value) for key, value in changes.items()}}


def possible(backends, major):
    """The backends that a release can have: as many of a type, and without what it does not read of them."""
    found, count = {}, {}
    for name, backend in backends.items():
        entry = RELEASES["store_types"][backend.get("type", "file")]
        if any(first <= major <= last for first, last in entry.get("absent", [])):
            continue
        if "application_credential_id" in backend and major < 32:
            continue
        count[entry["section"]] = count.get(entry["section"], 0) + 1
        if count[entry["section"]] > 1 and (entry["several"] is None or major < entry["several"]):
            continue
        accounts = {
            ref: account
            for ref, account in backend.get("references", {}).items()
            if major >= 32 or "application_credential_id" not in account
        }
        found[name] = {**backend, **({"references": accounts} if accounts else {})}
    return found


class Minion:
    """A host of API and registry with every key of the example, as far as the release takes it."""

    def __init__(self, codename, changes):
        given = glance_schema.plain(over(EXAMPLE, {"release": codename, **changes}), SCHEMA)
        self.release = glance_releases.resolve(codename, RELEASES)
        backends = possible(given["stores"]["backends"], self.release["glance"])
        default = given["stores"]["default"]
        given["stores"] |= {"backends": backends, "default": default if default in backends else "local"}
        self.settings = glance_schema.complete(SCHEMA, given)
        types = glance_stores.types(self.settings["stores"])
        self.known = glance_options.Known(RELEASES, REGISTRY, self.release, types)
        self.pillar = self._taken(given)
        self.settings = glance_schema.complete(SCHEMA, self.pillar)

    def _taken(self, given):
        """The pillar without what must be refused: the test of that is below."""
        left_out = glance_typed.without_effect(SCHEMA, self.settings, given, self.known.place)
        left_out += glance_stores.without_effect(self.settings, given, SCHEMA, self.known)
        for key, _, essential in left_out:
            if essential:
                *path, last = key.split(":")[1:]
                place = given
                for part in path:
                    place = place[part]
                place.pop(last, None)
        methods = given["import"]["methods"]
        given["import"]["methods"] = [name for name in methods if self.known.has_method(name)]
        if self.release["v1"] is None:
            given["api"].pop("v1", None)
        if not 10 <= self.release["glance"] < 33:
            given["identity"].pop("authtoken", None)
        if not self.release["identity_v2"]:
            given["identity"].pop("identity_api_version", None)
        if self.release["limits"] == "none":
            given["identity"].pop("limits", None)
        if self.release["glance"] < 28:
            given["cache"]["driver"] = "sqlite"
        if self.release["glance"] == 20:
            given["registry"].pop("through", None)
        return given

    def files(self):
        arguments = self.settings, self.pillar, SCHEMA, self.known, SYSTEM
        registry = [glance_config.registry(*arguments)] if self.release["registry"] else []
        return [glance_config.api(*arguments, "image-node"), *registry]

    def problems(self):
        roles = ["registry", "api"]
        return glance_schema.problems(SCHEMA, self.pillar) + glance_rules.problems(
            self.settings, self.pillar, SCHEMA, self.known, roles, RELEASES
        )


@pytest.mark.parametrize("changes", CHOICES, ids=str)
@pytest.mark.parametrize("codename", CODENAMES)
def test_every_option_that_is_rendered_is_one_that_the_release_has_and_takes(codename, changes):
    minion = Minion(codename, changes)
    assert minion.problems() == []
    for options in minion.files():
        assert options["DEFAULT"]
        for section, values in options.items():
            for option in values:
                assert minion.known.spec(section, option) is not None, f"[{section}] {option}"
        unquoted = {
            section: {option: value for option, value in values.items() if "{pillar:" not in str(value)}
            for section, values in options.items()
        }
        assert minion.known.problems(unquoted, "rendered") == []


def test_every_typed_key_is_rendered():
    """By at least one of the pillars above, for at least one release."""
    rendered = set()
    for codename in CODENAMES:
        for changes in CHOICES:
            minion = Minion(codename, changes)
            there = {f"{section}/{name}" for file in minion.files() for section in file for name in file[section]}
            for key, option, *_ in _given(minion):
                place = minion.known.place(*option.split("/"))
                if place and "/".join(place) in there:
                    rendered.add((key, option))
    wanted = {(key, option) for key, options in TYPED.items() for option in options}
    assert sorted(wanted - rendered) == []
    assert len(wanted) > 80


def _given(minion):
    for option, _, key in glance_typed.keys(SCHEMA, minion.settings, minion.pillar, "glance"):
        yield key, option


def test_typed_keys_name_options_of_the_newest_release_that_has_them():
    newest = [glance_options.Known(RELEASES, REGISTRY, release) for release in glance_releases.all_of(RELEASES)][::-1]
    for key, options in TYPED.items():
        for option in options:
            assert any(known.spec(*option.split("/")) is not None for known in newest), f"{key}: {option}"


def test_tables_say_the_same():
    """``since`` and ``removed`` of releases.yaml against the lists: a list of an installed Glance is never wrong."""
    installed = [int(major) for major, source in REGISTRY["sources"].items() if source.endswith("installed")]
    assert len(installed) >= 7
    for name, entry in RELEASES["options"].items():
        section, option = name.split("/")
        for first, last, _ in REGISTRY["options"].get(section, {}).get(option, []):
            there = [major for major in installed if first <= major <= last]
            assert all(entry.get("since", 0) <= major < entry.get("removed", 99) for major in there), name


@pytest.mark.parametrize("codename", CODENAMES)
def test_a_typo_is_found_in_every_release(codename):
    known = Minion(codename, {}).known
    (line,) = known.problems({"DEFAULT": {"image_size_cpa": 1}}, "glance:api:config")
    assert line.startswith(f"glance:api:config:DEFAULT:image_size_cpa: {codename} does not have")
    assert "did you mean image_size_cap?" in line
    assert REGISTRY["sources"][str(known.release["glance"])] in line


@pytest.mark.parametrize(
    ("release", "section", "option", "value", "expected"),
    [
        ("epoxy", "DEFAULT", "workers", "two", "[DEFAULT] workers must be a whole number, not 'two'"),
        ("epoxy", "DEFAULT", "workers", True, "must be a whole number"),
        ("epoxy", "DEFAULT", "workers", -1, "must be 0 or more"),
        ("epoxy", "DEFAULT", "workers", [1, 2], "takes one value, not a list"),
        ("epoxy", "DEFAULT", "bind_port", 99999999, "must be 65535 or less"),
        ("epoxy", "DEFAULT", "debug", "maybe", "must be true or false"),
        ("epoxy", "DEFAULT", "debug", "on", None),
        ("epoxy", "DEFAULT", "image_cache_driver", "bogus", "must be one of centralized_db, sqlite, xattr"),
        ("zed", "DEFAULT", "image_cache_driver", "centralized_db", "must be one of sqlite, xattr"),
        ("hibiscus", "import_filtering_opts", "allowed_ports", [80, 0], "must be 1 or more"),
        ("hibiscus", "import_filtering_opts", "allowed_ports", "[80,443]", None),
        ("hibiscus", "DEFAULT", "enabled_import_methods", ["web-downlod"], "must be one of glance-direct"),
        ("epoxy", "DEFAULT", "enabled_backends", "fast", "must be pairs as key:value"),
        ("epoxy", "DEFAULT", "enabled_backends", "fast:file,slow:rbd", None),
        ("epoxy", "healthcheck", "detailed", "$debug", None),
        ("epoxy", "fast", "filesystem_store_datadri", "/x", "did you mean filesystem_store_datadir?"),
        ("epoxy", "fast", "rbd_store_pool", "x", "did you mean [glance_store] rbd_store_pool?"),
        ("epoxy", "fast", "weight", 3, None),
        ("epoxy", "ceph", "rbd_store_pool", "images", None),
        ("epoxy", "keystone_authtoken", "application_credential_id", "x", None),
        ("epoxy", "keystone_authtoken", "usrname", "x", "did you mean username?"),
        ("epoxy", "DEFAULT", "allowed_origin", "x", "did you mean [cors] allowed_origin?"),
        ("epoxy", "oslo_mesaging_rabbit", "quux", "x", "did you mean the section [oslo_messaging_rabbit]?"),
        ("epoxy", "oslo_messaging_rabbit", "rabbit_quorum_queues", True, "] rabbit_quorum_queue,"),
        ("zed", "DEFAULT", "notification_driver", "noop", "zed calls [DEFAULT] notification_driver ["),
        ("epoxy", "DEFAULT", "notification_driver", "noop", "which was removed in epoxy: use [oslo_messaging_notif"),
        ("pike", "DEFAULT", "rabbit_host", "x", "pike calls [DEFAULT] rabbit_host [oslo_messaging_rabbit] rabbit_host"),
        ("juno", "DEFAULT", "rabbit_host", "x", None),
        ("juno", "database", "connection_recycle_time", 1, "which came with queens: use [database] idle_timeout"),
        ("pike", "keystone_authtoken", "identity_uri", "x", None),
        ("hibiscus", "keystone_authtoken", "identity_uri", "x", "removed in hibiscus: use auth_type"),
        ("liberty", "DEFAULT", "enable_v1_api", True, None),
        ("train", "DEFAULT", "enable_v1_api", True, "which was removed in rocky: use version 2 of the API"),
        ("mitaka", "glance_store", "s3_store_host", "x", None),
        ("train", "glance_store", "s3_store_host", "x", "which was removed in newton"),
        ("ussuri", "glance_store", "s3_store_host", "x", None),
        ("train", "DEFAULT", "worker_self_reference_url", "x", "which came with wallaby"),
    ],
)
def test_options_one_by_one(release, section, option, value, expected):
    resolved = glance_releases.resolve(release, RELEASES)
    known = glance_options.Known(RELEASES, REGISTRY, resolved, {"fast": "file", "ceph": "rbd"})
    found = known.problems({section: {option: value}}, "glance:api:config")
    if expected is None:
        assert found == []
    else:
        assert len(found) == 1
        assert expected in found[0]
    assert known.problems({section: {option: value}}, "k", [section]) == []
    assert known.problems({section: {option: value}}, "k", [f"{section}/{option}"]) == []
    assert known.problems({section: {option: None}}, "k") == []


def test_a_secret_with_a_wrong_value_is_not_shown():
    known = Minion("epoxy", {}).known
    (line,) = known.problems({"DEFAULT": {"transport_url": ["s3cr3t", "s3cr3t"]}}, "k")
    assert "s3cr3t" not in line


@pytest.mark.parametrize(
    ("release", "option", "place"),
    [
        ("icehouse", "oslo_messaging_rabbit/ssl", "DEFAULT/rabbit_use_ssl"),
        ("liberty", "oslo_messaging_rabbit/ssl", "oslo_messaging_rabbit/rabbit_use_ssl"),
        ("mitaka", "oslo_messaging_rabbit/ssl", "oslo_messaging_rabbit/ssl"),
        ("pike", "database/connection_recycle_time", "database/idle_timeout"),
        ("queens", "database/connection_recycle_time", "database/connection_recycle_time"),
        ("kilo", "keystone_authtoken/auth_type", "keystone_authtoken/auth_plugin"),
        ("icehouse", "keystone_authtoken/auth_type", None),
        ("juno", "oslo_concurrency/lock_path", "DEFAULT/lock_path"),
        ("kilo", "image_format/disk_formats", "DEFAULT/disk_formats"),
        ("epoxy", "glance_download_properties/extra_properties", "glance_download_opts/extra_properties"),
        ("hibiscus", "glance_download_properties/extra_properties", "glance_download_properties/extra_properties"),
        ("hibiscus", "DEFAULT/bind_host", None),
        ("kilo", "key_manager/backend", None),
        ("liberty", "key_manager/backend", "key_manager/api_class"),
        ("queens", "key_manager/backend", "key_manager/backend"),
    ],
)
def test_each_release_has_its_own_name(release, option, place):
    known = glance_options.Known(RELEASES, REGISTRY, glance_releases.resolve(release, RELEASES))
    found = known.place(*option.split("/"))
    assert (found and "/".join(found)) == place


@pytest.mark.parametrize(
    ("release", "changes", "expected"),
    [
        ("zed", {"messaging": {"transient_quorum_queues": True}}, "glance:messaging:transient_quorum_queues: zed"),
        ("zed", {"cache": {"enabled": True}}, "glance:cache:driver: with zed [DEFAULT] image_cache_driver must be one"),
        ("icehouse", {"api": {"logging": {"target": "journal"}}}, "glance:api:logging:target: icehouse has no"),
        ("rocky", {"api": {"v1": True}}, "glance:api:v1: rocky has no version 1"),
        ("ussuri", {"registry": {"through": True}}, "glance:registry:through: with ussuri"),
        ("hibiscus", {"identity": {"authtoken": "identity_uri"}}, "glance:identity:authtoken: hibiscus knows plugin"),
        ("juno", {"identity": {"authtoken": "plugin"}}, "glance:identity:authtoken: juno has no plugins"),
        ("epoxy", {"identity": {"memcached_secret": None}}, "glance:identity:memcached_security needs"),
        ("wallaby", {}, "glance:identity:limits: wallaby has no unified limits"),
        ("zed", {"quotas": {"endpoint_id": None}}, "glance:quotas:endpoint_id is missing: zed needs it"),
        ("pike", {"registry": {"config": {"DEFAULT": {"debgu": 1}}}}, "glance:registry:config:DEFAULT:debgu"),
    ],
)
def test_what_a_release_cannot_do_is_refused(release, changes, expected):
    pillar = glance_schema.plain(over(EXAMPLE, {"release": release, **changes}), SCHEMA)
    settings = glance_schema.complete(SCHEMA, pillar)
    resolved = glance_releases.resolve(release, RELEASES)
    known = glance_options.Known(RELEASES, REGISTRY, resolved, glance_stores.types(settings["stores"]))
    found = glance_rules.problems(settings, pillar, SCHEMA, known, ["registry", "api"], RELEASES)
    assert [line for line in found if line.startswith(expected)], found


def test_keys_without_effect_are_told():
    pillar = {"api": {"bind_port": 9293, "size_cap": 5}}
    settings = glance_schema.complete(SCHEMA, pillar)
    known = glance_options.Known(RELEASES, REGISTRY, glance_releases.resolve("hibiscus", RELEASES))
    found = glance_typed.without_effect(SCHEMA, settings, pillar, known.place)
    assert found == [("glance:api:bind_port", "DEFAULT/bind_port", False)]
