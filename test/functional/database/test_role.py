"""The role database: what its pillar does on a server."""

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def role(loaders, database):
    """Apply ``glance.database`` with these keys of ``glance:database``; return the changes of each state."""

    def apply(test=False, **given):
        place = {"host": database.admin["host"], "port": database.admin["port"]}
        admin = {**place, "user": database.admin["user"], "password": database.admin["password"]}
        settings = {"name": "gt_role", "user": "gt_role", "password": "old", "admin": admin, **given}
        pillar = {"glance": {"roles": ["database"], "release": "epoxy", "database": settings}}
        results = list(loaders.modules.state.sls("glance.database", pillar=pillar, test=test))
        assert results
        assert {each.result for each in results} <= {True, None}, [each.comment for each in results]
        return {each.id.removeprefix("glance-database-"): each.changes for each in results if each.changes}

    return apply


def accounts(sql):
    return {tuple(row) for row in sql("SELECT User, Host FROM mysql.user WHERE User LIKE 'gt\\_role%%'")}


def test_hosts_that_are_taken_from_the_list_can_no_longer_connect(role, sql):
    role(allowed_hosts=["%", "localhost"])
    assert role(allowed_hosts=["localhost"]) == {}
    assert accounts(sql) == {("gt_role", "%"), ("gt_role", "localhost")}
    planned = role(test=True, allowed_hosts=["localhost"], other_hosts="remove")
    assert list(planned) == ["user-present"]
    assert planned["user-present"]["gt_role@%"]["new"] is None
    assert role(allowed_hosts=["localhost"], other_hosts="remove") == planned
    assert accounts(sql) == {("gt_role", "localhost")}
    assert role(allowed_hosts=["localhost"], other_hosts="remove") == {}


def test_a_password_that_changes_by_way_of_a_second_user(role, database, sql):
    """At every step whoever is the active user, and whoever was it until now, can log in."""
    old, new = {"name": "gt_role", "password": "old"}, {"name": "gt_role_b", "password": "new"}
    active = {"user": new["name"], "password": new["password"]}

    def can(user):
        database.connect(user=user["name"], password=user["password"], database="gt_role").close()

    role()
    can(old)
    assert sorted(role(second_user=new)) == ["second-grants-present", "second-user-present"]
    can(old)
    can(new)
    assert role(**active, second_user=old) == {}
    can(old)
    can(new)
    assert list(role(**active, second_user={"name": "gt_role", "absent": True})) == ["second-user-absent"]
    can(new)
    assert {user for user, _ in accounts(sql)} == {"gt_role_b"}
    assert role(**active, second_user={"name": "gt_role", "absent": True}) == {}


def test_presets_by_pillar(role, sql):
    role(privileges=["glance migrations"])
    changes = role(privileges=["glance runtime"])
    assert changes["grants-present"]["gt_role@%"]["new"] == ["DELETE", "INSERT", "SELECT", "UPDATE"]
