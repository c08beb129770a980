"""A certificate authority, a server's certificate for this machine, and a client's."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
CLIENT = "glance"
SUBJECT, ISSUER = f"/CN={CLIENT}", "/CN=Test CA"


class Certificates:
    """Files in PEM: ``server`` and ``client`` are mappings of ca, cert and key."""

    def __init__(self, directory):
        self._directory = directory
        key, name = ec.generate_private_key(ec.SECP256R1()), _name("Test CA")
        self._ca = (key, name)
        authority = x509.BasicConstraints(ca=True, path_length=None)
        ca = self._write("ca.pem", self._sign(name, key, [authority]))
        self.server = {"ca": ca, **self._pair("server", [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])}
        self.elsewhere = {"ca": ca, **self._pair("elsewhere", [x509.DNSName("db.example.org")])}
        self.client = {"ca": ca, **self._pair(CLIENT, [])}

    def _pair(self, name, places):
        key = ec.generate_private_key(ec.SECP256R1())
        extensions = [x509.SubjectAlternativeName(places)] if places else []
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        (self._directory / f"{name}.key").write_bytes(secret)
        cert = self._write(f"{name}.pem", self._sign(_name(name), key, extensions))
        return {"cert": cert, "key": str(self._directory / f"{name}.key")}

    def _sign(self, subject, key, extensions):
        authority, issuer = self._ca
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - DAY).not_valid_after(now + DAY)
        identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
        of_authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        for each in [*extensions, x509.SubjectKeyIdentifier.from_public_key(key.public_key()), of_authority]:
            builder = builder.add_extension(each, critical=isinstance(each, x509.BasicConstraints))
        return builder.sign(authority, hashes.SHA256())

    def _write(self, name, certificate):
        path = self._directory / name
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return str(path)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
