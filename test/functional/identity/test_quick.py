"""One of each kind in one run of states: made as planned, once; drift repaired; removed. Quick, so it always runs."""

from .common import IMAGE, KEY, PREFIX, TYPE

NAME = f"{PREFIX}quick"
SERVICE = {"service": NAME, "type": TYPE}
PLACE = {"type": TYPE, "interface": "public", "region": NAME}
# In the order in which they need each other; those that go are removed the other way round.
KINDS = {
    "domain": ({}, {"description": "text"}),
    "project": ({}, {"description": "text", "tags": ["a", "b"]}),
    "user": ({}, {"password_pillar": KEY, "default_project": NAME, "options": {"ignore_password_expiry": True}}),
    "group": ({}, {"description": "text"}),
    "membership": ({}, {"users": [NAME]}),
    "role": ({}, {"implies": ["reader"]}),
    "assignment": ({"project": NAME, "holder": "group"}, {"roles": ["member", NAME]}),
    "region": ({}, {"description": "text"}),
    "service": ({"type": TYPE}, {"description": "text"}),
    "endpoint": (PLACE, {"url": IMAGE}),
    "registered_limit": (SERVICE, {"limit": 5}),
    "limit": ({**SERVICE, "project": NAME}, {"limit": 7}),
}


def states(verb, attributes=True):
    order = list(KINDS) if verb == "present" else list(reversed(KINDS))
    found = {}
    for number, kind in enumerate(order):
        place, more = KINDS[kind]
        given = {"name": NAME, "order": number + 1, **place, **(more if attributes else {})}
        found[kind] = {f"openstack_identity.{kind}_{verb}": given}
    return found


def changes(raw):
    return {name.split("_|-")[1]: each["changes"] for name, each in raw.items()}


def comments(raw):
    return [each["comment"] for each in raw.values()]


def test_one_of_each_kind(apply, cloud):
    planned = apply(states("present"), test=True)
    assert {each["result"] for each in planned.values()} == {None}, comments(planned)
    done = apply(states("present"))
    assert {each["result"] for each in done.values()} == {True}, comments(done)
    assert changes(done) == changes(planned)
    user = next(each for each in cloud.users.list() if each.name == NAME)
    cloud.users.update(user, email="b@example.org", password="drifted")
    again = apply(states("present"))
    repaired = {kind: changed for kind, changed in changes(again).items() if changed}
    assert repaired == {"user": {"password": {"old": "not as in pillar", "new": "as in pillar"}}}
    again = apply(states("present"))
    assert set(map(str, changes(again).values())) == {"{}"}
    gone = apply(states("absent", attributes=False))
    assert {each["result"] for each in gone.values()} == {True}, comments(gone)
    assert all(changes(gone).values())
    again = apply(states("absent", attributes=False))
    assert set(map(str, changes(again).values())) == {"{}"}
