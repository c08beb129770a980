"""
The certificate of a server: what is in its file, what it shows to clients, and whether a new one will do.

.. versionadded:: 1.0.0

Certificate and key come from pillar keys or from files of the host; both are read where they are used, and no function
returns anything of a key. A certificate is told as ``{"subject", "issuer", "not_before", "not_after", "days_left",
"fingerprint", "names", "chain"}``.
"""

import contextlib
import os
import socket
import ssl

import openstack_files
import openstack_secrets
import openstack_x509
from openstack_errors import Invalid, OpenStackError, Unreachable

__virtualname__ = "openstack_certificate"


def __virtual__():
    if openstack_x509.HAS_CRYPTOGRAPHY:
        return __virtualname__
    return False, openstack_x509.MISSING


def info(path):
    """
    Return what is in a file, and ``key``: whether its key belongs to its certificate, ``None`` when it holds none;
    ``None`` when there is no such file.

    path
        Path of a file in PEM.

    Raises Invalid when it holds no certificate.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_certificate.info /etc/glance-api-tls/certificate.pem
    """
    text = openstack_files.read(path)
    if text is None:
        return None
    chain = openstack_x509.certificates(text, path)
    private = openstack_x509.key(text, path) if "PRIVATE KEY" in text else None
    return {
        **openstack_x509.describe(chain),
        "key": None if private is None else openstack_x509.belongs(chain[0], private),
    }


def check(certificate_pillar=None, key_pillar=None, certificate_file=None, key_file=None, hosts=()):
    """
    Return what would be written from there; nothing is written.

    certificate_pillar, key_pillar
        Names of pillar keys that hold them in PEM.

    certificate_file, key_file
        Or paths of files of the host.

    hosts
        Names and addresses that the certificate must be for. Default none.

    Raises Invalid with all that is wrong: the key belongs to another certificate, the chain is out of order, a
    certificate is expired or for other names.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_certificate.check certificate_file=/etc/ssl/glance.pem key_file=/etc/ssl/glance.key
    """
    chain, _ = _checked(certificate_pillar, key_pillar, certificate_file, key_file, hosts)
    return openstack_x509.describe(chain)


def write(
    path,
    certificate_pillar=None,
    key_pillar=None,
    certificate_file=None,
    key_file=None,
    hosts=(),
    user="root",
    group="root",
    mode="0600",
    makedirs=False,
):
    """
    Write certificate, issuers and key to one file, as HAProxy reads them.

    path
        Path of the file.

    certificate_pillar, key_pillar, certificate_file, key_file, hosts
        As for :py:func:`check`, which comes first.

    user, group, mode
        Owner of the file. Default root, which alone reads it.

    makedirs
        Whether to make its directory. Default ``False``.

    Raises what :py:func:`check` raises, and OpenStackError when it cannot be written.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_certificate.write /etc/x.pem certificate_pillar=tls:certificate key_pillar=tls:key
    """
    found = _checked(certificate_pillar, key_pillar, certificate_file, key_file, hosts)
    openstack_files.write(path, openstack_x509.one_file(*found), user, group, mode, makedirs)
    return True


def owner(path):
    """
    Return ``{"user", "group", "mode"}`` of a file, ``None`` when there is no such file.

    path
        Path of the file.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_certificate.owner /etc/glance-api-tls/certificate.pem
    """
    return openstack_files.owner(path) if os.path.exists(path) else None


def served(host, port, address=None, cafile=None, timeout=5):
    """
    Return what a server shows to a client that asks for a host: the certificate, ``protocol``, and ``error``, why a
    client that checks it would go away, ``None`` when it would not.

    host
        Name that the client asks for.

    port
        Port of the server.

    address
        Where to connect. Default the name.

    cafile
        Authorities to trust. Default those of the host.

    timeout
        Seconds. Default 5.

    Raises Unreachable when nobody answers, OpenStackError when what answers speaks no TLS.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_certificate.served image-node.example.org 9292
    """
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with _connected(host, port, address, timeout, anybody) as connection:
        certificate, protocol = ssl.DER_cert_to_PEM_cert(connection.getpeercert(True)), connection.version()
    found = openstack_x509.describe(openstack_x509.certificates(certificate, f"{host}:{port}"))
    found.pop("chain")
    return {**found, "protocol": protocol, "error": _doubt(host, port, address, cafile, timeout)}


def _doubt(host, port, address, cafile, timeout):
    try:
        context = ssl.create_default_context(cafile=cafile)
    except OSError as exc:
        raise OpenStackError(f"cannot read {cafile}, the authorities to trust: {exc.strerror or 'damaged'}") from exc
    try:
        with _connected(host, port, address, timeout, context):
            return None
    except OpenStackError as exc:
        return str(exc)


@contextlib.contextmanager
def _connected(host, port, address, timeout, context):
    where = f"{address or host}:{port}"
    name = host if host.isascii() else host.encode("idna").decode()
    try:
        with (
            socket.create_connection((address or host, port), timeout) as plain,
            context.wrap_socket(plain, server_hostname=name) as connection,
        ):
            yield connection
    except ssl.SSLCertVerificationError as exc:
        raise OpenStackError(f"the certificate is not accepted: {exc.verify_message}") from exc
    except ssl.SSLError as exc:
        raise OpenStackError(f"{where} speaks no TLS that a client accepts: {exc.reason or exc}") from exc
    except OSError as exc:
        raise Unreachable(f"{where} does not answer: {exc.strerror or exc}") from exc


def _checked(certificate_pillar, key_pillar, certificate_file, key_file, hosts):
    """The chain and the key, both read and found to be in order."""
    where = _where(certificate_pillar, certificate_file, "certificate")
    chain = openstack_x509.certificates(_text(certificate_pillar, certificate_file, where), where)
    where_key = _where(key_pillar, key_file, "key")
    private = openstack_x509.key(_text(key_pillar, key_file, where_key), where_key)
    found = openstack_x509.problems(chain, private, hosts)
    if found:
        raise Invalid(f"{where} cannot be used: {'; '.join(found)}")
    return chain, private


def _where(pillar, path, what):
    if bool(pillar) == bool(path):
        raise Invalid(f"say either {what}_pillar or {what}_file")
    return f"pillar key {pillar}" if pillar else path


def _text(pillar, path, where):
    if pillar:
        return openstack_secrets.password(__pillar__, pillar)
    text = openstack_files.read(path)
    if text is None:
        raise OpenStackError(f"there is no {where}: whoever renews the certificate must bring it first")
    return text
