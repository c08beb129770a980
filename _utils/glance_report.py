"""
What the questions about a site answer with: rows, and what they add up to.

A row is ``{"host": …, "check": …, "result": "ok" | "failed" | "not checked", "detail": …}``. "Not checked" is for what
could not be asked and is not known to be wrong; its detail says what would make it possible. Nothing in a row is
secret.
"""

import contextlib

from openstack_errors import EXPECTED

OK = "ok"
FAILED = "failed"
NOT_CHECKED = "not checked"


def ok(host, check, detail=""):
    """Return a row: the check found what it should."""
    return {"host": host, "check": check, "result": OK, "detail": str(detail)}


def failed(host, check, detail):
    """Return a row: the check found something wrong; ``detail`` says what, and what to do."""
    return {"host": host, "check": check, "result": FAILED, "detail": str(detail)}


def not_checked(host, check, detail):
    """Return a row: it could not be asked; ``detail`` says why, and what makes it possible."""
    return {"host": host, "check": check, "result": NOT_CHECKED, "detail": str(detail)}


class Rows(list):
    """
    The rows of one host: ``rows.ok("port", "free")``, and a net for what a check raises.

    host
        The host's name in each row.
    """

    def __init__(self, host):
        super().__init__()
        self.host = host

    def ok(self, check, detail=""):
        """Append a row that says ``ok``."""
        self.append(ok(self.host, check, detail))

    def failed(self, check, detail):
        """Append a row that says ``failed``."""
        self.append(failed(self.host, check, detail))

    def not_checked(self, check, detail):
        """Append a row that says ``not checked``."""
        self.append(not_checked(self.host, check, detail))

    @contextlib.contextmanager
    def checking(self, check):
        """Turn an expected error inside the block into a failed row of this check."""
        try:
            yield
        except EXPECTED as exc:
            self.failed(check, exc)


def report(question, site, rows, seconds):
    """
    Return all there is to say: the rows, how many of each result, and the sentence for people.

    question
        ``preflight``, ``status`` or ``verify``.

    site
        The site's name.

    rows
        List of rows.

    seconds
        How long it took.
    """
    counts = {result: sum(row["result"] == result for row in rows) for result in (OK, FAILED, NOT_CHECKED)}
    said = ", ".join(f"{count} {result}" for result, count in counts.items() if count or result != NOT_CHECKED)
    return {
        "question": question,
        "site": site,
        "rows": list(rows),
        "ok": counts[OK],
        "failed": counts[FAILED],
        "not_checked": counts[NOT_CHECKED],
        "seconds": round(seconds, 1),
        "summary": f"{question} of site {site}: {said} ({seconds:.1f} s)",
    }


def answer(found, context):
    """
    Return a report with what Salt takes out of it: ``outputter`` shows it, ``retcode`` is what ``salt-run`` exits with.

    There must be no key ``data`` in it: Salt would take its value for the results of states.

    found
        From :py:func:`report`.

    context
        ``__context__`` of the runner.
    """
    context["retcode"] = int(found["failed"] > 0)
    return {**found, "retcode": context["retcode"], "outputter": "glance_table"}


def complaint(found):
    """Return the failed rows of a report as text, a line each, after the summary."""
    lines = [f"{row['host']}: {row['check']}: {row['detail']}" for row in found["rows"] if row["result"] == FAILED]
    return "\n".join([found["summary"], *lines])
