"""Index and clips: what becomes of them when the server or the way to it fails."""

import socket
import threading
import time
from email.utils import formatdate
from types import SimpleNamespace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from helpers import UCF101
from helpers.plumbing import download as download_module
from helpers.plumbing.messages import DownloadError
from tests.faults.conftest import CLIP, CLIP_NAME, INDEX, SECRET, assert_clear, files

BODIES = {"index": INDEX.encode(), "clip": CLIP}
PAGE = "<!DOCTYPE html><p>Welcome to the hotel's Wi-Fi, please log in"


@pytest.fixture
def faulty(httpserver, no_waiting, monkeypatch):
    """A server that has one clip, and answers for the index or the clip as a test tells it to; `heal` ends that."""
    monkeypatch.setattr(download_module, "TIMEOUT", 0.3)
    over = threading.Event()
    faults = {}

    def answer(what):
        def respond(_):
            return faults[what](over) if what in faults else Response(BODIES[what])

        return respond

    httpserver.expect_request("/UCF101/").respond_with_handler(answer("index"))
    httpserver.expect_request(f"/UCF101/{CLIP_NAME}").respond_with_handler(answer("clip"))
    yield SimpleNamespace(server=httpserver, root=httpserver.url_for("/UCF101/"), faults=faults, heal=faults.clear)
    over.set()


def says_nothing(over):
    over.wait(20)
    return Response("too late")


def stops_in_the_middle(over):
    def body():
        yield b"RIFF" + bytes(1000)
        over.wait(20)

    return Response(body(), headers={"Content-Length": str(len(CLIP))})


def hangs_up_early(_):
    response = Response(b"RIFF" + bytes(1000))
    response.automatically_set_content_length = False
    response.headers["Content-Length"] = str(len(CLIP))
    return response


def status(number, **headers):
    return lambda _: Response(PAGE, number, {name.replace("_", "-"): value for name, value in headers.items()})


def turns(*answers):
    """Answer one way after the other."""
    waiting = list(answers)
    return lambda over: waiting.pop(0)(over)


def all_well(_):
    return Response(CLIP)


REFUSED = {
    "time-out before the body": (says_nothing, "tried up to 4 times.: .*timed out"),
    "time-out in the middle of the body": (stops_in_the_middle, "tried up to 4 times.: .*timed out"),
    "403": (status(403), "returned HTTP 403"),
    "404": (status(404), "returned HTTP 404"),
    "429 without end": (status(429, Retry_After="1"), "could not be downloaded.*429"),
    "500 without end": (status(500), "could not be downloaded.*500"),
    "body shorter than Content-Length": (hangs_up_early, "tried up to 4 times.: .*(IncompleteRead|incomplete)"),
    "301 to a public address that is not encrypted": (status(301, Location="http://93.184.216.34/clip"), "not encrypted"),
    "301 to itself": (status(301, Location="?again"), "[Rr]edirect"),
    "301 to nowhere": (status(301), "returned HTTP 301"),
    "301 to no web address": (status(301, Location="file:///etc/passwd"), "not a web address"),
}


@pytest.mark.parametrize("what", ["index", "clip"])
@pytest.mark.parametrize("fault", REFUSED)
def test_one_clear_error_and_the_next_try_works(faulty, fault, what, cache, home):
    behavior, message = REFUSED[fault]
    faulty.faults[what] = behavior
    with pytest.raises(DownloadError, match=message) as caught:
        UCF101(faulty.root)[CLIP_NAME]
    assert_clear(caught.value, home)
    assert "use `samples`" in str(caught.value), "it says what to do"
    assert files(cache) == []
    faulty.heal()
    assert UCF101(faulty.root)[CLIP_NAME].read_bytes() == CLIP


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
def test_name_not_found(root, cache, home, no_waiting):
    with pytest.raises(DownloadError, match="use `samples`") as caught:
        UCF101(root)[CLIP_NAME]
    assert_clear(caught.value, home)


WORKS = {
    "301 to elsewhere": (lambda server: status(301, Location=server.url_for("/elsewhere")), 0),
    "429 with Retry-After": (lambda server: turns(status(429, Retry_After="7"), all_well), 7),
    "429 with Retry-After as a date": (
        lambda server: turns(status(429, Retry_After=formatdate(time.time() + 7, usegmt=True)), all_well),
        5,
    ),
    "429 with a Retry-After that is none": (lambda server: turns(status(429, Retry_After="\u00b2"), all_well), 1),
    "503 with Retry-After": (lambda server: turns(status(503, Retry_After="7"), all_well), 7),
    "500 twice then 200": (lambda server: turns(status(500), status(500), all_well), 2),
    "a body that is cut short once": (lambda server: turns(hangs_up_early, all_well), 0),
    "500, a body that is cut short, and 500 again": (lambda server: turns(status(500), hangs_up_early, status(500), all_well), 2),
}


@pytest.mark.parametrize("fault", WORKS)
def test_it_works_all_the_same(faulty, fault, cache, no_waiting, monkeypatch):
    monkeypatch.setattr(download_module, "TIMEOUT", 30)
    behavior, pauses = WORKS[fault]
    faulty.faults["clip"] = behavior(faulty.server)
    faulty.server.expect_request("/elsewhere").respond_with_data(CLIP)
    path = UCF101(faulty.root)[CLIP_NAME]
    assert path.read_bytes() == CLIP
    clip = path.relative_to(cache).as_posix()
    assert files(cache) == [clip, f"{clip}.sha256"]
    assert sum(no_waiting) >= pauses


@pytest.mark.parametrize("number", [429, 503])
def test_nobody_is_kept_waiting_for_an_hour(faulty, number, cache, no_waiting):
    faulty.faults["clip"] = turns(status(number, Retry_After="3600"), all_well)
    assert UCF101(faulty.root)[CLIP_NAME].read_bytes() == CLIP
    assert max(no_waiting) == 30


@pytest.mark.parametrize("fault", ["500 without end", "body shorter than Content-Length", "time-out before the body"])
def test_a_clip_is_asked_for_four_times_and_no_more(faulty, fault, cache):
    asked = []
    faulty.faults["clip"] = lambda over: asked.append(fault) or REFUSED[fault][0](over)
    with pytest.raises(DownloadError):
        UCF101(faulty.root)[CLIP_NAME]
    assert len(asked) == 4


def test_an_html_page_with_status_200_in_place_of_a_video(faulty, cache, home):
    faulty.faults["clip"] = status(200)
    with pytest.raises(DownloadError, match="begins with b'<!DO', not b'RIFF'.*use `samples`") as caught:
        UCF101(faulty.root)[CLIP_NAME]
    assert_clear(caught.value, home)
    assert files(cache) == []
    faulty.heal()
    assert UCF101(faulty.root)[CLIP_NAME].read_bytes() == CLIP


@pytest.mark.parametrize("page", ["", PAGE, "\0\xff" * 1000], ids=["empty", "a log-in page", "no text"])
def test_an_empty_index(faulty, page, cache, home):
    faulty.faults["index"] = lambda _: Response(page)
    with pytest.raises(FileNotFoundError, match="lists no video.*UCF101_ROOT") as caught:
        UCF101(faulty.root).videos
    assert_clear(caught.value, home)
    faulty.heal()
    assert len(UCF101(faulty.root)) == 2


def test_an_index_of_a_million_entries(faulty, cache):
    names = (
        f"v_{a}{b}{c}_g{d:02}_c{e:02}.avi"
        for a in "ABCDEFGHIJ"
        for b in "abcdefghij"
        for c in "abcdefghij"
        for d in range(25)
        for e in range(40)
    )
    page = "\n".join(f'<a href="{name}">' for name in names)
    faulty.faults["index"] = lambda _: Response(page)
    start = time.monotonic()
    dataset = UCF101(faulty.root)
    assert len(dataset) == 1_000_000
    assert len(dataset.categories) == 1000
    with pytest.raises(KeyError, match="v_Aaa_g00_c39.avi"):
        dataset["v_Aaa_g00_c99.avi"]
    assert time.monotonic() - start < 30


OTHER_NAMES = {
    "../": "../../v_Archery_g01_c02.avi",
    "absolute path": "/etc/v_Archery_g01_c02.avi",
    "quotes": "v_Archery'_g01_c02.avi",
    "%2e%2e": "%2e%2e/v_Archery_g01_c02.avi",
    "spaces": "v_Archery _g01_c02.avi",
    "non-ASCII": "v_Bogenschießen_g01_c02.avi",
    "digits that are no ASCII": "v_Archery_g\u0660\u0661_c02.avi",
    "an end of line": "v_Archery_g01_c02.avi\n",
    "markup": "v_<script>_g01_c02.avi",
    "NUL": "v_Archery_g01_c02.avi\0",
}


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_names_that_are_no_names(faulty, name, cache, tmp_path):
    faulty.faults["index"] = lambda _: Response(INDEX + f'<a href="{OTHER_NAMES[name]}">')
    dataset = UCF101(faulty.root)
    assert len(dataset) == 2
    before = files(tmp_path)
    with pytest.raises(KeyError):
        dataset[OTHER_NAMES[name]]
    assert files(tmp_path) == before


@pytest.mark.parametrize("what", ["index", "clip"])
@pytest.mark.parametrize("fault", REFUSED)
def test_no_secret_in_an_error(faulty, fault, what, cache, home):
    """An address may hold a user's name and a token, and a server may send on to one that does."""
    faulty.faults[what] = REFUSED[fault][0]
    with pytest.raises(DownloadError) as caught:
        UCF101(faulty.root.replace("://", f"://alice:{SECRET}@"))[CLIP_NAME]
    assert_clear(caught.value, home)
    assert not [name for name in files(cache) if SECRET in name]


@pytest.mark.parametrize("credentials", [f"alice:{SECRET}", SECRET])
def test_a_secret_is_sent_and_not_kept(faulty, cache, credentials):
    path = UCF101(faulty.root.replace("://", f"://{credentials}@"))[CLIP_NAME]
    assert path.read_bytes() == CLIP
    assert SECRET not in str(path)
    sent = [(request.authorization.username, request.authorization.password) for request, _ in faulty.server.log]
    assert all(SECRET in pair for pair in sent)
