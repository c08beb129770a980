"""
The certificate of a server: one file with certificate, issuers and key, and the server that shows it.

.. versionadded:: 1.0.0

.. code-block:: yaml

    /etc/example/certificate.pem:
      openstack_certificate.present:
        - certificate_pillar: example:tls:certificate
        - key_pillar: example:tls:key
        - hosts: [image-node.example.org]

    example-tls:
      openstack_certificate.served:
        - name: /etc/example/certificate.pem
        - service: haproxy
        - host: image-node.example.org
        - port: 443
"""

import time

import openstack_states
from openstack_errors import Invalid, OpenStackError

__virtualname__ = "openstack_certificate"

BELONGS = "belongs to the certificate"
_SHOWN = ("subject", "not_after", "fingerprint", "names", "chain")


def __virtual__():
    if "openstack_certificate.check" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_certificate is not loaded: it needs cryptography in Salt's own Python"


def present(
    name,
    certificate_pillar=None,
    key_pillar=None,
    certificate_file=None,
    key_file=None,
    hosts=(),
    warn_days=30,
    user="root",
    group="root",
    mode="0600",
    makedirs=False,
):
    """
    A file holds a certificate, its issuers and its key, all of them checked before anything is written.

    name
        Path of the file.

    certificate_pillar, key_pillar
        Names of pillar keys that hold them in PEM, the server's own certificate first.

    certificate_file, key_file
        Or paths of files of the host, which somebody else renews.

    hosts
        Names and addresses that the certificate must be for. Default none.

    warn_days
        Days before its end from which on each run warns. Default ``30``.

    user, group, mode
        Owner of the file. Default root, which alone reads it.

    makedirs
        Whether to make its directory. Default ``False``.
    """
    source = {
        "certificate_pillar": certificate_pillar,
        "key_pillar": key_pillar,
        "certificate_file": certificate_file,
        "key_file": key_file,
        "hosts": list(hosts),
    }
    owner, left = {"user": user, "group": group, "mode": mode}, []

    def wanted():
        found = __salt__["openstack_certificate.check"](**source)
        left.append(found["days_left"])
        return {**{key: found[key] for key in _SHOWN}, "key": BELONGS, **owner}

    def read():
        there = __salt__["openstack_certificate.owner"](name)
        return there and {**there, **_content(name)}

    def write(_current, _changes):
        __salt__["openstack_certificate.write"](name, **source, **owner, makedirs=makedirs)

    ret = openstack_states.converge(name, f"Certificate {name}", wanted, read, write, __opts__["test"])
    if left and left[0] < warn_days:
        ret["warnings"] = [f"The certificate for {name} ends in {left[0]} days: renew it."]
    return ret


def served(name, service, host, port, address=None, timeout=15):
    """
    A server shows the certificate of its file; where it shows another, it is told to reload.

    name
        Path of the file. While there is none, nothing is looked at.

    service
        The server's unit.

    host
        Name that clients ask for.

    port
        Port of the server.

    address
        Where to connect. Default the host.

    timeout
        Seconds that it may take to show it. Default ``15``.
    """

    def shown():
        try:
            return __salt__["openstack_certificate.served"](host, port, address)["fingerprint"]
        except OpenStackError as exc:
            return str(exc)

    def wanted():
        found = __salt__["openstack_certificate.info"](name)
        return found and {"fingerprint": found["fingerprint"]}

    def read():
        looked_for = wanted()
        if looked_for is None:
            return None
        end = time.monotonic() + (0 if __opts__["test"] else timeout)
        found = shown()
        while found != looked_for["fingerprint"] and time.monotonic() < end:
            time.sleep(0.5)
            found = shown()
        return {"fingerprint": found}

    def write(_current, _changes):
        __salt__["service.reload"](service)

    label = f"Certificate that {service} shows for {host}"
    return openstack_states.converge(name, label, wanted, read, write, __opts__["test"])


def _content(path):
    """What the file holds; what holds none is written anew."""
    try:
        found = __salt__["openstack_certificate.info"](path)
    except Invalid as exc:
        return {"fingerprint": str(exc)}
    key = {True: BELONGS, False: "belongs to another certificate", None: None}[found["key"]]
    return {**{each: found[each] for each in _SHOWN}, "key": key}
