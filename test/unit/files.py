"""Modules of the formula, loaded as Salt does it: several files may make one."""

import importlib.util
import pathlib
import types

REPO = pathlib.Path(__file__).resolve().parents[2]


def load(folder, name, **put):
    """``_modules/NAME*.py`` as one namespace of their public functions; ``put`` is what Salt's loader puts in."""
    found = types.SimpleNamespace()
    for path in sorted((REPO / folder).glob(f"{name}*.py")):
        spec = importlib.util.spec_from_file_location(f"formula{folder}_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        vars(module).update(put)
        vars(found).update({key: value for key, value in vars(module).items() if key[0] != "_" or key == "__virtual__"})
    return found
