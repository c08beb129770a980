"""Images that are declared no more."""

from functional.image.common import assert_nothing_left


def test_absent(present, states, found, name):
    present()
    planned = states.openstack_image.absent(name=name, test=True)
    assert planned.result is None
    assert len(found(name)) == 1
    done = states.openstack_image.absent(name=name)
    assert (done.result, done.changes) == (True, planned.changes)
    assert done.changes["name"] == {"old": name, "new": None}
    assert_nothing_left(found, name)
    assert states.openstack_image.absent(name=name).changes == {}


def test_absent_refuses_a_protected_image(present, states, found, name):
    present(protected=True)
    for test in (True, False):
        ret = states.openstack_image.absent(name=name, test=test)
        assert ret.result is False
        assert "is protected" in ret.comment
    assert states.openstack_image.absent(name="anything", id=found(name)[0].id, force=True).result
    assert_nothing_left(found, name)
