"""Who asks: profiles that work, and what is said of those that do not."""

import contextlib
import socket

import pytest

from .common import PREFIX

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("test:wrong", ["does not accept user", "profile test:wrong"]),
        ("test:nobody", ["no answer from http://127.0.0.1:", "profile test:nobody"]),
        ("test:nobody3", ["no answer from http://127.0.0.1:", "profile test:nobody3"]),
        ("test:nothing", ["pillar key test:nothing is missing"]),
        ("test:text", ["pillar key test:text holds str"]),
        ("test:half", ["test:half lacks password"]),
        ({"cloud": "no-such-cloud"}, ["no cloud named no-such-cloud"]),
    ],
)
def test_profiles_that_do_not_work(refused, loaders, modules, profile, words):
    comment = refused("project_present", name=f"{PREFIX}x", profile=profile)
    loaders.context.clear()
    with pytest.raises(Exception, match=words[0]) as raised:
        modules.openstack_identity.login(profile=profile)
    for text in (comment, str(raised.value)):
        assert all(word in text for word in words), text
        assert "not this one" not in text


def test_profile_as_a_mapping(converges, admin):
    profile = {**admin, "password_pillar": "glance:identity:admin:password"}
    del profile["password"]
    converges("role_present", name=f"{PREFIX}role", profile=profile)


def test_keystone_of_another_region(run, admin):
    profile = {**admin, "region_name": f"{PREFIX}one", "interface": "internal"}
    assert run("role_present", name="admin", profile=profile).comment == "Role admin is as declared"


def test_profile_without_the_right(refused, cloud, site):
    reader = next(each for each in cloud.roles.list() if each.name == "reader")
    cloud.roles.grant(reader, user=site["user"], project=site["project"])
    comment = refused("role_present", name=f"{PREFIX}x", profile="test:user")
    assert "may not do this" in comment
    assert "profile test:user, password in glance:identity:password" in comment


def test_server_that_never_answers(run, admin):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
        ret = run("role_present", name="x", profile={**admin, "auth_url": url, "timeout": 0.5})
    assert f"no answer from {url}" in ret.comment


def test_login(modules, admin):
    login = modules.openstack_identity.login()
    assert login["user"] == admin["username"]
    assert login["project_domain"] == "Default"
    assert "admin" in login["roles"]


def test_the_environment(run, monkeypatch, admin):
    for key, value in admin.items():
        monkeypatch.setenv(f"OS_{key.upper()}", str(value))
    assert run("role_present", name="admin", profile={"environment": True}).comment == "Role admin is as declared"
    monkeypatch.setenv("OS_PASSWORD", "wrong")
    comment = run("role_present", name="admin", profile={"environment": True}).comment
    assert "does not accept user admin" in comment
    assert "from the environment" in comment


def test_a_certificate_is_checked_unless_told(run, admin, tls, caplog):
    profile = {**admin, "auth_url": tls.url}
    comment = run("role_present", name="admin", profile=profile).comment
    assert f"the certificate of {tls.url}" in comment
    assert "set cacert" in comment
    assert run("role_present", name="admin", profile={**profile, "cacert": tls.authority}).result is True
    assert "is not checked" not in caplog.text
    assert run("role_present", name="admin", profile={**profile, "insecure": True}).result is True
    assert f"the certificate of {tls.url} is not checked (insecure)" in caplog.text
