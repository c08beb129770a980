"""
What can be told of TLS in front of the API, as rows of ``glance_report.Rows``.
"""

from urllib.parse import urlsplit

import glance_front
from openstack_errors import OpenStackError


def before(rows, settings, salt):
    """
    Whether the certificate will do, and whether endpoints and TLS fit together.

    rows
        Where the rows go.

    settings
        As returned by ``glance_settings.get``.

    salt
        ``__salt__``.
    """
    if not glance_front.is_on(settings):
        _elsewhere(rows, settings)
        return
    check, tls = "certificate", settings["api"]["tls"]
    if "openstack_certificate.check" not in salt:
        rows.not_checked(check, "cryptography missing, state.apply glance.client.python installs it")
        return
    with rows.checking(check):
        found = salt["openstack_certificate.check"](**tls["source"], hosts=tls["hosts"])
        rows.ok(check, f"{found['subject']} for {', '.join(found['names'])}, {_left(found, tls)}")


def now(rows, settings, salt):
    """
    What this host shows to a client, for each name that the certificate is for; arguments as for :py:func:`before`.
    """
    if not glance_front.is_on(settings):
        return
    tls, trusted = settings["api"]["tls"], settings["identity"]["service_profile"].get("cacert")
    for host in tls["hosts"]:
        check = f"TLS for {host}"
        with rows.checking(check):
            found = salt["openstack_certificate.served"](host, tls["port"], tls["address"], trusted)
            if found["error"]:
                raise OpenStackError(found["error"])
            rows.ok(
                check, f"{found['protocol']}, accepted with {trusted or 'the authorities of Salt'}, {_left(found, tls)}"
            )


def _left(found, tls):
    days = found["days_left"]
    return f"ends in {days} days{': renew it' if days < tls['warn_days'] else ''}"


def _elsewhere(rows, settings):
    """An endpoint that is https while this host speaks plain HTTP: fine when somebody else is in front."""
    for interface, url in settings["identity"]["endpoints"].items():
        if urlsplit(url).scheme == "https":
            text = f"{url} is https and glance:api:tls is off: something else in front of this host must end TLS"
            rows.not_checked(f"TLS of {interface} endpoint", text)
