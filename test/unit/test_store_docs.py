"""
The pillar of every page of docs/stores: it has no problem, and what is rendered of it is what the release has, for the
first release with that store and the newest.
"""

import copy
import re

import glance_releases
import openstack_secrets
import pytest
import yaml

from unit.test_glance_stores import RELEASES, REPO, SCHEMA, TYPES, Minion

PAGES = sorted((REPO / "docs" / "stores").glob("*.rst"))
BLOCK = re.compile(r"^\.\. code-block:: yaml\n\n((?:    .*\n|\n)+)", re.MULTILINE)
MAJORS = [each["glance"] for each in RELEASES["releases"]]
# the first release of the first pillar of a page that names none
FIRST = {"file": 8, "http": 12, "swift": 8, "s3": 8, "rbd": 8}


def pillars():
    """``(page, number, pillar)`` of each."""
    for page in PAGES:
        for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
            yield page.stem, number, yaml.safe_load(block)["glance"]


def first_of(page, number, given):
    return glance_releases.resolve(given["release"], RELEASES)["glance"] if "release" in given else FIRST[page]


def cases():
    for page, number, given in pillars():
        for major in (first_of(page, number, given), MAJORS[-1]):
            name = glance_releases.codename(major, RELEASES)
            yield pytest.param(page, {**given, "release": name}, id=f"{page}-{number}-{name}")


def minion(given):
    stores = copy.deepcopy(given["stores"])
    backends, default = stores.pop("backends"), stores.get("default") or next(iter(given["stores"]["backends"]))
    found = Minion(given["release"], default=default, **backends)
    for part in (found.pillar, found.settings):
        if "local" not in given["stores"]["backends"]:
            part["stores"]["backends"].pop("local")
    return found


def test_every_type_has_a_page():
    assert [page.stem for page in PAGES] == sorted(TYPES)
    assert {
        page
        for page, _, given in pillars()
        if any(each["type"] == page for each in given["stores"]["backends"].values())
    } == set(TYPES)
    overview = (REPO / "docs" / "stores.rst").read_text(encoding="utf-8")
    assert all(f"<stores/{name}.rst>" in overview for name in TYPES)


@pytest.mark.parametrize(("page", "given"), list(cases()))
def test_the_pillar_of_a_page(page, given):
    host = minion(given)
    assert host.problems() == []
    assert [key for key, _, essential in host.without_effect() if essential] == []
    options = host.options()
    for section, values in options.items():
        assert [name for name in values if host.known.spec(section, name) is None] == [], section
    plain = {
        name: {key: value for key, value in part.items() if not openstack_secrets.has_reference(value)}
        for name, part in options.items()
    }
    assert host.known.problems(plain, "rendered") == []
    assert "change-me" not in str([options, host.files()])
    found = str(options) + str(host.files())
    for full in re.findall(r"\{pillar:(glance:stores:[^|}]+)", found):
        assert openstack_secrets.lookup({"glance": host.pillar}, full) == "change-me"


@pytest.mark.parametrize(("page", "given"), list(cases()))
def test_each_secret_of_a_page_reaches_one_file(page, given):
    host = minion(given)
    wanted = str(given).count("change-me")
    found = re.findall(r"\{pillar:glance:stores:[^}]+\}", str(host.options()) + str(host.files()))
    assert len(found) == len(set(found)) == wanted


def test_a_type_is_refused_before_its_first_release():
    before = {"s3": 19, "vmware": 8}
    for kind, major in before.items():
        given = next(each for page, _, each in pillars() if page == kind)
        host = minion({**given, "release": glance_releases.codename(major, RELEASES)})
        assert any(f"has no store of type {kind}" in line for line in host.problems())


def test_schema_says_which_keys_are_for_a_type():
    for page, _, given in pillars():
        for backend in given["stores"]["backends"].values():
            schemas = SCHEMA["properties"]["stores"]["properties"]["backends"]["additionalProperties"]["properties"]
            assert backend.keys() <= schemas.keys(), page
