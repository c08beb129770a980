"""Where a Python of a given version is: on PATH, or under a pyenv root."""

import os
import shutil
from pathlib import Path

from releases.errors import Missing


def find(version: str) -> Path:
    """
    Return the path of ``pythonVERSION``.

    version
        ``2.7``, ``3.10``.

    Raises :py:exc:`Missing` and says where it was looked for.
    """
    name = f"python{version}"
    roots = pyenv_roots()
    for candidate in [shutil.which(name), *(path for root in roots for path in _newest_first(root, version))]:
        # a shim of pyenv is on PATH for versions that it does not have active, and does not run then
        if candidate and "shims" not in Path(candidate).parts and os.access(candidate, os.X_OK):
            return Path(candidate)
    places = ", ".join(map(str, roots))
    raise Missing(f"no {name} on PATH or under {places}: pyenv install {version}")


def pyenv_roots() -> list[Path]:
    """Where pyenv keeps its versions."""
    named = os.environ.get("PYENV_ROOT")
    return list(dict.fromkeys([*([Path(named)] if named else []), Path.home() / ".pyenv"]))


def _newest_first(root: Path, version: str) -> list[Path]:
    def patch(path: Path) -> int:
        last = path.name.rpartition(".")[2]
        return int(last) if last.isdigit() else -1

    found = sorted(root.glob(f"versions/{version}.*"), key=patch, reverse=True)
    return [path / "bin" / f"python{version}" for path in found]
