"""
Makes docs/pillar.rst from glance/schema.yaml, docs/releases.rst from glance/releases.yaml, docs/moving.rst from
docs/moving.yaml, docs/modules.rst and docs/modules/ from docstrings: ``python docs/build.py`` writes them, ``--check``
names those that are old.
"""

import collections
import json
import pathlib
import sys

import module_pages
import moving_page
import pillar_page
import release_page
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "test"))

from lab.settings import SUITES
from releases.lanes import LANES

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def pages():
    """Return every page that is made, ``{path: text}``."""
    schema = yaml.safe_load((ROOT / "glance" / "schema.yaml").read_text(encoding="utf-8"))
    moving = yaml.safe_load((DOCS / "moving.yaml").read_text(encoding="utf-8"))
    found = {"pillar.rst": pillar_page.page(schema), "moving.rst": moving_page.page(moving)}
    releases = yaml.safe_load((ROOT / "glance" / "releases.yaml").read_text(encoding="utf-8"))
    options = json.loads((ROOT / "glance" / "options.json").read_text(encoding="utf-8"))
    found["releases.rst"] = release_page.page(releases, options["sources"], run_by_tests())
    found |= module_pages.pages(ROOT)
    return {DOCS / name: text for name, text in found.items()}


def run_by_tests():
    """Return ``{codename: [a Debian suite, PyPI]}``: what the tests start each release from."""
    found = collections.defaultdict(list)
    debian = yaml.safe_load((ROOT / "glance" / "os" / "Debian.yaml").read_text(encoding="utf-8"))["releases"]
    for suite in SUITES:
        found[debian[suite]].append(suite)
    for name in LANES:
        found[name].append("PyPI")
    return found


def old(wanted):
    """Return the pages that are missing, have another text, or belong to a module that is no more."""
    there = {path: path.read_text(encoding="utf-8") for path in (DOCS / "modules").glob("*.rst")}
    there |= {path: path.read_text(encoding="utf-8") for path in wanted if path.exists()}
    return sorted(path for path in {*wanted, *there} if wanted.get(path) != there.get(path))


def main(arguments):
    """Write the pages, or with ``--check`` compare them; return the exit code."""
    wanted = pages()
    found = old(wanted)
    for path in found:
        print(path.relative_to(ROOT))
        if "--check" not in arguments and path not in wanted:
            path.unlink()
        elif "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    return int(bool(found)) if "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
