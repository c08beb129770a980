"""
Certificates of X.509 as servers read them: PEM with the server's own certificate first, its issuers after it, one key.

Everything here is plain data in and out; nothing is read from disk or network, and no text of a key is in any message.
"""

import datetime
import ipaddress
import re

from openstack_errors import Invalid

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False

MISSING = "cryptography is missing in Salt's own Python: state.apply glance.client.python installs it"
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_CERTIFICATES = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")


def certificates(text, what):
    """
    Return the certificates of a text in PEM, in their order, as objects of ``cryptography``.

    text
        What to read.

    what
        Where it is from, for messages: ``pillar key glance:api:tls:certificate``.

    Raises Invalid when there is none, or one is damaged.
    """
    found = [block for kind, block in _blocks(text) if kind in _CERTIFICATES]
    if not found:
        raise Invalid(f"{what} holds no certificate in PEM")
    try:
        return [x509.load_pem_x509_certificate(block.encode()) for block in found]
    except (ValueError, TypeError):
        raise Invalid(f"{what} holds a certificate that is damaged") from None


def key(text, what):
    """
    Return the private key of a text in PEM, as an object of ``cryptography``.

    text, what
        As for :py:func:`certificates`.

    Raises Invalid when there is none or more than one, it is damaged, or needs a passphrase.
    """
    found = [block for kind, block in _blocks(text) if kind.endswith("PRIVATE KEY")]
    if len(found) != 1:
        raise Invalid(f"{what} holds {'more than one' if found else 'no'} private key in PEM")
    if "ENCRYPTED" in found[0]:
        raise Invalid(f"{what} holds a private key with a passphrase, which nobody could type: store it without one")
    try:
        return serialization.load_pem_private_key(found[0].encode(), password=None)
    except (ValueError, TypeError):  # the library's own text may quote what it has read
        raise Invalid(f"{what} holds a private key that is damaged") from None


def one_file(chain, private):
    """
    Return certificates and key as one text in PEM, as HAProxy and others read them.

    chain, private
        From :py:func:`certificates` and :py:func:`key`.
    """
    pem = serialization.Encoding.PEM
    secret = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return b"".join([*(each.public_bytes(pem) for each in chain), secret]).decode()


def describe(chain, now=None):
    """
    Return what is to be known of the first certificate, plain values: ``subject``, ``issuer``, ``not_before``,
    ``not_after`` (UTC), ``days_left``, ``fingerprint`` (SHA-256), ``names``; and ``chain``, subject and fingerprint of
    the others.

    chain
        From :py:func:`certificates`.

    now
        The time, with its zone. Default now.
    """
    first = chain[0]
    return {
        "subject": first.subject.rfc4514_string() or "(empty)",
        "issuer": first.issuer.rfc4514_string(),
        "not_before": _time(_begin(first)),
        "not_after": _time(_end(first)),
        "days_left": (_end(first) - _now(now)).days,
        "fingerprint": fingerprint(first),
        "names": names(first),
        "chain": [f"{each.subject.rfc4514_string()} {fingerprint(each)}" for each in chain[1:]],
    }


def fingerprint(certificate):
    """Return the SHA-256 of a certificate as ``openssl x509 -fingerprint -sha256`` shows it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def names(certificate):
    """Return the names and addresses that a certificate is for; a common name is none, no client looks at it."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]


def covers(known, host):
    """
    Tell whether a host is among the names of a certificate.

    known
        From :py:func:`names`. A wildcard stands for one label, the first.

    host
        Name or address. An internationalized name may be in Unicode.
    """
    address = _address(host)
    if address:
        return address in map(_address, known)
    host, known = _ascii(host), list(map(_ascii, known))
    return host in known or ("." in host and f"*.{host.split('.', 1)[1]}" in known)


def problems(chain, private, hosts, now=None):
    """
    Return what is wrong with a chain and its key, one line each, ``[]`` when nothing is.

    chain, private
        From :py:func:`certificates` and :py:func:`key`.

    hosts
        Names and addresses that the first certificate must be for.

    now
        As for :py:func:`describe`.
    """
    return _of_key(chain, private) + _of_order(chain) + _of_time(chain, _now(now)) + _of_names(chain[0], hosts)


def belongs(certificate, private):
    """Tell whether a key is the one of a certificate."""
    return _public(certificate) == _public(private)


def _of_key(chain, private):
    owner = next((number for number, each in enumerate(chain, 1) if belongs(each, private)), None)
    if owner is None:
        return [f"the key does not belong to the certificate of {_subject(chain[0])}"]
    if owner > 1:
        return [
            f"the key belongs to certificate {owner} of the chain, {_subject(chain[owner - 1])}: that must be first"
        ]
    return []


def _of_order(chain):
    return [
        f"the chain is out of order: {_subject(each)} is not issued by what comes next, {_subject(after)}"
        for each, after in zip(chain, chain[1:])
        if not _issued(each, after)
    ]


def _of_time(chain, now):
    found = [f"{_subject(each)} expired on {_time(_end(each))}" for each in chain if _end(each) <= now]
    return found + [f"{_subject(each)} is valid from {_time(_begin(each))} on" for each in chain if _begin(each) > now]


def _of_names(certificate, hosts):
    known = names(certificate)
    lacking = [host for host in hosts if not covers(known, host)]
    if not lacking:
        return []
    return [f"the certificate is for {', '.join(known) or 'no name (subjectAltName)'}, not for {', '.join(lacking)}"]


def _issued(certificate, issuer):
    if certificate.issuer != issuer.subject:
        return False
    if not hasattr(certificate, "verify_directly_issued_by"):  # cryptography before 40
        return True
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _blocks(text):
    return [(match[1], match[0]) for match in _BLOCK.finditer(str(text))]


def _public(owner):
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return owner.public_key().public_bytes(*form)


def _subject(certificate):
    return certificate.subject.rfc4514_string() or f"serial number {certificate.serial_number}"


def _ascii(name):
    name = name.lower().rstrip(".")
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def _address(text):
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _begin(certificate):
    return _utc(certificate, "not_valid_before")


def _end(certificate):
    return _utc(certificate, "not_valid_after")


def _utc(certificate, name):
    if hasattr(certificate, f"{name}_utc"):
        return getattr(certificate, f"{name}_utc")
    return getattr(certificate, name).replace(tzinfo=datetime.timezone.utc)  # cryptography before 42


def _now(now):
    return now or datetime.datetime.now(datetime.timezone.utc)


def _time(moment):
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
