"""Modules of the formula, loaded as Salt does it: several files may make one."""

import ast
import importlib.util
import pathlib
import types

import glance_questions

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


def question(settings, execution=None, pillar=None, roles=()):
    """What a check of ``glance_node`` is given; ``execution`` is what it finds in ``__salt__``."""
    pillar = pillar or {"glance": {"roles": list(roles)}}
    found = glance_questions.Question("image-node", {"config.get": None, **(execution or {})}, pillar, {})
    found.settings = settings
    return found


def functions(folder):
    """The arguments of every function in a folder, ``{"openstack_identity.user_present": {"name", …}}``."""
    found = {}
    for path in (REPO / folder).glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        (module,) = [
            each.value.value
            for each in tree.body
            if isinstance(each, ast.Assign) and getattr(each.targets[0], "id", "") == "__virtualname__"
        ]
        for each in tree.body:
            if isinstance(each, ast.FunctionDef):
                found[f"{module}.{each.name.rstrip('_')}"] = {argument.arg for argument in each.args.args}
    return found
