"""
``glance_node.status``: how the roles of this host are.

A check is a function of the :py:class:`glance_questions.Question`; :py:data:`CHECKS` says whose it is.
"""

import glance_checks
import glance_node_servers
import glance_venv_checks

CURRENT = "up to date"


def answer(question):
    """Return the rows of a :py:class:`glance_questions.Question`, as a list."""
    if question.ready(quiet=True):
        question.make(CHECKS)
    return list(question.rows)


def services(question):
    """The services run, and will after a boot."""
    execution, rows = question.execution, question.rows
    for service in question.settings["api"]["services"]:
        running, enabled = execution["service.status"](service), execution["service.enabled"](service)
        words = f"{'running' if running else 'stopped'}, {'' if enabled else 'not '}enabled at boot"
        (rows.ok if running and enabled else rows.failed)(f"service {service}", words)


def environment(question):
    """What is in the virtual environment, where Glance comes from one."""
    if question.settings["api"]["venv"]:
        glance_venv_checks.status(question.rows, question.settings, question.execution)


def packages(question):
    """The packages are there, and of pillar's release."""
    rows, release = question.rows, question.settings["release"]
    for package in question.settings["api"]["packages"]:
        check, version = f"package {package}", question.execution["pkg.version"](package)
        if not version:
            rows.failed(check, "not installed: state.apply glance.api installs it")
        elif "glance" in package and not glance_checks.provides(version, release):
            rows.failed(check, f"{version} is not {release['codename']}")
        else:
            rows.ok(check, version)


def schema(question):
    """The schema of the database is that of the installed Glance."""
    check = "database schema"
    found = question.ask(check, "glance_manage.db_check")
    if found:
        (question.rows.ok if found == CURRENT else question.rows.failed)(check, found)


def images(question):
    """The API answers, and lists its images."""
    if question.missing or not glance_node_servers.answers(question):
        return
    with question.rows.checking("images"):
        count = len(glance_node_servers.api(question).images())
        question.rows.ok("images", f"{count} that {question.settings['identity']['user']} sees")


# the roles that need it, and the check; rows come in this order
CHECKS = (
    (("database",), glance_node_servers.database),
    (("messaging",), glance_node_servers.messaging),
    (("identity",), glance_node_servers.identity),
    (("api",), services),
    (("api",), environment),
    (("api",), packages),
    (("api",), schema),
    (("api",), images),
    (("identity",), glance_node_servers.catalogue),
)
