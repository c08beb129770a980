import pytest
from lab import topology
from lab.errors import LabError


def test_one_site():
    names = [m.name for m in topology.members()]
    assert names == ["salt-master", "db-node", "auth-node", "image-node"]


def test_two_sites_and_three_image_nodes():
    found = topology.members(2, 3)
    assert [m.name for m in found if m.site == "zurich"] == [
        "db-node",
        "auth-node",
        "image-node",
        "image-node-2",
        "image-node-3",
    ]
    assert [m.name for m in found if m.site == "geneva"] == ["geneva-node"]


def test_no_address_is_used_twice():
    found = topology.members(len(topology.SITES), topology.MAX_IMAGE_NODES)
    assert len({m.address for m in found}) == len(found)


@pytest.mark.parametrize(("sites", "image_nodes"), [(0, 1), (len(topology.SITES) + 1, 1), (1, 0), (1, 10)])
def test_what_is_not_to_be_had_is_wrong_usage(sites, image_nodes):
    with pytest.raises(LabError) as error:
        topology.members(sites, image_nodes)
    assert error.value.code == 2


def test_hosts_have_the_short_name_first_and_the_outside_name_after_it():
    assert "10.33.0.13 image-node image-node.example.org\n" in topology.hosts(topology.members())


def test_a_plan_survives_its_file_and_only_root_reads_it(tmp_path):
    plan = topology.Plan(
        suite="trixie",
        sites=1,
        image_nodes=1,
        members=topology.members(),
        repo="/r",
        base="/b",
        cgroup="g",
        secrets={"zurich": {"database": "x"}},
    )
    path = tmp_path / "plan.json"
    plan.save(path)
    assert topology.Plan.load(path) == plan
    assert path.stat().st_mode & 0o777 == 0o600
    assert plan.minions == ["db-node", "auth-node", "image-node"]
    assert "database" not in repr(plan)
