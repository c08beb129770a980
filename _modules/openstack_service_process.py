"""
Whether a service runs and answers, its restart, and what it said last.

.. versionadded:: 1.0.0

``answers`` is ``{function: {argument: value}}``, one execution function that asks the service something and returns a
mapping whose ``error`` is ``None`` when it answered: ``{openstack_image.answering: {url: …}}``.
"""

import time
import urllib.error
import urllib.request

import openstack_kept
import openstack_words
import salt.utils.systemd
from openstack_errors import EXPECTED, Invalid, OpenStackError, Refused

__virtualname__ = "openstack_service"

PATIENCE = 5  # seconds of a service that is not running, before it is given up
SYSTEMD_TIMEOUT = 30


def __virtual__():
    return __virtualname__


def responds(url, timeout=10):
    """
    Ask a URL, and return ``{"url", "status", "error"}``: whatever is no server error is an answer, 401 too.

    url
        ``http://…`` or ``https://…``

    timeout
        Seconds to wait for it. Default ``10``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.responds http://127.0.0.1:9191
    """
    if not str(url).startswith(("http://", "https://")):
        raise Invalid(f"{url} is no URL of HTTP")
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:  # noqa: S310
            status = response.status
    except urllib.error.HTTPError as exc:
        status = exc.code
    except (OSError, ValueError) as exc:
        why = getattr(getattr(exc, "reason", exc), "strerror", None) or type(exc).__name__
        return {"url": url, "status": None, "error": f"no answer from {url}: {why}"}
    return {"url": url, "status": status, "error": f"{url} answers HTTP {status}" if status >= 500 else None}


def status(services, answers):
    """
    Return ``{"enabled", "running", "error"}``: whether all of the units are enabled, whether all run, and why the
    service does not answer, ``None`` when it does.

    services
        The units that it consists of.

    answers
        What asks it.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.status '[glance-api]' '{openstack_image.answering: {url: http://127.0.0.1:9292}}'
    """
    return {
        "enabled": all(__salt__["service.enabled"](each) for each in services),
        "running": _running(services),
        "error": _asked(answers)[0],
    }


def restart(services, answers, timeout=60):
    """
    Enable and restart a service, and wait until it answers.

    services, answers
        As for :py:func:`status`.

    timeout
        Seconds to wait at most. A service that is seen not running for 5 seconds is given up before, and so is one
        that Keystone lets nobody ask. Default ``60``.

    Returns ``None``, or why it does not answer.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.restart '[glance-api]' '{openstack_image.answering: {url: http://127.0.0.1:9292}}'
    """
    _told_to_systemd(services)
    try:
        for each in services:
            if not __salt__["service.enabled"](each):
                __salt__["service.enable"](each)
            if not __salt__["service.restart"](each):
                return f"the restart of {each} failed"
    except EXPECTED as exc:
        return f"the restart of {each} failed: {str(exc).strip().splitlines()[0] if str(exc).strip() else 'no message'}"
    return wait(services, answers, timeout)


def wait(services, answers, timeout=60):
    """
    Wait until a service answers, and return as :py:func:`restart` does.

    services, answers, timeout
        As for :py:func:`restart`.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.wait '[glance-api]' '{openstack_image.answering: {url: http://127.0.0.1:9292}}'
    """
    end, dead = time.monotonic() + timeout, 0
    while True:
        error, final = _asked(answers)
        if error is None or final:
            return error
        dead = 0 if _running(services) else dead + 1
        if dead > PATIENCE:
            return f"it does not run: {error}"
        if time.monotonic() >= end:
            return f"no answer within {timeout} s, last: {error}"
        time.sleep(1)


def log_sizes(logs):
    """
    Return ``{path: bytes}`` of logs as they are, for :py:func:`last_words` to begin there.

    logs
        Paths of files; 0 for one that is not there.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.log_sizes '[/var/log/glance/glance-api.log]'
    """
    return openstack_words.sizes(logs)


def last_words(name, services, since=None, logs=None, files=()):
    """
    Return the lines in which a service said last why it does not run: at most 15, critical ones and errors first, from
    systemd's journal and its logs, without secrets.

    name
        The service, as :py:func:`keep` was given it.

    services
        Its units.

    since
        Seconds since 1970. Default ``None``: ten minutes ago.

    logs
        ``{path: byte to begin at}``, or paths, of which the last 64 KiB are read. Default ``None``.

    files
        Its configuration files, whose secrets are masked, beside those of pillar and of what is kept. Default none.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_service.last_words glance-api '[glance-api]' logs='[/var/log/glance/glance-api.log]'
    """
    since = time.time() - 600 if since is None else since
    lines = openstack_words.journal(services, since, __salt__["cmd.run_all"]) if _has_systemd() else []
    for path, start in (logs if isinstance(logs, dict) else dict.fromkeys(logs or [], 0)).items():
        lines += openstack_words.log(path, start)
    texts = openstack_kept.texts(__salt__["openstack_service.directory"](name), files)
    # masked before a line is cut: half a secret is no secret that could be found
    return openstack_words.pick(openstack_words.masked(lines, openstack_words.secrets(texts, __pillar__)))


def _asked(answers):
    """Why the service does not answer, ``None`` when it does, and whether to ask again is of no use."""
    if not isinstance(answers, dict) or len(answers) != 1:
        raise Invalid("answers must be one {function: {argument: value}}")
    ((function, arguments),) = answers.items()
    if function not in __salt__:
        raise OpenStackError(f"{function} is not available: state.apply glance.client.python installs what it needs")
    try:
        return __salt__[function](**arguments)["error"], False
    except Refused as exc:
        return str(exc), True


def _running(services):
    return all(__salt__["service.status"](each) for each in services)


def _told_to_systemd(services):
    """
    Units may have changed, which Salt does not see with the systemd of Debian 11; and one that failed too often in a
    short time is not started until that is forgotten.
    """
    if _has_systemd():
        for command in (["daemon-reload"], ["reset-failed", *services]):
            __salt__["cmd.run_all"](
                ["systemctl", *command],
                python_shell=False,
                ignore_retcode=True,
                output_loglevel="quiet",
                timeout=SYSTEMD_TIMEOUT,
            )


def _has_systemd():
    return salt.utils.systemd.booted(__context__)
