"""UCF101's index and clips, if the server or the connection fails."""

import itertools
import socket
import threading
import time
from email.utils import formatdate
from types import SimpleNamespace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from helpers import UCF101
from helpers.basics import download as download_module
from helpers.basics.messages import DownloadError
from tests.faults.conftest import CLIP, CLIP_NAME, INDEX, SECRET, assert_clear, files

BODIES = {"index": INDEX.encode(), "clip": CLIP}
LOGIN_PAGE = "<!DOCTYPE html><p>Welcome to the hotel's Wi-Fi, please log in"


@pytest.fixture
def faulty(httpserver, no_waiting, monkeypatch):
    """A server with one clip; `faults` replaces the handler of the index or the clip, `repair` restores both."""
    monkeypatch.setattr(download_module, "TIMEOUT", 0.3)
    over = threading.Event()
    faults = {}

    def handler(file):
        return lambda _: faults[file](over) if file in faults else Response(BODIES[file])

    httpserver.expect_request("/UCF101/").respond_with_handler(handler("index"))
    httpserver.expect_request(f"/UCF101/{CLIP_NAME}").respond_with_handler(handler("clip"))
    yield SimpleNamespace(server=httpserver, root=httpserver.url_for("/UCF101/"), faults=faults, repair=faults.clear)
    over.set()


def hang(over):
    over.wait(20)
    return Response("too late")


def hang_in_the_middle(over):
    def body():
        yield b"RIFF" + bytes(1000)
        over.wait(20)

    return Response(body(), headers={"Content-Length": str(len(CLIP))})


def send_too_little(_):
    response = Response(b"RIFF" + bytes(1000))
    response.automatically_set_content_length = False
    response.headers["Content-Length"] = str(len(CLIP))
    return response


def status(number, **headers):
    return lambda _: Response(LOGIN_PAGE, number, {name.replace("_", "-"): value for name, value in headers.items()})


def in_turn(*handlers):
    """Use one handler for each request."""
    remaining = list(handlers)
    return lambda over: remaining.pop(0)(over)


def send_clip(_):
    return Response(CLIP)


UNENCRYPTED = f"http://alice:{SECRET}@93.184.216.34/clip?token={SECRET}"
ERRORS = {
    "timeout before the body": (hang, "tried up to 4 times.: .*timed out"),
    "timeout in the middle of the body": (hang_in_the_middle, "tried up to 4 times.: .*timed out"),
    "403": (status(403), "returned HTTP 403"),
    "404": (status(404), "returned HTTP 404"),
    "429 every time": (status(429, Retry_After="1"), "could not be downloaded.*429"),
    "500 every time": (status(500), "could not be downloaded.*500"),
    "body shorter than Content-Length": (send_too_little, "tried up to 4 times.: .*(IncompleteRead|incomplete)"),
    "301 to a public address that is not encrypted": (status(301, Location=UNENCRYPTED), "not encrypted"),
    "301 to itself": (status(301, Location="?again"), "[Rr]edirect"),
    "301 without a location": (status(301), "returned HTTP 301"),
    "301 to a file": (status(301, Location="file:///etc/passwd"), "not a web address"),
    "a web page instead of a video": (status(200), "begins with b'<!DO', not b'RIFF'"),
}
CASES = [case for case in itertools.product(ERRORS, ["index", "clip"]) if case != ("a web page instead of a video", "index")]


@pytest.mark.parametrize("fault, file", CASES)
def test_one_clear_error_without_secrets_and_the_next_try_works(faulty, fault, file, cache, home):
    behavior, message = ERRORS[fault]
    faulty.faults[file] = behavior
    root = faulty.root.replace("://", f"://alice:{SECRET}@")
    with pytest.raises(DownloadError, match=message) as caught:
        UCF101(root)[CLIP_NAME]
    assert_clear(caught.value, home)
    assert all(advice in str(caught.value) for advice in ["use `samples`", "UCF101_ROOT"])
    assert files(cache) == []
    faulty.repair()
    assert UCF101(root)[CLIP_NAME].read_bytes() == CLIP


def test_connection_refused(cache, home, no_waiting):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    root = f"http://127.0.0.1:{port}/UCF101/"
    with pytest.raises(DownloadError, match="refused.*use `samples`") as caught:
        UCF101(root)[CLIP_NAME]
    assert_clear(caught.value, home)
    with HTTPServer(port=port) as server:
        server.expect_request("/UCF101/").respond_with_data(INDEX)
        server.expect_request(f"/UCF101/{CLIP_NAME}").respond_with_data(CLIP)
        assert UCF101(root)[CLIP_NAME].read_bytes() == CLIP


@pytest.mark.parametrize(
    "root", ["http://no-such-host.invalid/UCF101/", "https://no-such-host.invalid/", "https://a..b/", "https://", "http:///x"]
)
def test_an_unknown_server_raises_one_clear_error(root, cache, home, no_waiting):
    with pytest.raises(DownloadError, match="use `samples`") as caught:
        UCF101(root)[CLIP_NAME]
    assert_clear(caught.value, home)


# For each fault: how the server behaves, and the total pause between requests, in seconds.
TEMPORARY = {
    "301 to another address": (lambda server: status(301, Location=server.url_for("/elsewhere")), 0),
    "429 with Retry-After": (lambda _: in_turn(status(429, Retry_After="7"), send_clip), 7),
    "429 with Retry-After as a date": (
        lambda _: in_turn(status(429, Retry_After=formatdate(time.time() + 7, usegmt=True)), send_clip),
        pytest.approx(5, abs=2),
    ),
    "429 with an invalid Retry-After": (lambda _: in_turn(status(429, Retry_After="\u00b2"), send_clip), 1),
    "503 with Retry-After": (lambda _: in_turn(status(503, Retry_After="7"), send_clip), 7),
    "500 twice, then 200": (lambda _: in_turn(status(500), status(500), send_clip), 2),
    "a truncated body, then a complete one": (lambda _: in_turn(send_too_little, send_clip), 0),
    "500, a truncated body, and 500 again": (lambda _: in_turn(status(500), send_too_little, status(500), send_clip), 2 + 4),
}


@pytest.mark.parametrize("fault", TEMPORARY)
def test_a_download_succeeds_after_a_temporary_fault(faulty, fault, cache, no_waiting, monkeypatch):
    monkeypatch.setattr(download_module, "TIMEOUT", 30)
    behavior, pause = TEMPORARY[fault]
    faulty.faults["clip"] = behavior(faulty.server)
    faulty.server.expect_request("/elsewhere").respond_with_data(CLIP)
    path = UCF101(faulty.root)[CLIP_NAME]
    assert path.read_bytes() == CLIP
    clip = path.relative_to(cache).as_posix()
    assert files(cache) == [clip, f"{clip}.sha256"]
    assert sum(no_waiting) == pause


@pytest.mark.parametrize("number", [429, 503])
def test_a_pause_is_at_most_30_seconds(faulty, number, cache, no_waiting):
    faulty.faults["clip"] = in_turn(status(number, Retry_After="3600"), send_clip)
    assert UCF101(faulty.root)[CLIP_NAME].read_bytes() == CLIP
    assert max(no_waiting) == 30


@pytest.mark.parametrize("fault", ["500 every time", "body shorter than Content-Length", "timeout before the body"])
def test_a_clip_is_requested_at_most_four_times(faulty, fault, cache):
    requests = []
    faulty.faults["clip"] = lambda over: requests.append(fault) or ERRORS[fault][0](over)
    with pytest.raises(DownloadError):
        UCF101(faulty.root)[CLIP_NAME]
    assert len(requests) == 4


@pytest.mark.parametrize("page", ["", LOGIN_PAGE, "\0\xff" * 1000], ids=["empty", "a login page", "not text"])
def test_an_index_without_videos_raises_one_clear_error(faulty, page, cache, home):
    faulty.faults["index"] = lambda _: Response(page)
    with pytest.raises(FileNotFoundError, match="lists no video.*UCF101_ROOT") as caught:
        UCF101(faulty.root).videos
    assert_clear(caught.value, home)
    faulty.repair()
    assert len(UCF101(faulty.root)) == 2


def test_an_index_of_100_000_entries_is_read_in_seconds(faulty, cache):
    names = (
        f"v_{a}{b}{c}_g{d:02}_c{e:02}.avi"
        for a in "ABCDEFGHIJ"
        for b in "abcdefghij"
        for c in "abcdefghij"
        for d in range(5)
        for e in range(20)
    )
    page = "\n".join(f'<a href="{name}">' for name in names)
    faulty.faults["index"] = lambda _: Response(page)
    start = time.monotonic()
    dataset = UCF101(faulty.root)
    assert len(dataset) == 100_000
    assert len(dataset.categories) == 1000
    with pytest.raises(KeyError, match="v_Aaa_g00_c19.avi"):
        dataset["v_Aaa_g00_c99.avi"]
    assert time.monotonic() - start < 30


INVALID_NAMES = {
    "a path in the name": "..%2F..%2Fv_Archery_g01_c02.avi",
    "quotes": "v_Archery'_g01_c02.avi",
    "spaces": "v_Archery _g01_c02.avi",
    "non-ASCII": "v_Bogenschießen_g01_c02.avi",
    "non-ASCII digits": "v_Archery_g\u0660\u0661_c02.avi",
    "a line break": "v_Archery_g01_c02.avi%0A",
    "markup": "v_<script>_g01_c02.avi",
    "NUL": "v_Archery_g01_c02.avi\0",
}


@pytest.mark.parametrize("kind", INVALID_NAMES)
def test_an_invalid_name_in_the_index_is_ignored(faulty, kind, cache, tmp_path):
    faulty.faults["index"] = lambda _: Response(INDEX + f'<a href="{INVALID_NAMES[kind]}">')
    dataset = UCF101(faulty.root)
    assert len(dataset) == 2
    before = files(tmp_path)
    with pytest.raises(KeyError):
        dataset[INVALID_NAMES[kind]]
    assert files(tmp_path) == before


@pytest.mark.parametrize("user, password", [("alice", SECRET), (SECRET, "")])
def test_credentials_are_sent_but_not_stored(faulty, cache, user, password):
    credentials = f"{user}:{password}" if password else user
    path = UCF101(faulty.root.replace("://", f"://{credentials}@"))[CLIP_NAME]
    assert path.read_bytes() == CLIP
    sent = [(request.authorization.username, request.authorization.password) for request, _ in faulty.server.log]
    assert sent == [(user, password)] * 2, "index and clip"
    assert not [path for path in cache.rglob("*") if SECRET in path.name]
    assert not [name for name in files(cache) if SECRET.encode() in (cache / name).read_bytes()]
