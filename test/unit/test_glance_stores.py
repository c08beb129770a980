"""Stores: what each key stands for in each release, what is refused, what goes to which file, what may not be lost."""

import copy
import json
import pathlib

import glance_config
import glance_host
import glance_options
import glance_releases
import glance_rules
import glance_schema
import glance_store_files
import glance_store_images
import glance_store_rules
import glance_stores
import openstack_secrets
import pytest
import yaml
from openstack_errors import Invalid

REPO = pathlib.Path(__file__).resolve().parents[2]


def load(name):
    return yaml.safe_load((REPO / name).read_text(encoding="utf-8"))


SCHEMA, RELEASES = load("glance/schema.yaml"), load("glance/releases.yaml")
SYSTEMS = {name: load(f"glance/os/{name}.yaml") for name in ("Debian", "RedHat")}
REGISTRY = json.loads((REPO / "glance" / "options.json").read_text(encoding="utf-8"))
EXAMPLE = load("pillar.example")["glance"]["stores"]
KEYS = glance_stores.key_schemas(SCHEMA)
TYPES = RELEASES["store_types"]
SECRET = "s3cr3t%"
LOCAL = {"type": "file", "datadir": "/srv/local"}
ACCOUNT = {"auth_url": "http://auth:5000/v3", "project": "service", "user": "swift", "password": SECRET}
SWIFT = {"type": "swift", "references": {"main": ACCOUNT}}
S3 = {"type": "s3", "host": "https://s3", "bucket": "images", "access_key": SECRET, "secret_key": SECRET}
RBD = {"type": "rbd", "user": "glance", "key": SECRET}
CINDER = {
    "type": "cinder",
    "auth_url": "http://auth:5000/v3",
    "user": "glance",
    "password": SECRET,
    "project": "service",
    "volume_type": "images",
}
VMWARE = {"type": "vmware", "host": "vc", "user": "glance", "password": SECRET, "datastores": ["dc:ds:1"]}
HTTP = {"type": "http"}
ONE_OF_EACH = {"file": LOCAL, "http": HTTP, "swift": SWIFT, "s3": S3, "rbd": RBD, "cinder": CINDER, "vmware": VMWARE}


class Minion:
    """A host of the API with these stores."""

    def __init__(self, release="hibiscus", default="local", family="Debian", reserved=None, **backends):
        stores = {"backends": {"local": LOCAL, **copy.deepcopy(backends)}, "reserved": reserved or {}}
        given = {"release": release, "stores": {**stores, **({"default": default} if default else {})}}
        given["database"] = {"host": "db"}
        given["identity"] = {"auth_url": "http://auth:5000"}
        self.pillar = glance_schema.plain(given, SCHEMA)
        self.settings = glance_schema.complete(SCHEMA, self.pillar)
        resolved = glance_releases.resolve(release, RELEASES)
        types = glance_stores.types(self.settings["stores"])
        self.known = glance_options.Known(RELEASES, REGISTRY, resolved, types)
        self.system = glance_host.system_of(SYSTEMS[family], resolved["glance"])

    def options(self):
        return glance_config.api(self.settings, self.pillar, SCHEMA, self.known, self.system, "image-node")

    def files(self):
        found = glance_store_files.all_of(self.settings, self.pillar, self.known, self.system)
        return {each["name"]: each for each in found}

    def problems(self):
        wrong = glance_schema.problems(SCHEMA, self.pillar)
        if wrong:
            return wrong
        return glance_rules.problems(self.settings, self.pillar, SCHEMA, self.known, ["api"], RELEASES)

    def without_effect(self):
        return glance_stores.without_effect(self.settings, self.pillar, SCHEMA, self.known)

    def host(self):
        arguments = self.settings, self.pillar, SCHEMA, self.known, self.system, "image-node", REGISTRY["flavors"]
        settings = copy.deepcopy(self.settings)
        settings["api"].setdefault("workers", 1)
        return glance_host.api(settings, *arguments[1:])


# --- the table


@pytest.mark.parametrize("key", [key for key, child in KEYS.items() if "stores" in child])
def test_every_option_of_the_table_is_one_of_its_type(key):
    for kind, option in KEYS[key]["stores"].items():
        assert kind in {*TYPES, "any"}
        if option and kind != "any":
            section = REGISTRY["options"][TYPES[kind]["section"]]
            assert option in section or f"{TYPES[kind]['section']}/{option}" in RELEASES["options"], option


def test_a_type_has_each_option_once():
    for kind in TYPES:
        options = [child["stores"][kind] for child in KEYS.values() if child.get("stores", {}).get(kind)]
        assert sorted(options) == sorted(set(options))


def test_every_key_of_a_backend_is_rendered_by_the_example_for_some_release():
    rendered, wanted = set(), set()
    for key, child in KEYS.items():
        wanted |= {(key, kind) for kind, option in child.get("stores", {}).items() if option and kind != "any"}
    for release in ("hibiscus", "caracal"):
        minion = Minion(release, **EXAMPLE["backends"])
        options = minion.options()
        for option, _, full in glance_stores.keys(minion.settings, minion.pillar, SCHEMA, minion.known.release):
            section, name = option.split("/")
            if name in options.get(section, {}):
                backend, key = full.split(":")[3:]
                rendered.add((key, minion.settings["stores"]["backends"][backend]["type"]))
    assert sorted(wanted - rendered) == MISSING_IN_EXAMPLE


# what the example has for one type of several that have the key
MISSING_IN_EXAMPLE = sorted(
    {
        ("cacert", "cinder"),
        ("cacert", "s3"),
        ("cacert", "swift"),
        ("cacert", "vmware"),
        ("chunk_size", "rbd"),
        ("large_object_chunk_size", "s3"),
        ("large_object_size", "s3"),
        ("region", "cinder"),
        ("retries", "cinder"),
        ("retries", "vmware"),
        ("thin_provisioning", "rbd"),
        ("timeout", "rbd"),
    }
)


@pytest.mark.parametrize(("key", "kind"), MISSING_IN_EXAMPLE)
def test_and_the_others_too(key, kind):
    value = "/ca.pem" if key == "cacert" else "north" if key == "region" else True if "thin" in key else 9
    options = Minion(other={**ONE_OF_EACH[kind], key: value}).options()
    assert options["other"][KEYS[key]["stores"][kind]] == ("true" if value is True else str(value))


# --- what is written


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        (LOCAL | {"datadir": "/a", "weight": 5}, {"filesystem_store_datadir": "/a", "weight": "5"}),
        (
            {"datadirs": {"/a": 200, "/b": 100}, "file_mode": "0640"},
            {
                "filesystem_store_datadir": "",
                "filesystem_store_datadirs": ["/a:200", "/b:100"],
                "filesystem_store_file_perm": "0640",
            },
        ),
        (HTTP, {"https_insecure": "false"}),
        (
            HTTP | {"proxies": {"https": "proxy:3128"}, "cacert": "/ca.pem"},
            {
                "https_insecure": "false",
                "https_ca_certificates_file": "/ca.pem",
                "http_proxy_information": "https:proxy:3128",
            },
        ),
        (
            SWIFT | {"container": "images", "create_container": True},
            {
                "default_swift_reference": "main",
                "swift_store_config_file": "/etc/glance/swift-store.conf",
                "swift_store_auth_insecure": "false",
                "swift_store_container": "images",
                "swift_store_create_container_on_put": "true",
            },
        ),
        (
            {"type": "swift", "multi_tenant": True},
            {"swift_store_multi_tenant": "true", "swift_store_auth_insecure": "false"},
        ),
        (
            S3,
            {
                "s3_store_host": "https://s3",
                "s3_store_bucket": "images",
                "s3_store_access_key": "{pillar:glance:stores:backends:other:access_key|oslo}",
                "s3_store_secret_key": "{pillar:glance:stores:backends:other:secret_key|oslo}",
            },
        ),
        (
            RBD,
            {"rbd_store_ceph_conf": "/etc/ceph/ceph.conf", "rbd_store_pool": "images", "rbd_store_user": "glance"},
        ),
        (
            CINDER,
            {
                "cinder_api_insecure": "false",
                "cinder_store_auth_address": "http://auth:5000/v3",
                "cinder_store_user_name": "glance",
                "cinder_store_password": "{pillar:glance:stores:backends:other:password|oslo}",
                "cinder_store_project_name": "service",
                "cinder_volume_type": "images",
            },
        ),
        (
            VMWARE | {"datastores": ["dc:a:2", "dc:b:1"]},
            {
                "vmware_insecure": "false",
                "vmware_server_host": "vc",
                "vmware_server_username": "glance",
                "vmware_server_password": "{pillar:glance:stores:backends:other:password|oslo}",
                "vmware_datastores": ["dc:a:2", "dc:b:1"],
            },
        ),
    ],
    ids=lambda value: value.get("type", "file") if "type" in value else None,
)
def test_the_section_of_a_backend(backend, expected):
    minion = Minion(other=backend)
    assert minion.problems() == []
    assert minion.options()["other"] == expected
    kind = backend.get("type", "file")
    assert minion.options()["DEFAULT"]["enabled_backends"] == f"local:file,other:{kind}"


@pytest.mark.parametrize(
    ("release", "section", "expected"),
    [
        ("icehouse", "DEFAULT", {"default_store": "swift", "swift_store_user": "service:swift"}),
        ("juno", "glance_store", {"default_store": "swift", "default_swift_reference": "main"}),
        (
            "pike",
            "glance_store",
            {"stores": "file,swift,http", "swift_store_config_file": "/etc/glance/swift-store.conf"},
        ),
        ("train", "other", {"default_swift_reference": "main"}),
    ],
)
def test_one_pillar_for_all_releases(release, section, expected):
    minion = Minion(release, default="other", other=SWIFT)
    assert minion.problems() == []
    assert expected.items() <= minion.options()[section].items()


def test_icehouse_has_classes_and_no_file_of_references():
    minion = Minion("icehouse", other=SWIFT)
    options = minion.options()["DEFAULT"]
    names = ("filesystem", "swift", "http")
    assert options["known_stores"] == ",".join(f"glance.store.{name}.Store" for name in names)
    assert options["swift_store_key"] == "{pillar:glance:stores:backends:other:references:main:password|oslo}"
    assert minion.files() == {}


def test_vmware_has_another_name_where_it_is_the_only_one():
    assert Minion("pike", default="esx", esx=VMWARE).options()["glance_store"]["default_store"] == "vsphere"


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("epoxy", {"os_glance_staging_store": "/fast/s", "os_glance_tasks_store": "/var/lib/glance/tasks"}),
        ("queens", {}),
    ],
)
def test_reserved_stores(release, expected):
    minion = Minion(release, reserved={"staging": "/fast/s"})
    options = minion.options()
    found = {name: each["filesystem_store_datadir"] for name, each in options.items() if name.startswith("os_glance_")}
    assert found == expected
    if not expected:
        assert options["DEFAULT"]["node_staging_uri"] == "file:///fast/s"
    assert "/fast/s" in [each["name"] for each in minion.host()["directories"]]


# --- secrets and their files


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_no_secret_is_in_what_is_rendered(kind):
    minion = Minion(other=ONE_OF_EACH[kind])
    assert SECRET not in json.dumps([minion.options(), minion.files(), minion.settings, minion.host()])


def test_accounts_of_swift():
    credential = {
        "auth_url": "http://auth:5000/v3",
        "application_credential_id": "abc",
        "application_credential_secret": SECRET,
    }
    minion = Minion(other={**SWIFT, "reference": "main", "references": {"main": ACCOUNT, "new": credential}})
    assert minion.problems() == []
    (file,) = minion.files().values()
    assert {key: file[key] for key in ("name", "user", "group", "mode", "purge")} == {
        "name": "/etc/glance/swift-store.conf",
        "user": "root",
        "group": "glance",
        "mode": "0640",
        "purge": True,
    }
    key = "glance:stores:backends:other:references"
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    assert file["options"] == {
        "main": {
            "auth_address": "http://auth:5000/v3",
            "user": "service:swift",
            "key": f"{{pillar:{key}:main:password|percent}}",
            **domains,
        },
        "new": {
            "auth_address": "http://auth:5000/v3",
            "application_credential_id": "abc",
            "application_credential_secret": f"{{pillar:{key}:new:application_credential_secret|percent}}",
            **domains,
        },
    }
    resolved = openstack_secrets.resolve(file["options"], {"glance": minion.pillar})
    assert resolved["main"]["key"] == "s3cr3t%%"


def test_an_older_release_is_told_the_version_of_authentication():
    (file,) = Minion("zed", other=SWIFT).files().values()
    assert file["options"]["main"]["auth_version"] == "3"


def test_several_clusters_of_ceph():
    west = {**RBD, "ceph_conf": "/etc/ceph/west.conf", "ceph_config": {"global": {"mon_host": "mon"}}, "user": "images"}
    minion = Minion(east=RBD, west=west)
    assert minion.problems() == []
    files = minion.files()
    assert {name: (each["group"], each["mode"], each["options"]) for name, each in files.items()} == {
        "/etc/ceph/ceph.client.glance.keyring": (
            "glance",
            "0640",
            {"client.glance": {"key": "{pillar:glance:stores:backends:east:key}"}},
        ),
        "/etc/ceph/west.conf": ("root", "0644", {"global": {"mon_host": "mon"}}),
        "/etc/ceph/west.client.images.keyring": (
            "glance",
            "0640",
            {"client.images": {"key": "{pillar:glance:stores:backends:west:key}"}},
        ),
    }
    assert {"name": "/etc/ceph", "user": "root", "group": "root", "mode": "0755"} in minion.host()["directories"]


@pytest.mark.parametrize("family", SYSTEMS)
@pytest.mark.parametrize("release", ["juno", "pike", "hibiscus"])
@pytest.mark.parametrize("kind", ["swift", "rbd", "cinder", "vmware"])
def test_packages_of_a_type(kind, release, family):
    without, packages = (Minion(release, family=family, **each).host()["packages"] for each in ({}, backend_of(kind)))
    assert packages[: len(without)] == without
    added = packages[len(without) :]
    assert added
    assert all(name.startswith("python3-" if release == "hibiscus" else "python-") for name in added)


def backend_of(kind):
    return {"other": ONE_OF_EACH[kind]}


# --- what is refused


REFUSED = [
    ({"default": None, "other": SWIFT}, "glance:stores:default is missing: name one of local, other"),
    ({"default": "otehr", "other": SWIFT}, "glance:stores:default is otehr, which is no backend: name one of"),
    ({"default": "web", "web": HTTP}, "glance:stores:default is web, which is of type http, and can only be read"),
    (
        {"other": {**LOCAL, "pool": "x"}},
        "glance:stores:backends:other:pool is for type rbd, other is of type file: take",
    ),
    ({"other": {**S3, "datadir": "/x"}}, "other:datadir is for type file, other is of type s3: take it out"),
    ({"other": {**HTTP, "secret_key": SECRET}}, "other:secret_key is for type s3, other is of type http"),
    (
        {"other": {**LOCAL, "cacert": "/x"}},
        "other:cacert is for type http or swift or s3 or cinder or vmware, other is",
    ),
    ({"other": {**S3, "secret_key": None}}, "other:secret_key is missing: a store of type s3 needs it. Secret key."),
    ({"other": {**S3, "bucket": ""}}, "other:bucket must be letters, digits"),
    ({"other": {**VMWARE, "password": None}}, "other:password is missing: a store of type vmware needs it."),
    ({"other": {"type": "file"}}, "other:datadir is missing: a store of type file needs a directory"),
    ({"other": {"datadir": "/a", "datadirs": {"/b": 1}}}, "other:datadir and datadirs exclude each other"),
    ({"other": {"datadirs": {"/srv/local/": 1}}}, "local and other share /srv/local: each needs its own datadir"),
    ({"reserved": {"staging": "/srv/local"}}, "local and glance:stores:reserved:staging share /srv/local"),
    ({"other": {"datadir": "/a", "mountpoint": "/ab"}}, "other:mountpoint is /ab, and /a is not in it"),
    ({"other": {"type": "swift"}}, "other:references is missing: a store of type swift needs it, or multi_tenant"),
    ({"other": {**SWIFT, "multi_tenant": True}}, "other:references: with multi_tenant there is none: take it out"),
    ({"other": {**SWIFT, "reference": "x"}}, "other:reference is x, which is none of main"),
    (
        {"other": {**SWIFT, "references": {"a": ACCOUNT, "b": ACCOUNT}}},
        "other:reference is missing: name one of a, b",
    ),
    (
        {"other": {**SWIFT, "references": {"a": {**ACCOUNT, "password": None}}}},
        "other:references:a:password is missing: a user needs project, user, password, or set an application cred",
    ),
    (
        {"other": {**SWIFT, "references": {"a": {"auth_url": "http://a", "application_credential_id": "x"}}}},
        "other:references:a:application_credential_secret is missing: application_credential_id needs it",
    ),
    ({"other": SWIFT, "third": SWIFT}, "third:references:main is a reference of other too: give it another name"),
    (
        {
            "release": "flamingo",
            "other": {
                "type": "swift",
                "references": {
                    "a": {
                        "auth_url": "http://a",
                        "application_credential_id": "x",
                        "application_credential_secret": SECRET,
                    }
                },
            },
        },
        "references:a:application_credential_id: flamingo does not read it, gazpacho does",
    ),
    ({"other": {**RBD, "key": None}}, "other:key is missing: a store of type rbd needs it, or keyring"),
    ({"other": {**RBD, "user": None}}, "other:user is missing: a store of type rbd needs it."),
    ({"other": RBD, "third": RBD}, "other and third share ceph_conf /etc/ceph/ceph.conf, pool images: each needs its"),
    (
        {"other": RBD, "third": {**RBD, "pool": "x"}},
        "third:key: other says what is in /etc/ceph/ceph.client.glance.key",
    ),
    ({"other": S3, "third": S3}, "other and third share host https://s3, bucket images: each needs its own host or"),
    ({"other": CINDER, "third": CINDER}, "other and third share auth_url http://auth:5000/v3, project service, volume"),
    ({"other": {**CINDER, "project": None}}, "other:project is missing: a user needs user, password, project"),
    ({"other": {**CINDER, "auth_url": None}}, "other:auth_url is missing: a user of its own needs it"),
    (
        {"release": "ussuri", "other": CINDER, "third": {**CINDER, "volume_type": "x"}},
        "other and third: ussuri has one store of type cinder only: name one, or move to victoria",
    ),
    ({"other": HTTP, "third": HTTP}, "other and third are of type http, of which there can be one: take one out"),
    (
        {"release": "train", "other": S3},
        "other:type: train has no store of type s3, which was removed in newton and came back with ussuri: use another",
    ),
    ({"release": "icehouse", "other": VMWARE}, "icehouse has no store of type vmware, which came with juno: use"),
    ({"release": "pike", "other": {"datadir": "/b"}}, "local and other: pike has one store of type file only"),
    (
        {"release": "epoxy", "other": {**CINDER, "password": None, "application_credential_id": "x"}},
        "other:application_credential_id: epoxy has no option [other] cinder_store_application_credential_id",
    ),
    (
        {"release": "zed", "other": {**S3, "region": "x"}},
        "other:region: zed has no option [other] s3_store_region_name",
    ),
    (
        {"other": {**S3, "bucket_url_format": "x"}},
        "other:bucket_url_format must be one of auto, virtual, path, not 'x'",
    ),
    ({"other": {**LOCAL, "datadir": "/b", "file_mode": "240"}}, "other:file_mode must be octal digits in quotes"),
]


@pytest.mark.parametrize(("changes", "expected"), REFUSED, ids=[expected[:60] for _, expected in REFUSED])
def test_what_is_refused(changes, expected):
    found = Minion(**changes).problems()
    assert [line for line in found if expected in line], found
    assert SECRET not in str(found)


def test_a_key_of_s3_with_a_colon_is_fine_later():
    assert Minion(other={**S3, "access_key": "test:tester"}).problems() == []


def test_a_type_that_is_no_more_is_refused():
    data = copy.deepcopy(RELEASES)
    data["store_types"]["vmware"]["absent"] = [[33, 99]]
    minion = Minion(other=VMWARE)
    found = glance_store_rules.problems(minion.settings, minion.pillar, SCHEMA, minion.known, data)
    key = "glance:stores:backends:other:type"
    assert found == [
        f"{key}: hibiscus has no store of type vmware, which was removed in hibiscus: use another type",
    ]


@pytest.mark.parametrize(("release", "number"), [("bobcat", 0), ("caracal", 1), ("hibiscus", 1)])
def test_a_type_that_is_to_go_is_told(release, number):
    minion = Minion(release, esx=VMWARE)
    found = glance_store_rules.deprecated(minion.settings["stores"], minion.known)
    assert len(found) == number
    if number:
        assert found == {"esx": "type vmware is deprecated by glance_store 4.7.0: copy its images to another store"}


def test_what_is_left_out_is_told():
    minion = Minion("zed", other={"datadir": "/b", "weight": 3})
    assert minion.problems() == []
    assert minion.without_effect() == [("glance:stores:backends:other:weight", "other/weight", False)]
    assert "weight" not in minion.options()["other"]


def test_a_mountpoint_is_where_something_must_be_mounted():
    other = {"datadir": "/srv/nfs/images", "mountpoint": "/srv/nfs"}
    assert Minion(other=other).host()["mountpoints"] == ["/srv/nfs"]


# --- what may not be lost


STORED = [
    ('{"store": "fast"}', "file", 3),
    ('{"store": "far"}', "swift+config", 2),
    ('{"backend": "slow"}', "file", 1),
    ("{}", "file", 4),
    (None, "rbd", 5),
    ("no json", "http", 1),
]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"fast": "file", "far": "swift"}, {"fast": "file", "far": "swift", "new": "s3"}, {}),
        ({"fast": "file", "far": "swift"}, {"fast": "file"}, {"far": 2}),
        ({"fast": "file", "far": "swift"}, {"far": "swift", "other": "file"}, {"fast": 3}),
        ({"fast": "file", "far": "swift"}, {"far": "swift"}, {"fast": 7}),
        ({"fast": "file"}, {"fast": "s3"}, {"fast": 7}),
        ({"slow": "file"}, {}, {"slow": 5}),
        ({"empty": "cinder"}, {}, {}),
        ({"file": "file", "http": "http", "rbd": "rbd"}, {"local": "file", "web": "http"}, {"rbd": 5}),
        ({"file": "file", "http": "http"}, {"local": "file"}, {"http": 1}),
    ],
)
def test_what_would_be_lost(before, after, expected):
    rows = [dict(zip(("metadata", "scheme", "images"), row)) for row in STORED]
    assert glance_store_images.lost(rows, before, after) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"DEFAULT": {"enabled_backends": ["fast:file, far:swift"]}}, {"fast": "file", "far": "swift"}),
        ({"glance_store": {"stores": ["file,http"]}}, {"file": "file", "http": "http"}),
    ],
)
def test_the_stores_of_a_file(options, expected):
    assert glance_store_images.enabled(options) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a%b", "a%%b"), ("plain", "plain"), ("%(x)s", "%%(x)s")],
)
def test_a_percent_sign_is_written_twice(value, expected):
    found = openstack_secrets.resolve(openstack_secrets.reference("a", "percent"), {"a": value})
    assert found == expected


def test_an_unknown_filter_is_refused():
    with pytest.raises(Invalid, match="use url, oslo or percent"):
        openstack_secrets.resolve("{pillar:a|rot}", {"a": "x"})
