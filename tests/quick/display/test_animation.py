import imageio.v3 as iio
import numpy as np
import pytest

from helpers import read_video, samples, to_gif
from helpers.display.animation import frame_times
from tests.support.clock_videos import write_clock


def moving_square(count=30):
    frames = np.full((count, 40, 60, 3), 200, np.uint8)
    for i, frame in enumerate(frames):
        frame[10:20, i : i + 10] = (220, 30, 30)
    return frames


def milliseconds(gif):
    return [iio.immeta(gif.data, index=i)["duration"] for i in range(len(iio.imread(gif.data)))]


@pytest.mark.parametrize("fps", [5, 12.5, 24, 25, 29.97, 30, 50, 60, 240])
def test_an_animation_lasts_as_long_as_its_frames(fps):
    frames = moving_square()
    assert sum(milliseconds(to_gif(frames, fps))) == pytest.approx(1000 * len(frames) / fps, abs=10)


@pytest.mark.parametrize("fps", [50, 60, 240])
def test_no_frame_is_shorter_than_browsers_show(fps):
    assert min(milliseconds(to_gif(moving_square(), fps))) >= 20


def test_a_frame_lasts_whole_hundredths_of_a_second():
    assert frame_times(3, 25) == ([0, 1, 2], [4, 4, 4])
    assert frame_times(3, 30) == ([0, 1, 2], [3, 4, 3])
    assert frame_times(4, 100) == ([0, 2], [2, 2])


def test_an_animation_looks_like_its_frames():
    frames = read_video(samples["v_Cartwheel_g01_c01.avi"])
    shown = iio.imread(to_gif(frames).data)
    assert shown.shape == frames.shape
    error = np.abs(shown.astype(int) - frames).mean(axis=(1, 2, 3))
    assert error.max() < 5, "out of 255, in the worst frame"


def test_a_notebook_contains_the_gif_and_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = to_gif(moving_square(), alt='a "red" square')._repr_html_()
    assert page.startswith('<img src="data:image/gif;base64,R0lGOD')
    assert 'alt="Animation of 30 frames, 1.2 seconds: a &quot;red&quot; square"' in page
    assert list(tmp_path.iterdir()) == []


def test_the_gif_is_saved_to_the_path(tmp_path):
    gif = to_gif(moving_square(), path=tmp_path / "square.gif")
    assert (tmp_path / "square.gif").read_bytes() == gif.data


@pytest.mark.parametrize("frames", [np.zeros((3, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8), np.zeros((0, 8, 8, 3), np.uint8)])
def test_other_arrays_are_refused(frames):
    with pytest.raises(ValueError, match=r"but must be uint8 \[T, H, W, 3\]"):
        to_gif(frames)


def test_a_list_of_frames_is_refused_with_a_hint():
    with pytest.raises(ValueError, match=r"frames are a list, but .*np.stack\(frames\)"):
        to_gif(list(moving_square()))


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_a_bad_rate_is_refused(fps):
    with pytest.raises(ValueError, match=f"fps must be positive and finite, not {fps}"):
        to_gif(moving_square(), fps=fps)


def test_a_picture_that_would_be_shown_for_too_long_is_refused():
    with pytest.raises(ValueError, match="a GIF cannot show the same picture for more than 655 seconds.*higher fps than 0.001"):
        to_gif(moving_square(3), fps=0.001)
    assert milliseconds(to_gif(moving_square(3), fps=0.002)) == [500_000] * 3


@pytest.mark.parametrize("rate", [12.5, 25, 30, 60])
def test_an_animation_lasts_as_long_as_the_video_that_was_read(rate, tmp_path):
    frames = read_video(write_clock(tmp_path / "clock.mkv", rate, round(2 * rate)))
    assert sum(milliseconds(to_gif(frames))) == 2000
