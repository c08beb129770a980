"""The pages that are made from schema and docstrings, and the links between all pages."""

import importlib.util
import pathlib
import re
import sys

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
DOCS = REPO / "docs"
PAGES = [REPO / "README.rst", REPO / "CONTRIBUTING.rst", *sorted(DOCS.rglob("*.rst"))]


@pytest.fixture(scope="module")
def build():
    sys.path.insert(0, str(DOCS))
    try:
        spec = importlib.util.spec_from_file_location("docs_build", DOCS / "build.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(DOCS))


def test_all_pages_are_up_to_date(build):
    assert [path.name for path in build.old(build.pages())] == [], "run docs/build.py"


def test_a_page_of_a_module_that_is_no_more_is_old(build, tmp_path, monkeypatch):
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "gone.rst").write_text("Gone\n")
    monkeypatch.setattr(build, "DOCS", tmp_path)
    assert tmp_path / "modules" / "gone.rst" in build.old({})


def test_every_module_has_a_page_with_all_of_its_functions(build):
    made = {path.name: text for path, text in build.pages().items()}
    for path in (*REPO.glob("_modules/*.py"), *REPO.glob("_states/*.py"), *REPO.glob("_runners/*.py")):
        text = path.read_text(encoding="utf-8")
        module = re.search(r'^__virtualname__ = "(\w+)"$', text, re.MULTILINE)[1]
        for name in re.findall(r"^def ([a-z]\w*)\(", text, re.MULTILINE):
            called = f"{module}.{name.rstrip('_')}"
            assert f"\n{called}\n~" in made[f"{module}.rst"]
            assert f"``{called}``" in made["modules.rst"]


def test_a_signature_shows_the_values_of_constants(build):
    text = next(text for path, text in build.pages().items() if path.name == "openstack_database.rst")
    assert "``login(profile='glance:database:admin')``" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"<([\w./]+\.rst)>`", text)
    files = re.findall(r"(?<![\w/])(?:docs|_utils|_modules|glance|test)/[\w/]+\.\w+", text)
    missing = [name for name in links if not (page.parent / name).is_file()]
    missing += [name for name in files if not (REPO / name).is_file()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_table_is_well_formed(page):
    """No cell reaches into the gap between two columns, which no viewer forgives."""
    for table in page.read_text(encoding="utf-8").split("\n\n"):
        border, *lines = table.strip("\n").splitlines() or [""]
        if re.fullmatch(r"=+( +=+)+", border):
            gaps = [match.span() for match in re.finditer(" +", border)]
            assert lines[-1] == border
            for line in lines:
                assert all(not line[start:end].strip() for start, end in gaps), line
