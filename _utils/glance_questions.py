"""
What the questions to one host have in common: who asks, what is known, where the answers go.

A question (:py:mod:`glance_node_preflight`, :py:mod:`glance_node_status`, :py:mod:`glance_node_verify`) is a table of
checks, ``((roles, check), …)``. A check is a function that is given the :py:class:`Question` and appends to its
``rows``. To check one more thing, write the function and put it into the tables where it belongs.
"""

import glance_checks
import glance_libraries
import glance_report
from openstack_errors import EXPECTED

_OPEN = (OSError, KeyError, TypeError, ValueError, AttributeError)


class Question:
    """
    One question to this host, as its checks see it.

    host
        The host's name in each row.

    execution, pillar, context
        ``__salt__``, ``__pillar__``, ``__context__``.

    strict
        Whether a missing Python library, and what cannot be checked without it, is a failure. Default ``True``.

    Beside these it has ``rows``, the answers; ``roles`` of this host; and, once it is :py:meth:`ready`, ``missing``,
    the Python packages that are not there, and ``settings``, from ``glance_settings.get``.
    """

    def __init__(self, host, execution, pillar, context, strict=True):
        self.rows = glance_report.Rows(host)
        self.execution, self.pillar, self.context = execution, pillar, context
        self.strict = strict
        self.roles = _roles(pillar)
        self.missing, self.settings = [], None

    def ready(self, quiet=False):
        """
        Look for libraries and settings, and tell whether there are settings: without, nothing can be checked.

        quiet
            Whether only libraries that are missing are worth a row. Default ``False``.
        """
        self.missing = self._libraries(quiet)
        self.settings = self._settings()
        return self.settings is not None

    def make(self, checks):
        """Make each check of ``((roles, check), …)`` that is for a role of this host, in that order."""
        for roles, check in checks:
            if set(roles) & set(self.roles):
                check(self)

    def unless_strict(self, check, detail):
        """Append a row for what a deployment brings: failed where it should be there already, else not checked."""
        self._lacking(self.strict, check, detail)

    def ask(self, check, function, **kwarg):
        """
        Return what an execution function answers; a row and ``None`` when it cannot be asked, or fails.

        check
            Name of the row.

        function
            Name of the function: ``openstack_messaging.version``.

        kwarg
            Its arguments.
        """
        if function not in self.execution:
            lacks = f"{', '.join(self.missing)} missing, {glance_libraries.INSTALLS}"
            reason = lacks if self.missing else f"{function} is not available"
            self._lacking(self.strict or not self.missing, check, reason)
            return None
        with self.rows.checking(check):
            return self.execution[function](**kwarg)
        return None

    def reach(self, check, host, port):
        """Append a row that says whether ``port`` of ``host`` accepts a connection from here."""
        with self.rows.checking(check):
            address = glance_checks.connect(host, port)
            self.rows.ok(check, f"{host}:{port}" if address == host else f"{host}:{port} at {address}")

    def _lacking(self, is_failure, check, detail):
        (self.rows.failed if is_failure else self.rows.not_checked)(check, detail)

    def _libraries(self, quiet):
        """The packages that Salt's Python lacks for these roles; a row unless all is well and nobody asked."""
        check, wanted = "Python libraries", glance_libraries.of_roles(self.roles)
        missing = glance_checks.missing(wanted)
        if not missing and not quiet:
            self.rows.ok(check, ", ".join(sorted(set(wanted.values()))))
        elif missing:
            self.unless_strict(check, f"{', '.join(missing)} missing, {glance_libraries.INSTALLS}")
        return missing

    def _settings(self):
        """The settings; without jsonschema those that nobody has checked; ``None`` and a row when there are none."""
        if glance_libraries.SCHEMA in self.missing:
            self.unless_strict("pillar", f"{glance_libraries.SCHEMA} missing, {glance_libraries.INSTALLS}")
            return self._unchecked_settings()
        try:
            problems = self.execution["glance_settings.check"]()
            for problem in problems:
                self.rows.failed("pillar", problem)
            if problems:
                return None
            settings = self.execution["glance_settings.get"]()
        except EXPECTED as exc:
            self.rows.failed("pillar", exc)
            return None
        self.rows.ok("pillar", f"valid; roles {', '.join(settings['roles'])}")
        return settings

    def _unchecked_settings(self):
        try:
            return self.execution["glance_settings.get"](sls="glance.client.python")
        except (*EXPECTED, *_OPEN) as exc:
            self.rows.failed("pillar", f"cannot be used: {exc if isinstance(exc, EXPECTED) else type(exc).__name__}")
            return None


def _roles(pillar):
    roles = (pillar.get("glance") or {}).get("roles") or []
    return [str(role) for role in roles] if isinstance(roles, (list, tuple)) else []
