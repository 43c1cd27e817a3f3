"""Optical flow as input of I3D: known motion, the authors' own flow, the cache."""

import cv2
import numpy as np
import pytest

from helpers import read_flow, samples
from helpers.video import optical_flow
from helpers.video.metadata import VideoError
from helpers.video.optical_flow import iterate_flow
from helpers.video.reading import iterate_frames
from helpers.video.writing import write_video
from tests.support.authors_flow import CLIP, agreement, authors_flow


@pytest.fixture
def calls(monkeypatch):
    """The frame pairs whose flow was computed, each by DIS, which is quick."""
    calls = []
    monkeypatch.setitem(optical_flow.METHODS, "tvl1", lambda *pair: calls.append(pair) or optical_flow._dis(*pair))
    return calls


def moving_square(right, down, count=2):
    """Return frames, uint8 `[count, 256, 320, 3]`: a square that moves over a ground, both with a texture."""
    noise = np.random.default_rng(0).integers(0, 256, (2, 20, 20, 3), np.uint8)
    texture, ground = cv2.resize(noise[0], (120, 120)), cv2.resize(noise[1], (320, 256))
    frames = np.repeat(ground[np.newaxis], count, axis=0)
    for index, frame in enumerate(frames):
        top, left = 60 + index * down, 90 + index * right
        frame[top : top + 120, left : left + 120] = texture
    return frames


def square_flow(flow):
    """Return the median flow in the middle of the square, in pixels."""
    return np.median(flow[70:130, 70:130].reshape(-1, 2), axis=0) * 20


@pytest.mark.parametrize("method", ["tvl1", "dis"])
@pytest.mark.parametrize("motion", [(4, 0), (0, 3), (-5, 2)])
def test_the_flow_of_a_square_is_its_motion(method, motion):
    (flow,) = iterate_flow(moving_square(*motion), method)
    assert flow.dtype == np.float32 and flow.shape == (224, 224, 2)
    np.testing.assert_allclose(square_flow(flow), motion, atol=0.3)
    assert np.abs(flow[:10]).max() * 20 < 0.3  # the ground does not move


def test_flow_is_truncated_to_20_pixels(monkeypatch):
    displacement = np.broadcast_to(np.float32([-35, 12]), (256, 320, 2))
    monkeypatch.setitem(optical_flow.METHODS, "tvl1", lambda before, after: displacement)
    (flow,) = iterate_flow(moving_square(0, 0))
    assert (flow[..., 0] == -1).all()
    np.testing.assert_allclose(flow[..., 1], 0.6, atol=1e-5)


def test_the_shorter_side_is_resized_to_256_pixels():
    """Half of the pixels mean twice the displacement."""
    half = np.stack([cv2.resize(frame, (160, 128), interpolation=cv2.INTER_AREA) for frame in moving_square(4, 0)])
    (flow,) = iterate_flow(half, "dis")
    np.testing.assert_allclose(square_flow(flow), (4, 0), atol=0.3)


def test_a_video_may_change_its_size():
    first, second = moving_square(4, 0)
    (flow,) = iterate_flow([first, second[:, 8:-8]], "dis")
    np.testing.assert_allclose(square_flow(flow), (4, 0), atol=0.3)


def test_frames_are_resampled_to_25_per_second(tmp_path):
    """At 50 frames per second, every second frame counts, so that the motion is doubled."""
    path = write_video(moving_square(2, 0, count=41), tmp_path / "square.mp4", fps=50, crf=0)
    flow = read_flow(path, method="dis")
    assert flow.shape == (20, 224, 224, 2)
    np.testing.assert_allclose(square_flow(flow[0]), (4, 0), atol=0.5)
    assert read_flow(path, max_frames=12, method="dis", fps="file").shape == (12, 224, 224, 2)


def test_pairs_are_read_only_as_they_are_needed():
    """Flow of a long video needs memory for as many pairs as there are threads."""
    read = []
    flow = iterate_flow((read.append(0) or frame for frame in moving_square(1, 0, count=30)), "dis")
    next(flow)
    assert len(read) <= cv2.getNumThreads() + 2


def test_cached_flow_is_equal_to_the_bit(calls, cache):
    first = read_flow(samples["v_Cartwheel_g01_c01.avi"], max_frames=9)
    assert first.shape == (9, 224, 224, 2) and len(calls) == 9
    np.testing.assert_array_equal(read_flow(samples["v_Cartwheel_g01_c01.avi"], max_frames=9), first)
    np.testing.assert_array_equal(list(iterate_flow(iterate_frames(samples["v_Cartwheel_g01_c01.avi"], 25.0)))[:9], first)
    read_flow(samples["v_Cartwheel_g01_c01.avi"], max_frames=10)
    assert len(calls) == 9 + 63 + 10


def test_damaged_flow_in_the_cache_is_computed_again(calls, cache):
    first = read_flow(samples["v_Cartwheel_g01_c01.avi"], max_frames=9)
    (cached,) = (cache / "optical-flow").iterdir()
    content = bytearray(cached.read_bytes())
    content[len(content) // 2] ^= 1
    cached.write_bytes(content)
    with pytest.warns(UserWarning, match="is damaged .*; the optical flow is computed again"):
        np.testing.assert_array_equal(read_flow(samples["v_Cartwheel_g01_c01.avi"], max_frames=9), first)
    read_flow(samples["v_Cartwheel_g01_c01.avi"], max_frames=9)
    assert len(calls) == 18


def test_an_interrupted_computation_leaves_nothing(calls, cache, monkeypatch):
    def interrupted(before, after):
        raise KeyboardInterrupt

    monkeypatch.setitem(optical_flow.METHODS, "tvl1", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_flow(samples["v_Cartwheel_g01_c01.avi"])
    assert not list(cache.rglob("*.npz")) and not list(cache.rglob("*.part*"))


def test_a_cache_that_cannot_be_written_is_reported(calls, cache):
    cache.mkdir()
    (cache / "optical-flow").write_text("a file in place of the folder")
    with pytest.warns(UserWarning, match="The optical flow cannot be cached in .*optical-flow"):
        assert len(read_flow(samples["v_Cartwheel_g01_c01.avi"], max_frames=9)) == 9


def test_what_could_not_be_read_is_reported_from_the_cache_too(calls, cache, tmp_path):
    cut = tmp_path / "cut.avi"
    cut.write_bytes(samples["v_Cartwheel_g01_c01.avi"].read_bytes()[:60_000])
    for _ in range(2):
        with pytest.warns(UserWarning, match="cut.avi: "):
            read_flow(cut)
    assert len(calls) < 63


@pytest.mark.parametrize("count", [1, 9])
def test_a_video_needs_ten_frames_for_nine_flow_fields(count, cache, tmp_path):
    path = write_video(moving_square(1, 0, count), tmp_path / "short.mp4")
    message = "contains only one picture, so it is not a video" if count == 1 else "has 9 frames, but I3D needs at least 10"
    with pytest.raises(VideoError, match=message):
        read_flow(path, method="dis")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "farneback"}, "method must be 'tvl1' or 'dis', not 'farneback'"),
        ({"max_frames": 8}, "max_frames is 8, but I3D needs at least 9"),
        ({"fps": 0}, "fps must be more than 0"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        read_flow(samples["v_Cartwheel_g01_c01.avi"], **arguments)


def test_an_opencv_without_tvl1_says_what_to_install(monkeypatch):
    monkeypatch.delattr("cv2.optflow")
    with pytest.raises(ValueError, match=r"does not contain TV-L1.*uninstall.*install opencv-contrib-python-headless"):
        read_flow(samples["v_Cartwheel_g01_c01.avi"])
    assert len(read_flow(samples["v_Cartwheel_g01_c01.avi"], method="dis")) == 63


def test_a_missing_file_and_one_that_is_not_a_video(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        read_flow(tmp_path / "missing.avi")
    (tmp_path / "notes.avi").write_text("not a video")
    with pytest.raises(VideoError, match="is not a video"):
        read_flow(tmp_path / "notes.avi")


@pytest.fixture
def authors(real_clips):
    try:
        return authors_flow(real_clips)
    except FileNotFoundError as error:
        pytest.skip(str(error))


def test_some_pairs_agree_with_the_authors_flow(real_clips, authors):
    frames = list(iterate_frames(real_clips / f"{CLIP}.avi", 25.0))
    pairs = range(0, 79, 13)
    tvl1, dis = (np.concatenate([list(iterate_flow(frames[k : k + 2], method)) for k in pairs]) for method in ("tvl1", "dis"))
    correlation, error = agreement(tvl1, authors[pairs])
    assert correlation > 0.88 and error < 0.13
    assert agreement(dis, authors[pairs])[0] < correlation - 0.05


@pytest.mark.long
def test_flow_agrees_with_the_authors_flow(real_clips, authors, cache):
    """Correlation 0.91 and mean error 0.11 pixels for TV-L1; 0.78 and 0.16 for DIS; no flow at all has 0.18."""
    clip = real_clips / f"{CLIP}.avi"
    correlation, error = agreement(read_flow(clip), authors)
    assert correlation >= 0.90 and error == pytest.approx(0.108, abs=0.005)
    correlation, error = agreement(read_flow(clip, method="dis"), authors)
    assert correlation == pytest.approx(0.78, abs=0.03) and error == pytest.approx(0.155, abs=0.01)
