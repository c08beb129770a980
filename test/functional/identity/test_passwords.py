"""Passwords are tried, never set without need; who cannot log in for another reason is told so."""

import keystoneauth1.identity
import keystoneauth1.session
import pytest

from .common import KEY, LOCKOUT, OTHER, OTHER_KEY, PASSWORD, PREFIX

pytestmark = pytest.mark.slow


def test_password_is_repaired_only_when_it_is_wrong(converges, run, site):
    name = site["user"].name
    assert run("user_present", name=name, password_pillar=KEY).changes == {}
    changes = converges("user_present", name=name, password_pillar=OTHER_KEY)
    assert changes == {"password": {"old": "not as in pillar", "new": "as in pillar"}}


def test_login_with_a_right_password_ends_no_token(run, site, admin):
    url = f"{admin['auth_url'].removesuffix('/v3')}/v3"
    auth = keystoneauth1.identity.V3Password(url, user_id=site["user"].id, password=PASSWORD)
    session = keystoneauth1.session.Session(auth=auth)
    token = session.get_token()
    assert run("user_present", name=site["user"].name, password_pillar=KEY).changes == {}
    answer = session.get(f"{url}/auth/tokens", headers={"X-Subject-Token": token}, raise_exc=False)
    assert answer.status_code == 200


def test_password_on_create(converges, run, modules):
    arguments = {"name": f"{PREFIX}new", "update_password": "on_create"}
    converges("user_present", password_pillar=KEY, **arguments)
    assert run("user_present", password_pillar=OTHER_KEY, **arguments).changes == {}
    assert modules.openstack_identity.password_matches(f"{PREFIX}new", KEY) is True


@pytest.mark.parametrize("arguments", [{"password_pillar": "no:such:key"}, {"update_password": "sometimes"}])
def test_password_arguments_are_checked_first(refused, arguments):
    comment = refused("user_present", name=f"{PREFIX}new", **arguments)
    assert "no:such:key" in comment or "always or on_create" in comment


def test_a_password_that_expired_is_set_again(converges, modules, site, sql):
    expired = "2020-01-01 00:00:00"
    sql(
        "UPDATE password JOIN local_user ON password.local_user_id = local_user.id"
        " SET expires_at = %s, expires_at_int = 1577836800000000 WHERE user_id = %s",
        expired,
        site["user"].id,
    )
    arguments = {"name": site["user"].name, "password_pillar": KEY}
    assert modules.openstack_identity.password_check(site["user"].name, KEY) == "expired"
    assert modules.openstack_identity.password_check(site["user"].name, OTHER_KEY) == "wrong"
    changes = converges("user_present", **arguments)
    assert changes == {"password": {"old": "as in pillar, but expired", "new": "as in pillar"}}


def test_a_user_who_is_locked_out_is_let_in_again(converges, modules, site, sql):
    """Keystone tells such a user no more than a wrong password (CVE-2021-38155); a new password opens the account."""
    name = site["user"].name
    sql(
        "UPDATE local_user SET failed_auth_count = %s, failed_auth_at = UTC_TIMESTAMP() WHERE user_id = %s",
        LOCKOUT,
        site["user"].id,
    )
    assert modules.openstack_identity.password_check(name, KEY) == "wrong"
    changes = converges("user_present", name=name, password_pillar=KEY)
    assert changes == {"password": {"old": "not as in pillar", "new": "as in pillar"}}
    assert modules.openstack_identity.password_check(name, KEY) == "right"


def test_nothing_secret_is_logged(caplog, run, site, admin):
    with caplog.at_level(0):
        run("user_present", name=f"{PREFIX}new", password_pillar=KEY)
        run("user_present", name=f"{PREFIX}new", password_pillar=OTHER_KEY)
        run("user_present", name="x" * 300, password_pillar=OTHER_KEY)
        run("role_present", name=f"{PREFIX}role", profile="test:wrong")
    assert "/v3/users" in caplog.text
    for secret in (PASSWORD, OTHER, admin["password"], "not this one"):
        assert secret not in caplog.text
        assert repr(secret)[1:-1] not in caplog.text
    assert "gAAAA" not in caplog.text
