"""Servers whose identity cannot be verified are refused. One that only omits an intermediate certificate is accepted."""

import base64
import contextlib
import datetime
import socket
import ssl
import threading
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import aia_chaser.chaser
import pytest
import trustme
from cryptography import x509
from pytest_httpserver import HTTPServer
from werkzeug import Response

from helpers import UCF101
from helpers.basics import certificates
from helpers.basics import download as download_module
from helpers.basics.messages import DownloadError
from tests.faults.conftest import CLIP, CLIP_NAME, INDEX, SECRET, assert_clear, files
from tests.support.servers import Proxy, authority_with_intermediate, certificate_that_names_its_issuer, der, running, tls_context

YESTERDAY = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """The only certificate authority that this computer trusts."""
    root, root.intermediate = authority_with_intermediate()
    root.cert_pem.write_to_path(tmp_path / "root.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "root.pem"))
    return root


@pytest.fixture
def serve():
    """A function that starts a mirror with this certificate and returns its address."""
    servers = []

    def start(context):
        server = HTTPServer(host="127.0.0.1", ssl_context=context)
        server.expect_request("/UCF101/").respond_with_data(INDEX)
        server.expect_request(f"/UCF101/{CLIP_NAME}").respond_with_data(CLIP)
        server.start()
        servers.append(server)
        return server.url_for("/UCF101/")

    start.servers = servers
    yield start
    for server in servers:
        server.stop()


def issue(authority, *names, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **options).configure_cert(context)
    return context


def self_signed(_):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with authority.cert_pem.tempfile() as certificate, authority.private_key_pem.tempfile() as key:
        context.load_cert_chain(certificate, key)
    return context


UNTRUSTED = {
    "self-signed": (self_signed, "self.signed certificate"),
    "expired": (lambda root: issue(root, "127.0.0.1", not_after=YESTERDAY), "certificate has expired"),
    "wrong host name": (
        lambda root: issue(root, "www.crcv.ucf.edu"),
        "doesn't match|not valid for '127.0.0.1'|IP address mismatch",
    ),
    "unknown authority": (lambda _: issue(trustme.CA(), "127.0.0.1"), "unable to get local issuer|self.signed certificate in"),
}


def assert_refused(mirror, serve, cache, home, message):
    """Assert one clear error, no request to the server, and no file in the cache."""
    with pytest.raises(DownloadError, match=f"could not be verified, so nothing was downloaded: .*({message})") as caught:
        UCF101(mirror)[CLIP_NAME]
    assert_clear(caught.value, home)
    assert len(serve.servers[0].log) == 0, "no request before the server is verified"
    assert files(cache) == []


def test_a_server_with_a_trusted_certificate_is_accepted(root, serve):
    assert UCF101(serve(issue(root, "127.0.0.1")))[CLIP_NAME].read_bytes() == CLIP


@pytest.mark.parametrize("kind", UNTRUSTED)
def test_an_untrusted_certificate_is_refused(kind, root, serve, cache, home):
    context, message = UNTRUSTED[kind]
    assert_refused(serve(context(root)), serve, cache, home, message)


@pytest.fixture
def without_intermediate(root, serve, httpserver, tmp_path, monkeypatch):
    """A function that starts a mirror without its intermediate certificate; `respond` is the handler of the issuer's address."""
    monkeypatch.setattr(certificates, "ALLOW_PRIVATE_ISSUERS", True)
    aia_chaser.chaser._download_certificate.cache.clear()
    aia_chaser.chaser.get_cached_certificate_opener.cache_clear()  # it caches the proxies of an earlier test

    def start(respond, issuer=httpserver.url_for("").rstrip("/")):
        httpserver.expect_request("/intermediate.der").respond_with_handler(respond)
        pair = certificate_that_names_its_issuer(root.intermediate, f"{issuer}/intermediate.der")
        return serve(tls_context(tmp_path, *pair))

    return start


def test_a_missing_intermediate_certificate_is_downloaded(without_intermediate, root):
    mirror = without_intermediate(lambda _: Response(der(root.intermediate)))
    assert UCF101(mirror)[CLIP_NAME].read_bytes() == CLIP


def test_a_completed_chain_must_end_at_a_trusted_root(without_intermediate, root, serve, cache, home, monkeypatch):
    mirror = without_intermediate(lambda _: Response(der(root.intermediate)))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert_refused(mirror, serve, cache, home, ".")


def test_a_missing_intermediate_certificate_is_downloaded_after_a_redirect_from_http(without_intermediate, root, httpserver):
    mirror = without_intermediate(lambda _: Response(der(root.intermediate)))
    httpserver.expect_request("/UCF101/").respond_with_data("", 301, {"Location": mirror})
    assert len(UCF101(httpserver.url_for("/UCF101/"))) == 2


def test_the_host_name_is_verified_in_a_completed_chain_too(without_intermediate, root, serve, cache, home):
    """An attacker may have a valid certificate for another name."""
    mirror = without_intermediate(lambda _: Response(der(root.intermediate)))
    assert_refused(mirror.replace("127.0.0.1", "localhost"), serve, cache, home, "Hostname mismatch|doesn't match|not valid for")


def test_trusted_certificates_that_cryptography_cannot_parse_are_ignored(without_intermediate, root, tmp_path, recwarn):
    """A computer trusts about 150 roots. A few of them are malformed, which must not matter unless they are needed."""
    other_version = der(trustme.CA()).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    with pytest.raises(x509.InvalidVersion):
        x509.load_der_x509_certificate(other_version)
    negative = bytearray(der(trustme.CA()))
    negative[negative.index(b"\xa0\x03\x02\x01\x02") + 7] |= 0x80  # the serial number
    with pytest.warns(match="serial number"):
        x509.load_der_x509_certificate(bytes(negative))
    malformed = [ssl.DER_cert_to_PEM_cert(bytes(certificate)) for certificate in (other_version, negative)]
    (tmp_path / "root.pem").write_text("".join([*malformed, (tmp_path / "root.pem").read_text()]))
    recwarn.clear()
    mirror = without_intermediate(lambda _: Response(der(root.intermediate)))
    assert UCF101(mirror)[CLIP_NAME].read_bytes() == CLIP
    assert [str(warning.message) for warning in recwarn] == []


@pytest.fixture
def behind_proxy(without_intermediate, root, serve, httpserver, monkeypatch):
    """A function that starts a proxy, the only way to https://mirror.invalid and to the issuer of its certificate."""
    monkeypatch.setattr(certificates, "ALLOW_PRIVATE_ISSUERS", False)
    with contextlib.ExitStack() as stack:

        def start(issuer="http://issuer.invalid", **options):
            mirror = urlsplit(without_intermediate(lambda _: Response(der(root.intermediate)), issuer))
            addresses = {"mirror.invalid:443": ("127.0.0.1", mirror.port), "issuer.invalid": ("127.0.0.1", httpserver.port)}
            proxy = stack.enter_context(running(Proxy(addresses, **options)))
            for scheme in ("http", "https"):
                monkeypatch.setenv(f"{scheme}_proxy", f"http://alice:{SECRET}@127.0.0.1:{proxy.server_port}")
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            return proxy

        yield start


def test_a_missing_intermediate_certificate_is_downloaded_through_a_proxy(behind_proxy):
    proxy = behind_proxy()
    assert UCF101("https://mirror.invalid/UCF101/")[CLIP_NAME].read_bytes() == CLIP
    requests = {(command, path) for command, path, _ in proxy.log}
    assert requests == {("CONNECT", "mirror.invalid:443"), ("GET", "http://issuer.invalid/intermediate.der")}
    basic = "Basic " + base64.b64encode(f"alice:{SECRET}".encode()).decode()
    assert {authorization for *_, authorization in proxy.log} == {basic}


def test_a_proxy_that_refuses_the_second_tunnel_raises_one_clear_error(behind_proxy, home):
    behind_proxy(tunnels=1)
    with pytest.raises(DownloadError, match="mirror.invalid could not be verified.*403") as caught:
        UCF101("https://mirror.invalid/UCF101/")[CLIP_NAME]
    assert_clear(caught.value, home)


def test_a_proxy_that_refuses_every_tunnel_raises_one_clear_error(behind_proxy, home, no_waiting):
    behind_proxy(tunnels=0)
    with pytest.raises(DownloadError, match="could not be downloaded.*403") as caught:
        UCF101("https://mirror.invalid/UCF101/")[CLIP_NAME]
    assert_clear(caught.value, home)


def test_an_issuer_that_bypasses_the_proxy_must_have_a_public_address(behind_proxy, httpserver, monkeypatch):
    behind_proxy(issuer=httpserver.url_for("").rstrip("/"))
    monkeypatch.setenv("no_proxy", httpserver.host)
    with pytest.raises(DownloadError, match="mirror.invalid could not be verified.*non-global address"):
        UCF101("https://mirror.invalid/UCF101/")[CLIP_NAME]
    assert len(httpserver.log) == 0


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_missing_file_of_trusted_certificates_raises_one_clear_error(variable, root, serve, home, monkeypatch):
    mirror = serve(issue(root, "127.0.0.1"))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setenv(variable, str(home / "missing.pem"))
    with pytest.raises(DownloadError, match="could not be downloaded.*~/missing.pem") as caught:
        UCF101(mirror)[CLIP_NAME]
    assert_clear(caught.value, home)


def test_trusted_certificates_may_be_in_a_folder(without_intermediate, root, tmp_path, monkeypatch):
    mirror = without_intermediate(lambda _: Response(der(root.intermediate)))
    (tmp_path / "trusted").mkdir()
    (tmp_path / "root.pem").rename(tmp_path / "trusted" / "root.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "trusted"))
    assert UCF101(mirror)[CLIP_NAME].read_bytes() == CLIP


def send_other_intermediate(_):
    return Response(der(trustme.CA().create_child_ca()))


ISSUERS = {
    "not a certificate": (lambda _: Response(b"\x00garbage" * 1000), "could not parse certificate"),
    "an empty body": (lambda _: Response(b""), "could not parse certificate"),
    "another authority's certificate": (send_other_intermediate, "."),
    "404": (lambda _: Response("no", 404), "404"),
    "302 to a file": (lambda _: Response("", 302, {"Location": "file:///etc/ssl/cert.pem"}), "."),
}


@pytest.mark.parametrize("response", ISSUERS)
def test_a_server_is_refused_if_its_issuer_responds_with(response, without_intermediate, serve, cache, home):
    respond, message = ISSUERS[response]
    assert_refused(without_intermediate(respond), serve, cache, home, message)


def test_a_server_is_refused_if_its_issuer_responds_with_its_own_certificate(without_intermediate, serve, cache, home, tmp_path):
    """Without a limit, the search for the issuer would never end."""
    mirror = without_intermediate(lambda _: Response((tmp_path / "server.pem").read_bytes()))
    assert_refused(mirror, serve, cache, home, ".")


def test_an_issuer_that_may_not_issue_certificates_is_refused(without_intermediate, root, serve, cache, home):
    """Anyone can get a trusted certificate for their own server, and sign others with its key."""
    own = root.issue_cert("attacker.example")
    root.intermediate = SimpleNamespace(cert_pem=own.cert_chain_pems[0], private_key_pem=own.private_key_pem)
    mirror = without_intermediate(lambda _: Response(der(root.intermediate)))
    assert_refused(mirror, serve, cache, home, ".")


def test_a_server_is_refused_if_its_issuer_hangs(without_intermediate, serve, cache, home, monkeypatch):
    monkeypatch.setattr(aia_chaser.chaser, "DEFAULT_URLOPEN_TIMEOUT", 0.3)
    over = threading.Event()
    start = time.monotonic()
    assert_refused(without_intermediate(lambda _: over.wait(20) and Response("")), serve, cache, home, "timed out")
    over.set()
    assert time.monotonic() - start < 10


def test_an_issuer_with_a_private_address_is_not_requested(without_intermediate, serve, cache, home, httpserver, monkeypatch):
    monkeypatch.setattr(certificates, "ALLOW_PRIVATE_ISSUERS", False)
    assert_refused(without_intermediate(lambda _: Response("")), serve, cache, home, "non-global address")
    assert len(httpserver.log) == 0


def test_a_server_that_hangs_after_it_was_refused_times_out(root, cache, home, monkeypatch):
    """A second connection reads its certificate, to complete the chain."""
    monkeypatch.setattr(download_module, "TIMEOUT", 0.5)
    context = self_signed(root)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=shake_hands_once, args=(listener, context), daemon=True).start()
        start = time.monotonic()
        with pytest.raises(DownloadError, match="could not be verified.*timed out") as caught:
            UCF101(f"https://127.0.0.1:{listener.getsockname()[1]}/")[CLIP_NAME]
    assert_clear(caught.value, home)
    assert time.monotonic() - start < 10


def shake_hands_once(listener, context):
    connection, _ = listener.accept()
    try:
        context.wrap_socket(connection, server_side=True)
    except (ssl.SSLError, OSError):
        pass  # refused, as it should be; later connections are never accepted


def test_a_broken_connection_is_not_an_unverified_identity(root, no_waiting, cache, home):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=hang_up, args=(listener,), daemon=True).start()
        with pytest.raises(DownloadError, match="could not be downloaded") as caught:
            UCF101(f"https://127.0.0.1:{listener.getsockname()[1]}/")[CLIP_NAME]
    assert_clear(caught.value, home)


def hang_up(listener):
    """Accept each connection and close it."""
    for _ in range(8):
        try:
            listener.accept()[0].close()
        except OSError:
            return
