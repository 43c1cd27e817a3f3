"""Videos from an upload, a web address or a camera, and videos that are written."""

import re
import shutil
import sys

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from helpers import Timeline, read_video, samples, video_sources
from helpers.video import iterate_frames
from helpers.video_metadata import VideoError
from helpers.video_sources import fetch_video, record_webcam
from helpers.video_writer import annotate, join_clips, with_caption, write_video
from tests.support.clock_videos import ffmpeg, times, write_changing_clock, write_clock
from tests.support.upload_front_end import upload_button

CARTWHEEL = "v_Cartwheel_g01_c01.avi"


def test_clips_are_joined(tmp_path):
    path = join_clips([samples[CARTWHEEL], samples["v_Walk_g02_c01.avi"]], tmp_path / "joined.mp4", repeat=2)
    frames = list(iterate_frames(path))
    assert len(frames) == 4 * 64
    assert frames[0].shape == (240, 320, 3)
    first = next(iterate_frames(samples[CARTWHEEL]))
    assert np.abs(frames[0].astype(int) - first).mean() < 3, "gray levels: only the color space was converted"


def test_joined_clips_keep_their_duration(tmp_path):
    clips = [write_clock(tmp_path / f"{rate}.mkv", rate, rate) for rate in (10, 25, 50)]
    shown = times(iterate_frames(join_clips(clips, tmp_path / "joined.mp4")))
    np.testing.assert_allclose(shown, np.tile(np.arange(25) / 25, 3), atol=0.09)


def test_a_video_of_an_odd_size_loses_one_row_and_one_column(tmp_path):
    path = write_video(np.full((10, 33, 41, 3), 128, np.uint8), tmp_path / "odd.mp4", fps=30)
    capture = cv2.VideoCapture(str(path))
    assert (capture.get(cv2.CAP_PROP_FRAME_HEIGHT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)) == (32, 40)
    assert capture.get(cv2.CAP_PROP_FPS) == 30


def test_no_partial_video_is_left(tmp_path):
    def camera():
        yield np.zeros((32, 32, 3), np.uint8)
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        write_video(camera(), tmp_path / "camera.mp4")
    with pytest.raises(VideoError, match="no frames"):
        write_video([], tmp_path / "camera.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["clip", "clip.txt", "clip.gif", ".mp4"])
def test_a_name_without_the_suffix_of_a_video_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=f"name, '{name}', must end in .mp4"):
        write_video(np.zeros((9, 32, 32, 3), np.uint8), tmp_path / name)


def test_a_bad_rate_is_refused(tmp_path):
    with pytest.raises(ValueError, match="fps must be more than 0 and at most 1000 frames per second, not 0"):
        write_video(np.zeros((9, 32, 32, 3), np.uint8), tmp_path / "clip.mp4", fps=0)


def captions_of(path, labels):
    """Return the label in the caption of each frame, and the seconds that the frames show."""
    frames = [frame.astype(int) for frame in iterate_frames(path)]
    bars = [with_caption(np.zeros((1, frames[0].shape[1], 3), np.uint8), f"{label} 99%")[1:].astype(int) for label in labels]
    nearest = [labels[int(np.argmin([np.abs(frame[-24:] - bar).mean() for bar in bars]))] for frame in frames]
    return nearest, times(frame[:-24] for frame in frames)


def two_seconds_of(first, second):
    """Return a timeline in which the action changes after about one second."""
    timeline = Timeline([first, second], np.empty(0), np.empty((0, 2), np.float32), fps=25.0, window=16)
    timeline.append(np.array([[5, 0]] * 3 + [[0, 5]] * 3, np.float32), np.zeros((48, 224, 224, 3), np.uint8))
    return timeline


@pytest.mark.parametrize("rate", [12.5, 25, 30, 50])
def test_every_frame_of_a_video_is_annotated_at_its_time(rate, tmp_path):
    video = write_clock(tmp_path / "clock.mkv", rate, round(2 * rate), size=(320, 240))
    path = annotate(video, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4")
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS) == rate
    captions, shown = captions_of(path, ["waving", "running"])
    np.testing.assert_allclose(shown, np.arange(round(2 * rate)) / rate, atol=0.03)
    change = captions.index("running")
    assert set(captions[:change]) == {"waving"} and set(captions[change:]) == {"running"}
    assert change / rate == pytest.approx(28 / 25, abs=1 / rate), "halfway between the third prediction and the fourth"


def test_an_annotated_video_with_a_variable_rate_keeps_its_timing(tmp_path):
    slow_and_fast = write_changing_clock(tmp_path / "changing.mkv", size=(320, 240))
    path = annotate(slow_and_fast, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4")
    captions, shown = captions_of(path, ["waving", "running"])
    rate = cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS)
    assert len(shown) / rate == pytest.approx(2, abs=0.05)
    np.testing.assert_allclose(shown, np.arange(len(shown)) / rate, atol=0.05)


def sound_of(path):
    reader = imageio_ffmpeg.read_frames(str(path))
    codec = next(reader).get("audio_codec", "")
    reader.close()
    return codec


def test_an_annotated_video_keeps_its_sound(tmp_path):
    tone = ["-f", "lavfi", "-i", "sine=duration=2"]
    for name, sound, codec in [("silent.mp4", [], ""), ("loud.mov", [*tone, "-c:a", "pcm_s16le"], "aac")]:
        ffmpeg("-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=2", *sound, "-c:v", "libx264", tmp_path / name)
        path = annotate(tmp_path / name, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4")
        assert sound_of(path) == codec
        assert len(list(iterate_frames(path))) == 50
    assert {path.name for path in tmp_path.iterdir()} == {"silent.mp4", "loud.mov", "annotated.mp4"}


def test_no_other_video_is_changed_by_writing_one(tmp_path):
    source = tmp_path / "part-1.mp4"
    write_video(np.zeros((25, 48, 64, 3), np.uint8), source)
    before = source.read_bytes()
    annotate(source, two_seconds_of("waving", "running"), tmp_path / "1.mp4")
    assert source.read_bytes() == before
    assert len(list(iterate_frames(tmp_path / "1.mp4"))) == 25


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


def test_an_uploaded_video_is_saved_and_its_path_printed(upload):
    assert upload("clip.avi", b"RIFF") == "Saved; to use it: video = 'clip.avi'\n"
    assert (upload.folder / "clip.avi").read_bytes() == b"RIFF"


@pytest.mark.parametrize("name", ["../../climb.avi", "/elsewhere/climb2.avi", "..\\..\\climb3.avi", "C:\\climb4.avi"])
def test_an_upload_stays_in_its_folder(name, upload):
    last_part = re.split(r"[/\\]", name)[-1]
    assert upload(name, b"RIFF") == f"Saved; to use it: video = '{last_part}'\n"
    assert (upload.folder / last_part).read_bytes() == b"RIFF"


def test_an_upload_overwrites_nothing(upload):
    (upload.folder / "holiday.mp4").write_bytes(b"old")
    for content, name in [(b"first", "holiday-2.mp4"), (b"second", "holiday-3.mp4")]:
        message = upload("holiday.mp4", content)
        assert message == f"holiday.mp4 already exists and was not overwritten. Saved; to use it: video = '{name}'\n"
        assert (upload.folder / name).read_bytes() == content
    assert (upload.folder / "holiday.mp4").read_bytes() == b"old"


def test_errors_of_an_upload_are_shown(upload):
    assert "embedded null byte" in upload("\0.avi", b"RIFF")


def test_the_printed_path_is_relative_to_the_working_folder(tmp_path):
    (tmp_path / "videos").mkdir()
    with upload_button(sys.executable, tmp_path, "videos") as upload:
        assert upload("clip.avi", b"RIFF") == "Saved; to use it: video = 'videos/clip.avi'\n"
        shutil.rmtree(tmp_path / "videos")
        assert "clip.avi could not be saved in videos: No such file or directory." in upload("clip.avi", b"RIF2")


def test_a_camera_of_unknown_rate_is_recorded_at_25(tmp_path, monkeypatch):
    class Camera:
        """A file in place of a camera, with a driver that does not report the rate."""

        def __init__(self, number):
            capture = VideoCapture(str(samples[CARTWHEEL]))
            self.isOpened, self.read, self.release = capture.isOpened, capture.read, capture.release

        def get(self, what):
            return -1.0

    VideoCapture = cv2.VideoCapture
    monkeypatch.setattr(video_sources.cv2, "VideoCapture", Camera)
    path = record_webcam(tmp_path / "me.mp4", seconds=2)
    monkeypatch.undo()
    capture = cv2.VideoCapture(str(path))
    assert (capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)) == (25, 50)
