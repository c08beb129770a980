"""
What the servers say that a host has or needs: checks of more than one question, see ``_utils/glance_questions.py``.
"""

import glance_front_rows
import openstack_image_api

INTERFACES = ("public", "internal", "admin")


def database(question):
    """Log in at the database server as its administrator."""
    check, profile = "database login", question.settings["database"]["profile"]
    found = question.ask(check, "openstack_database.login", profile=profile)
    if found:
        question.rows.ok(check, f"{found['user']}, server {found['version']}")


def messaging(question):
    """Ask the broker of this host for its version."""
    check = "RabbitMQ answers"
    found = question.ask(check, "openstack_messaging.version")
    if found:
        question.rows.ok(check, f"version {found}")


def identity(question):
    """Log in at Keystone as its administrator."""
    check, profile = "Keystone login", question.settings["identity"]["admin_profile"]
    found = question.ask(check, "openstack_identity.login", profile=profile)
    if found:
        question.rows.ok(check, f"{found['user']} in project {found['project']} at {found['auth_url']}")


def catalogue(question):
    """The endpoints of pillar's region are those of pillar, one each, and lead somewhere."""
    if question.missing:
        return
    identity, region = question.settings["identity"], question.settings["region"]
    kind, profile = identity["service"]["type"], identity["admin_profile"]
    with question.rows.checking("catalogue"):
        found = question.execution["openstack_identity.endpoint_list"](type=kind, region=region, profile=profile)
        for interface in INTERFACES:
            urls = [each["url"] for each in found if each["interface"] == interface and each.get("enabled", True)]
            _endpoint(question.rows, f"{interface} endpoint", urls, identity["endpoints"].get(interface), region)


def _endpoint(rows, check, urls, wanted, region):
    if wanted is None:
        rows.not_checked(check, f"pillar names none (glance:identity:endpoints:{check.split()[0]})")
    elif not urls:
        rows.failed(check, f"none in region {region}: state.apply glance.identity registers {wanted}")
    elif len(urls) > 1:
        rows.failed(check, f"{len(urls)} in region {region}, clients take any: {', '.join(urls)}")
    elif urls[0] != wanted:
        rows.failed(check, f"{urls[0]}, pillar says {wanted}: state.apply glance.identity corrects it")
    else:
        rows.ok(check, f"{wanted} in region {region}")


def answers(question):
    """
    An authenticated request to this host's own API, and one to where the catalogue points; between them what a client
    sees of TLS.

    Glance's health check and systemd say "fine" of one that serves nobody. Returns whether the host's own answers.
    """
    own = _answer(question, "API answers", question.settings["api"]["url"])
    glance_front_rows.now(question.rows, question.settings, question.execution)
    _answer(question, "API by catalogue", None)
    return own


def _answer(question, check, url):
    profile = question.settings["identity"]["service_profile"]
    found = question.ask(check, "openstack_image.answering", profile=profile, url=url)
    if found and found["error"]:
        question.rows.failed(check, found["error"])
    elif found:
        question.rows.ok(check, f"{found['url']}, authenticated, API {found['version']}, {found['latency']} s")
    return bool(found) and not found["error"]


def api(question):
    """Return Glance of this host as Glance's own user, see ``openstack_image_api.connect``."""
    values, profile = question.settings["api"], question.settings["identity"]["service_profile"]
    url, option = values["tls"]["proof"] or values["url"], question.execution["config.get"]
    return openstack_image_api.connect(profile, question.context, question.pillar, option, url)
