"""
A service that runs with the configuration it is given, or goes on with the one it had.

.. versionadded:: 1.0.0

.. code-block:: yaml

    glance-config-kept:
      openstack_service.kept:
        - name: glance-api
        - files: [/etc/glance/glance-api.conf]
        - answers: {openstack_image.answering: {url: http://127.0.0.1:9292}}

    # here come the states that write the files, and require the one above

    glance-running:
      openstack_service.running:
        - name: glance-api
        - files: [/etc/glance/glance-api.conf]
        - answers: {openstack_image.answering: {url: http://127.0.0.1:9292}}
        - logs: [/var/log/glance/glance-api.log]
        - watch:
          - openstack_config: /etc/glance/glance-api.conf

The files with which the service last answered are kept; when it does not answer with others, they are put back.
"""

import time

import openstack_states
from openstack_errors import EXPECTED, NotStarted

__virtualname__ = "openstack_service"

CURRENT, OLD = "started with what is there", "started with what was there before"
YES = "yes"


def __virtual__():
    if "openstack_service.keep" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_service is missing: run saltutil.sync_modules"


def kept(name, files, answers):
    """
    Files of which nothing is kept yet are kept before somebody writes them: those of a service that answers, and those
    that come to a service of which others are kept.

    name
        The service.

    files
        Paths of all of its configuration files.

    answers
        ``{function: {argument: value}}``, which asks the service; see :py:func:`running`.
    """

    def read():
        found = __salt__["openstack_service.kept"](name)
        return {path: "kept" if path in (found or {}) else None for path in files}

    def wanted():
        # where it does not answer, there is nothing worth keeping
        none = __salt__["openstack_service.kept"](name) is None
        wait = none and __salt__["openstack_service.status"]([name], answers)["error"] is not None
        return {} if wait else dict.fromkeys(files, "kept")

    def write(current, changes):
        __salt__["openstack_service.keep_more"](name, files)

    label = f"Configuration of {name}"
    return openstack_states.converge(name, label, wanted, read, write, __opts__["test"])


def running(name, files, answers, services=None, reread=(), timeout=60, logs=()):
    """
    A service is enabled, runs with its configuration as it is now, and answers. When it does not answer after a
    restart, all of its files become what they were when it last did, it is restarted with them, and the state fails
    with its last words; the files that were refused are in ``/var/lib/openstack_service/NAME/refused``.

    name
        The service, and its unit.

    files
        Paths of its configuration files. It is restarted when one of them is not as it was when the service last
        answered, also by a run that ended before it came here; and by ``watch``, for a package.

    answers
        ``{function: {argument: value}}``: an execution function that asks the service, and returns a mapping whose
        ``error`` is ``None`` when it answered. ``openstack_image.answering``, or ``openstack_service.responds``.

    services
        Its units where it has several or others. Default: the name.

    reread
        Paths of files that it reads again by itself, so that they are put back with the others, but need no restart.
        Default none.

    timeout
        Seconds that it may take to answer after a restart. Default ``60``.

    logs
        Paths of its logs, read beside systemd's journal. Default none.
    """
    return _Run(name, files, answers, services, reread, timeout, logs).converge()


def mod_watch(name, files, answers, services=None, reread=(), timeout=60, logs=(), sfun=None, **kwargs):
    """
    The service is restarted in any case, since what it watches changed; else as :py:func:`running`.

    name, files, answers, services, reread, timeout, logs
        As for :py:func:`running`.

    sfun, kwargs
        The function that watches, and what else Salt hands over.
    """
    return _Run(name, files, answers, services, reread, timeout, logs, process=OLD).converge()


class _Run:
    """One run of :py:func:`running`; ``process`` is what is known of it beforehand."""

    def __init__(self, name, files, answers, services, reread, timeout, logs, process=None):
        self.name, self.files, self.answers, self.timeout = name, list(files), answers, timeout
        self.services = services or [name]
        self.all_files = [*self.files, *reread]
        self.logs, self.process = list(logs), process
        self.refused = {}

    def converge(self):
        wanted = {"enabled": True, "running": True, "process": CURRENT, "answers": YES}
        label, test = f"Service {self.name}", __opts__["test"]
        ret = openstack_states.converge(self.name, label, wanted, self.read, self.write, test)
        ret["changes"].update({path: {"old": "new", "new": "put back"} for path in self.refused})
        if ret["result"] and not test and self.differing(self.all_files) != []:
            __salt__["openstack_service.keep"](self.name, self.all_files, self.answers)
        return ret

    def read(self):
        found = __salt__["openstack_service.status"](self.services, self.answers)
        error = found.pop("error")
        process = self.process or (CURRENT if self.differing(self.files) == [] else OLD)
        return {**found, "process": process, "answers": YES if error is None else error}

    def write(self, current, changes):
        restart = {"enabled", "running", "process"} & set(changes)
        # what it said before this run matters only when it is the process of before
        since, logs = time.time(), __salt__["openstack_service.log_sizes"](self.logs)
        begin = {"since": since, "logs": logs} if restart else {"logs": self.logs}
        bring = "openstack_service.restart" if restart else "openstack_service.wait"
        error = __salt__[bring](self.services, self.answers, self.timeout)
        self.process = OLD if error else CURRENT
        if error:
            words = __salt__["openstack_service.last_words"](self.name, self.services, files=self.all_files, **begin)
            raise NotStarted("\n".join([f"it does not answer: {error}", *_quoted(words), self.fall_back()]))

    def fall_back(self):
        """What was done about it, in words."""
        differing = self.differing(self.all_files)
        if differing is None:
            return "No earlier configuration with which it answered is known, so nothing was put back."
        if not differing:
            return "It answered with this configuration before, so nothing was put back: look at what it needs."
        try:
            self.refused = __salt__["openstack_service.put_back"](self.name)
        except EXPECTED as exc:
            return f"The old configuration could not be put back: {exc}"
        before = __salt__["openstack_service.answered"](self.name) or self.answers  # it may have had another address
        error = __salt__["openstack_service.restart"](self.services, before, self.timeout)
        places = ", ".join(place for place in self.refused.values() if place)
        told = f"What was refused is in {places}; correct pillar and run again."
        if error is None:
            return f"The old configuration is back in place and the service answers with it. {told}"
        return f"The old configuration is back in place, but it does not answer with that either: {error}. {told}"

    def differing(self, files):
        return __salt__["openstack_service.differing"](self.name, files)


def _quoted(words):
    return ["Its last words:", *(f"  {line}" for line in words)] if words else ["It left no words."]
