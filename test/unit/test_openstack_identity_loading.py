"""Several files make one module: Salt's loader finds every function of each, with its documentation."""

import ast
import json
import pathlib
import subprocess
import sys

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
NAME = "openstack_identity"
FIRST = [  # one of each file
    "login",
    "domain_get",
    "user_get",
    "group_get",
    "role_get",
    "assignment_get",
    "service_get",
    "limit_get",
]
# In a process of its own: with all of Salt's modules, libraries are imported a second time.
LOOK = f"""
import json, sys
import salt.config, salt.loader

opts = salt.config.minion_config(sys.argv[1])
opts.update(grains={{"os_family": "Debian", "os": "Debian", "kernel": "Linux"}}, pillar={{}})
utils = salt.loader.utils(opts)
fresh = lambda: salt.loader.minion_mods(opts, utils=utils)
first = [name for name in {FIRST} if callable(fresh()["{NAME}." + name])]
modules = fresh()
states = salt.loader.states(opts, modules, utils, None)
json.dump({{
    "first": first,
    "functions": modules["sys.list_functions"]("{NAME}"),
    "doc": modules["sys.doc"]("{NAME}"),
    "states": [name for name in states if name.startswith("{NAME}.")],
    "state_functions": modules["sys.list_state_functions"]("{NAME}"),
    "state_doc": list(modules["sys.state_doc"]("{NAME}")),
}}, open(sys.argv[2], "w"))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    root = tmp_path_factory.mktemp("salt")
    (root / "minion").write_text(f"id: minion\nroot_dir: {root}\nfile_client: local\nmodule_dirs: ['{REPO}']\n")
    found = root / "found.json"
    subprocess.run([sys.executable, "-c", LOOK, str(root / "minion"), str(found)], check=True, timeout=300)
    return json.loads(found.read_text(encoding="utf-8"))


def written(folder):
    return sorted(
        f"{NAME}.{node.name}"
        for path in (REPO / folder).glob(f"{NAME}*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    )


def test_no_function_is_written_twice():
    for folder in ("_modules", "_states"):
        assert len(written(folder)) == len(set(written(folder)))


@pytest.mark.parametrize("function", FIRST)
def test_a_function_is_the_first_that_is_asked_for(loaded, function):
    assert function in loaded["first"]


def test_sys_knows_all_of_them(loaded):
    assert sorted(loaded["functions"]) == sorted(loaded["doc"]) == written("_modules")
    assert all(text and "CLI Example" in text for text in loaded["doc"].values())


def test_states_too(loaded):
    assert sorted(loaded["states"]) == sorted(loaded["state_functions"]) == written("_states")
    assert set(written("_states")) <= set(loaded["state_doc"])
