"""Get what a host lacks from its own Debian."""

import os
import subprocess

from lab import check
from lab.errors import LabError
from lab.progress import Progress
from lab.settings import Suite
from lab.shell import sh


def ensure(suite: Suite, progress: Progress, tests: bool = False) -> None:
    """Install the packages that are missing; what apt cannot bring is an error."""
    check.insist(check.system())
    missing = sorted({lack.package for lack in check.packages(suite, tests)})
    if not missing:
        return
    with progress.step(f"installing {' '.join(missing)} from Debian"):
        try:
            _install(missing)
        except LabError:  # an old list names files that the archive no longer has
            subprocess.run(["apt-get", "update", "-q"], capture_output=True, env=_environment())
            _install(missing)
    check.insist(check.packages(suite, tests))


def _install(names: list[str]) -> None:
    sh("apt-get", "install", "-y", "-q", "--no-install-recommends", *names, env=_environment(), timeout=1800)


def _environment() -> dict[str, str]:
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
