"""Complete the certificate chain of a server, as browsers do.

A server should send the certificates between its own and a trusted root. UCF101's does not, but its certificate contains the URL
of its issuer's certificate (RFC 5280, section 4.2.2.1). Browsers download it from there; Python does not.
"""

import http.client
import os
import re
import ssl
import warnings
from contextlib import closing
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import requests
from aia_chaser import AiaChaser, verify_certificate_chain
from aia_chaser.utils.cert_utils import extract_aia_information
from aia_chaser.utils.http_utils import RetryConfig
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

# An attacker may issue a certificate that contains an address inside the reader's network.
ALLOW_PRIVATE_ISSUERS = False
LONGEST_CHAIN = 10


def completed_bundle(url: str, timeout: float) -> bytes:
    """Return the trusted certificates and the verified intermediate certificates of a server, in PEM format.

    If the chain cannot be completed and verified, raises an error of ssl, http.client, aia_chaser or cryptography.
    """
    bundle = trusted_bundle()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about unusual certificates, which the reader cannot change
        trusted = {certificate.subject: certificate for certificate in parse_all(bundle)}
        chain = chase(x509.load_der_x509_certificate(server_certificate(url, timeout)), trusted)
    verify_certificate_chain(chain, trusted)
    return b"\n".join([bundle, *(certificate.public_bytes(Encoding.PEM) for certificate in chain[1:])])


def trusted_bundle() -> bytes:
    """Return the certificates that requests trusts, in PEM format."""
    path = Path(os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or requests.certs.where())
    files = [file for file in sorted(path.iterdir()) if file.is_file()] if path.is_dir() else [path]
    return b"\n".join(file.read_bytes() for file in files)


def parse_all(bundle: bytes) -> list[x509.Certificate]:
    """Parse certificates one at a time, and leave out those that cryptography, which is stricter than OpenSSL, cannot parse."""
    parsed = []
    for pem in re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", bundle, re.DOTALL):
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            certificate.subject  # noqa: B018  (parsed only now)
        except (ValueError, x509.InvalidVersion):
            continue
        parsed.append(certificate)
    return parsed


def server_certificate(url: str, timeout: float) -> bytes:
    """Return the certificate that a server presents, in DER format, without verifying it. No request is sent to the server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server = urlsplit(url)
    address = server.hostname or "", server.port or 443
    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    if proxy:
        proxy = requests.utils.prepend_scheme_if_needed(proxy, "http")
        parts = urlsplit(proxy)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port or 80, timeout=timeout, context=context)
        connection.set_tunnel(*address, headers=requests.adapters.HTTPAdapter().proxy_headers(proxy))
    else:
        connection = http.client.HTTPSConnection(*address, timeout=timeout, context=context)
    with closing(connection):
        connection.connect()
        return connection.sock.getpeercert(binary_form=True) or b""


def chase(certificate: x509.Certificate, trusted: dict[x509.Name, x509.Certificate]) -> list[x509.Certificate]:
    """Return the chain from a certificate to a trusted one, without verifying it."""
    chain = []
    # An empty context, because the default one trusts the system's certificates, which requests does not.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    chaser = AiaChaser(context, list(trusted.values()), retry_config=RetryConfig(max_attempts=2), allow_private_ip=False)
    for link in islice(chaser.aia_chase_cert(certificate), LONGEST_CHAIN):
        chain.append(link)
        # If a proxy makes the connection, it also resolves the address and decides which servers are allowed.
        issuers = extract_aia_information(link).ca_issuers
        chaser.allow_private_ip = ALLOW_PRIVATE_ISSUERS or all(map(uses_proxy, issuers))
    return chain


def uses_proxy(url: str) -> bool:
    """Return whether urllib, which aia-chaser downloads with, uses a proxy for an address."""
    parts = urlsplit(url)
    return parts.scheme in getproxies() and not proxy_bypass(parts.netloc)
