"""Videos from an upload, a web address or a camera, and videos that are written."""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition

from helpers import Timeline, kinetics_labels, read_video, samples
from helpers.predictions import captions
from helpers.predictions.captions import annotate, fit, undrawable, with_caption
from helpers.video import sources as video_sources
from helpers.video.metadata import VideoError
from helpers.video.reading import iterate_frames
from helpers.video.sources import fetch_video, record_webcam
from helpers.video.writing import join_clips, write_video
from tests.support.clock_videos import times, write_changing_clock, write_clock
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


CLIP = np.zeros((9, 32, 40, 3), np.uint8)
NOT_FRAMES = {
    "a single frame": (CLIP[0], r"uint8 \[32, 40, 3\], but must be uint8 \[T, H, W, 3\]. Pass a single frame as \[frame\]"),
    "values from 0 to 1": (CLIP / 255, r"frame 0 is float64 \[32, 40, 3\], but must be uint8 .*\(255 \* frames\)"),
    "masks": (CLIP > 0, "frame 0 is bool"),
    "lists": (CLIP[:, :2, :2].tolist(), "frame 0 is a list, but must be an array"),
    "transparent": (np.zeros((9, 32, 40, 4), np.uint8), r"frame 0 is uint8 \[32, 40, 4\]"),
    "a batch": (CLIP[np.newaxis], r"frame 0 is uint8 \[9, 32, 40, 3\]"),
    "one pixel": (CLIP[:, :1, :1], r"frame 0 is \[1, 1, 3\], but must be at least 2 pixels high and wide"),
    "another size later": ([*CLIP, CLIP[0, :30]], r"frame 9 is \[30, 40, 3\], but frame 0 is \[32, 40, 3\]"),
    "a path": ("clip.mp4", "frame 0 is a str"),
}


@pytest.mark.parametrize("kind", NOT_FRAMES)
def test_what_is_not_frames_is_not_written(kind, tmp_path):
    frames, message = NOT_FRAMES[kind]
    with pytest.raises(ValueError, match=message):
        write_video(frames, tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["clip", "clip.txt", "clip.gif", ".mp4"])
def test_a_name_without_the_suffix_of_a_video_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=f"name, '{name}', must end in .mp4"):
        write_video(np.zeros((9, 32, 32, 3), np.uint8), tmp_path / name)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"fps": 0}, "fps must be more than 0 and at most 1000 frames per second"),
        ({"fps": 1e-6}, "fps is 1e-06, but must be at least 0.00001"),
        ({"crf": 99}, "crf must be from 0 .* to 51 .*, not 99"),
    ],
)
def test_a_bad_rate_or_quality_is_refused(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        write_video(CLIP, tmp_path / "clip.mp4", **options)


def test_clips_that_do_not_fit_together_are_refused(tmp_path):
    small = write_video(CLIP, tmp_path / "small.mp4")
    with pytest.raises(ValueError, match=r"clips must be a list of videos, such as \['small.mp4'\], not a single path"):
        join_clips("small.mp4", tmp_path / "joined.mp4")
    with pytest.raises(ValueError, match="small.mp4 has 40 x 32 pixels, but .*Cartwheel.* has 320 x 240 pixels"):
        join_clips([samples[CARTWHEEL], small], tmp_path / "joined.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["small.mp4"]


@pytest.mark.parametrize("alias", [shutil.copyfile, os.link, os.symlink], ids=["itself", "hard link", "link"])
def test_the_video_that_is_read_is_never_replaced(alias, tmp_path):
    source = write_video(CLIP, tmp_path / "source.mp4")
    content = source.read_bytes()
    target = source
    if alias is not shutil.copyfile:
        target = tmp_path / "alias.mp4"
        alias(source, target)
    for write in (lambda: annotate(source, two_seconds_of("a", "b"), target), lambda: join_clips([source], target)):
        with pytest.raises(ValueError, match="is the video that is read, which would be lost. Write to another file"):
            write()
    assert source.read_bytes() == content


ODD_NAMES = ["%03d", "a#b", "c [2026]", "a:b", "concat:x", "-dash", "pipe:1", "file:x", "ümlaut 名", "quote'"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_video_may_have_any_name_that_the_system_allows(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        Path(name).mkdir()
    except OSError:
        pytest.skip("not allowed on this system")
    write_video(CLIP, Path(name, f"{name}.mp4"))
    write_sound_video(Path("sound.mkv"), seconds=0.4)
    shutil.copyfile("sound.mkv", Path(name, "sound.mkv"))
    path = annotate(Path(name, "sound.mkv"), two_seconds_of("a", "b"), f"{name}.mp4")
    assert path == Path(f"{name}.mp4") and set(streams_of(path)) == {"video", "audio"}
    assert sorted(os.listdir(name)) == sorted([f"{name}.mp4", "sound.mkv"])


def captions_of(path, labels):
    """Return the label in the caption of each frame ("" if it has none), and the seconds that the frames show."""
    frames = [frame.astype(int) for frame in iterate_frames(path)]
    texts = {label: f"{label} 99%" for label in labels} | {"": ""}
    bars = [with_caption(np.zeros((1, frames[0].shape[1], 3), np.uint8), text)[1:].astype(int) for text in texts.values()]
    nearest = [list(texts)[int(np.argmin([np.abs(frame[-24:] - bar).mean() for bar in bars]))] for frame in frames]
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


def test_there_are_no_captions_where_nothing_was_predicted(tmp_path):
    video = write_clock(tmp_path / "clock.mkv", 25, 64, size=(320, 240))
    captions, _ = captions_of(
        annotate(video, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4"), ["waving", "running"]
    )
    assert set(captions[:56]) == {"waving", "running"}, "the last prediction is for frames 40 to 56"
    assert set(captions[57:]) == {""}


def write_sound_video(path, seconds=2.0, sound_starts=0.0, picture_starts=0.0, pause=0.0, codec="pcm_s16le", silent_tracks=0):
    """Write a video with a flash in the picture, and at the same time a tone in its last sound track, which is the default one.

    Before both, no frame is written for `pause` seconds, as in a recording of a screen.
    """
    with av.open(str(path), "w") as output:
        picture = output.add_stream("mpeg4", rate=25)
        picture.width, picture.height, picture.pix_fmt = 160, 120, "yuv420p"
        tracks = [output.add_stream(codec, rate=48000, layout="mono") for _ in range(silent_tracks + 1)]
        if silent_tracks:
            tracks[0].disposition, tracks[-1].disposition = 0, Disposition.default.value
        first, event = round(picture_starts * 25), max(sound_starts, picture_starts) + 0.2 + pause
        for i in [first, *range(first + round(pause * 25) + 1, first + round((seconds + pause) * 25))]:
            level = 255 if event <= i / 25 < event + 0.1 else 0
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), level, np.uint8), format="rgb24")
            frame.pts = i
            output.mux(picture.encode(frame))
        samples_of_time = np.arange(round(sound_starts * 48000), round((sound_starts + seconds + pause) * 48000))
        tone = (np.abs(samples_of_time / 48000 - event - 0.05) <= 0.05) * np.sin(samples_of_time / 5)
        for n, track in enumerate(tracks):
            for start in range(0, len(tone), 1024):
                values = (30000 * tone[start : start + 1024] * (n == silent_tracks)).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(values[np.newaxis], format="s16", layout="mono")
                frame.rate, frame.pts = 48000, int(samples_of_time[start])
                output.mux(track.encode(frame))
        for stream in (picture, *tracks):
            output.mux(stream.encode(None))
    return path


def streams_of(path):
    """Return the codec of each stream of a video, by its type."""
    with av.open(f"file:{path.absolute()}") as container:
        return {stream.type: stream.codec_context.name for stream in container.streams}


def flash_and_tone(path):
    """Return when a player shows the flash, and when it plays the tone."""
    flash, tone = [], []
    with av.open(str(path)) as container:
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                flash += [frame.time] if frame.to_ndarray(format="gray")[:100].mean() > 128 else []
            else:
                loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.2)
                tone += [frame.time + loud[0] / frame.sample_rate] if len(loud) else []
        return flash[0] - container.start_time / av.time_base, tone[0] - container.start_time / av.time_base


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi"])
@pytest.mark.parametrize("source", [{}, {"sound_starts": 1.0}, {"picture_starts": 1.0}, {"pause": 3.0}], ids=str)
def test_sound_and_picture_stay_together(source, suffix, tmp_path):
    video = write_sound_video(tmp_path / "source.mkv", **source)
    flash, tone = flash_and_tone(annotate(video, two_seconds_of("waving", "running"), tmp_path / f"annotated{suffix}"))
    before = flash_and_tone(video)
    assert flash == pytest.approx(before[0], abs=0.1 if suffix == ".avi" else 0.03)  # AVI has no time stamps
    assert tone == pytest.approx(before[1], abs=0.05), "encoders of sound start with some silence"


@pytest.mark.parametrize("codec, suffix", [("pcm_s16le", ".mov"), ("libmp3lame", ".mkv"), ("ac3", ".mkv"), ("aac", ".mp4")])
def test_the_sound_is_aac_whatever_it_was(codec, suffix, tmp_path, capfd):
    video = write_sound_video(tmp_path / f"source{suffix}", codec=codec)
    path = annotate(video, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4")
    assert streams_of(path) == {"video": "h264", "audio": "aac"}
    assert len(list(iterate_frames(path))) == 50
    assert {path.name for path in tmp_path.iterdir()} == {video.name, "annotated.mp4"}
    assert capfd.readouterr() == ("", ""), "the libraries print nothing"


def test_what_cannot_be_read_is_a_warning(tmp_path):
    source = write_sound_video(tmp_path / "source.mkv")
    unknown, cut = tmp_path / "unknown.mkv", tmp_path / "cut.avi"
    unknown.write_bytes(source.read_bytes().replace(b"A_PCM/INT/LIT", b"A_XYZ/INT/LIT"))
    cut.write_bytes(samples[CARTWHEEL].read_bytes()[:60_000])
    with pytest.warns(UserWarning, match="unknown.mkv: The codec of its sound is not known, so the copy is silent"):
        path = annotate(unknown, two_seconds_of("a", "b"), tmp_path / "annotated.mp4")
    assert streams_of(path) == {"video": "h264"}
    with pytest.warns(UserWarning, match="cut.avi: The file's header announces 2.6 seconds of video, but only"):
        join_clips([cut], tmp_path / "joined.mp4")
    with pytest.warns(UserWarning, match="cut.avi: The file's header announces 2.6 seconds of video, but only"):
        annotate(cut, two_seconds_of("a", "b"), tmp_path / "annotated.mp4")


def test_the_sound_is_the_track_that_players_choose(tmp_path):
    video = write_sound_video(tmp_path / "source.mkv", silent_tracks=1)
    assert flash_and_tone(annotate(video, two_seconds_of("waving", "running"), tmp_path / "annotated.mp4"))


def test_a_video_without_sound_has_none(tmp_path):
    video = write_clock(tmp_path / "clock.mkv", 25, 50)
    assert streams_of(annotate(video, two_seconds_of("a", "b"), tmp_path / "annotated.mp4")) == {"video": "h264"}


@pytest.mark.parametrize("width", [144, 176, 320])
def test_every_label_fits_below_a_narrow_video_with_its_probability(width):
    for label in kinetics_labels():
        font, baselines, lines = fit(f"{label} 100%", width - 12)
        assert " ".join(lines) == f"{label} 100%" and len(lines) <= len(baselines)
        assert max(map(font.getlength, lines)) <= width - 12 and font.size >= 9


def test_a_label_that_does_not_fit_is_cut_and_not_its_probability():
    _, _, lines = fit("Rindfleischetikettierungsüberwachungsaufgaben 100%", 132)
    assert lines[-1] == "100%" and lines[0].startswith("Rindfleisch") and lines[0].endswith("…")


@pytest.mark.parametrize("one, other", [("Händeklatschen", "Hindeklatschen"), ("прыжок", "прыжки"), ("άλμα", "άλμη")])
def test_labels_in_other_scripts_are_drawn(one, other):
    bars = [with_caption(CLIP[0].repeat(8, 1), f"{label} 9%") for label in (one, other)]
    assert not np.array_equal(*bars)
    assert not undrawable(one + other)


def test_characters_that_no_font_has_are_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(captions, "findSystemFonts", list)
    video = write_clock(tmp_path / "clock.mkv", 25, 16)
    with pytest.warns(UserWarning, match="no font of this computer has '跃跳': the captions show boxes instead"):
        annotate(video, two_seconds_of("jump 跳跃", "run"), tmp_path / "annotated.mp4")


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
