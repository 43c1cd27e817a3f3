"""Videos that are written: from frames, and from joined clips."""

import os
import shutil

import cv2
import numpy as np
import pytest

from helpers import samples
from helpers.video.metadata import VideoError
from helpers.video.reading import iterate_frames
from helpers.video.writing import join_clips, write_video
from tests.support.clock_videos import times, write_clock
from tests.support.operating_systems import ODD_NAMES, require_file_name

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


def test_what_cannot_be_read_is_a_warning(tmp_path):
    cut = tmp_path / "cut.avi"
    cut.write_bytes(samples[CARTWHEEL].read_bytes()[:60_000])
    with pytest.warns(UserWarning, match="cut.avi: The file's header announces 2.6 seconds of video, but only"):
        join_clips([cut], tmp_path / "joined.mp4")


@pytest.mark.parametrize("alias", [shutil.copyfile, os.link, os.symlink], ids=["itself", "hard link", "link"])
def test_the_video_that_is_read_is_never_replaced(alias, tmp_path):
    source = write_video(CLIP, tmp_path / "source.mp4")
    content = source.read_bytes()
    target = source
    if alias is not shutil.copyfile:
        target = tmp_path / "alias.mp4"
        alias(source, target)
    with pytest.raises(ValueError, match="is the video that is read, which would be lost. Write to another file"):
        join_clips([source], target)
    assert source.read_bytes() == content


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_video_may_have_any_name_that_the_system_allows(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    require_file_name(name)
    path = write_video(CLIP, f"{name}.mp4")
    assert os.listdir() == [f"{name}.mp4"] and len(list(iterate_frames(path))) == 9
