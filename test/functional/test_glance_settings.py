"""Settings through Salt's loader: files from the file server, pillar and grains of a minion."""

import copy
import os
import sys
import time

import pytest
import salt.exceptions
import salt.loader

SECRET = "s3cr3t"
PILLAR = {
    "site": "zurich",
    "roles": ["images", "client", "api", "database"],
    "release": "epoxy",
    "proxy": "http://proxy:3128",
    "database": {"host": "db-node", "password": SECRET},
    "identity": {
        "auth_url": "http://auth-node:5000",
        "password": SECRET,
        "admin": {"password": SECRET},
        "endpoints": {"public": "http://image-node:9292"},
    },
    "images": {
        "one": {"source": "https://mirror/one.img", "properties": {"hw_disk_bus": "virtio"}},
        "two": {"source": "salt://two.img", "visibility": "private"},
        "old": {"absent": True},
    },
}


GRAINS = {"id": "image-node", "fqdn": "image-node.example.org", "os_family": "Debian", "oscodename": "trixie"}


class Settings:
    """The functions of glance_settings on a minion with this pillar and these grains."""

    def __init__(self, opts, pillar, grains):
        opts = {**opts, "pillar": pillar, "grains": {**GRAINS, **grains}}
        self.functions = salt.loader.minion_mods(opts, utils=salt.loader.utils(opts))

    def __getattr__(self, name):
        return self.functions[f"glance_settings.{name}"]


@pytest.fixture
def minion(minion_opts):
    """A minion: ``minion(given)``, or with other grains ``minion(given, os_family="RedHat")``."""

    def one(given, **grains):
        return Settings(minion_opts, {"glance": given} if given is not None else {}, grains)

    return one


@pytest.fixture
def given():
    """The pillar, to be changed by a test."""
    return copy.deepcopy(PILLAR)


@pytest.fixture
def settings(minion, given):
    return minion(given)


def test_what_the_sls_find(settings):
    found = settings.get("glance.api.config")
    assert SECRET not in str(found)
    assert found["roles"] == ["database", "api", "client", "images"]
    assert found["release"]["number"] == "2025.1"
    assert found["database"]["profile"] == {"user": "root", "unix_socket": "/run/mysqld/mysqld.sock"}
    assert found["identity"]["admin_profile"] == {
        "auth_url": "http://auth-node:5000",
        "timeout": 30,
        "region_name": "RegionOne",
        "username": "admin",
        "project_name": "admin",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "password_pillar": "glance:identity:admin:password",
    }
    assert found["identity"]["service_profile"]["password_pillar"] == "glance:identity:password"
    assert set(found["identity"]["endpoints"].values()) == {"http://image-node:9292"}
    assert found["api"]["url"] == "http://127.0.0.1:9292"
    assert found["api"]["services"] == ["glance-api"]
    (policy,) = found["api"]["documents"]
    assert policy["dataset"] == {"tasks_api_access": "!"}
    assert {each["name"] for each in found["api"]["directories"]} >= {
        "/var/lib/glance/images",
        "/var/lib/glance/image-cache/queue",
    }
    (file,) = found["api"]["files"]
    assert {key: file[key] for key in ("name", "user", "group", "mode", "purge")} == {
        "name": "/etc/glance/glance-api.conf",
        "user": "root",
        "group": "glance",
        "mode": "0640",
        "purge": True,
    }
    assert file["options"]["DEFAULT"]["worker_self_reference_url"] == "http://image-node.example.org:9292"


def test_images_are_arguments_of_states(settings):
    images = {image["name"]: image for image in settings.get("glance.images")["images"]}
    one = {key: value for each in images["one"]["arguments"] for key, value in each.items()}
    two = {key: value for each in images["two"]["arguments"] for key, value in each.items()}
    assert images["one"]["function"] == "present"
    assert one.keys() == {
        "name",
        "source",
        "container_format",
        "visibility",
        "properties",
        "project_domain",
        "retire",
        "catalogue",
        "proxy",
        "profile",
    }
    assert one["proxy"] == "http://proxy:3128"
    assert one["retire"] == {"hide": True, "deactivate": False, "unprotect": False}
    assert "proxy" not in two
    assert images["old"]["function"] == "absent"
    assert [next(iter(each)) for each in images["old"]["arguments"]] == ["name", "profile"]


def test_images_that_pillar_does_not_name_are_reported(settings):
    found = settings.get("glance.images")["catalogue"]
    undeclared, retired = ({key: value for each in part["arguments"] for key, value in each.items()} for part in found)
    assert [part["function"] for part in found] == ["only_declared", "retired"]
    assert (undeclared["images"], undeclared["report"]) == (["one", "two"], True)
    assert retired["in_use"] == []


@pytest.mark.parametrize(("undeclared", "functions"), [("keep", ["retired"]), ("retire", ["only_declared", "retired"])])
def test_what_happens_to_images_that_pillar_does_not_name(settings, given, undeclared, functions):
    given["catalogue"] = {"undeclared": undeclared}
    assert [part["function"] for part in settings.get("glance.images")["catalogue"]] == functions
    given["images"] = {}
    assert settings.get("glance.images")["catalogue"] == []


@pytest.mark.parametrize(
    ("sls", "key"),
    [("glance.api.config", "glance:database:host"), ("glance", "glance:database:host"), (None, "glance:database:host")],
)
def test_a_role_needs_its_keys(minion, given, sls, key):
    del given["database"]["host"]
    settings = minion(given)
    with pytest.raises(salt.exceptions.SaltInvocationError, match=f"{key} is missing"):
        settings.get(sls)
    assert settings.get("glance.database.init")


def test_all_problems_in_one_error(minion, given):
    settings = minion({**given, "databse": {}, "region": 1})
    with pytest.raises(salt.exceptions.SaltInvocationError) as error:
        settings.get("glance")
    first, *lines = str(error.value).splitlines()
    assert first == "The pillar of image-node cannot be used:"
    assert lines == settings.check()
    assert len(lines) == 2


def test_check_of_one_role(settings):
    assert settings.check() == []
    assert settings.check(role="messaging") == [
        "glance:messaging:password is missing: role messaging needs it. Password of the RabbitMQ user; the API needs it"
        " too when `notifications` is not noop."
    ]
    with pytest.raises(salt.exceptions.SaltInvocationError, match="role apis is not known"):
        settings.check(role="apis")


@pytest.mark.parametrize("given", [None, {}])
def test_an_empty_pillar_renders(minion, given):
    found = minion(given).get("glance")
    assert found["roles"] == []
    assert found["release"]["codename"] == "epoxy"


def test_a_wrong_release_is_told_beside_what_else_is_wrong(minion, given):
    found = minion({**given, "release": "epxoy", "api": {"workers": "two"}}).check(role="api")
    assert any("glance:api:workers" in each for each in found)
    assert any("did you mean epoxy?" in each for each in found)


def test_a_distribution_without_a_release(minion, given):
    del given["release"]
    assert minion(given).get("glance.api")["release"]["codename"] == "epoxy"
    other = minion(given, os_family="RedHat", oscodename="Plow")
    assert other.check(role="api") == [
        "glance:release is missing: this distribution has none of its own, so name one, as epoxy"
    ]
    assert other.get("glance.client")["release"] is None


def test_the_other_family(minion, given):
    found = minion(given, os_family="RedHat", oscodename="Plow").get("glance.api")
    assert found["api"]["services"] == ["openstack-glance-api"]
    assert found["api"]["files"][0]["options"]["oslo_concurrency"] == {"lock_path": "/var/lib/glance/tmp"}


def test_an_unknown_family_is_named(minion, given):
    with pytest.raises(salt.exceptions.SaltInvocationError, match=r"no glance/os/Suse\.yaml"):
        minion(given, os_family="Suse").get("glance")


def test_uwsgi(minion, given):
    main, server = minion({**given, "release": "2026.2", "api": {"workers": 3}}).get(role="api")["api"]["files"]
    assert "workers" not in main["options"]["DEFAULT"]
    expected = {"processes": "3", "chunked-input-limit": "67108864", "py-sys-executable": "/usr/bin/python3"}
    assert server["options"] == {"uwsgi": expected}
    assert server["purge"] is False


@pytest.mark.parametrize(
    ("codename", "release", "uwsgi"),
    [
        ("buster", "rocky", True),
        ("bullseye", "victoria", True),
        ("bullseye", "xena", False),
        ("focal", "victoria", False),
    ],
)
def test_a_package_with_another_server_than_upstream(minion, given, codename, release, uwsgi):
    """Debian 10 and 11 run the API under uWSGI, which reads neither address nor processes from glance-api.conf."""
    found = minion({**given, "release": release, "api": {"workers": 3}}, oscodename=codename).get(role="api")["api"]
    servers = [each["options"]["uwsgi"]["processes"] for each in found["files"] if each["name"].endswith("uwsgi.ini")]
    assert servers == (["3"] if uwsgi else [])
    assert ("workers" in found["files"][0]["options"]["DEFAULT"]) is not uwsgi
    wrong = {**given, "release": release, "api": {"config": {"DEFAULT": {"workers": 3}}}}
    problem = (
        f"glance:api:config:DEFAULT:workers: {release} does not have [DEFAULT] workers, which the API under uwsgi does"
        " not read: use the processes of the WSGI server, pillar key glance:api:workers"
    )
    assert minion(wrong, oscodename=codename).check(role="api") == ([problem] if uwsgi else [])


def test_profiles(minion, given):
    given["database"]["admin"] = {"host": "db-node", "user": "boss", "password": SECRET}
    given["identity"]["admin"] = {"cloud": "admin", "interface": "internal"}
    found = minion(given).get()
    assert found["database"]["profile"] == {
        "user": "boss",
        "host": "db-node",
        "port": 3306,
        "password_pillar": "glance:database:admin:password",
    }
    cloud = {"cloud": "admin", "interface": "internal", "region_name": "RegionOne"}
    assert found["identity"]["admin_profile"] == cloud
    assert found["identity"]["images_profile"] == cloud


def test_an_administrator_without_a_password(minion, given):
    """Who is found in the environment, or logs in with an application credential, has no other name here."""
    secret = {"application_credential_id": "1", "application_credential_secret": SECRET}
    for admin in ({"environment": True}, secret):
        given["identity"]["admin"] = admin
        found = minion(given).get()["identity"]
        profile = found["admin_profile"]
        assert found["images_profile"] == profile
        assert SECRET not in str(found)
        assert not {"username", "project_name", "password_pillar"} & set(profile)
    assert profile["application_credential_secret_pillar"] == "glance:identity:admin:application_credential_secret"


def test_profiles_of_an_old_site(minion, given):
    given["release"] = "juno"
    given["identity"] |= {"identity_api_version": 2, "image_api_version": 1, "admin": {"password": SECRET}}
    found = minion(given).get(role="identity")["identity"]
    for name, user, project in (("admin_profile", "admin", "admin"), ("service_profile", "glance", "service")):
        profile = found[name]
        assert (profile["username"], profile["project_name"]) == (user, project)
        assert (profile["identity_api_version"], profile["image_api_version"]) == (2, 1)
        assert not [key for key in profile if "domain" in key]


def test_without_jsonschema_only_what_brings_it_renders(settings, monkeypatch):
    settings.get("glance.api")
    monkeypatch.setattr(sys.modules["glance_schema"], "HAS_JSONSCHEMA", False)
    with pytest.raises(salt.exceptions.SaltInvocationError, match=r"state\.apply glance\.client\.python installs it"):
        settings.get("glance.api")
    assert settings.check() == [sys.modules["glance_schema"].MISSING]
    assert settings.get("glance.client.python")["client"]["openrc"]


@pytest.mark.skipif(os.getuid() != 0, reason="not root: the file that is written belongs to root")
def test_the_file_that_is_derived_can_be_written(settings, tmp_path):
    (file,) = settings.get(role="api")["api"]["files"]
    modules = settings.functions
    path = str(tmp_path / "glance-api.conf")
    found = modules["openstack_config.compare"](path, file["options"], group="root")
    assert found["current"] is None
    assert found["wanted"]["database/connection"] == "as in pillar"
    assert SECRET not in str(found)
    modules["openstack_config.write"](path, file["options"])
    found = modules["openstack_config.compare"](path, file["options"])
    assert found["current"] == found["wanted"]


def test_config_and_schema(settings):
    path = "/etc/glance/glance-api.conf"
    assert settings.config() == {path: settings.config(path)}
    assert settings.config(path)["keystone_authtoken"]["password"] == "{pillar:glance:identity:password|oslo}"
    with pytest.raises(salt.exceptions.SaltInvocationError, match="is not a file of the API"):
        settings.config("/etc/passwd")
    assert settings.schema()["properties"]["database"]


def test_the_second_call_is_cheap(settings):
    settings.get("glance.api.config")
    before = time.process_time()
    for _ in range(10):
        settings.get("glance.api.config")
    assert (time.process_time() - before) / 10 < 0.05
