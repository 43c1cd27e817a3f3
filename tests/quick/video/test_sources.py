"""Videos from an upload, a web address or a camera."""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
import pytest

from helpers import read_video, samples
from helpers.video import sources as video_sources
from helpers.video.metadata import VideoError
from helpers.video.sources import fetch_video, record_webcam
from helpers.video.writing import write_video
from tests.support.upload_front_end import upload_button

CARTWHEEL = "v_Cartwheel_g01_c01.avi"


def test_a_web_page_is_not_a_video_and_is_not_cached(httpserver, cache):
    httpserver.expect_request("/a/clip.avi").respond_with_data("<!DOCTYPE html>")
    with pytest.raises(VideoError, match="clip.avi is not a video that can be read"):
        fetch_video(httpserver.url_for("/a/clip.avi"))
    assert not list((cache / "videos").glob("*.avi"))


@pytest.mark.parametrize("first, second", [("/a/clip.avi", "/b/clip.avi"), ("/watch?v=1", "/watch?v=2")])
def test_two_web_addresses_are_two_files(httpserver, cache, first, second):
    samples_at = {first: samples[CARTWHEEL], second: samples["v_Walk_g02_c01.avi"]}
    for address, clip in samples_at.items():
        path, _, query = address.partition("?")
        httpserver.expect_request(path, query_string=query).respond_with_data(clip.read_bytes())
    for address, clip in samples_at.items():
        assert fetch_video(httpserver.url_for(address)).read_bytes() == clip.read_bytes()
    requests = len(httpserver.log)
    assert fetch_video(httpserver.url_for(first)).read_bytes() == samples[CARTWHEEL].read_bytes()
    assert len(httpserver.log) == requests, "the second time, it is read from the cache"


ADDRESSES = {
    "/": "",
    "/a/..": "..",
    "/a/clip.avi": "clip.avi",
    "/a/my%20clip.MP4?token=abc": "my_20clip.MP4",
    "/wiki/File:clip*.webm": "File_clip_.webm",
    f"/{'long' * 60}.mp4": ".mp4",
}


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:20])
def test_a_downloaded_video_has_a_name_that_every_system_allows(httpserver, cache, address):
    httpserver.expect_request(re.compile(".*")).respond_with_data(samples[CARTWHEEL].read_bytes())
    path = fetch_video(httpserver.url_for(address))
    assert path.parent == cache / "videos" and path.name.endswith(ADDRESSES[address])
    assert re.fullmatch(r"[\w.-]{1,200}", path.name) and "token" not in path.name
    assert len(read_video(path)) == 64


def test_a_password_does_not_change_the_file(httpserver, cache):
    httpserver.expect_request("/a/clip.avi").respond_with_data(samples[CARTWHEEL].read_bytes())
    address = httpserver.url_for("/a/clip.avi")
    assert fetch_video(address.replace("://", "://alice:secret@")) == fetch_video(address)


def test_a_missing_camera_is_a_clear_error(tmp_path):
    with pytest.raises(VideoError, match="no camera 99 was found"):
        record_webcam(tmp_path / "me.mp4", camera=99)


@pytest.fixture(scope="module")
def upload(tmp_path_factory):
    """A function that uploads a file with the button; its attribute `folder` is the working folder of the kernel."""
    folder = tmp_path_factory.mktemp("notebook")
    with upload_button(sys.executable, folder) as upload:
        upload.folder = folder
        yield upload


def small_video(level=0):
    """Return the content of a video file."""
    with tempfile.TemporaryDirectory() as folder:
        return write_video(np.full((2, 16, 16, 3), level, np.uint8), Path(folder, "small.avi")).read_bytes()


def test_an_uploaded_video_is_saved_and_its_path_printed(upload):
    assert upload("clip.avi", small_video()) == "Saved; to use it: video = 'clip.avi'\n"
    assert (upload.folder / "clip.avi").read_bytes() == small_video()


@pytest.mark.parametrize("name", ["../../climb.avi", "/elsewhere/climb2.avi", "..\\..\\climb3.avi", "C:\\climb4.avi"])
def test_an_upload_stays_in_its_folder(name, upload):
    last_part = re.split(r"[/\\]", name)[-1]
    assert upload(name, small_video()) == f"Saved; to use it: video = '{last_part}'\n"
    assert (upload.folder / last_part).read_bytes() == small_video()


def test_an_upload_overwrites_nothing(upload):
    (upload.folder / "holiday.avi").write_bytes(b"old")
    for level, name in [(10, "holiday-2.avi"), (200, "holiday-3.avi")]:
        message = upload("holiday.avi", small_video(level))
        assert message == f"holiday.avi already exists and was not overwritten. Saved; to use it: video = '{name}'\n"
        assert (upload.folder / name).read_bytes() == small_video(level)
    assert (upload.folder / "holiday.avi").read_bytes() == b"old"


REFUSED = {
    "noise.mp4": (bytes(range(256)) * 100, "Not saved: noise.mp4 is not a video that can be read"),
    "empty.mp4": (b"", "Not saved: empty.mp4 is empty"),
    "\0.avi": (b"RIFF", "'\\x00.avi' could not be saved in .: embedded null"),
    f"{'long' * 75}.mp4": (b"RIFF", f"'{'long' * 15}…' could not be saved in ."),
}


@pytest.mark.parametrize("name", REFUSED, ids=["noise", "empty", "null", "long"])
def test_what_is_not_a_video_is_not_saved(name, upload):
    content, message = REFUSED[name]
    before = sorted(upload.folder.iterdir())
    assert upload(name, content).startswith(message)
    assert sorted(upload.folder.iterdir()) == before


def test_the_largest_upload_is_stated():
    button, limit, _ = video_sources.upload_button().children
    assert limit.value.startswith("Up to 10 MB.") and button.layout.width == "max-content"


def test_the_printed_path_is_relative_to_the_working_folder(tmp_path):
    (tmp_path / "videos").mkdir()
    with upload_button(sys.executable, tmp_path, "videos") as upload:
        assert upload("clip.avi", small_video()) == "Saved; to use it: video = 'videos/clip.avi'\n"
        shutil.rmtree(tmp_path / "videos")
        assert "'clip.avi' could not be saved in videos: No such file or directory." in upload("clip.avi", small_video(9))


class DimCamera:
    """A camera whose driver reports 30 frames per second, and which delivers 15."""

    now = 0.0

    def __init__(self, number, frames=1000):
        self.left = frames

    def isOpened(self):
        return True

    def get(self, what):
        return 30.0

    def read(self):
        DimCamera.now += 1 / 15
        self.left -= 1
        return self.left >= 0, np.full((48, 64, 3), (200, 0, 0), np.uint8)  # blue, as OpenCV orders colors

    def release(self):
        pass


@pytest.fixture
def dim_camera(monkeypatch):
    monkeypatch.setattr(video_sources.cv2, "VideoCapture", DimCamera)
    monkeypatch.setattr(video_sources.time, "monotonic", lambda: DimCamera.now)


def test_a_recording_lasts_as_long_as_it_took(dim_camera, tmp_path):
    path = record_webcam(tmp_path / "me.mp4", seconds=2)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 15 and float(stream.duration * stream.time_base) == pytest.approx(2, abs=1 / 14)
        blue = next(container.decode(stream)).to_ndarray(format="rgb24").mean(axis=(0, 1))
    assert blue == pytest.approx([0, 0, 200], abs=5)


def test_a_camera_that_stops_is_an_error_and_leaves_no_file(dim_camera, tmp_path, monkeypatch):
    monkeypatch.setattr(video_sources.cv2, "VideoCapture", lambda number: DimCamera(number, frames=1))
    with pytest.raises(VideoError, match="camera 0 returned fewer than 3 frames in 2 seconds. Does another program use it?"):
        record_webcam(tmp_path / "me.mp4", seconds=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name, seconds, error", [("me.txt", 2, ValueError), ("missing/me.mp4", 2, FileNotFoundError), ("me.mp4", 0, ValueError)]
)
def test_what_cannot_be_recorded_is_refused_before(name, seconds, error, dim_camera, tmp_path):
    before = DimCamera.now
    with pytest.raises(error):
        record_webcam(tmp_path / name, seconds)
    assert DimCamera.now == before, "nothing was recorded"
