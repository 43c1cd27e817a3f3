"""Web servers on 127.0.0.1 that imitate real servers."""

import contextlib
import datetime
import select
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID


def certificate_that_names_its_issuer(intermediate, issuer_url):
    """Create a certificate for 127.0.0.1 and mirror.invalid that contains the URL of its issuer's certificate, like UCF101's."""
    import ipaddress

    issuer = x509.load_pem_x509_certificate(intermediate.cert_pem.bytes())
    issuer_key = serialization.load_pem_private_key(intermediate.private_key_pem.bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("mirror.invalid")]
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_url))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mirror of UCF101")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key_pem


def tls_context(folder, certificate_pem, key_pem):
    """Return a TLS context for a server that sends only its own certificate."""
    (folder / "server.pem").write_bytes(certificate_pem)
    (folder / "server.key").write_bytes(key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


def authority_with_intermediate():
    """Create a root authority, and an intermediate authority whose certificate the server does not send."""
    root = trustme.CA(organization_name="an authority that the reader's computer trusts")
    return root, root.create_child_ca()


def der(authority):
    """Return the certificate of an authority in DER format."""
    return x509.load_pem_x509_certificate(authority.cert_pem.bytes()).public_bytes(serialization.Encoding.DER)


class Forward(BaseHTTPRequestHandler):
    """Handle requests like a school's proxy: open a tunnel, or forward a request for a page."""

    def do_CONNECT(self):
        place = self.server.find(self)
        if place is None:
            return self.send_error(403)
        with socket.create_connection(place) as other:
            self.send_response(200)
            self.end_headers()
            while True:
                for source in select.select([self.connection, other], [], [])[0]:
                    if not (received := source.recv(2**16)):
                        return None
                    (other if source is self.connection else self.connection).sendall(received)

    def do_GET(self):
        place = self.server.find(self)
        if place is None:
            return self.send_error(403)
        with build_opener(ProxyHandler({})).open("http://{}:{}{}".format(*place, urlsplit(self.path).path)) as page:
            self.send_response(page.status)
            self.end_headers()
            self.wfile.write(page.read())

    def log_message(self, *_):
        pass


class Proxy(ThreadingHTTPServer):
    """A proxy on 127.0.0.1 that maps the names in `places` to addresses, and allows a limited number of tunnels."""

    daemon_threads = True

    def __init__(self, places, tunnels=100):
        super().__init__(("127.0.0.1", 0), Forward)
        self.places, self.tunnels, self.log = places, tunnels, []

    def find(self, request):
        """Log a request; return its address, or None if it is refused."""
        self.log.append((request.command, request.path, request.headers.get("Proxy-Authorization")))
        name = request.path if request.command == "CONNECT" else urlsplit(request.path).netloc
        if request.command == "CONNECT" and sum(command == "CONNECT" for command, *_ in self.log) > self.tunnels:
            return None
        return self.places.get(name)


@contextlib.contextmanager
def running(server):
    """Run a server in the background during the block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
