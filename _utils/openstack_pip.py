"""
``pip`` and the requirements it installs: what is read from them, and what is told of its failures. Nothing is run here.
"""

import json
import re

from openstack_errors import Invalid

_PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*(?P<version>[A-Za-z0-9][\w.+!-]*)")
_CREDENTIALS = re.compile(r"://[^/\s@]*@")
# lines of pip that say nothing by themselves
_NOISE = re.compile(
    r"^(WARNING: .*(Location|version of pip|Cache entry|running pip as)|\[?notice\]?|ERROR: Ignored the)"
)
_TALKS = re.compile(r"^\s*(ERROR|WARNING|error):")
# the interpreter of an environment tells what is in it: quicker than its pip, and there without one
LIST = (
    "import importlib.metadata as m, json, sys;"
    " found = {d.metadata['Name']: d.version for d in m.distributions() if d.metadata['Name']};"
    " print(json.dumps({'python': '%d.%d' % sys.version_info[:2], 'distributions': found}))"
)
# what the environment itself brings, of whatever version
OWN = frozenset({"pip"})


def canonical(name):
    """Return a distribution's name as it is compared: ``oslo.config`` and ``Oslo_Config`` are ``oslo-config``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text, where="requirements"):
    """
    Return ``{name: version}`` of requirements that name one version each, as ``glance==33.0.0``.

    text
        Lines; what is behind a ``#`` is not looked at.

    where
        What an error calls them.

    Raises Invalid for a line that is anything else: what is installed could not be compared with it.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].strip()
        pin = _PIN.fullmatch(line)
        if pin:
            found[canonical(pin["name"])] = pin["version"]
        elif line:
            raise Invalid(f"{where}, line {number}: it must be NAME==VERSION, and is {masked(line)[:80]!r}")
    return found


def requirements(wanted):
    """Return ``{name: version}`` as pip reads it from a file."""
    return "".join(f"{name}=={version}\n" for name, version in sorted(wanted.items()))


def listed(text):
    """
    Return ``{"python": "3.13", "distributions": {name: version}}`` from what :py:data:`LIST` printed; ``None`` when
    that is nothing of the kind.
    """
    try:
        found = json.loads(text)
        distributions = {canonical(name): version for name, version in found["distributions"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return {
        "python": found["python"],
        "distributions": {name: version for name, version in distributions.items() if name not in OWN},
    }


def environment(index_url=None, proxy=None):
    """
    Return the variables for pip that are to be added to the minion's own; its configuration files count as ever.

    index_url
        Index in place of PyPI, which may carry a user and a password: a variable is in no list of processes. Default
        ``None``: what the host's pip.conf says.

    proxy
        HTTP proxy. Default ``None``: what the minion's environment and pip.conf say.
    """
    found = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    found["PYTHONPATH"] = ""  # of the minion, whose modules are none of this environment's
    if index_url:
        found["PIP_INDEX_URL"] = str(index_url)
    if proxy:
        found["PIP_PROXY"] = proxy
    return found


def masked(text):
    """Return a text in which URLs have lost who logs in."""
    return _CREDENTIALS.sub("://…@", text)


def problem(done):
    """
    Return why a command failed, in one or two lines, without anybody's password: pip's last error, and the first
    warning when there is one, because pip says of an index that cannot be reached that it has no such version.

    done
        What ``cmd.run_all`` returned.
    """
    lines = [line.strip() for line in f"{done['stdout']}\n{done['stderr']}".splitlines() if line.strip()]
    telling = [line for line in lines if _TALKS.match(line) and not _NOISE.match(line)]
    errors = [line for line in telling if not line.startswith("WARNING")]
    warnings = [line for line in telling if line.startswith("WARNING")]
    chosen = [*warnings[:1], *errors[-1:]] or lines[-1:] or ["it said nothing"]
    return masked("; ".join(line[:300] for line in chosen))
