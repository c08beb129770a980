"""The pillar's images as states, and what is wrong with them."""

import copy

import glance_catalogue
import pytest

IMAGE = {"absent": False, "source": "/a", "visibility": "public", "properties": {}}
RETIRE = {"hide": True, "deactivate": False, "unprotect": False}
ID = "5f6a3c1e-8f0b-4a52-9d0c-2f3d6a7b8c9d"


def settings(images, **catalogue):
    return {
        "images": images,
        "catalogue": {"name": "default", "undeclared": "report", "retire": RETIRE, "in_use": [], **catalogue},
        "identity": {"images_profile": {"cloud": "admin"}},
        "proxy": "http://proxy:3128",
    }


def arguments(state):
    return {key: value for each in state["arguments"] for key, value in each.items()}


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ({"a": IMAGE}, []),
        ({"a": {**IMAGE, "source": None}}, ["a:source is missing"]),
        ({"a": {"absent": True, "properties": {}}}, []),
        ({"a": {**IMAGE, "members": {"team": None}}}, ["a:members: only an image with visibility shared"]),
        ({"a": {**IMAGE, "members": {"team": None}, "visibility": "shared"}}, []),
        ({"a": {**IMAGE, "members": {}}}, []),
        (
            {"a": {**IMAGE, "os_type": "linux", "properties": {"os_type": "linux"}}},
            ["a:properties:os_type is declared"],
        ),
        ({"a": {**IMAGE, "id": ID}, "b": {**IMAGE, "id": ID}}, [" a and b have the same id"]),
    ],
)
def test_contradictions(images, expected):
    found = glance_catalogue.problems(images)
    assert len(found) == len(expected)
    for line, part in zip(found, expected, strict=True):
        assert line.startswith(f"glance:images:{part}")


def test_an_image_has_the_policy_of_the_catalogue_or_its_own():
    own = {**RETIRE, "keep": 1}
    made = glance_catalogue.images(settings({"a": IMAGE, "b": {**IMAGE, "retire": own}}, name="site"))
    assert [arguments(state)["retire"] for state in made] == [RETIRE, own]
    assert {arguments(state)["catalogue"] for state in made} == {"site"}
    assert {state["function"] for state in made} == {"present"}


@pytest.mark.parametrize(
    ("source", "proxy", "expected"),
    [
        ("http://a/a", None, "http://proxy:3128"),
        ("http://a/a", "http://other:1", "http://other:1"),
        ("salt://a", None, None),
        ("/a", "http://other:1", None),
    ],
)
def test_only_a_web_server_is_reached_through_a_proxy(source, proxy, expected):
    image = {**IMAGE, "source": source, **({"proxy": proxy} if proxy else {})}
    [made] = glance_catalogue.images(settings({"a": image}))
    assert arguments(made).get("proxy") == expected


def test_what_is_named_no_more():
    images = {"a": {**IMAGE, "id": ID}, "b": {**IMAGE, "retire": RETIRE}, "c": {**IMAGE, "absent": True}}
    undeclared, retired = glance_catalogue.endings(settings(images, in_use=["x.y"], undeclared="retire"))
    assert (undeclared["function"], retired["function"]) == ("only_declared", "retired")
    found = arguments(undeclared)
    assert (found["images"], found["ids"], found["report"]) == (["a", "b"], [ID], False)
    assert (arguments(retired)["policies"], arguments(retired)["in_use"]) == ({"b": RETIRE}, ["x.y"])


@pytest.mark.parametrize("undeclared", ["keep", "report", "retire"])
def test_a_pillar_that_lost_its_images_takes_none_from_the_site(undeclared):
    assert glance_catalogue.endings(settings({}, undeclared=undeclared)) == []


def test_pillar_is_not_changed():
    given = settings({"a": IMAGE, "b": {"absent": True}})
    before = copy.deepcopy(given)
    glance_catalogue.images(given)
    glance_catalogue.endings(given)
    assert given == before
