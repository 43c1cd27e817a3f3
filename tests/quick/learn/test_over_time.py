"""Features over time. The networks are small; `strided` has I3D's receptive field in time."""

import tracemalloc

import numpy as np
import pytest

from helpers.basics.statistics import standardize
from helpers.learn import over_time
from helpers.learn.features import dense_rows, features, mean_features
from helpers.learn.over_time import features_over_time, rows_over_time, sampling
from helpers.models.i3d.two_stream import TwoStreamModel
from helpers.models.video_model import FLOW_INPUT
from helpers.video.metadata import VideoError
from helpers.video.optical_flow import read_flow
from helpers.video.reading import read_video
from tests.support import TOP
from tests.support.cheap_models import causal, colors, strided
from tests.support.clock_videos import write_clock

SAMPLE = TOP / "samples" / "v_Jump_g01_c01.avi"  # 64 frames at 25 per second


def noise(count):
    return np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3), np.uint8)


def rows_of(model, frames, *chosen):
    return np.array(list(rows_over_time(model, frames, sampling(*chosen))))


@pytest.mark.parametrize("count", [16, 100, 200, 1001])
@pytest.mark.parametrize("chunk_frames", [8, 64, 384])
def test_a_dense_pass_does_not_depend_on_the_borders_of_chunks(count, chunk_frames, monkeypatch):
    model, frames = strided(), noise(count)
    monkeypatch.setattr(over_time, "CHUNK_FRAMES", chunk_frames)
    found = rows_of(model, frames, 8)
    assert found.dtype == np.float32 and found.shape == (count // 8 - 1, 3)
    np.testing.assert_allclose(found, dense_rows(model, frames[: count // 8 * 8]), rtol=1e-6)


def test_rows_at_larger_distances_are_means():
    frames = noise(200)
    fine, coarse = (rows_of(strided(), frames, every) for every in (8, 24))
    assert len(fine) == 24 and len(coarse) == 8
    np.testing.assert_allclose(coarse, fine.reshape(8, 3, 3).mean(axis=1), rtol=1e-6)


@pytest.mark.parametrize("model", [strided(), colors(), causal()], ids=lambda model: model.name)
@pytest.mark.parametrize("window, step", [(64, 16), (64, 64), (9, 40), (16, 1), (100, 7)])
def test_windows_are_those_of_a_plain_loop(model, window, step):
    frames = np.random.default_rng(0).integers(0, 256, (100, *2 * [model.input.size], 3), np.uint8)
    plain = [mean_features(model, frames[i : i + window]) for i in range(0, 100 - window + 1, step)]
    np.testing.assert_allclose(rows_of(model, frames, None, window, step), plain, rtol=1e-6)


def test_a_causal_model_describes_all_frames_so_far():
    frames = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), np.uint8)
    plain = [standardize(frames[:count].mean(axis=(0, 1, 2)) / 255) for count in (6, 12, 18)]
    np.testing.assert_allclose(rows_of(causal(), frames, 6), plain, atol=1e-3)


@pytest.mark.parametrize("model, chosen", [(strided(), (8,)), (strided(), (32,)), (causal(), (3,)), (strided(), (None, 24, 16))])
def test_what_a_row_sees_is_what_can_change_it(model, chosen, monkeypatch):
    """A frame inside changes a row, also the first and the last one; a frame outside changes no bit of it."""
    frames = np.full((200, *2 * [model.input.size], 3), 100, np.uint8)
    monkeypatch.setattr(over_time, "crop_and_resize", lambda frame, *place: frame)
    monkeypatch.setattr(over_time, "VideoReader", Frames)
    record = over_time.compute_over_time(model, Frames(frames, model.input.fps), sampling(*chosen))
    before, first, end = rows_of(model, frames, *chosen), *record.sees.T
    for i in {*(first - 1), *first, *(end - 1), *end} & {*range(len(frames))}:
        other = frames.copy()
        other[i, ..., 0] = 250
        changed = (rows_of(model, other, *chosen) != before).any(axis=1)
        assert np.array_equal(changed, (first <= i) & (i < end)), i
    middles = (record.step * np.arange(len(before)) + record.length / 2) / model.input.fps
    np.testing.assert_allclose(record.times, middles)


class Frames:
    """Frames in place of a file and its reader."""

    note = ""

    def __init__(self, frames, fps):
        self.frames = getattr(frames, "frames", frames)
        self.metadata = type("Metadata", (), {"width": 8, "height": 8, "duration": len(self.frames) / fps})

    def __iter__(self):
        return iter(self.frames)

    def close(self):
        pass


def test_a_record_says_when_each_row_is_and_what_it_sees(cache):
    record = features_over_time(strided(), SAMPLE)
    assert (record.frames, record.fps, record.step, record.length, record.rows.shape) == (64, 25, 8, 16, (7, 3))
    np.testing.assert_allclose(record.times, [0.32, 0.64, 0.96, 1.28, 1.6, 1.92, 2.24])
    assert record.sees.tolist() == [[0, 63], [0, 64], [0, 64], [0, 64], [0, 64], [0, 64], [4, 64]]
    np.testing.assert_allclose(record.rows, dense_rows(strided(), read_video(SAMPLE, size=8, crop_fraction=1.0)), rtol=1e-6)
    windows = features_over_time(strided(), SAMPLE, window=24, step=16)
    assert windows.sees.tolist() == [[0, 24], [16, 40], [32, 56]] and windows.times.tolist() == [0.48, 1.12, 1.76]
    later = features_over_time(causal(), SAMPLE, every=5)  # 13 frames at 5 per second
    assert later.sees.tolist() == [[0, 5], [0, 10]] and later.times.tolist() == [0.5, 1.5]


def test_rows_are_cached_by_what_is_asked_for(cache, monkeypatch):
    first, windows = features_over_time(strided(), SAMPLE), features_over_time(strided(), SAMPLE, window=16)
    monkeypatch.setattr(over_time, "compute_over_time", None)
    assert all(map(np.array_equal, features_over_time(strided(), SAMPLE, every=8), first))
    assert all(map(np.array_equal, features_over_time(strided(), SAMPLE, window=16, step=16), windows))
    assert len(list((cache / "features").rglob("*.npz"))) == 2
    with pytest.raises(TypeError):
        features_over_time(strided(), SAMPLE, every=16)


@pytest.mark.parametrize("chosen", [(8,), (None, 64, 16), (None, 16, 64)])
def test_memory_does_not_grow_with_the_length(chosen):
    """Ten minutes are 15,000 frames: 3 MB of this size, and 0.2 MB of rows."""
    model = colors() if chosen[0] is None else strided()
    frame = np.zeros((model.input.size, model.input.size, 3), np.uint8)

    def peak(count):
        tracemalloc.start()
        rows = sum(1 for _ in rows_over_time(model, (frame.copy() for _ in range(count)), sampling(*chosen)))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return rows, found

    peak(1500)  # what TensorFlow and NumPy allocate once
    (few, short), (many, long) = peak(1500), peak(15_000)
    assert many > 9 * few and long < short + 15_000 * frame.nbytes / 10


def test_a_video_that_is_too_short_for_a_row_is_an_error(tmp_path, cache):
    clip = write_clock(tmp_path / "short.mkv", 25, 15)
    with pytest.raises(VideoError, match="short.mkv has 15 frames at 25 per second, but one row over time needs 16: leave"):
        features_over_time(strided(), clip)
    assert len(features_over_time(strided(), clip, window=15).rows) == 1
    with pytest.raises(VideoError, match="has 3 frames at 5 per second, but one row over time needs 4"):
        features_over_time(causal(), clip, every=4)
    both = TwoStreamModel(strided(), flow_network(), "both")
    with pytest.raises(VideoError, match="or describe it as a whole .with RGB alone, without every and window"):
        features_over_time(both, clip)


@pytest.mark.parametrize(
    "model, options, message",
    [
        (strided, {"every": 7}, "every must be a multiple of 8 frames for strided, .* not 7. For any other distance, use window"),
        (strided, {"window": 4}, "window must be at least 9 frames for strided, not 4"),
        (strided, {"window": 64, "step": 0}, "step must be a number of frames, at least 1, not 0"),
        (strided, {"every": 8.0}, "every must be a number of frames, at least 1, not 8.0"),
        (strided, {"every": 8, "window": 64}, "every is for one dense pass, and window and step are for separate windows"),
        (strided, {"every": 8, "step": 8}, "every is for one dense pass"),
        (strided, {"step": 8}, "step=8 is the distance between windows, but window, their length, is missing"),
        (colors, {"every": 8}, "colors has one output for a whole clip, so every cannot be used: use window and step"),
    ],
)
def test_settings_that_do_not_fit_are_refused(model, options, message, cache):
    with pytest.raises(ValueError, match=message):
        features_over_time(model(), SAMPLE, **options)


def flow_network():
    model = strided()
    model.input, model.name, model.fingerprint = FLOW_INPUT, "strided flow", "strided-flow"
    return model


def test_rows_of_optical_flow(cache):
    flow = read_flow(SAMPLE, method="dis")
    record = features_over_time(flow_network(), SAMPLE, flow="dis")
    assert record.frames == len(flow) + 1 == 64 and len(record.rows) == 6
    np.testing.assert_allclose(record.rows, dense_rows(flow_network(), flow[:56]), rtol=1e-5, atol=1e-7)
    assert record.sees[-1].tolist() == [0, 57], "the last flow field leads to one more frame"
    windows = features_over_time(flow_network(), SAMPLE, window=32, step=16, flow="dis")
    assert windows.rows.shape == (2, 3) and windows.sees.tolist() == [[0, 33], [16, 49]]


def test_rows_of_two_streams_are_those_of_both_side_by_side(cache):
    rgb, flow = strided(), flow_network()
    found = features_over_time(TwoStreamModel(rgb, flow, "both"), SAMPLE, flow="dis")
    own = [features_over_time(rgb, SAMPLE), features_over_time(flow, SAMPLE, flow="dis")]
    assert [len(record.rows) for record in own] == [7, 6], "a flow field less than frames"
    np.testing.assert_array_equal(found.rows, np.concatenate([record.rows[:6] for record in own], axis=1))
    assert found.sees.tolist() == np.maximum(own[0].sees[:6], own[1].sees).tolist() and found.frames == 64


def test_optical_flow_is_only_for_networks_that_need_it(cache):
    with pytest.raises(ValueError, match="strided needs no optical flow: leave out flow='dis'"):
        features_over_time(strided(), SAMPLE, flow="dis")
    with pytest.raises(ValueError, match="method must be 'tvl1' or 'dis', not 'fast'"):
        features_over_time(flow_network(), SAMPLE, flow="fast")
    with pytest.raises(ValueError, match="flow is for features over time: add every"):
        sampling(flow="dis")
    with pytest.raises(ValueError, match="strided flow needs optical flow, which only predict and features over time support"):
        features(flow_network(), [SAMPLE])
