"""Where a profile comes from: a pillar key, the minion's configuration, a mapping, clouds.yaml."""

import openstack_profile
import pytest
import yaml
from openstack_errors import Invalid

WHO = {"username": "admin", "password": "s3cr3t", "project_name": "admin"}
URL = "http://auth-node:5000"


@pytest.fixture
def clouds(tmp_path, monkeypatch):
    """Writes a clouds.yaml that the environment names, and a secure.yaml beside it."""
    monkeypatch.setattr(openstack_profile, "CLOUDS", (str(tmp_path / "none.yaml"),))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))

    def write(name="clouds.yaml", text=None, **entries):
        (tmp_path / name).write_text(text or yaml.safe_dump({"clouds": entries}), encoding="utf-8")

    return write


def test_pillar_key():
    found = openstack_profile.settings("a:b", {"a": {"b": {**WHO, "auth_url": URL}}})
    assert found == {
        **WHO,
        "auth_url": URL,
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "timeout": 30.0,
        "identity_api_version": 3,
        "image_api_version": 2,
        "source": "profile a:b",
    }


def test_place_of_the_mapping_around_it():
    around = {"auth_url": URL, "region_name": "RegionOne", "timeout": 5, "username": "glance", "password": "other"}
    found = openstack_profile.settings("a:b", {"a": {**around, "b": {**WHO, "timeout": "7"}}})
    assert (found["auth_url"], found["region_name"], found["timeout"]) == (URL, "RegionOne", 7.0)
    assert (found["username"], found["password"]) == ("admin", "s3cr3t")


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        ({"admin": {"password": "a"}, "password": "g"}, ("admin", "a", "admin", "Default")),
        ({"admin": {**WHO, "username": "root"}}, ("root", "s3cr3t", "admin", "Default")),
        ({"password": "g"}, ("glance", "g", "service", "Default")),
        ({"password": "g", "user": "img", "project": "svc", "domain": "d"}, ("img", "g", "svc", "d")),
    ],
)
def test_default_for_functions_called_by_hand(identity, who):
    pillar = {"glance": {"region": "here", "identity": {"auth_url": URL, **identity}}}
    found = openstack_profile.settings(openstack_profile.PROFILE, pillar)
    assert tuple(found[key] for key in ("username", "password", "project_name", "project_domain_name")) == who
    assert (found["auth_url"], found["region_name"]) == (URL, "here")


def test_nobody_to_ask_by_hand():
    with pytest.raises(Invalid, match="glance:identity:admin is missing"):
        openstack_profile.settings(openstack_profile.PROFILE, {"glance": {"identity": {"auth_url": URL}}})


def test_minion_configuration():
    configuration = {"a:b": WHO, "a": {"auth_url": URL}}
    assert openstack_profile.settings("a:b", {}, configuration.get)["auth_url"] == URL


def test_mapping_with_the_key_of_its_password():
    profile = {"auth_url": URL, "username": "admin", "password_pillar": "x:y"}
    found = openstack_profile.settings(profile, {"x": {"y": "s3cr3t"}})
    assert found["password"] == "s3cr3t"
    assert found["source"] == "profile given as a mapping, password in x:y"
    assert profile["password_pillar"] == "x:y", "the caller's mapping is left alone"


@pytest.mark.parametrize(
    ("profile", "pillar", "words"),
    [
        ("a:b", {}, "pillar key a:b is missing"),
        ("a:b", {"a": {"b": {}}}, "lacks auth_url, username, password"),
        ("a:b", {"a": {"b": {"auth_url": URL, "username": "u"}}}, "profile a:b lacks password:"),
        ("a:b", {"a": {"b": "text"}}, "a:b holds str"),
        ("a:b", {"a": {"b": {**WHO, "auth_url": URL, "timeout": "soon"}}}, "timeout in profile a:b"),
        ({"password_pillar": "x:y"}, {}, "pillar key x:y is missing"),
        ({"cloud": "none"}, {}, "no cloud named none"),
        ({"auth_url": URL, "application_credential_secret": "x"}, {}, "lacks application_credential_id"),
        (5, {}, "not int"),
    ],
)
def test_what_is_missing_is_named(clouds, profile, pillar, words):
    with pytest.raises(Invalid, match=words) as raised:
        openstack_profile.settings(profile, pillar)
    assert "s3cr3t" not in str(raised.value)


def test_cloud(clouds):
    clouds(
        admin={
            "region_name": "RegionOne",
            "verify": False,
            "api_timeout": 9,
            "auth": {**WHO, "auth_url": URL, "user_domain_id": "default"},
        }
    )
    found = openstack_profile.settings({"cloud": "admin"}, {})
    assert (found["username"], found["region_name"], found["insecure"], found["timeout"]) == (
        "admin",
        "RegionOne",
        True,
        9.0,
    )
    assert "user_domain_name" not in found


def test_keys_beside_a_cloud_win(clouds):
    clouds(admin={"auth": {**WHO, "auth_url": URL, "user_domain_id": "default", "project_id": "1234"}})
    pillar = {"a": {"auth_url": "http://far", "b": {"cloud": "admin", "project_name": "x", "user_domain_name": "d"}}}
    found = openstack_profile.settings("a:b", pillar)
    assert (found["project_name"], found["user_domain_name"], found["auth_url"]) == ("x", "d", URL)
    assert not {"project_id", "user_domain_id", "cloud"} & set(found)


def test_secure_yaml_beside_it(clouds):
    clouds(admin={"auth": {"username": "admin", "auth_url": URL}})
    clouds("secure.yaml", admin={"auth": {"password": "s3cr3t"}})
    assert openstack_profile.settings({"cloud": "admin"}, {})["password"] == "s3cr3t"


@pytest.mark.parametrize("text", ["clouds: [", "- a", "clouds: {admin: text}"])
def test_broken_clouds_yaml(clouds, text):
    clouds(text=text)
    with pytest.raises(Invalid, match=r"clouds\.yaml is not readable"):
        openstack_profile.settings({"cloud": "admin"}, {})


@pytest.mark.parametrize(
    ("given", "version", "url"),
    [
        ({"auth_url": f"{URL}/v2.0"}, 2, f"{URL}/v2.0"),
        ({"auth_url": f"{URL}/v2.0/"}, 2, f"{URL}/v2.0"),
        ({"auth_url": URL, "identity_api_version": "2.0"}, 2, f"{URL}/v2.0"),
        ({"auth_url": f"{URL}/v3", "identity_api_version": 2}, 2, f"{URL}/v2.0"),
        ({"auth_url": f"{URL}/identity", "identity_api_version": "2"}, 2, f"{URL}/identity/v2.0"),
        ({"auth_url": URL}, 3, URL),
        ({"auth_url": f"{URL}/v3", "identity_api_version": "3.0"}, 3, f"{URL}/v3"),
    ],
)
def test_version_of_the_identity_api(given, version, url):
    found = openstack_profile.settings({**WHO, **given}, {})
    assert (found["identity_api_version"], found["auth_url"]) == (version, url)
    assert ("user_domain_name" in found, "project_domain_name" in found) == (version == 3, version == 3)


def test_versions_may_stand_one_level_up():
    around = {"auth_url": URL, "identity_api_version": 2, "image_api_version": "1", "b": WHO}
    found = openstack_profile.settings("a:b", {"a": around})
    assert (found["identity_api_version"], found["image_api_version"]) == (2, 1)


def test_the_one_domain_of_version_2_may_be_named():
    domains = {"user_domain_name": "Default", "project_domain_id": "default"}
    found = openstack_profile.settings({**WHO, "auth_url": f"{URL}/v2.0", **domains}, {})
    assert not [key for key in found if "domain" in key]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"user_domain_name": "heat"}, "user_domain_name"),
        ({"project_domain_id": "4711"}, "project_domain_id"),
        ({"system_scope": "all"}, "system_scope"),
        ({"application_credential_secret": "x"}, "application_credential_secret"),
        ({"identity_api_version": 4}, "use 3 or 2"),
        ({"identity_api_version": "v2"}, "use 3 or 2"),
        ({"image_api_version": 3}, "use 2 or 1"),
    ],
)
def test_what_no_version_has_is_refused(given, named):
    with pytest.raises(Invalid, match=named):
        openstack_profile.settings({**WHO, "auth_url": f"{URL}/v2.0", **given}, {})


OPENRC = {
    "OS_AUTH_URL": URL,
    "OS_USERNAME": "jane",
    "OS_PASSWORD": "s3cr3t",
    "OS_PROJECT_NAME": "research",
    "OS_USER_DOMAIN_NAME": "people",
    "OS_CACERT": "/ca.pem",
    "OS_INSECURE": "True",
    "OS_REGION_NAME": "",
}


@pytest.fixture
def openrc(monkeypatch):
    for name, value in OPENRC.items():
        monkeypatch.setenv(name, value)


def test_environment(openrc):
    found = openstack_profile.settings({"environment": True}, {})
    assert (found["auth_url"], found["username"], found["password"]) == (URL, "jane", "s3cr3t")
    assert (found["user_domain_name"], found["project_domain_name"]) == ("people", "Default")
    assert (found["cacert"], found["insecure"], "region_name" in found) == ("/ca.pem", True, False)
    assert found["source"] == "profile given as a mapping, from the environment"


def test_what_is_beside_environment_wins(openrc):
    found = openstack_profile.settings("a", {"a": {"environment": True, "project_id": "1", "timeout": 3}})
    assert (found["project_id"], found["timeout"], "project_name" in found) == ("1", 3.0, False)


def test_a_cloud_that_the_environment_names(clouds, monkeypatch):
    clouds(mine={"auth": {**WHO, "auth_url": URL}})
    monkeypatch.setenv("OS_CLOUD", "mine")
    assert openstack_profile.settings({"environment": True}, {})["username"] == "admin"


def test_the_environment_is_the_last_that_functions_by_hand_ask(openrc):
    pillar = {"glance": {"identity": {"password": "g", "auth_url": URL}}}
    assert openstack_profile.settings(openstack_profile.PROFILE, pillar)["username"] == "glance"
    assert openstack_profile.settings(openstack_profile.PROFILE, {})["username"] == "jane"


@pytest.mark.parametrize(("value", "insecure"), [("false", False), ("0", False), ("1", True), ("yes", True)])
def test_insecure_of_the_environment(openrc, monkeypatch, value, insecure):
    monkeypatch.setenv("OS_INSECURE", value)
    assert openstack_profile.settings({"environment": True}, {})["insecure"] is insecure


def test_a_secret_under_a_key_of_its_own():
    named = {"auth_url": "http://k", "application_credential_id": "1", "application_credential_secret_pillar": "a:b"}
    found = openstack_profile.settings(named, {"a": {"b": "s3cret"}})
    assert found["application_credential_secret"] == "s3cret"
    assert found["source"] == "profile given as a mapping, secret in a:b"
