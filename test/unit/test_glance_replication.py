"""Who copies images between two sites, and what is told of each image."""

import glance_replication as replication
import pytest

SOURCES = {"sources": {"zurich": {"username": "reader"}}}


def site(**minions):
    """Pillars of a site: ``{minion: (roles, replication)}``."""
    return {
        minion: {"glance": {"site": "geneva", "roles": list(roles), "replication": more}, "errors": []}
        for minion, (roles, more) in minions.items()
    }


def test_the_host_with_the_account_copies():
    mine = site(a=(["images", "api"], None), b=(["api"], SOURCES))
    assert replication.copier("zurich", "geneva", mine) == ("b", None)


@pytest.mark.parametrize(
    ("mine", "host", "said"),
    [
        ({}, "-", "no accepted minion's pillar has glance:site: geneva"),
        (site(a=(["identity"], {})), "-", "glance:replication:sources:zurich is in no pillar of site geneva"),
        (site(a=(["api"], {}), b=(["images"], None)), "b", "put an account there that may read zurich"),
        (
            site(a=(["api"], {"sources": {"basel": {"username": "x"}}})),
            "a",
            "glance:replication:sources:zurich is in no",
        ),
        (site(a=(["api"], SOURCES), b=(["api"], SOURCES)), "a, b", "leave it on one host"),
    ],
)
def test_without_one_account_nobody_does(mine, host, said):
    found, problem = replication.copier("zurich", "geneva", mine)
    assert found == host
    assert said in problem


def test_a_site_is_not_copied_to_itself():
    assert replication.copier("geneva", "geneva", site(a=(["api"], SOURCES)))[1] == "from and to are the same site"


@pytest.mark.parametrize(("more", "number"), [({"parallel": 5}, 5), ({}, 2), (None, 2)])
def test_how_many_at_a_time(more, number):
    assert replication.parallel(site(a=(["api"], more))["a"]) == number


def done(action="none", **more):
    facts = {"changes": {}, "size": 5 << 20, "seconds": 1.5, "detail": "", "error": None}
    return {"name": "cirros", "id": "1", "action": action, **facts, **more}


CHANGES = {"visibility": {"old": "private", "new": "public"}, "properties": {"old": {"a": "1"}, "new": {"b": "2"}}}


@pytest.mark.parametrize(
    ("each", "test", "said"),
    [
        (done(), False, "as at the source"),
        (done(detail="is there already"), False, "is there already"),
        (done("copy"), False, "copied: 5.0 MiB in 1.5 s"),
        (done("copy"), True, "would be copied: 5.0 MiB"),
        (done("copy", detail="is there as 2"), False, "copied: 5.0 MiB in 1.5 s; is there as 2"),
        (done("copy", size=1023), True, "would be copied: 1023 bytes"),
        (done("copy", size=3 << 42), True, "would be copied: 12288.0 GiB"),
        (done("remove", detail="unfinished"), False, "removed: unfinished"),
        (
            done("update", changes=CHANGES),
            True,
            "would be updated: visibility private -> public; property a 1 -> unset; property b unset -> 2",
        ),
    ],
)
def test_what_is_said_of_an_image(each, test, said):
    row = replication.row("geneva-node", each, test)
    assert (row["host"], row["check"], row["result"], row["detail"]) == ("geneva-node", "cirros", "ok", said)


def test_an_image_that_failed():
    row = replication.row("geneva-node", done("copy", error="no space"), False)
    assert (row["result"], row["detail"], row["action"]) == ("failed", "no space", "copy")
