"""Reading videos; most damaged and unusual files are in faults/video/test_reading.py."""

import os
import shutil
import sys
import warnings

import cv2
import numpy as np
import pytest

from helpers import read_video, samples
from helpers.video.metadata import VideoError, read_metadata
from helpers.video.reading import VideoReader, iterate_frames
from tests.support.clock_videos import ffmpeg, record_opened, times, write_changing_clock, write_clock

CARTWHEEL = "v_Cartwheel_g01_c01.avi"


def test_a_clip_is_224_pixels_square_and_uint8():
    frames = read_video(samples[CARTWHEEL])
    assert frames.shape == (64, 224, 224, 3)
    assert frames.dtype == np.uint8


def test_the_order_of_colors_is_red_green_blue(tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "blue.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 64))
    for _ in range(9):
        writer.write(np.full((64, 64, 3), (255, 0, 0), np.uint8))  # OpenCV's order is blue, green, red
    writer.release()
    red, green, blue = read_video(tmp_path / "blue.avi").mean(axis=(0, 1, 2))
    assert blue > 240 and red < 15 and green < 15


@pytest.mark.parametrize("max_frames", [9, 10.0, 64])
def test_max_frames_is_exact(max_frames):
    assert len(read_video(samples[CARTWHEEL], max_frames)) == max_frames


def test_a_shorter_video_returns_all_its_frames():
    assert len(read_video(samples[CARTWHEEL], max_frames=1000)) == 64


def test_max_frames_does_not_change_the_first_frames():
    np.testing.assert_array_equal(read_video(samples[CARTWHEEL], 9), read_video(samples[CARTWHEEL])[:9])


def test_max_frames_below_9_is_an_error():
    with pytest.raises(ValueError, match="max_frames is 8, but I3D needs at least 9"):
        read_video(samples[CARTWHEEL], max_frames=8)


def test_a_header_without_frames_is_a_clear_error(tmp_path):
    clip = samples[CARTWHEEL].read_bytes()
    header_only = clip[: clip.index(b"movi") + 4]
    (tmp_path / "header.avi").write_bytes(header_only + bytes(5000))
    with pytest.raises(VideoError, match="no picture that can be decoded"):
        read_video(tmp_path / "header.avi")


@pytest.mark.parametrize(
    "name, frames", [("playing_basketball_wrong_frame_count.mp4", 214), ("v_Biking_g01_c01_elementary_stream.mp4", 151)]
)
def test_all_frames_are_read_whatever_the_header_states(real_clips, name, frames):
    header = cv2.VideoCapture(str(real_clips / name)).get(cv2.CAP_PROP_FRAME_COUNT)
    assert header != frames
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_video(real_clips / name, fps=None)) == frames


def test_the_home_folder_can_be_abbreviated(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "clip.avi").write_bytes(samples[CARTWHEEL].read_bytes())
    assert len(read_video("~/clip.avi")) == 64


# Frame rates


def plain_frames(path):
    """Yield every frame of a file, as OpenCV decodes it."""
    capture = cv2.VideoCapture(str(path))
    while (read := capture.read())[0]:
        yield cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize("name", samples.videos)
def test_a_file_at_25_frames_per_second_is_not_resampled(name):
    np.testing.assert_array_equal(list(iterate_frames(samples[name], fps=25)), list(plain_frames(samples[name])))


def test_a_real_clip_whose_time_stamps_start_late_and_end_with_zeros_is_not_resampled(real_clips):
    path = real_clips / "v_ApplyEyeMakeup_g01_c01.avi"
    frames = read_video(path, crop_fraction=1.0)
    assert len(frames) == 164
    np.testing.assert_array_equal(frames, read_video(path, crop_fraction=1.0, fps=None))


def test_a_file_at_25_whose_time_stamps_jitter_is_not_resampled(tmp_path):
    steady, jittering = write_clock(tmp_path / "steady.mkv", 25, 50), tmp_path / "jittering.mkv"
    ffmpeg("-i", steady, "-c", "copy", "-bsf:v", "setts=ts='TS+if(N,random(0)*30-15,0)'", jittering)  # milliseconds
    capture, stamps = cv2.VideoCapture(str(jittering)), []
    while capture.grab():
        stamps.append(capture.get(cv2.CAP_PROP_POS_MSEC))
    assert np.ptp(np.diff(stamps)) > 10, "milliseconds of jitter"
    np.testing.assert_array_equal(read_video(jittering), read_video(steady, fps=None))


@pytest.mark.parametrize(
    "rate, count, expected",
    [(10, 20, 50), (12.5, 25, 50), (29.97, 60, 50), (30, 60, 50), (50, 100, 50), (60, 120, 50), (120, 240, 50)],
)
def test_resampled_frames_are_shown_at_their_time(rate, count, expected, tmp_path):
    shown = times(read_video(write_clock(tmp_path / "clock.mkv", rate, count)))
    assert len(shown) == expected, "the same duration"
    late = np.arange(expected) / 25 - shown
    rounding = 0.006  # a gray level is a hundredth of a second
    assert late.min() >= -0.02 - rounding, "a frame is shown at most half a frame early"
    assert late.max() <= max(1 / rate - 0.02, 0.02) + rounding, "a frame is shown at most until the next one"


def test_a_video_with_a_variable_rate_keeps_its_timing(tmp_path):
    path = write_changing_clock(tmp_path / "changing.mkv")
    assert len(read_video(path, fps=None)) == 90
    shown = times(read_video(path))
    np.testing.assert_allclose(shown, np.arange(50) / 25, atol=0.026)


@pytest.mark.parametrize("rate", [10, 12.5, 24, 25, 30, 50, 60, 120, "variable"])
def test_the_result_is_that_of_ffmpegs_fps_filter(rate, tmp_path):
    path = tmp_path / "clock.mkv"
    write_changing_clock(path) if rate == "variable" else write_clock(path, rate, round(2 * rate))
    by_ffmpeg = np.frombuffer(ffmpeg("-i", path, "-vf", "fps=25", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"), np.uint8)
    np.testing.assert_array_equal(np.array(list(iterate_frames(path, fps=25))).ravel(), by_ffmpeg)


def test_the_rate_can_be_chosen_or_be_that_of_the_file(tmp_path):
    path = write_clock(tmp_path / "clock.mkv", 50, 100)
    assert len(read_video(path, fps=10)) == 20
    assert len(read_video(path, fps=None)) == 100


def test_max_frames_counts_resampled_frames(tmp_path):
    path = write_clock(tmp_path / "clock.mkv", 50, 100)
    np.testing.assert_allclose(times(read_video(path, max_frames=10)), np.arange(10) / 25, atol=0.006)


def test_every_frame_of_a_short_clip_at_a_high_rate_can_be_read(tmp_path, monkeypatch):
    path = write_clock(tmp_path / "clock.mkv", 240, 60)
    opened = record_opened(monkeypatch)
    with pytest.raises(VideoError, match="has 6 frames, but I3D needs at least 9. .*fps=None .--fps file in a terminal.: these"):
        read_video(path)
    assert opened == [str(path)], "the message needs no second look at the file"
    assert len(read_video(path, fps=None)) == 60


def test_fps_none_is_no_advice_for_a_file_that_has_too_few_frames(tmp_path):
    path = write_clock(tmp_path / "clock.mkv", 50, 8)
    with pytest.raises(VideoError, match="has 4 frames, but I3D needs at least 9. Use a longer video.$"):
        read_video(path)


@pytest.mark.parametrize("fps", [0, -25, float("nan"), float("inf"), 1e6])
def test_a_bad_rate_is_an_error(fps):
    with pytest.raises(ValueError, match=f"fps must be more than 0 and at most 1000 frames per second, .* not {fps}"):
        read_video(samples[CARTWHEEL], fps=fps)


# Files that are not videos


def test_a_text_is_not_a_video(tmp_path):
    path = tmp_path / "notes.txt"  # FFmpeg reads it as a video of characters
    path.write_text("The clips were recorded in the gym on Monday.\n" * 20, encoding="utf-8")
    with pytest.raises(VideoError, match="notes.txt is a text file, not a video"):
        list(iterate_frames(path))


@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff", "gif"])
def test_a_picture_is_not_a_video(suffix, tmp_path):
    path = tmp_path / f"still.{suffix}"
    cv2.imwrite(str(path), np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(VideoError, match="contains only one picture, so it is not a video"):
        list(iterate_frames(path))


@pytest.mark.parametrize(
    "name, codec, container",
    [
        ("raw.h264", "libx264", "h264"),
        ("raw.mjpeg", "mjpeg", "mjpeg"),
        ("stream.ts", "libx264", "mpegts"),
        ("stream.webm", "libvpx", "webm"),
        ("stream.mkv", "libx264", "matroska"),
        ("animation.gif", "gif", "gif"),
    ],
)
def test_a_video_need_not_announce_its_length(name, codec, container, tmp_path):
    clock = write_clock(tmp_path / "clock.mkv", 25, 50)
    (tmp_path / name).write_bytes(ffmpeg("-i", clock, "-c:v", codec, "-f", container, "-"))
    assert len(list(iterate_frames(tmp_path / name))) == 50


# Truncated files


def test_a_truncated_file_is_read_with_a_warning(tmp_path):
    clip = samples[CARTWHEEL].read_bytes()
    (tmp_path / "half.avi").write_bytes(clip[: len(clip) // 2])
    message = r"half.avi: The file's header announces 2.6 seconds of video, but only 1.\d could be read. Is it complete\?"
    with pytest.warns(UserWarning, match=message):
        frames = read_video(tmp_path / "half.avi")
    assert 9 < len(frames) < 64


def test_there_is_no_warning_if_the_file_hides_its_beginning(tmp_path):
    """Phones trim a video by storing where playback starts; the frames before that stay in the file."""
    write_clock(tmp_path / "clock.mkv", 25, 50)
    ffmpeg("-i", tmp_path / "clock.mkv", "-c:v", "libx264", "-pix_fmt", "yuv420p", tmp_path / "full.mp4")
    ffmpeg("-ss", 1, "-i", tmp_path / "full.mp4", "-c", "copy", tmp_path / "trimmed.mp4")
    assert cv2.VideoCapture(str(tmp_path / "trimmed.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 50
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_video(tmp_path / "trimmed.mp4")) == 25


def test_there_is_no_warning_for_a_complete_file_or_because_of_max_frames():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_video(samples[CARTWHEEL])) == 64
        assert len(read_video(samples[CARTWHEEL], max_frames=9)) == 9


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_need_not_be_in_utf_8(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.avi")
    shutil.copy(samples[CARTWHEEL], path)
    assert len(read_video(path)) == 64


# The metadata


def test_a_reader_has_the_metadata_of_the_file_that_it_has_opened(monkeypatch):
    expected, opened = read_metadata(samples[CARTWHEEL]), record_opened(monkeypatch)
    reader = VideoReader(samples[CARTWHEEL])
    assert reader.metadata == expected == (64, 25, 25, 2.56, 0, 320, 240)
    assert len(list(reader)) == 64 and opened == [str(samples[CARTWHEEL])]
    assert len(list(reader)) == 64, "it can be read again"


def test_what_the_header_does_not_state_is_counted(tmp_path):
    path = tmp_path / "raw.mjpeg"
    path.write_bytes(ffmpeg("-i", write_clock(tmp_path / "clock.mkv", 25, 50), "-c:v", "mjpeg", "-f", "mjpeg", "-"))
    reader = VideoReader(path)
    assert (reader.metadata.frames, reader.metadata.duration) == (50, pytest.approx(2))
    assert len(list(reader)) == 50
