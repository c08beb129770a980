"""Several files make one module: Salt's loader finds every function of each, with its documentation."""

import ast
import pathlib

import pytest
import salt.config
import salt.loader

REPO = pathlib.Path(__file__).resolve().parents[2]
NAME = "openstack_identity"


@pytest.fixture(scope="module")
def opts(tmp_path_factory):
    root = tmp_path_factory.mktemp("salt")
    (root / "minion").write_text(f"id: minion\nroot_dir: {root}\nfile_client: local\nmodule_dirs: ['{REPO}']\n")
    found = salt.config.minion_config(str(root / "minion"))
    return {**found, "grains": {"os_family": "Debian", "os": "Debian", "kernel": "Linux"}, "pillar": {}}


@pytest.fixture
def modules(opts):
    """A new loader each time: nothing is loaded yet."""
    return salt.loader.minion_mods(opts, utils=salt.loader.utils(opts))


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


# one of each file
@pytest.mark.parametrize(
    "function",
    ["login", "domain_get", "user_get", "group_get", "role_get", "assignment_get", "service_get", "limit_get"],
)
def test_a_function_is_the_first_that_is_asked_for(modules, function):
    assert callable(modules[f"{NAME}.{function}"])


def test_sys_knows_all_of_them(modules):
    assert sorted(modules["sys.list_functions"](NAME)) == written("_modules")
    found = modules["sys.doc"](NAME)
    assert sorted(found) == written("_modules")
    assert all(text and "CLI Example" in text for text in found.values())


def test_states_too(opts, modules):
    loaded = salt.loader.states(opts, modules, salt.loader.utils(opts), None)
    assert sorted(name for name in loaded if name.startswith(f"{NAME}.")) == written("_states")
    assert sorted(modules["sys.list_state_functions"](NAME)) == written("_states")
    assert set(written("_states")) <= set(modules["sys.state_doc"](NAME))
