"""What a host of the API gets besides options: files, timers, packages; and what it connects to in each release."""

import json
import pathlib

import glance_connections
import glance_documents
import glance_host
import glance_options
import glance_paste
import glance_releases
import glance_schema
import glance_timers
import pytest
import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]


def load(name):
    return yaml.safe_load((REPO / name).read_text(encoding="utf-8"))


SCHEMA, RELEASES = load("glance/schema.yaml"), load("glance/releases.yaml")
REGISTRY = json.loads((REPO / "glance" / "options.json").read_text(encoding="utf-8"))
FLAVORS = REGISTRY["flavors"]
CODENAMES = [release["codename"] for release in RELEASES["releases"]]
PILLAR = {
    "database": {"host": "db-node", "password": "x"},
    "messaging": {"hosts": ["mq-1", "fd00::2"], "password": "x", "notifications": "messagingv2"},
    "identity": {"auth_url": "http://auth-node:5000/v3", "password": "x"},
}


def settings(**changes):
    pillar = {key: {**PILLAR.get(key, {}), **changes.get(key, {})} for key in {*PILLAR, *changes}}
    assert glance_schema.problems(SCHEMA, pillar) == []
    return glance_schema.complete(SCHEMA, pillar)


def release(name):
    return glance_releases.resolve(name, RELEASES)


def host(name, family="Debian", **changes):
    known = glance_options.Known(RELEASES, REGISTRY, release(name))
    system = glance_host.system_of(load(f"glance/os/{family}.yaml"), known.release["glance"])
    values = settings(**changes)
    return glance_host.api(values, changes, SCHEMA, known, system, "image-node", FLAVORS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("icehouse", {"auth_host": "auth-node", "auth_port": 35357, "auth_protocol": "https"}),
        ("juno", {"identity_uri": "https://auth-node:35357"}),
        ("kilo", {"auth_type": "password", "auth_url": "http://auth-node:5000/v3", "project_name": "service"}),
        ("hibiscus", {"auth_type": "password", "user_domain_name": "Default"}),
    ],
)
def test_how_a_release_logs_in(name, expected):
    values = settings(identity={"identity_uri": "https://auth-node:35357/v2.0"})
    found = glance_connections.authtoken(values, release(name))["keystone_authtoken"]
    assert expected.items() <= found.items()
    secret = "admin_password" if name in ("icehouse", "juno") else "password"
    assert found[secret] == "{pillar:glance:identity:password|oslo}"


def test_identity_v2_has_no_domains():
    values = settings(identity={"identity_api_version": 2, "auth_url": "http://auth-node:35357/v2.0"})
    found = glance_connections.authtoken(values, release("pike"))["keystone_authtoken"]
    assert found["auth_type"] == "v2password"
    assert found["tenant_name"] == "service"
    assert not any("domain" in key for key in found)


def test_without_keystone_or_database_nothing_is_said_of_them():
    values = glance_schema.complete(SCHEMA, {})
    assert glance_connections.authtoken(values, release("epoxy")) == {}
    assert glance_connections.database(values, release("epoxy")) == {}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_url_without_port_has_that_of_its_scheme(scheme):
    values = settings(identity={"auth_url": f"{scheme}://auth-node/identity"})
    found = glance_connections.authtoken(values, release("icehouse"))["keystone_authtoken"]
    assert found["auth_port"] == {"http": 80, "https": 443}[scheme]


@pytest.mark.parametrize(
    ("name", "changes", "url"),
    [
        ("juno", {}, "mysql://glance:{pillar:glance:database:password|url}@db-node/glance"),
        ("liberty", {}, "mysql+pymysql://glance:{pillar:glance:database:password|url}@db-node/glance"),
        (
            "pike",
            {"driver": "mysql", "url_parameters": {"charset": "utf8mb4"}},
            "mysql://glance:{pillar:glance:database:password|url}@db-node/glance?charset=utf8mb4",
        ),
        (
            "epoxy",
            {"tls": {"ca": "/etc/a b.pem", "key": "/k"}},
            "mysql+pymysql://glance:{pillar:glance:database:password"
            "|url}@db-node/glance?ssl_ca=/etc/a+b.pem&ssl_key=/k",
        ),
    ],
)
def test_connection_of_a_release(name, changes, url):
    assert glance_connections.database(settings(database=changes), release(name)) == {"database": {"connection": url}}


def test_brokers_of_old_and_new():
    _, old, retry, _ = glance_connections.messaging(settings(), release("juno"))
    assert old["DEFAULT"]["rabbit_hosts"] == ["mq-1:5672", "[fd00::2]:5672"]
    assert old["DEFAULT"]["rabbit_password"] == "{pillar:glance:messaging:password|oslo}"
    assert retry == {"DEFAULT": {"rabbit_max_retries": 1}}
    _, new, retry, _ = glance_connections.messaging(settings(), release("pike"))
    assert new["DEFAULT"]["transport_url"].startswith(
        "rabbit://glance:{pillar:glance:messaging:password|url}@mq-1:5672,"
    )
    assert retry == {"oslo_messaging_notifications": {"retry": 0}}


@pytest.mark.parametrize("codename", CODENAMES)
def test_a_broker_that_is_down_never_holds_up_a_request_for_ever(codename):
    found = release(codename)["broker_retry"]
    assert list(found.values()) in ([0], [1])
    known = glance_options.Known(RELEASES, REGISTRY, release(codename))
    assert all(known.spec(*name.split("/")) is not None for name in found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wallaby", None),
        ("zed", {"auth_type", "system_scope"}),
        ("flamingo", {"auth_type", "system_scope"}),
        ("gazpacho", {"endpoint_service_type", "endpoint_interface"}),
    ],
)
def test_unified_limits(name, expected):
    found = glance_connections.limits(settings(identity={"limits": {"image_count_total": 5}}), release(name))
    if expected is None:
        assert found == {}
    else:
        assert found["DEFAULT"] == {"use_keystone_limits": True}
        assert expected <= found["oslo_limit"].keys()
        assert ("endpoint_service_type" in found["oslo_limit"]) == ("endpoint_service_type" in expected)
        assert "project_name" not in found["oslo_limit"]
    assert glance_connections.limits(settings(), release(name)) == {}


@pytest.mark.parametrize("path", ["", "/", "/v3", "/v3/", "/v2.0"])
def test_barbican_logs_in_at_version_3(path):
    values = settings(identity={"auth_url": f"http://auth-node:5000{path}"}, signatures={"barbican": True})
    assert glance_connections.signatures(values) == {"barbican": {"auth_endpoint": "http://auth-node:5000/v3"}}
    assert glance_connections.signatures(settings()) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("liberty", {"api_class": "castellan.key_manager.barbican_key_manager.BarbicanKeyManager"}),
        ("pike", {"api_class": "castellan.key_manager.barbican_key_manager.BarbicanKeyManager"}),
        ("queens", {"backend": "barbican"}),
        ("hibiscus", {"backend": "barbican"}),
    ],
)
def test_barbican_is_named_as_the_release_names_it(name, expected):
    where = {"barbican": True, "endpoint": "http://key-node:9311"}
    identity = {"auth_url": "http://auth-node:5000", "password": "x"}
    [found] = [
        each["options"]
        for each in host(name, identity=identity, signatures=where)["files"]
        if each["name"].endswith("glance-api.conf")
    ]
    assert found["key_manager"] == expected
    assert found["barbican"] == {
        "auth_endpoint": "http://auth-node:5000/v3",
        "barbican_endpoint": "http://key-node:9311",
    }


@pytest.mark.parametrize("codename", CODENAMES)
def test_audit_comes_after_the_user_is_known(codename):
    values = settings(api={"audit": {"enabled": True}}, cache={"enabled": True})
    found = glance_paste.options(values, release(codename), FLAVORS)
    filters = glance_paste.place("keystone+cachemanagement", FLAVORS, release(codename))
    assert found[filters[0]].keys() == {filters[1]}
    line = found[filters[0]][filters[1]].split()
    assert line.index("authtoken") < line.index("context") < line.index("audit") < line.index("cache")
    assert [name for name in line if name != "audit"] == filters[2]
    assert line[-1] == "rootapp"
    assert found["filter:audit"]["audit_map_file"] == "/etc/pycadf/glance_api_audit_map.conf"
    assert glance_paste.options(settings(), release(codename), FLAVORS) == {}


def test_flavors_of_a_time():
    assert glance_paste.place("trusted-auth", FLAVORS, release("wallaby"))
    assert glance_paste.place("trusted-auth", FLAVORS, release("xena")) is None
    assert glance_paste.place("keystone", FLAVORS, release("antelope"))[0] == "pipeline:glance-api-keystone"
    assert glance_paste.place("keystone", FLAVORS, release("bobcat"))[:2] == ("composite:api", "keystone")


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("kilo", None),
        ("liberty", "filter:healthcheck"),
        ("antelope", "filter:healthcheck"),
        ("bobcat", "app:healthcheck"),
        ("hibiscus", "app:healthcheck"),
    ],
)
def test_healthcheck_is_where_the_release_has_it(name, section):
    values = settings(api={"healthcheck": {"detailed": True, "disable_by_file_path": "/run/off"}})
    found = glance_paste.options(values, release(name), FLAVORS)
    assert found == ({section: {"detailed": "true", "disable_by_file_path": "/run/off"}} if section else {})


def test_protected_properties_keep_their_order():
    rules = [
        {"property": "^z", "create": ["admin"], "read": ["@"], "update": ["admin", "member"], "delete": ["!"]},
        {"property": ".*", "create": ["@"], "read": ["@"], "update": ["@"], "delete": ["@"]},
    ]
    text = glance_documents.protections({"format": "roles", "rules": rules})
    assert text.startswith("[^z]\ncreate = admin\nread = @\nupdate = admin,member\ndelete = !\n\n[.*]\n")
    assert glance_documents.protections({"format": "roles"}) == ""
    (file,) = host("epoxy", api={"property_protections": {"rules": rules}})["texts"]
    assert file["name"] == "/etc/glance/property-protections.conf"
    options = host("epoxy", api={"property_protections": {"rules": rules}})["files"][0]["options"]
    assert options["DEFAULT"]["property_protection_file"] == file["name"]
    assert options["DEFAULT"]["property_protection_rule_format"] == "roles"


@pytest.mark.parametrize(
    ("name", "file", "merge"),
    [
        ("juno", "policy.json", True),
        ("kilo", "policy.d/50-salt.json", False),
        ("hibiscus", "policy.d/50-salt.yaml", False),
    ],
)
def test_policy_is_where_the_release_reads_it(name, file, merge):
    (found,) = host(name)["documents"]
    assert found["name"] == f"/etc/glance/{file}"
    assert found["merge"] is merge
    assert found["serializer"] == file.rsplit(".", 1)[1]
    assert found["dataset"] == {"tasks_api_access": "!"}


def test_documents_that_the_api_reads_when_it_starts():
    own = {"rack": {"namespace": "Rack"}}
    found = host("epoxy", api={"image_schema": {"rack": {"type": "string"}}, "policy": {}}, metadefs={"own": own})
    assert [(pathlib.Path(each["name"]).name, each["restart"]) for each in found["documents"]] == [
        ("schema-image.json", True),
        ("rack.json", False),
    ]


def test_what_is_put_back_as_one_when_the_api_does_not_come_up():
    rules = [{"property": ".*", **{key: ["@"] for key in ("create", "read", "update", "delete")}}]
    api = {"image_schema": {"rack": {"type": "string"}}, "property_protections": {"rules": rules}}
    api["audit"] = {"enabled": True}
    found = host("hibiscus", api=api, metadefs={"own": {"rack": {"namespace": "Rack"}}})
    assert {pathlib.Path(each).name for each in found["configuration"]["files"]} == {
        "glance-api.conf",
        "glance-api-paste.ini",
        "glance-api-uwsgi.ini",
        "property-protections.conf",
        "schema-image.json",
    }
    assert found["configuration"]["reread"] == ["/etc/glance/policy.d/50-salt.yaml"]
    assert found["configuration"]["logs"] == ["/var/log/glance/glance-api.log"]


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, "http://127.0.0.1:9191"),
        ({"bind_host": "::", "bind_port": 9}, "http://127.0.0.1:9"),
        ({"bind_host": "fd00::2"}, "http://[fd00::2]:9191"),
    ],
)
def test_the_registry_is_asked_where_it_listens(changes, url):
    known = glance_options.Known(RELEASES, REGISTRY, release("pike"))
    system = glance_host.system_of(load("glance/os/Debian.yaml"), known.release["glance"])
    found = glance_host.registry(settings(registry=changes), {"registry": changes}, SCHEMA, known, system)
    assert found["url"] == url
    assert found["configuration"]["files"] == ["/etc/glance/glance-registry.conf"]
    assert found["configuration"]["logs"] == ["/var/log/glance/glance-registry.log"]


@pytest.mark.parametrize(
    ("name", "changes", "wanted"),
    [
        ("epoxy", {}, {}),
        ("epoxy", {"cache": {"prune": "daily"}}, {}),
        ("epoxy", {"cache": {"enabled": True, "prune": "daily"}}, {"glance-cache-prune": "glance-cache-pruner"}),
        ("gazpacho", {"cache": {"enabled": True, "prefetch": "daily"}}, {"glance-cache-prefetch": "cache-prefetcher"}),
        ("hibiscus", {"cache": {"enabled": True, "prefetch": "daily"}}, {}),
        ("epoxy", {"scrubber": {"schedule": "hourly"}}, {"glance-scrub": "glance-scrubber"}),
        ("epoxy", {"purge": {"schedule": "weekly", "age": 7}}, {"glance-db-purge": "--age_in_days 7 --max_rows 100"}),
        (
            "rocky",
            {"purge": {"schedule": "weekly", "images_table": True}},
            {"glance-db-purge": "db purge ", "glance-db-purge-images": "db purge_images_table "},
        ),
        ("queens", {"purge": {"schedule": "weekly", "images_table": True}}, {"glance-db-purge": "db purge "}),
        ("kilo", {"purge": {"schedule": "weekly"}}, {}),
    ],
)
def test_timers(name, changes, wanted):
    timers = glance_timers.all_of(settings(**changes), load("glance/os/Debian.yaml"), release(name))
    found = {each["name"]: each["command"] for each in timers if each["calendar"]}
    assert found.keys() == wanted.keys()
    for timer, part in wanted.items():
        assert part in found[timer]
        assert "--config-file /etc/glance/glance-api.conf" in found[timer]


@pytest.mark.parametrize(
    ("family", "name", "package"),
    [
        ("Debian", "icehouse", "python-mysqldb"),
        ("Debian", "queens", "python-pymysql"),
        ("Debian", "rocky", "python3-pymysql"),
        ("RedHat", "juno", "MySQL-python"),
        ("RedHat", "train", "python2-PyMySQL"),
        ("RedHat", "epoxy", "python3-PyMySQL"),
    ],
)
def test_packages_of_a_time(family, name, package):
    assert package in host(name, family)["packages"]


def test_other_files_keep_what_is_theirs_and_no_secret():
    files = {"glance-swift.conf": {"ref1": {"user": "a", "key": "s3cr3t"}}}
    found = host("epoxy", api={"files": files})["files"]
    (file,) = [each for each in found if each["name"].endswith("glance-swift.conf")]
    assert file["purge"] is False
    assert file["options"]["ref1"] == {"user": "a", "key": "{pillar:glance:api:files:glance-swift.conf:ref1:key}"}


def test_what_the_validator_must_not_judge():
    (file, *_) = host("epoxy", api={"unchecked": ["plugin", "DEFAULT/x"]})["files"]
    assert "glance.api" in file["validate"]["namespaces"]
    assert {"local", "os_glance_staging_store", "plugin", "DEFAULT/x"} <= set(file["validate"]["accepted"]) | {"local"}
    assert host("stein")["files"][0]["validate"]["namespaces"] == []


@pytest.mark.parametrize("name", ["epoxy", "hibiscus"])
def test_uwsgi_runs_as_many_processes_as_pillar_says(name):
    found = host(name, api={"workers": 3, "threads": 2, "uwsgi": {"buffer-size": 65535}})["files"]
    server = [each["options"]["uwsgi"] for each in found if each["name"].endswith("uwsgi.ini")]
    expected = {"processes": "3", "threads": "2", "buffer-size": "65535", "chunked-input-limit": "67108864"}
    expected["py-sys-executable"] = "/usr/bin/python3"
    assert server == ([expected] if name == "hibiscus" else [])


def test_pillar_has_the_last_word_on_uwsgi():
    (server,) = [
        each for each in host("hibiscus", api={"uwsgi": {"chunked-input-limit": 1}})["files"] if "uwsgi" in each["name"]
    ]
    assert server["options"]["uwsgi"]["chunked-input-limit"] == "1"
