"""All files of state module openstack_identity as one object, without Salt's loader."""

import importlib.util
import pathlib

REPO = pathlib.Path(__file__).resolve().parents[2]


def load_states():
    """The functions of all files of the module, as one object; what one of them is given, each gets."""
    return States([load(path) for path in sorted((REPO / "_states").glob("openstack_identity*.py"))])


def load(path):
    spec = importlib.util.spec_from_file_location(f"formula_states_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class States:
    def __init__(self, files):
        self.__dict__["files"] = files

    def __getattr__(self, name):
        return next(getattr(each, name) for each in self.files if hasattr(each, name))

    def __setattr__(self, name, value):
        for each in self.files:
            setattr(each, name, value)
