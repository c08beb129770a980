"""What a reader may rely on in every file: its form, and that each function is documented."""

import ast
import itertools
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from salt.state import STATE_INTERNAL_KEYWORDS

REPO = pathlib.Path(__file__).resolve().parents[2]
PYTHON = (3, 9)  # the oldest that Salt 3008 runs on
MODULES, STATES, RUNNERS = (sorted((REPO / name).glob("*.py")) for name in ("_modules", "_states", "_runners"))
SLS = [path for folder in ("glance", "test/lab") for path in sorted((REPO / folder).rglob("*.sls"))]
ARGUMENTS = re.compile(r"\*{0,2}\w+(, \*{0,2}\w+)*")


def functions(paths):
    """The public functions of some files."""
    return [
        pytest.param(node, page(path), id=f"{path.parent.name}/{path.stem}.{node.name}")
        for path in paths
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def page(path):
    """What the page of a file's module says at its top: an argument that every function takes is documented there."""
    name = re.search(r'^__virtualname__ = "(\w+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)[1]
    return ast.get_docstring(tree(path.with_name(f"{name}.py"))) or ""


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=PYTHON)


def names(function):
    """The names of a function's arguments."""
    given = function.args
    found = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {each.arg for each in found if each is not None}


def documented(text):
    """The arguments that have a paragraph: a line of names, an indented text below it."""
    lines = [*text.splitlines(), ""]
    heads = [line for line, below in itertools.pairwise(lines) if below.startswith("    ")]
    return {name.strip("*") for line in heads if ARGUMENTS.fullmatch(line) for name in line.split(", ")}


def tool(name, *arguments):
    """What a linter says; nothing when it is content."""
    found = shutil.which(name, path=str(pathlib.Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: pip install -r test/requirements.txt")
    done = subprocess.run([found, *arguments], cwd=REPO, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout + done.stderr if done.returncode else ""


def test_ruff_check():
    assert tool("ruff", "check", "--no-cache", ".") == ""


def test_ruff_format():
    assert tool("ruff", "format", "--no-cache", "--check", ".") == ""


def test_salt_lint():
    assert len(SLS) > 20
    assert tool("salt-lint", *map(str, SLS)) == ""


@pytest.mark.parametrize("path", [*REPO.glob("_*/*.py"), *REPO.glob("docs/*.py")], ids=lambda path: path.name)
def test_the_oldest_python_can_read_it(path):
    tree(path)


@pytest.mark.parametrize("path", [*MODULES, *STATES, *RUNNERS], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_module_says_what_it_is_for_and_under_which_name(path):
    text = ast.get_docstring(tree(path)) or ""
    assert ".. versionadded::" in text
    name = re.search(r'^__virtualname__ = "(\w+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)[1]
    # X_part.py is a part of X: only in files whose name holds a module's does Salt look for its functions first
    assert path.stem == name or (path.stem.startswith(f"{name}_") and path.with_name(f"{name}.py").exists())


def test_no_file_of_utils_has_the_name_of_a_module():
    """Python would import the one where Salt means the other."""
    assert not {path.stem for path in [*MODULES, *STATES, *RUNNERS]} & {path.stem for path in REPO.glob("_utils/*.py")}


@pytest.mark.parametrize(("function", "page"), functions([*MODULES, *STATES, *RUNNERS]))
def test_a_function_documents_its_arguments(function, page):
    assert documented(ast.get_docstring(function) or "") | documented(page) >= names(function)


@pytest.mark.parametrize(("function", "page"), functions([*MODULES, *STATES, *RUNNERS]))
def test_a_function_documents_no_argument_that_it_has_not(function, page):
    assert documented(ast.get_docstring(function) or "") <= names(function)


@pytest.mark.parametrize(("function", "page"), functions(STATES))
def test_a_state_takes_no_argument_that_salt_keeps_for_itself(function, page):
    """Of ``names`` Salt makes one state for each; the rest it leaves out."""
    assert not names(function) & {*STATE_INTERNAL_KEYWORDS, "names"}


@pytest.mark.parametrize(("function", "page"), functions([*MODULES, *RUNNERS]))
def test_a_function_shows_how_it_is_called(function, page):
    text = ast.get_docstring(function) or ""
    name = function.name.rstrip("_")  # list_ is called list
    assert re.search(rf"CLI Example:\n\n\.\. code-block:: bash\n\n(    .*\n)*    salt.*\.{name}\b", text)
