"""
Salt's loader executes each file by itself, before Python knows it by the name it has there: all of them can stand that.
"""

import ast
import json
import pathlib
import subprocess
import sys

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
TAGS = {"_modules": "module", "_states": "states", "_utils": "utils", "_runners": "runners", "_output": "output"}
FILES = [path for folder in TAGS for path in sorted((REPO / folder).glob("*.py"))]
# In a process of its own: of what Salt loads, and of what that imports, there is a second copy afterwards.
LOAD = f"""
import json, sys, traceback
import salt.config, salt.loader

opts = salt.config.minion_config(sys.argv[1])
opts.update(grains={{"os_family": "Debian", "os": "Debian", "kernel": "Linux"}}, pillar={{}})
utils = salt.loader.utils(opts)
functions = salt.loader.minion_mods(opts, utils=utils)
pack = {{"__salt__": functions, "__utils__": utils, "__context__": {{}}}}
found = {{}}
for folder, tag in {TAGS}.items():
    utils_dir = ["{REPO}/_utils"]
    loader = salt.loader.LazyLoader(["{REPO}/" + folder], opts, tag=tag, pack=pack, extra_module_dirs=utils_dir)
    for name in loader.file_mapping:
        loader._load_module(name)
        why = loader.missing_modules.get(name)
        is_error = isinstance(why, BaseException)
        said = "".join(traceback.format_exception(type(why), why, why.__traceback__)) if is_error else str(why)
        found[folder + "/" + name] = said if name in loader.missing_modules else ""
json.dump(found, open(sys.argv[2], "w"))
"""


@pytest.fixture(scope="module")
def failures(tmp_path_factory):
    """What Salt says of each file, ``{"_utils/openstack_words": ""}``; nothing when it is loaded."""
    root = tmp_path_factory.mktemp("salt")
    (root / "minion").write_text(f"id: minion\nroot_dir: {root}\nfile_client: local\nmodule_dirs: ['{REPO}']\n")
    found = root / "found.json"
    subprocess.run([sys.executable, "-c", LOAD, str(root / "minion"), str(found)], check=True, timeout=300)
    return json.loads(found.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_salt_loads_a_file(failures, path):
    name = f"{path.parent.name}/{path.stem}"
    assert name in failures, f"Salt does not see {name}.py"
    assert not failures[name], f"Salt does not load {name}.py:\n{failures[name]}"


def imported(tree):
    """``{"__future__.annotations", "dataclasses"}``, wherever in a file they are imported."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_dataclass_has_its_annotations_as_text(path):
    """Whatever stands in them: dataclasses looks the class's module up to read some, and it is not there yet."""
    found = imported(ast.parse(path.read_text(encoding="utf-8")))
    assert not {"dataclasses", "__future__.annotations"} <= found, (
        f"{path.name}: write Optional[…] without `from __future__ import annotations`, or no dataclass"
    )
