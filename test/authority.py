"""Authorities and certificates for tests, in PEM."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """
    Who issues certificates: ``pem`` is its own, ``issuers`` what a server sends along, the authority's own included.

    name
        Its common name.

    parent
        The authority above; without one it signs itself.
    """

    def __init__(self, name="Test CA", parent=None):
        self.key, self.name = new_key(), _name(name)
        above = parent or self
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        extensions = [(x509.BasicConstraints(ca=True, path_length=None), True), (usage, True)]
        self.certificate = _sign(self.name, self.key.public_key(), above, extensions, 365, 1)
        self.pem = pem(self.certificate)
        self.issuers = self.pem + (parent.issuers if parent else "")

    def issue(self, *names, key=None, days=90, began=1):
        """
        Return ``(certificate, key)``.

        names
            Names and addresses that it is for.

        key
            Its key; by default a new one.

        days, began
            Until when from now, and since how many days.
        """
        key = key or new_key()
        extensions = [(x509.SubjectAlternativeName(list(map(_place, names))), False)] if names else []
        subject = _name(names[0].encode("idna").decode() if names else "nobody")
        return pem(_sign(subject, key.public_key(), self, extensions, days, began)), secret(key)


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def secret(key, passphrase=None):
    form = serialization.PrivateFormat.PKCS8
    hidden = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, hidden).decode()


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _sign(subject, public, authority, extensions, days, began):
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(authority.name).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - began * DAY).not_valid_after(now + days * DAY)
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.key.public_key())
    known = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    extensions = [*extensions, (x509.SubjectKeyIdentifier.from_public_key(public), False), (known, False)]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(authority.key, hashes.SHA256())


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _place(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode())
