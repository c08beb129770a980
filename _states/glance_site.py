"""
Questions about a whole site as steps of an orchestration, on the master.

.. versionadded:: 1.0.0

A ``salt.runner`` step shows nothing under ``test=True`` and a wall of data otherwise. These ask the ``glance`` runner,
also under ``test=True``, and put its answer into the comment: one sentence when all is well, a line for each failed
check when not. They have no changes, since they change nothing.

.. code-block:: yaml

    may-be-deployed:
      glance_site.preflight:
        - name: zurich
        - failhard: true

    works:
      glance_site.verified:
        - name: zurich
"""

import glance_report

__virtualname__ = "glance_site"

_LASTING = ("site", "pillar", "answers")


def __virtual__():
    return __virtualname__


def preflight(name, strict=False):
    """
    A site may be deployed: what ``salt-run glance.preflight`` asks has no failed answer.

    name
        The site's name.

    strict
        Whether a check that needs a missing Python library fails. Default ``False``. Under ``test=True`` it does not:
        the run that is only planned would have installed the library in the step before.
    """
    found = _ask("glance.preflight", site=name, strict=strict and not __opts__["test"])
    return _result(name, found, not found["failed"])


def verified(name):
    """
    A site works: what ``salt-run glance.verify`` asks has no failed answer.

    name
        The site's name.

    Under ``test=True`` nothing is written, so no image is made: the API is asked for a list of images and the
    catalogue is compared with pillar. A site that does not pass is a plan then, since it may not be deployed yet;
    an unknown site, a wrong pillar and a host that is down stay failures.
    """
    found = _ask("glance.verify", site=name, write=not __opts__["test"])
    if __opts__["test"] and found["failed"] and not any(_lasting(row) for row in found["rows"]):
        ret = _result(name, found, None)
        return {**ret, "comment": f"The site would be verified after the steps before; as it is now: {ret['comment']}"}
    return _result(name, found, not found["failed"])


def _lasting(row):
    """Whether a row says something wrong that no deployment mends."""
    return row["result"] == glance_report.FAILED and (row["check"] in _LASTING or row["check"].startswith("role "))


def _ask(function, **kwarg):
    """A runner's report; what is no report is one failed row with the last line of it."""
    found = __salt__["saltutil.runner"](function, kwarg=kwarg)
    if isinstance(found, dict) and "rows" in found:
        return found
    said = (str(found).strip().splitlines() or ["nothing"])[-1]
    hint = "is the formula synced to the master (salt-run saltutil.sync_all)?"
    rows = [glance_report.failed("master", function, f"the runner answers {said}; {hint}")]
    return glance_report.report(function.split(".")[-1], kwarg["site"], rows, 0)


def _result(name, found, result):
    return {"name": name, "result": result, "changes": {}, "comment": glance_report.complaint(found)}
