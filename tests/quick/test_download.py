"""Downloads, from servers on 127.0.0.1 that behave and misbehave as real ones do."""

import hashlib
import time

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from helpers.plumbing import certificates
from helpers.plumbing import download as download_module
from helpers.plumbing.download import download
from helpers.plumbing.messages import DownloadError
from tests.support.servers import authority_with_intermediate, certificate_that_names_its_issuer, der, tls_context

BODY = b"RIFF" + bytes(range(256)) * 400


def test_a_file_is_fetched_once(httpserver, tmp_path):
    httpserver.expect_ordered_request("/clip.avi").respond_with_data(BODY)
    for _ in range(2):
        assert download(httpserver.url_for("/clip.avi"), tmp_path / "clip.avi").read_bytes() == BODY
    assert len(httpserver.log) == 1


def test_a_server_that_stumbles_twice_is_asked_again(httpserver, tmp_path, capfd):
    for status in (500, 503):
        httpserver.expect_ordered_request("/clip.avi").respond_with_data("sorry", status)
    httpserver.expect_ordered_request("/clip.avi").respond_with_data(BODY)
    assert download(httpserver.url_for("/clip.avi"), tmp_path / "clip.avi").read_bytes() == BODY
    assert capfd.readouterr() == ("", ""), "nobody watches a test, so nothing is printed"


def test_a_plea_to_wait_is_heeded(httpserver, tmp_path):
    httpserver.expect_ordered_request("/clip.avi").respond_with_data("slowly", 429, {"Retry-After": "2"})
    httpserver.expect_ordered_request("/clip.avi").respond_with_data(BODY)
    start = time.monotonic()
    download(httpserver.url_for("/clip.avi"), tmp_path / "clip.avi")
    assert time.monotonic() - start >= 2


def refused(url, path, message, **options):
    """Expect an error that says so, and nothing left behind but an empty lock."""
    with pytest.raises(DownloadError, match=message):
        download(url, path, **options)
    assert not path.exists()
    assert [file for file in path.parent.rglob("*") if file.is_file() and file.suffix != ".lock"] == []


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_not_asked_again(httpserver, tmp_path, status):
    httpserver.expect_request("/clip.avi").respond_with_data("no", status)
    refused(httpserver.url_for("/clip.avi"), tmp_path / "cache" / "clip.avi", f"returned HTTP {status}")
    assert len(httpserver.log) == 1


def test_a_body_that_is_cut_short(httpserver, tmp_path, monkeypatch):
    monkeypatch.setattr(download_module, "TRIES", 2)
    short = Response(BODY[:1000])
    short.automatically_set_content_length = False
    short.headers["Content-Length"] = str(len(BODY))
    httpserver.expect_request("/clip.avi").respond_with_response(short)
    refused(httpserver.url_for("/clip.avi"), tmp_path / "cache" / "clip.avi", "could not be downloaded .tried up to 2 times.")


def test_a_page_in_place_of_a_video(httpserver, tmp_path):
    httpserver.expect_request("/clip.avi").respond_with_data("<!DOCTYPE html><p>Please log in", content_type="text/html")
    refused(
        httpserver.url_for("/clip.avi"), tmp_path / "cache" / "clip.avi", "begins with b'<!DO', not b'RIFF'", starts_with=b"RIFF"
    )


def test_a_wrong_hash(httpserver, tmp_path):
    httpserver.expect_request("/clip.avi").respond_with_data(BODY)
    other = hashlib.sha256(b"another").hexdigest()
    refused(httpserver.url_for("/clip.avi"), tmp_path / "cache" / "clip.avi", "not the file that was expected", sha256=other)


def test_nobody_listens(tmp_path, monkeypatch):
    monkeypatch.setattr(download_module, "TRIES", 1)
    refused("http://127.0.0.1:9/clip.avi", tmp_path / "cache" / "clip.avi", "Connection refused|actively refused")


@pytest.mark.parametrize("url", ["clip.avi", "https://", "http://[::1/clip.avi"])
def test_what_is_not_a_web_address_is_refused(tmp_path, url):
    refused(url, tmp_path / "clip.avi", "is not a web address")


@pytest.mark.parametrize("url", ["http://93.184.216.34/clip.avi", "ftp://127.0.0.1/clip.avi"])
def test_what_cannot_be_verified_is_not_asked(url, tmp_path):
    refused(url, tmp_path / "cache" / "clip.avi", "https://")


def test_an_address_in_the_query_is_not_the_one_that_is_asked(httpserver, tmp_path):
    httpserver.expect_request("/clip.avi").respond_with_data(BODY)
    with HTTPServer() as other:
        other.expect_request("/clip.avi").respond_with_data(b"another file")
        url = f"{httpserver.url_for('/clip.avi')}?contact=me@{other.host}:{other.port}/clip.avi"
        assert download(url, tmp_path / "clip.avi").read_bytes() == BODY
        httpserver.expect_request("/", query_string=f"contact=me@{other.host}:{other.port}/clip.avi").respond_with_data("no", 404)
        url = f"http://{httpserver.host}:{httpserver.port}?contact=me@{other.host}:{other.port}/clip.avi"
        refused(url, tmp_path / "cache" / "clip.avi", "returned HTTP 404")
        assert other.log == []


@pytest.fixture
def server_without_intermediate(tmp_path, monkeypatch):
    """A TLS server whose root is trusted, which leaves out the certificate in between; like UCF101's."""
    root, intermediate = authority_with_intermediate()
    root.cert_pem.write_to_path(tmp_path / "root.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "root.pem"))
    with HTTPServer() as issuer:
        issuer.expect_request("/intermediate.der").respond_with_data(der(intermediate), content_type="application/pkix-cert")
        pair = certificate_that_names_its_issuer(intermediate, issuer.url_for("/intermediate.der"))
        with HTTPServer(host="127.0.0.1", ssl_context=tls_context(tmp_path, *pair)) as server:
            server.expect_request("/clip.avi").respond_with_data(BODY)
            yield server


def test_an_incomplete_certificate_chain_is_completed(server_without_intermediate, tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "ALLOW_PRIVATE_ISSUERS", True)
    path = tmp_path / "cache" / "clip.avi"
    assert download(server_without_intermediate.url_for("/clip.avi"), path).read_bytes() == BODY


def test_an_issuer_inside_the_readers_network_is_not_visited(server_without_intermediate, tmp_path):
    refused(server_without_intermediate.url_for("/clip.avi"), tmp_path / "cache" / "clip.avi", "could not be verified")


def test_a_chain_that_ends_at_a_stranger_is_refused(server_without_intermediate, tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "ALLOW_PRIVATE_ISSUERS", True)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    refused(server_without_intermediate.url_for("/clip.avi"), tmp_path / "cache" / "clip.avi", "could not be verified")
    assert len(server_without_intermediate.log) == 0, "nothing was asked before the server was known"
