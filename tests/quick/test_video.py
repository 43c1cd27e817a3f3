import warnings
from itertools import islice

import cv2
import numpy as np
import pytest

from helpers import crop_center_square, read_video, samples
from helpers.resampling import credible_fps, elapsed, resample
from helpers.video import VideoError, iterate_frames, missing_part
from tests.support.clocks import ffmpeg, times, write_changing_clock, write_clock

CARTWHEEL = "v_Cartwheel_g01_c01.avi"


def write_video(path, frames, fps=25):
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def test_a_clip_is_small_square_rgb_bytes():
    frames = read_video(samples[CARTWHEEL])
    assert frames.shape == (64, 224, 224, 3)
    assert frames.dtype == np.uint8


def test_colors_come_as_red_green_blue(tmp_path):
    blue_in_opencvs_order = np.full((64, 64, 3), (255, 0, 0), np.uint8)
    frames = read_video(write_video(tmp_path / "blue.avi", [blue_in_opencvs_order] * 9))
    red, green, blue = frames.mean(axis=(0, 1, 2))
    assert blue > 240 and red < 15 and green < 15


@pytest.mark.parametrize("max_frames", [9, 10, 64])
def test_max_frames_is_exact(max_frames):
    assert len(read_video(samples[CARTWHEEL], max_frames)) == max_frames


def test_a_shorter_video_gives_the_frames_it_has():
    assert len(read_video(samples[CARTWHEEL], max_frames=1000)) == 64


def test_the_first_frames_are_the_same_however_many_are_read():
    np.testing.assert_array_equal(read_video(samples[CARTWHEEL], 9), read_video(samples[CARTWHEEL])[:9])


def test_fewer_frames_than_i3d_needs_are_not_asked_for():
    with pytest.raises(ValueError, match="max_frames is 8: I3D needs at least 9"):
        read_video(samples[CARTWHEEL], max_frames=8)


@pytest.mark.parametrize(
    "shape, keep, side",
    [((240, 320), 1.0, 240), ((240, 320), 0.875, 210), ((320, 240), 0.875, 210), ((101, 57), 1.0, 57), ((1, 1), 0.5, 1)],
)
def test_the_crop_is_square(shape, keep, side):
    assert crop_center_square(np.zeros((*shape, 3), np.uint8), keep).shape == (side, side, 3)


def test_the_crop_is_in_the_middle():
    frame = np.arange(7 * 5).reshape(7, 5, 1)
    np.testing.assert_array_equal(crop_center_square(frame, 0.6)[..., 0], frame[2:5, 1:4, 0])


@pytest.mark.parametrize("keep", [0, -1, 1.1])
def test_a_crop_keeps_a_part(keep):
    with pytest.raises(ValueError, match="more than 0 and at most 1"):
        crop_center_square(np.zeros((9, 9, 3)), keep)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.avi"):
        read_video(tmp_path / "nowhere.avi")


def test_a_folder(tmp_path):
    with pytest.raises((IsADirectoryError, PermissionError), match=tmp_path.name):
        read_video(tmp_path)


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.avi").touch()
    with pytest.raises(VideoError, match="is empty"):
        read_video(tmp_path / "empty.avi")


def test_a_text(tmp_path):
    (tmp_path / "text.avi").write_text("This is no video. " * 100)
    with pytest.raises(VideoError, match="is not a video that can be read"):
        read_video(tmp_path / "text.avi")


def test_a_video_with_nothing_decodable(tmp_path):
    clip = samples[CARTWHEEL].read_bytes()
    header_only = clip[: clip.index(b"movi") + 4]
    (tmp_path / "cut.avi").write_bytes(header_only + bytes(5000))
    with pytest.raises(VideoError, match="no picture that can be decoded|is no video"):
        read_video(tmp_path / "cut.avi")


def test_too_short_a_video(tmp_path):
    path = write_video(tmp_path / "short.avi", [np.zeros((64, 64, 3), np.uint8)] * 8)
    with pytest.raises(VideoError, match="has 8 frames: I3D needs at least 9"):
        read_video(path)


@pytest.mark.parametrize(
    "name, frames", [("playing_basketball_wrong_frame_count.mp4", 214), ("v_Biking_g01_c01_elementary_stream.mp4", 151)]
)
def test_decoded_frames_count_not_the_header(real_clips, name, frames):
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
    """Every frame of a file, as OpenCV decodes it."""
    capture = cv2.VideoCapture(str(path))
    while (answer := capture.read())[0]:
        yield cv2.cvtColor(answer[1], cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize("name", samples.videos)
def test_a_file_at_25_frames_per_second_yields_its_own_frames(name):
    np.testing.assert_array_equal(list(iterate_frames(samples[name], fps=25)), list(plain_frames(samples[name])))


def test_so_do_real_clips_whose_time_stamps_start_late_and_end_with_zeros(real_clips):
    path = real_clips / "v_ApplyEyeMakeup_g01_c01.avi"
    frames = read_video(path, crop_fraction=1.0)
    assert len(frames) == 164
    np.testing.assert_array_equal(frames, read_video(path, crop_fraction=1.0, fps=None))


def test_so_does_one_whose_time_stamps_jitter(tmp_path):
    steady, jittering = write_clock(tmp_path / "steady.mkv", 25, 50), tmp_path / "jittering.mkv"
    ffmpeg("-i", steady, "-c", "copy", "-bsf:v", "setts=ts='TS+if(N,random(0)*30-15,0)'", jittering)  # milliseconds
    capture, stamps = cv2.VideoCapture(str(jittering)), []
    while capture.grab():
        stamps.append(capture.get(cv2.CAP_PROP_POS_MSEC))
    assert np.ptp(np.diff(stamps)) > 10, "it does jitter"
    np.testing.assert_array_equal(read_video(jittering), read_video(steady, fps=None))


@pytest.mark.parametrize(
    "rate, count, expected",
    [(10, 20, 50), (12.5, 25, 50), (29.97, 60, 50), (30, 60, 50), (50, 100, 50), (60, 120, 50), (120, 240, 50)],
)
def test_frames_are_shown_at_their_time(rate, count, expected, tmp_path):
    shown = times(read_video(write_clock(tmp_path / "clock.mkv", rate, count)))
    assert len(shown) == expected, "the duration is kept"
    late = np.arange(expected) / 25 - shown
    rounding = 0.006  # a gray level is a hundredth of a second
    assert late.min() >= -0.02 - rounding, "no frame is shown earlier than half a frame before its time"
    assert late.max() <= max(1 / rate - 0.02, 0.02) + rounding, "nor longer than until the next one's"


def test_a_variable_frame_rate_keeps_real_time(tmp_path):
    path = write_changing_clock(tmp_path / "changing.mkv")
    assert len(read_video(path, fps=None)) == 90
    shown = times(read_video(path))
    np.testing.assert_allclose(shown, np.arange(50) / 25, atol=0.026)


@pytest.mark.parametrize("rate", [10, 12.5, 24, 25, 30, 50, 60, 120, "variable"])
def test_it_is_the_rule_of_ffmpegs_own_filter(rate, tmp_path):
    path = tmp_path / "clock.mkv"
    write_changing_clock(path) if rate == "variable" else write_clock(path, rate, round(2 * rate))
    by_ffmpeg = np.frombuffer(ffmpeg("-i", path, "-vf", "fps=25", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"), np.uint8)
    np.testing.assert_array_equal(np.array(list(iterate_frames(path, fps=25))).ravel(), by_ffmpeg)


def test_another_rate_or_the_files_own(tmp_path):
    path = write_clock(tmp_path / "clock.mkv", 50, 100)
    assert len(read_video(path, fps=10)) == 20
    assert len(read_video(path, fps=None)) == 100


def test_max_frames_counts_resampled_frames(tmp_path):
    path = write_clock(tmp_path / "clock.mkv", 50, 100)
    np.testing.assert_allclose(times(read_video(path, max_frames=10)), np.arange(10) / 25, atol=0.006)


def test_a_short_clip_at_a_high_rate_can_be_read_whole(tmp_path):
    path = write_clock(tmp_path / "clock.mkv", 240, 60)
    with pytest.raises(VideoError, match="has 6 frames: I3D needs at least 9. .*fps=None: these are 25 per second"):
        read_video(path)
    assert len(read_video(path, fps=None)) == 60


@pytest.mark.parametrize("fps", [0, -25, float("nan"), float("inf"), 1e6])
def test_a_rate_is_a_number_of_frames_per_second(fps):
    with pytest.raises(ValueError, match=f"fps is {fps}: needed frames per second"):
        read_video(samples[CARTWHEEL], fps=fps)


AT_25 = np.arange(20) / 25
STAMPS = {
    "starting late": AT_25 + 7.5,
    "all missing": np.zeros(20),
    "not a number": np.full(20, np.nan),
    "ending with a missing one": np.append(AT_25[1:], 0.0),
    "decreasing": AT_25[::-1],
    "starting again in the middle": np.tile(AT_25[:10], 2),
    "with a break of a day": np.where(np.arange(20) < 10, AT_25, AT_25 + 86_400),
    "with one that is too large": np.where(np.arange(20) == 10, 1e9, AT_25),
}


@pytest.mark.parametrize("kind", STAMPS)
def test_time_stamps(kind):
    """Where they tell nothing, the frames follow each other at the rate that the file's header states."""
    frames = resample(elapsed(zip(STAMPS[kind], range(20)), interval=1 / 25), 25)
    assert list(islice(frames, 1000)) == list(range(20))


def test_few_frames_are_held_at_a_time():
    decoded = []
    frames = ((i / 50, decoded.append(i) or i) for i in range(1000))
    for k, frame in enumerate(resample(elapsed(frames, 1 / 50), 25)):
        assert decoded[-1] - frame <= 2, "decoded just before it is yielded"
    assert k == 499


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf"), 90_000])
def test_a_rate_that_cannot_be_true_is_taken_for_25(fps):
    assert credible_fps(fps, 25) == 25


# Files that end too early


def test_a_file_that_is_cut_short_is_read_with_a_warning(tmp_path):
    clip = samples[CARTWHEEL].read_bytes()
    (tmp_path / "cut.avi").write_bytes(clip[: len(clip) // 2])
    with pytest.warns(
        UserWarning, match=r"cut.avi: The file announces 2.6 seconds of video, 1.\d could be read: is it complete?"
    ):
        frames = read_video(tmp_path / "cut.avi")
    assert 9 < len(frames) < 64


def test_one_that_is_cut_on_purpose_is_not_warned_about(tmp_path):
    """Telephones cut a video by telling the player where to begin; what is before that stays in the file."""
    write_clock(tmp_path / "clock.mkv", 25, 50)
    ffmpeg("-i", tmp_path / "clock.mkv", "-c:v", "libx264", "-pix_fmt", "yuv420p", tmp_path / "whole.mp4")
    ffmpeg("-ss", 1, "-i", tmp_path / "whole.mp4", "-c", "copy", tmp_path / "cut.mp4")
    assert cv2.VideoCapture(str(tmp_path / "cut.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 50
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_video(tmp_path / "cut.mp4")) == 25


def test_what_was_not_asked_for_is_not_missing():
    assert missing_part(samples[CARTWHEEL], 64, 25) == ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_video(samples[CARTWHEEL], max_frames=9)) == 9
