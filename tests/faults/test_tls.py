"""Servers that cannot prove who they are: all refused, but for one that merely leaves out a certificate in between."""

import datetime
import re
import socket
import ssl
import threading
import time
from pathlib import Path

import aia_chaser.chaser
import pytest
import trustme
from pytest_httpserver import HTTPServer
from servers import authority_with_intermediate, certificate_that_names_its_issuer, der, tls_context
from werkzeug import Response

from helpers import UCF101
from helpers import download as download_module
from helpers.download import DownloadError

from .conftest import CLIP, CLIP_NAME, INDEX, assert_clear, files

HELPERS = Path(download_module.__file__).parent
YESTERDAY = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An authority that this computer trusts, and no other."""
    root, root.intermediate = authority_with_intermediate()
    root.cert_pem.write_to_path(tmp_path / "root.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "root.pem"))
    return root


@pytest.fixture
def serve():
    """Start a mirror that shows this certificate; return its address."""
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


def issued(authority, *names, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **options).configure_cert(context)
    return context


def self_signed(_):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with authority.cert_pem.tempfile() as certificate, authority.private_key_pem.tempfile() as key:
        context.load_cert_chain(certificate, key)
    return context


STRANGERS = {
    "self-signed": (self_signed, "self.signed certificate"),
    "expired": (lambda root: issued(root, "127.0.0.1", not_after=YESTERDAY), "certificate has expired"),
    "wrong host name": (
        lambda root: issued(root, "www.crcv.ucf.edu"),
        "doesn't match|not valid for '127.0.0.1'|IP address mismatch",
    ),
    "unknown authority": (lambda _: issued(trustme.CA(), "127.0.0.1"), "unable to get local issuer|self.signed certificate in"),
}


def assert_refused(mirror, serve, cache, home, message):
    """Assert that nothing was asked of a server, and nothing kept."""
    with pytest.raises(DownloadError, match=f"could not be verified, so nothing was downloaded: .*({message})") as caught:
        UCF101(mirror)[CLIP_NAME]
    assert_clear(caught.value, home)
    assert len(serve.servers[0].log) == 0, "nothing was asked before the server was known"
    assert files(cache) == []


def test_a_server_in_order(root, serve):
    assert UCF101(serve(issued(root, "127.0.0.1")))[CLIP_NAME].read_bytes() == CLIP


@pytest.mark.parametrize("stranger", STRANGERS)
def test_it_is_refused(stranger, root, serve, cache, home):
    context, message = STRANGERS[stranger]
    assert_refused(serve(context(root)), serve, cache, home, message)


@pytest.fixture
def without_intermediate(root, serve, httpserver, tmp_path, monkeypatch):
    """Start a mirror that leaves out a certificate, and the issuer's address, which answers as `respond` does."""
    monkeypatch.setattr(download_module, "ALLOW_PRIVATE_ISSUERS", True)
    aia_chaser.chaser._download_certificate.cache.clear()

    def start(respond):
        httpserver.expect_request("/intermediate.der").respond_with_handler(respond)
        pair = certificate_that_names_its_issuer(root.intermediate, httpserver.url_for("/intermediate.der"))
        return serve(tls_context(tmp_path, *pair))

    return start


def test_missing_intermediate(without_intermediate, root):
    mirror = without_intermediate(lambda _: Response(der(root.intermediate)))
    assert UCF101(mirror)[CLIP_NAME].read_bytes() == CLIP


def test_missing_intermediate_after_a_redirect_in_the_clear(without_intermediate, root, httpserver):
    mirror = without_intermediate(lambda _: Response(der(root.intermediate)))
    httpserver.expect_request("/UCF101/").respond_with_data("", 301, {"Location": mirror})
    assert len(UCF101(httpserver.url_for("/UCF101/"))) == 2


def other_intermediate(_):
    return Response(der(trustme.CA().create_child_ca()))


ISSUERS = {
    "serves rubbish": (lambda _: Response(b"\x00rubbish" * 1000), "could not parse certificate"),
    "serves nothing": (lambda _: Response(b""), "could not parse certificate"),
    "serves another's certificate": (other_intermediate, "."),
    "answers 404": (lambda _: Response("no", 404), "404"),
    "leads to a file": (lambda _: Response("", 302, {"Location": "file:///etc/ssl/cert.pem"}), "."),
}


@pytest.mark.parametrize("issuer", ISSUERS)
def test_an_issuer_address_that(issuer, without_intermediate, serve, cache, home):
    respond, message = ISSUERS[issuer]
    assert_refused(without_intermediate(respond), serve, cache, home, message)


def test_an_issuer_address_that_hangs(without_intermediate, serve, cache, home, monkeypatch):
    monkeypatch.setattr(aia_chaser.chaser, "DEFAULT_URLOPEN_TIMEOUT", 0.3)
    over = threading.Event()
    start = time.monotonic()
    assert_refused(without_intermediate(lambda _: over.wait(20) and Response("")), serve, cache, home, "timed out")
    over.set()
    assert time.monotonic() - start < 10


def test_an_issuer_address_that_points_to_a_private_address(without_intermediate, serve, cache, home, httpserver, monkeypatch):
    monkeypatch.setattr(download_module, "ALLOW_PRIVATE_ISSUERS", False)
    assert_refused(without_intermediate(lambda _: Response("")), serve, cache, home, "non-global address")
    assert len(httpserver.log) == 0, "it was not visited"


def test_a_server_that_hangs_once_it_was_refused(root, cache, home, monkeypatch):
    """Its certificate is looked at once more, to complete its chain: that may not take for ever either."""
    monkeypatch.setattr(download_module, "TIMEOUT", 0.5)
    context = self_signed(root)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=shake_hands_once, args=(listener, context), daemon=True).start()
        start = time.monotonic()
        with pytest.raises(DownloadError, match="could not be verified.*timed out") as caught:
            UCF101(f"https://127.0.0.1:{listener.getsockname()[1]}/")[CLIP_NAME]
    assert_clear(caught.value, home)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("path", sorted(HELPERS.glob("*.py")), ids=lambda path: path.name)
def test_nothing_switches_verification_off(path):
    assert not re.search(r"verify\s*=\s*False|CERT_NONE|check_hostname|_create_unverified", path.read_text(encoding="utf-8"))


def shake_hands_once(listener, context):
    connection, _ = listener.accept()
    try:
        context.wrap_socket(connection, server_side=True)
    except (ssl.SSLError, OSError):
        pass  # refused, as it should be; the next one who connects waits in vain


def test_a_connection_that_breaks_is_no_question_of_identity(root, no_waiting, cache, home):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=hang_up, args=(listener,), daemon=True).start()
        with pytest.raises(DownloadError, match="could not be fetched in 4 tries") as caught:
            UCF101(f"https://127.0.0.1:{listener.getsockname()[1]}/")[CLIP_NAME]
    assert_clear(caught.value, home)


def hang_up(listener):
    for _ in range(8):
        try:
            listener.accept()[0].close()
        except OSError:
            return
