"""A web server that has one file and goes wrong as told, once for each request."""

import contextlib
import dataclasses
import datetime
import http.server
import re
import ssl
import time

from functional import webserver


@dataclasses.dataclass
class How:
    """
    What is served, and how.

    ``faults`` are used up one a request: ``("cut", BYTES)`` hangs up after that many of the answer's bytes,
    ``("stall", BYTES)`` says no more until the client is gone, ``("status", CODE)`` answers that, ``("become", BODY)``
    has another file from there on, ``None`` does nothing.
    """

    body: bytes
    ranges: bool = True
    headers: dict = dataclasses.field(default_factory=lambda: {"ETag": '"one"'})
    length: int | None = -1  # what is announced: -1 the truth, None nothing
    faults: list = dataclasses.field(default_factory=list)
    location: str | None = None


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves ``server.how``; ``server.log`` has ``(range asked for, status, headers)`` of each request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        how, span = self.server.how, self.headers.get("Range")
        fault = how.faults.pop(0) if how.faults else None
        if fault and fault[0] == "become":
            how.body, how.headers = fault[1], {"ETag": '"two"'} if how.headers else {}
        first = int(re.fullmatch(r"bytes=(\d+)-\d*", span)[1]) if span and how.ranges else 0
        status = 302 if how.location else 206 if span and how.ranges else 200
        status = 416 if first and first >= len(how.body) else status
        status = fault[1] if fault and fault[0] == "status" else status
        self.server.log.append((span, status, dict(self.headers)))
        self._head(how, status, first)
        if status in (200, 206):
            self._send(how.body[first:], fault, chunked=how.length is None)

    def _head(self, how, status, first):
        self.send_response(status)
        for name, value in how.headers.items():
            self.send_header(name, value)
        if how.location:
            self.send_header("Location", how.location)
        if status in (206, 416):
            span = f"{first}-{len(how.body) - 1}" if status == 206 else "*"
            self.send_header("Content-Range", f"bytes {span}/{len(how.body)}")
        if status not in (200, 206):
            self.send_header("Content-Length", "0")
        elif how.length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(how.body) - first if how.length < 0 else how.length))
        self.end_headers()

    def _send(self, body, fault, chunked):
        kind, count = fault if fault and fault[0] in ("cut", "stall") else (None, len(body))
        part = body[:count]
        with contextlib.suppress(OSError):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked and part else part)
            if chunked and not kind:
                self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
            if kind == "stall":
                self._until_the_client_is_gone()
        self.close_connection = True

    def _until_the_client_is_gone(self):
        self.connection.settimeout(30)
        with contextlib.suppress(OSError):
            self.connection.recv(1)

    def log_message(self, *_args):
        pass


@contextlib.contextmanager
def serving(body, tls=None, **how):
    """Run a :py:class:`Mirror`; ``tls`` is the path of a file with certificate and key."""
    with webserver.serving(Mirror, how=How(body, **how)) as server:
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.url = server.url.replace("http:", "https:")
        yield server


def certificate(path):
    """Write a certificate for 127.0.0.1 that signs itself, and its key, into one file."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mirror")])
    now = datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return str(path)
