"""The pillar: what is refused and how, what is derived from it for each release."""

import copy
import json
import pathlib
import re

import glance_config
import glance_options
import glance_releases
import glance_rules
import glance_schema
import glance_stores
import openstack_secrets
import pytest
import yaml
from openstack_errors import Invalid

REPO = pathlib.Path(__file__).resolve().parents[2]
GLANCE = REPO / "glance"


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


SCHEMA = load(GLANCE / "schema.yaml")
RELEASES = load(GLANCE / "releases.yaml")
SYSTEM = load(GLANCE / "os" / "Debian.yaml")
REGISTRY = json.loads((GLANCE / "options.json").read_text(encoding="utf-8"))
SECRET = "s3cr3t"
PILLAR = {
    "site": "zurich",
    "roles": ["api"],
    "release": "epoxy",
    "database": {"host": "db-node", "password": SECRET},
    "messaging": {"hosts": ["mq-1", "mq-2"], "password": SECRET, "notifications": "messagingv2"},
    "identity": {"auth_url": "http://auth-node:5000", "password": SECRET},
    "api": {"workers": 2},
    "stores": {
        "default": "fast",
        "backends": {"fast": {"datadir": "/srv/fast"}, "slow": {"datadir": "/srv/slow", "description": "slow"}},
    },
    "cache": {"enabled": True},
}
CODENAMES = [release["codename"] for release in RELEASES["releases"]]


def changed(changes):
    """``PILLAR`` with colon separated keys set; ``None`` removes."""
    pillar = copy.deepcopy(PILLAR)
    for key, value in changes.items():
        *path, last = key.split(":")
        place = pillar
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return glance_schema.plain(pillar, SCHEMA)


def problems(changes, roles=("api",)):
    pillar = changed(changes)
    found = glance_schema.problems(SCHEMA, pillar) + glance_schema.missing(SCHEMA, pillar, roles)
    if glance_schema.problems(SCHEMA, pillar):
        return found
    settings = glance_schema.complete(SCHEMA, pillar)
    return found + glance_rules.problems(settings, pillar, SCHEMA, known(settings, pillar["release"]), roles, RELEASES)


def known(settings, release):
    types = glance_stores.types(settings["stores"])
    return glance_options.Known(RELEASES, REGISTRY, glance_releases.resolve(release, RELEASES), types)


def options(release="epoxy", **changes):
    pillar = changed({key.replace("__", ":"): value for key, value in changes.items()})
    settings = glance_schema.complete(SCHEMA, pillar)
    return glance_config.api(settings, pillar, SCHEMA, known(settings, release), SYSTEM, "image-node")


def test_a_good_pillar_has_no_problem():
    assert problems({}) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"databse": {}}, "glance:databse is not known: did you mean database?"),
        ({"database:hots": "x"}, "glance:database:hots is not known: did you mean host?"),
        ({"identity:admin:user": "x"}, "glance:identity:admin:user is not known: did you mean username?"),
        ({"xyzzy": 1}, "glance:xyzzy is not known: known here are site, roles,"),
        ({"database:port": "abc"}, "glance:database:port must be an integer, not a string: 'abc'"),
        ({"database:port": 0}, "glance:database:port must be 1 or more, not '0'"),
        ({"database": SECRET}, "glance:database must be a mapping, not a string"),
        ({"database:password": 12345678}, "glance:database:password must be a string, not an integer"),
        ({"database:password": ""}, "glance:database:password is missing: role api needs it."),
        ({"database:host": None}, "glance:database:host is missing: role api needs it. Host name or address"),
        ({"roles": "api"}, "glance:roles must be a list, not a string: 'api'"),
        ({"roles": ["ap"]}, "glance:roles:0 must be one of database, messaging,"),
        ({"identity:auth_url": "auth-node:5000"}, "glance:identity:auth_url must be a URL, http://… or https://…, not"),
        ({"proxy": f"http://me:{SECRET}@proxy"}, "glance:proxy must be a URL without user and password"),
        ({"stores:default": "fats"}, "glance:stores:default is fats, which is no backend: name one of fast, slow"),
        ({"stores:default": None}, "glance:stores:default is missing: name one of fast, slow"),
        ({"database:password": "pässword"}, "glance:database:password must be of ASCII characters"),
        (
            {"messaging:password": "a/b"},
            "glance:messaging:password must be without a slash, which oslo.messaging cannot",
        ),
        ({"stores:backends:fast:datadir": None}, "glance:stores:backends:fast:datadir is missing"),
        ({"stores:backends:slow:datadir": "/srv/fast/"}, "glance:stores:backends: fast and slow share /srv/fast"),
        ({"stores:backends:os_glance_x": {}}, "glance:stores:backends has the key 'os_glance_x': it must be"),
        ({"messaging:hosts": []}, "glance:messaging:hosts is missing: glance:messaging:notifications is messagingv2"),
        ({"messaging:password": None}, "glance:messaging:password is missing"),
        ({"messaging:policies": {"a": {}}}, "glance:messaging:policies:a:definition is missing"),
        ({"messaging:policies": {"a": {"definition": {}}}}, "glance:messaging:policies:a:definition must not be empty"),
        ({"messaging:policies": {"a:b": {}}}, "glance:messaging:policies has the key 'a:b': it must be letters"),
        ({"images:a": {"disk_format": "qcow"}}, "glance:images:a:disk_format must be one of raw, qcow2"),
        ({"images:a:id": "1"}, "glance:images:a:id must be a UUID"),
        ({"release": "zed", "import:methods": ["glance-download"]}, None),
        ({"release": "yoga", "import:methods": ["glance-download"]}, "yoga does not have glance-download, which came"),
        ({"release": "zed", "api:config": {"oslo_policy": {"enforce_new_defaults": True}}}, "must be the same"),
        (
            {"api:config": {"DEFAULT": {"rpc_backend": "rabbit"}}},
            "glance:api:config:DEFAULT:rpc_backend: epoxy does not have [DEFAULT] rpc_backend, which was removed in"
            " stein: use [DEFAULT] transport_url, pillar key glance:messaging (oslo.messaging 9.0.0",
        ),
        ({"api:config": {"DEFAULT": {"rpc_backend": None}}}, None),
        ({"release": "hibiscus", "api:config": {"DEFAULT": {"workers": 2}}}, "removed in hibiscus: use the processes"),
        (
            {"release": "ussuri", "api:config": {"DEFAULT": {"worker_self_reference_url": "x"}}},
            "which came with wallaby: take it out",
        ),
        ({"release": "hibiscus", "api:config": {"keystone_authtoken": {"identity_uri": "x"}}}, "glance:identity"),
        ({"api:config": {"DEFAULT": {"debug": {"a": 1}}}}, "glance:api:config:DEFAULT:debug must be a string or"),
    ],
)
def test_problems_name_the_key_and_what_to_do(changes, expected):
    found = problems(changes)
    assert SECRET not in str(found)
    assert "12345678" not in str(found)
    if expected is None:
        assert found == []
    else:
        assert [line for line in found if expected in line], found


def test_all_problems_at_once():
    assert len(problems({"databse": 1, "database:port": "x", "api:bind_port": 0, "sites": 1})) == 4


@pytest.mark.parametrize(
    "admin",
    [
        {"cloud": "admin"},
        {"environment": True},
        {"password": "x"},
        {"application_credential_id": "x", "application_credential_secret": "y"},
    ],
)
def test_the_role_identity_needs_an_administrator(admin):
    endpoint = {"identity:endpoints:public": "http://image-node:9292"}
    assert "glance:identity:admin is missing" in str(problems(endpoint, roles=["identity"]))
    assert problems({"identity:admin": admin, **endpoint}, roles=["identity"]) == []


@pytest.mark.parametrize("role", ["identity", "images"])
def test_keystone_is_known_by_url_or_by_cloud(role):
    endpoint = {"identity:endpoints:public": "http://image-node:9292", "identity:auth_url": None}
    found = problems({"identity:admin": {"password": "x"}, **endpoint}, roles=[role])
    assert found == [f"glance:identity:auth_url is missing: role {role} needs it, or an admin with a cloud"]
    assert problems({"identity:admin": {"cloud": "admin"}, **endpoint}, roles=[role]) == []


def test_an_image_needs_a_source_unless_it_is_to_go():
    assert "glance:images:a:source is missing" in str(problems({"images:a": {}}, roles=["images"]))
    assert problems({"images:a": {"absent": True}}, roles=["images"]) == []


def test_settings_have_defaults_and_no_secret():
    settings = glance_schema.complete(SCHEMA, changed({}))
    assert SECRET not in str(settings)
    assert settings["database"]["password_pillar"] == "glance:database:password"
    assert settings["database"]["port"] == 3306
    assert settings["stores"]["backends"]["fast"]["type"] == "file"
    assert glance_schema.complete(SCHEMA, {})["stores"]["backends"]["local"]["datadir"] == "/var/lib/glance/images"


def test_completing_changes_neither_schema_nor_pillar():
    schema, pillar = copy.deepcopy(SCHEMA), changed({})
    settings = glance_schema.complete(schema, pillar)
    settings["stores"]["backends"]["more"] = {}
    settings["database"]["allowed_hosts"].append("x")
    assert schema == SCHEMA
    assert pillar == changed({})


def test_every_key_is_described():
    def walk(schema, key):
        for name, child in schema.get("properties", {}).items():
            assert child.get("description", "").endswith("."), f"{key}:{name}"
            assert "type" in child or "enum" in child, f"{key}:{name}"
            if "pattern" in child:
                assert "expects" in child, f"{key}:{name}"
            walk(child, f"{key}:{name}")
        if isinstance(schema.get("additionalProperties"), dict):
            walk(schema["additionalProperties"], f"{key}:*")

    walk(SCHEMA, "glance")
    assert glance_schema.secrets(SCHEMA) == [
        "glance:venv:index_url",
        "glance:database:password",
        "glance:database:second_user:password",
        "glance:database:admin:password",
        "glance:messaging:password",
        "glance:identity:admin:password",
        "glance:identity:admin:application_credential_secret",
        "glance:identity:password",
        "glance:identity:memcached_secret",
        "glance:api:tls:certificate",
        "glance:api:tls:key",
    ]


@pytest.mark.parametrize("codename", CODENAMES)
def test_every_release_resolves_by_name_and_number(codename):
    release = glance_releases.resolve(codename.upper(), RELEASES)
    assert release["codename"] == codename
    assert glance_releases.resolve(release["number"], RELEASES) == release
    assert options(codename, stores={"backends": {"local": {"datadir": "/srv"}}})


def test_releases_are_in_order_and_options_well_formed():
    releases = glance_releases.all_of(RELEASES)
    assert [release["glance"] for release in releases] == list(range(8, 34))
    assert {tuple(release) for release in releases} == {tuple(releases[0])}, "a release has a key that others have not"
    for name, entry in RELEASES["options"].items():
        assert re.fullmatch(r"[A-Za-z0-9_.]+/[a-z0-9_]+", name)
        assert entry.keys() <= {"since", "removed", "server", "use", "before", "pillar", "source", "values"}
        assert "source" in entry


def test_release_numbers_from_yaml_are_numbers():
    assert glance_releases.resolve(2025.1, RELEASES)["codename"] == "epoxy"


def test_an_unknown_release_is_explained():
    with pytest.raises(Invalid, match=r"epoxi is not known: did you mean epoxy\? Known are icehouse \(2014\.1\)"):
        glance_releases.resolve("epoxi", RELEASES)


def test_glance_api_conf_of_a_release():
    assert options() == {
        "DEFAULT": {
            "bind_host": "0.0.0.0",
            "bind_port": "9292",
            "workers": "2",
            "log_dir": "/var/log/glance",
            "log_file": "glance-api.log",
            "show_image_direct_url": "false",
            "show_multiple_locations": "false",
            "worker_self_reference_url": "http://image-node:9292",
            "enabled_backends": "fast:file,slow:file",
            "enabled_import_methods": "[glance-direct,web-download,copy-image]",
            "image_cache_dir": "/var/lib/glance/image-cache",
            "image_cache_max_size": "10737418240",
            "transport_url": "rabbit://glance:{pillar:glance:messaging:password|url}@mq-1:5672,"
            "glance:{pillar:glance:messaging:password|url}@mq-2:5672//glance",
        },
        "database": {"connection": "mysql+pymysql://glance:{pillar:glance:database:password|url}@db-node/glance"},
        "glance_store": {"default_backend": "fast"},
        "fast": {"filesystem_store_datadir": "/srv/fast"},
        "slow": {"filesystem_store_datadir": "/srv/slow", "store_description": "slow"},
        "os_glance_staging_store": {"filesystem_store_datadir": "/var/lib/glance/staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": "/var/lib/glance/tasks"},
        "keystone_authtoken": {
            "www_authenticate_uri": "http://auth-node:5000",
            "auth_url": "http://auth-node:5000",
            "auth_type": "password",
            "username": "glance",
            "password": "{pillar:glance:identity:password|oslo}",
            "user_domain_name": "Default",
            "project_name": "service",
            "project_domain_name": "Default",
            "region_name": "RegionOne",
            "service_token_roles": "service",
            "service_token_roles_required": "true",
        },
        "paste_deploy": {"flavor": "keystone+cachemanagement"},
        "oslo_concurrency": {"lock_path": "/var/lock/glance"},
        "oslo_messaging_notifications": {"driver": "messagingv2", "retry": "0"},
        "oslo_messaging_rabbit": {"heartbeat_in_pthread": "false"},
    }


def test_noop_needs_no_broker():
    found = options(messaging={})
    assert found["oslo_messaging_notifications"] == {"driver": "noop"}
    assert "transport_url" not in found["DEFAULT"]


def test_a_release_without_its_own_server_has_no_address():
    found = options("hibiscus")
    assert not {"bind_host", "bind_port", "workers"} & found["DEFAULT"].keys()
    assert found["DEFAULT"]["worker_self_reference_url"] == "http://image-node:9292"


def test_older_names():
    found = options("mitaka", stores={"backends": {"local": {"datadir": "/srv"}}})
    assert found["keystone_authtoken"]["auth_uri"] == "http://auth-node:5000"
    assert "www_authenticate_uri" not in found["keystone_authtoken"]
    assert found["glance_store"]["default_store"] == "file"
    kilo = options("kilo", stores={"backends": {"local": {"datadir": "/srv"}}})
    assert kilo["DEFAULT"]["notification_driver"] == "messagingv2"


def test_what_pillar_says_wins_and_null_takes_out():
    config = {
        "DEFAULT": {"workers": 8, "log_file": None, "debug": True},
        "local_store": {"rbd_store_pool": "images"},
        "import_filtering_opts": {"allowed_ports": [80, 443]},
        "oslo_policy": {"policy_dirs": ["a", "b"]},
        "cors": {"allowed_origin": ["x", "y"]},
    }
    found = options(api__config=config)
    assert found["DEFAULT"]["workers"] == "8"
    assert "log_file" not in found["DEFAULT"]
    assert found["DEFAULT"]["debug"] == "true"
    assert found["local_store"] == {"rbd_store_pool": "images"}
    assert found["import_filtering_opts"] == {"allowed_ports": "[80,443]"}
    assert found["oslo_policy"] == {"policy_dirs": ["a", "b"]}
    assert found["cors"] == {"allowed_origin": "x,y"}


def test_secrets_among_free_options_become_references():
    config = {"slow": {"s3_store_secret_key": SECRET}, "keystone_authtoken": {"memcache_secret_key": SECRET}}
    pillar = changed({"api:config": config})
    found = options(api__config=config)
    assert SECRET not in str(found)
    assert found["slow"]["s3_store_secret_key"] == "{pillar:glance:api:config:slow:s3_store_secret_key}"
    assert openstack_secrets.resolve(found["slow"]["s3_store_secret_key"], {"glance": pillar}) == SECRET


@pytest.mark.parametrize(
    ("changes", "connection"),
    [
        ({"database__port": 3307}, "@db-node:3307/glance"),
        ({"database__host": "fd00::1"}, "@[fd00::1]/glance"),
        ({"database__user": "a@b"}, "//a%40b:{pillar"),
    ],
)
def test_connection(changes, connection):
    assert connection in options(**changes)["database"]["connection"]


OLD = {"release": "juno", "identity:identity_api_version": 2, "identity:image_api_version": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        OLD,
        {**OLD, "release": "pike", "identity:auth_url": "http://auth-node:5000/v2.0"},
        {"release": "queens", "identity:image_api_version": 1},
    ],
)
def test_versions_of_the_apis(changes):
    assert [line for line in problems(changes, ("identity",)) if "version" in line or "/v" in line] == []


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({**OLD, "release": "queens"}, "identity_api_version", "Keystone of queens has no v2.0"),
        ({**OLD, "release": "rocky"}, "image_api_version", "Glance of rocky has no version 1"),
        ({"identity:auth_url": "http://auth-node:5000/v2.0"}, "auth_url", "ends in /v2.0"),
        ({**OLD, "identity:auth_url": "http://auth-node:5000/v3/"}, "auth_url", "ends in /v3"),
        ({**OLD, "identity:domain": "heat"}, "domain", "none but Default"),
        ({**OLD, "identity:limits": {"image_count_total": 1}}, "limits", "has none"),
    ],
)
def test_versions_that_do_not_fit(changes, key, words):
    found = [line for line in problems(changes, ("identity",)) if line.startswith(f"glance:identity:{key}")]
    assert [words in line for line in found] == [True]
