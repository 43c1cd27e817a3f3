"""Features of intervals of recordings. The network is a small stand-in, and each frame of a recording tells its time."""

import shutil

import numpy as np
import pytest

from helpers.clips.folders import Clip
from helpers.clips.intervals import ActionInterval
from helpers.learn.features import clip_features, features, interval_features
from helpers.learn.training import describe_intervals
from helpers.models.chunks import CHUNK_FRAMES
from helpers.models.video_model import ModelInput, VideoModel
from helpers.video.metadata import VideoError
from helpers.video.writing import write_video
from tests.support.cheap_models import strided
from tests.support.clock_videos import ffmpeg, record_opened, write_clock


def time_keeper(fingerprint=""):
    """A model at 5 frames per second whose logits are the time of the first and of the last frame, and the number of frames."""

    def times(batch):
        seconds = np.asarray(batch).mean(axis=(2, 3, 4))[0] * 2.55
        model.seen.append((round(float(seconds[0]), 2), round(float(seconds[-1]), 2), len(seconds)))
        return {"default": np.array([[seconds[0], seconds[-1], 0.0]])}

    model = VideoModel(times, ModelInput(32, (0.0, 1.0), 1.0, 5.0, 2), None, "time keeper", fingerprint=fingerprint)
    model.seen = []
    return model


def parts(path, *times):
    return [ActionInterval(path, start, end, "wave", line) for line, (start, end) in enumerate(times, 2)]


def outcomes(model, intervals):
    return [found for _, found in interval_features(model, intervals)]


def recorded(path, count, fps):
    """Write a recording of gray frames."""
    return write_video((np.full((16, 16, 3), 7 * i % 256, np.uint8) for i in range(count)), path, fps)


@pytest.fixture
def clock(tmp_path):
    """A recording of 2.4 seconds."""
    return write_clock(tmp_path / "clock.mkv", 5, 12)


def test_an_interval_has_the_frames_between_its_start_and_its_end(clock):
    model = time_keeper()
    first, second = outcomes(model, parts(clock, (0.4, 1.2), (1.2, 2.4)))
    assert model.seen[::2] == [(0.4, 1.0, 4), (1.2, 2.2, 6)], "at 0.4, 0.6, 0.8 and 1.0 s: the end belongs to what comes next"
    assert model.seen[1::2] == [(0.8, 0.8, 2), (1.8, 1.8, 2)], "the middle frame, repeated, for the baseline"
    assert (first.frames, second.frames) == (4, 6)
    assert first.size.tolist() == pytest.approx([64, 48, 0.8])


def test_times_are_those_of_a_player_where_the_sound_starts_before_the_picture(clock, tmp_path):
    ffmpeg(
        "-itsoffset",
        0.6,
        "-i",
        clock,
        "-f",
        "lavfi",
        "-t",
        3,
        "-i",
        "sine",
        "-c:v",
        "copy",
        "-c:a",
        "flac",
        tmp_path / "late.mkv",
    )
    model = time_keeper()
    outcomes(model, parts(tmp_path / "late.mkv", (1.0, 1.8)))
    assert model.seen[0] == (0.4, 1.0, 4), "a player shows the first picture after 0.6 s"


def test_a_recording_is_read_once_and_what_is_cached_not_again(cache, clock, tmp_path, monkeypatch):
    model, opened = time_keeper("one"), record_opened(monkeypatch)
    intervals = parts(clock, (0, 0.8), (0.8, 1.6), (1.6, 2.4))
    one = features(model, intervals)
    once = [str(clock)] * 2  # first to count its frames, which this format does not state
    assert opened == once and len(model.seen) == 6
    copy = shutil.copy(clock, tmp_path / "copy.mkv")
    assert np.array_equal(features(model, parts(copy, (0.8, 1.6), (0, 0.8))), one[[1, 0]]), "in the order that was asked for"
    assert opened == once and len(model.seen) == 6
    features(model, [*parts(copy, (0, 0.8), (1.0, 1.6)), clock])
    assert len(model.seen) == 10, "another start is another interval; and the whole recording is none"


def test_intervals_that_overlap_are_described_as_each_alone(cache, clock):
    together = parts(clock, (0.0, 1.6), (0.8, 2.4), (0.8, 2.4), (1.6, 2.4))
    rows = features(time_keeper("together"), together)
    for interval, row in zip(together, rows):
        assert np.array_equal(features(time_keeper(), [interval]), [row]), interval
    model = time_keeper("together")
    assert np.array_equal(features(model, together), rows) and model.seen == [], "what is cached is the same"


def test_clips_stay_in_the_order_of_the_table_whatever_is_cached(cache, clock, tmp_path):
    """The baselines of neighbors break ties by the order of clips."""
    model, intervals = time_keeper("one"), parts(clock, (0, 0.8), (0.8, 1.6), (1.6, 2.4))
    features(model, intervals[1:2])
    clips = {Clip("clock.mkv", "wave", "g", str(tmp_path), start=one.start, end=one.end): one for one in intervals}
    for _ in "one of them cached", "all":
        assert list(describe_intervals(model, tmp_path / "table.csv", clips, [])) == list(clips)


def test_a_long_interval_is_described_window_by_window(tmp_path):
    recording = recorded(tmp_path / "long.mp4", CHUNK_FRAMES + 16, fps=5)
    model = time_keeper()
    outcomes(model, parts(recording, (0, (CHUNK_FRAMES + 16) / 5)))
    half = CHUNK_FRAMES // 2 + 8
    assert [length for _, _, length in model.seen[:2]] == [half, half]


def test_i3ds_rows_of_a_long_interval_are_those_of_a_clip_of_its_length(cache, tmp_path):
    recording = recorded(tmp_path / "long.mp4", 900, fps=25)
    model = strided()
    (found,) = outcomes(model, parts(recording, (0, 36)))
    whole = clip_features(model, recording)
    np.testing.assert_allclose(found.features, whole.features, atol=1e-4)
    assert found.frames == whole.frames and np.array_equal(found.pixels, whole.pixels)


def test_an_interval_without_enough_frames_does_not_stop_the_others(clock, tmp_path):
    model = time_keeper()
    found = outcomes(model, parts(clock, (0, 0.2), (0.4, 0.8), (0.8, 3.0), (3.2, 4.0)))
    assert [str(one) if isinstance(one, VideoError) else one.frames for one in found] == [
        "it has 1 frame at 5 per second, but time keeper needs at least 2",
        2,
        "the recording ends at 2.40 s",
        "the recording ends at 2.40 s",
    ]
    (rounded,) = outcomes(model, parts(clock, (0.8, 2.8)))
    assert rounded.frames == 8, "tools round, so that less than half a second is not missed"
    with pytest.raises(VideoError, match="clock.mkv, 0.8 to 3 s, 'wave': the recording ends at 2.40 s"):
        features(model, parts(clock, (0.8, 3.0)))


def test_a_recording_that_cannot_be_read_is_the_reason_of_each_of_its_intervals(clock, cache, tmp_path):
    (tmp_path / "broken.mkv").write_bytes(b"not a video at all")
    intervals = [*parts(tmp_path / "broken.mkv", (0, 1), (1, 2)), *parts(tmp_path / "gone.mkv", (0, 1)), *parts(clock, (0, 1))]
    found = outcomes(time_keeper("one"), intervals)
    assert [type(one).__name__ for one in found] == ["VideoError", "VideoError", "ClipFeatures", "FileNotFoundError"]


def test_an_interrupted_run_goes_on_where_it_stopped(cache, clock):
    intervals = parts(clock, (0, 0.8), (0.8, 1.6), (1.6, 2.4))
    model = time_keeper("one")
    for number, _ in enumerate(interval_features(model, intervals), 1):
        if number == 2:
            break
    assert len(model.seen) == 4
    features(model, intervals)
    assert len(model.seen) == 6, "only the third interval was computed"
