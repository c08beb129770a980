"""The pages of the modules, from their docstrings: nothing is imported, so no library is needed."""

import ast
import re

KINDS = {"_modules": "Execution module", "_states": "State module", "_runners": "Runner"}
MADE = ".. Made from docstrings by docs/build.py: change them there.\n"
INDEX = f"""\
{MADE}
Modules
=======

Execution modules are called by hand (``salt '*' openstack_image.list``), state modules from SLS, the runner on the
master. ``salt '*' sys.doc openstack_image`` shows the same on a terminal.
"""


def pages(root):
    """Return the pages of all modules and their index, ``{name in docs/: text}``; one name, one page."""
    modules = {}
    for folder in KINDS:
        for path in sorted((root / folder).glob("*.py"), key=lambda path: path.stem):  # X.py before X_part.py
            tree = ast.parse(path.read_text(encoding="utf-8"))
            name = _constants(tree, {})["__virtualname__"].value
            modules.setdefault(name, {}).setdefault(folder, {})[path.stem] = tree
    utils = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in (root / "_utils").glob("*.py")}
    found = {f"modules/{name}.rst": _page(name, kinds, utils) for name, kinds in modules.items()}
    return {"modules.rst": _index(modules), **found}


def _index(modules):
    lines = [INDEX]
    for name, kinds in sorted(modules.items()):
        lines += [*_heading(name, "-"), f"`Page of {name} <modules/{name}.rst>`__", ""]
        for folder, files in kinds.items():
            lines += [f"*{KINDS[folder]}.* {_first(next(iter(files.values())))}", ""]
            functions = [each for tree in files.values() for each in _functions(tree)]
            lines += [f"- ``{name}.{_name(each)}``: {_first(each)}" for each in functions]
            lines += [""]
    return "\n".join(lines)


def _page(name, kinds, utils):
    lines = [MADE, *_heading(name, "=")]
    for folder, files in kinds.items():
        for stem, tree in files.items():
            part = stem.removeprefix(name).replace("_", " ").strip()
            lines += [*_heading(f"{KINDS[folder]}: {part}" if part else KINDS[folder], "-"), _text(tree), ""]
            lines += _described(name, tree, utils)
    return "\n".join(lines)


def _described(name, tree, utils):
    lines, constants = [], _constants(tree, utils)
    for each in _functions(tree):
        signature = f"``{_signature(each, constants)}``"
        lines += [*_heading(f"{name}.{_name(each)}", "~"), signature, "", _text(each), ""]
    return lines


def _heading(title, line):
    return [title, line * len(title), ""]


def _functions(tree):
    return [each for each in tree.body if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")]


def _name(function):
    return function.name.rstrip("_")  # list_ is called list, see __func_alias__


def _text(node):
    """A docstring without what only Sphinx knows."""
    text = re.sub(r":py:\w+:`([^`]+)`", r"``\1``", ast.get_docstring(node) or "")
    return re.sub(r"^\.\. versionadded:: (\S+)$", r"*New in version \1.*", text, flags=re.MULTILINE)


def _first(node):
    """The first paragraph, on one line."""
    return " ".join(_text(node).split("\n\n")[0].split())


def _signature(function, constants):
    """How a function is called, with the values of the constants that are defaults."""
    shown = ast.unparse(_Constants(constants).visit(function.args))
    return f"{_name(function)}({shown})"


class _Constants(ast.NodeTransformer):
    def __init__(self, values):
        self._values = values

    def visit_Name(self, node):
        return self._values.get(node.id, node)


def _constants(tree, utils):
    """The constants of a module, and those that it has from ``_utils``."""
    found = {}
    for each in tree.body:
        if isinstance(each, ast.ImportFrom) and each.module in utils:
            theirs = _constants(utils[each.module], {})
            found |= {alias.name: theirs[alias.name] for alias in each.names if alias.name in theirs}
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant):
            found |= {target.id: each.value for target in each.targets if isinstance(target, ast.Name)}
    return found
