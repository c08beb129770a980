"""Domains: the same names in several of them, and what is not a domain's name."""

import pytest

from .common import PREFIX

pytestmark = pytest.mark.slow


def test_same_name_in_two_domains(converges, modules, cloud, domain, site):
    for kind in ("user", "project"):
        twin = getattr(cloud, f"{kind}s").create(site[kind].name, domain=domain)
        assert converges(f"{kind}_absent", name=twin.name)["id"]["old"] == site[kind].id
        assert getattr(cloud, f"{kind}s").get(twin.id).name == twin.name
        assert converges(f"{kind}_absent", name=twin.name, domain=domain.name)["id"]["old"] == twin.id


def test_roles_and_default_project_across_domains(converges, cloud, domain, site):
    cloud.projects.create(site["project"].name, domain=domain)
    changes = converges(
        "user_present",
        name=site["user"].name,
        default_project=site["project"].name,
        default_project_domain=domain.name,
    )
    assert changes["default_project_domain"] == {"old": None, "new": domain.name}
    changes = converges("user_present", name=site["user"].name, default_project=site["project"].name)
    assert changes == {"default_project_domain": {"old": domain.name, "new": "Default"}}
    where = {"name": site["user"].name, "project": site["project"].name, "roles": ["reader"]}
    converges("assignment_present", **where, project_domain=domain.name)
    converges("assignment_present", **where)


def test_domain_by_id_is_refused(refused):
    assert "id of domain Default" in refused("project_present", name=f"{PREFIX}x", domain="default")
