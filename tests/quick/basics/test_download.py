"""Downloads; most failures of servers and connections are in faults/test_dataset_server.py and faults/test_tls.py."""

import hashlib

import pytest
from pytest_httpserver import HTTPServer

from helpers.basics.download import download
from helpers.basics.messages import DownloadError

BODY = b"RIFF" + bytes(range(256)) * 400


def assert_refused(url, path, message, **options):
    """Assert that a download fails with this message, and leaves no file but an empty lock."""
    with pytest.raises(DownloadError, match=message):
        download(url, path, **options)
    assert [file for file in path.parent.rglob("*") if file.is_file() and file.suffix != ".lock"] == []


def test_without_a_terminal_nothing_is_printed(httpserver, tmp_path, monkeypatch, capfd):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    httpserver.expect_request("/clip.avi").respond_with_data(BODY)
    assert download(httpserver.url_for("/clip.avi"), tmp_path / "clip.avi").read_bytes() == BODY
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_request_is_not_repeated(httpserver, tmp_path, status):
    httpserver.expect_request("/clip.avi").respond_with_data("no", status)
    assert_refused(httpserver.url_for("/clip.avi"), tmp_path / "cache" / "clip.avi", f"returned HTTP {status}")
    assert len(httpserver.log) == 1


def test_a_file_with_another_hash_is_refused(httpserver, tmp_path):
    httpserver.expect_request("/clip.avi").respond_with_data(BODY)
    other = hashlib.sha256(b"another").hexdigest()
    url = httpserver.url_for("/clip.avi")
    assert_refused(url, tmp_path / "cache" / "clip.avi", "is the wrong file: its SHA-256 is", sha256=other)


@pytest.mark.parametrize("url", ["clip.avi", "https://", "http://[::1/clip.avi", "ftp://127.0.0.1/clip.avi"])
def test_an_address_that_is_not_http_is_refused(url, tmp_path):
    assert_refused(url, tmp_path / "cache" / "clip.avi", "is not a web address")


def test_a_public_address_without_encryption_is_refused(tmp_path):
    assert_refused("http://93.184.216.34/clip.avi", tmp_path / "cache" / "clip.avi", "is not encrypted")


def test_an_address_in_the_query_receives_no_request(httpserver, tmp_path):
    httpserver.expect_request("/clip.avi").respond_with_data(BODY)
    with HTTPServer() as other:
        query = f"contact=me@{other.host}:{other.port}/clip.avi"
        assert download(f"{httpserver.url_for('/clip.avi')}?{query}", tmp_path / "clip.avi").read_bytes() == BODY
        httpserver.expect_request("/", query_string=query).respond_with_data("no", 404)
        url = f"http://{httpserver.host}:{httpserver.port}?{query}"
        assert_refused(url, tmp_path / "cache" / "clip.avi", "returned HTTP 404")
        assert other.log == []
