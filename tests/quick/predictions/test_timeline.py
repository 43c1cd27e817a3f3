"""Timelines of a model that returns the brightness of a clip; network/predictions/test_timeline.py has those of I3D."""

import csv
import sys

import numpy as np
import psutil
import pytest

from helpers import predict_timeline, samples
from helpers.basics.statistics import running_mean
from helpers.predictions.prediction import softmax
from helpers.predictions.timeline import Timeline, format_timestamp
from helpers.video.metadata import VideoError
from tests.support.cheap_models import causal
from tests.support.clock_videos import ffmpeg, record_opened, write_changing_clock, write_clock

LABELS = ["bright", "dark"]
FRAMES = np.zeros((128, 224, 224, 3), np.uint8)


def brightness(batch):
    mean = float(np.mean(batch))
    return {"default": np.array([[mean, -mean]], np.float32)}


@pytest.mark.parametrize("rate", [12.5, 25, 29.97, 50, "variable"])
def test_a_file_is_resampled_to_25_frames_per_second(rate, tmp_path):
    path = tmp_path / "clock.mkv"
    write_changing_clock(path) if rate == "variable" else write_clock(path, rate, round(2 * rate))
    timeline = predict_timeline(brightness, LABELS, path)
    assert timeline.fps == 25 and timeline.note == ""
    np.testing.assert_allclose(timeline.seconds, np.array([8, 16, 24, 32, 40]) / 25)
    shown = [frame.mean() / 100 for frame in timeline.thumbnails]
    np.testing.assert_allclose(shown, [0, 32 / 25], atol=0.05)


def test_the_rate_can_be_chosen_or_be_that_of_the_file(tmp_path):
    path = write_clock(tmp_path / "clock.mkv", 50, 100)
    assert predict_timeline(brightness, LABELS, path, fps=10).seconds.tolist() == [0.8]
    timeline = predict_timeline(brightness, LABELS, path, fps=None)
    assert timeline.fps == 50
    assert len(timeline.seconds) == 100 // 8 - 1 and timeline.seconds[0] == 8 / 50


def test_times_are_those_of_a_player(tmp_path):
    """The sound of this video starts 0.8 seconds before its picture."""
    sound = ["-f", "lavfi", "-i", "sine=duration=3"]
    clip = write_clock(tmp_path / "clock.mkv", 25, 50)
    ffmpeg(*sound, "-itsoffset", 0.8, "-i", clip, "-c:v", "copy", tmp_path / "late.mkv")
    timeline = predict_timeline(brightness, LABELS, tmp_path / "late.mkv")
    assert timeline.start == pytest.approx(0.8, abs=0.01)
    np.testing.assert_allclose(timeline.seconds, 0.8 + np.array([8, 16, 24, 32, 40]) / 25, atol=0.01)
    assert timeline.segments()[0][0] == pytest.approx(0.8 + 4 / 25, abs=0.01)


@pytest.mark.parametrize("fps", ["model", "file"])
def test_a_file_is_opened_once(fps, monkeypatch):
    path, opened = samples["v_Cartwheel_g01_c01.avi"], record_opened(monkeypatch)
    assert len(predict_timeline(brightness, LABELS, path, fps).seconds) == 7
    assert opened == [str(path)]


@pytest.mark.parametrize("fps, expected", [(None, 25), (25, 25), (50, 50)])
def test_frames_are_not_resampled(fps, expected):
    timeline = predict_timeline(brightness, LABELS, iter(FRAMES[:32]), fps=fps)
    assert timeline.fps == expected
    np.testing.assert_allclose(timeline.seconds, np.array([8, 16, 24]) / expected)


def test_every_frame_of_a_short_video_at_a_high_rate_can_be_taken(tmp_path):
    path = write_clock(tmp_path / "clock.mkv", 60, 30)
    with pytest.raises(VideoError, match="at least 16 frames. .*fps=None .--fps file in a terminal.: these are 25 per second"):
        predict_timeline(brightness, LABELS, path)
    assert len(predict_timeline(brightness, LABELS, path, fps=None).seconds) == 2


@pytest.mark.parametrize(
    "options, message",
    [
        ({"fps": 0}, "fps must be more than 0"),
        ({"chunk_frames": 60}, "chunk_frames must be a positive multiple of 8, not 60"),
        ({"labels": LABELS[:1]}, "one label for each of the model's 2 outputs, not 1."),
        ({"video": FRAMES[:15]}, "at least 16 frames"),
        ({"fps": "fast"}, "'model' or 'file', not 'fast'"),
        ({"labels": None}, "labels are None"),
        ({"window": 0}, "window must be a number of frames, at least 1, not 0"),
        ({"video": FRAMES[np.newaxis, :16]}, r"the frame is uint8 \[16, 224, 224, 3\], but must be uint8 \[H, W, 3\]"),
        ({"video": FRAMES[:16].tolist()}, "the frame is a list"),
        ({"video": FRAMES[:16] / 255}, "the frame is float64"),
    ],
)
def test_unsuitable_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        predict_timeline(brightness, **{"labels": LABELS, "video": FRAMES[:16], **options})


def test_a_timeline_of_an_unplugged_camera_ends_there():
    def camera():
        yield from FRAMES[:100]
        raise OSError("the camera was unplugged")

    timeline = predict_timeline(brightness, LABELS, camera())
    assert len(timeline.seconds) == 11
    assert timeline.note == "The video ends after 100 frames: the camera was unplugged"


def test_the_note_reports_a_truncated_file(tmp_path):
    clip = samples["v_Cartwheel_g01_c01.avi"].read_bytes()
    (tmp_path / "truncated.avi").write_bytes(clip[: len(clip) // 2])
    timeline = predict_timeline(brightness, LABELS, tmp_path / "truncated.avi")
    assert len(timeline.seconds) > 0
    assert "The file's header announces 2.6 seconds of video, but only " in timeline.note


def test_a_video_that_is_too_short_is_an_error_even_if_a_part_of_it_cannot_be_read(tmp_path):
    clip = samples["v_Cartwheel_g01_c01.avi"].read_bytes()
    (tmp_path / "truncated.avi").write_bytes(clip[: len(clip) // 8])
    with pytest.raises(VideoError, match="needs at least 16 frames. Use a longer video. .*Is it complete?"):
        predict_timeline(brightness, LABELS, tmp_path / "truncated.avi")


@pytest.fixture(scope="module")
def part():
    """A timeline of the first 120 frames."""
    return predict_timeline(brightness, LABELS, FRAMES[:120])


def test_a_timeline_that_is_resumed_is_not_changed(part):
    whole = predict_timeline(brightness, LABELS, FRAMES, after=part)
    assert (len(whole.seconds), len(whole.logits), len(whole.thumbnails)) == (15, 15, 4)
    assert (len(part.seconds), len(part.logits), len(part.thumbnails), part.note) == (14, 14, 4, "")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"fps": 30}, "fps must be 25.0, as in the timeline to resume, not 30"),
        ({"window": 16}, "window must be 64, as in the timeline to resume, not 16"),
        ({"labels": LABELS[::-1]}, "Pass labels=after.labels"),
        ({"value_range": (0, 1)}, r"value_range must be \(-1.0, 1.0\), as in the timeline to resume, not \(0, 1\)"),
        ({"crop_fraction": 1}, "crop_fraction must be 0.875, as in"),
    ],
)
def test_a_timeline_is_resumed_with_the_same_options_only(options, message, part):
    with pytest.raises(ValueError, match=message):
        predict_timeline(brightness, after=part, **{"labels": LABELS, "video": FRAMES, **options})


def test_a_file_is_closed_if_its_timeline_cannot_be_resumed():
    video = samples["v_Cartwheel_g01_c01.avi"]
    part = predict_timeline(brightness, LABELS, video)
    before = len(psutil.Process().open_files())
    with pytest.raises(ValueError, match="window must be"):
        predict_timeline(brightness, LABELS, video, after=part, window=8)
    assert len(psutil.Process().open_files()) == before


def test_timelines_are_compared_by_identity():
    one, other = small_timeline(), small_timeline()
    assert one == one and one != other
    assert len({one, other}) == 2


def interrupted_append(timeline, line):
    """Append with Ctrl-C before a line of `append`; return False if it has fewer lines."""
    lines = iter(range(100))

    def watch(frame, event, argument):
        if frame.f_code is not Timeline.append.__code__:
            return None
        if event == "line" and next(lines) == line:
            raise KeyboardInterrupt
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        timeline.append(np.zeros((3, 2), np.float32), np.zeros((24, 224, 224, 3), np.uint8))
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_an_interruption_at_any_line_leaves_a_consistent_timeline():
    line = 0
    while interrupted_append(timeline := small_timeline(), line):
        assert (len(timeline.seconds), len(timeline.logits), len(timeline.thumbnails)) == (3, 3, 1)
        line += 1
    assert line > 3, "some lines were interrupted"
    assert (len(timeline.seconds), len(timeline.logits), len(timeline.thumbnails)) == (6, 6, 2)


def test_an_error_leaves_a_consistent_timeline():
    timeline = small_timeline()
    with pytest.raises(ValueError):
        timeline.append(np.zeros((3, 7), np.float32), np.zeros((24, 224, 224, 3), np.uint8))
    assert (len(timeline.seconds), len(timeline.logits), len(timeline.thumbnails)) == (3, 3, 1)


def test_an_empty_timeline_cannot_be_drawn():
    empty = Timeline(["a"], np.empty(0), np.empty((0, 1), np.float32), fps=25.0, note="Interrupted.")
    assert str(empty) == "Interrupted."
    with pytest.raises(ValueError, match="no predictions to show. Interrupted."):
        empty.draw()


def small_timeline():
    logits = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], np.float32))
    timeline = Timeline(["running", "resting, long"], np.empty(0), np.empty((0, 2), np.float32), fps=25.0, window=16)
    timeline.append(logits, np.zeros((24, 224, 224, 3), np.uint8))
    return timeline


def test_the_segments_are_printed():
    assert str(small_timeline()) == "0:00–0:00 running 85%\n0:00–0:01 resting, long 70%"


def test_short_segments_are_left_out():
    assert [label for _, _, label, _ in small_timeline().segments(min_seconds=0.5)] == ["running"]


def timeline_of(*actions):
    """Return a timeline with these actions, each with a probability of 0.8 for 8 frames."""
    labels = ["running", "walking", "resting"]
    logits = np.log([[0.8 if label == action else 0.1 for label in labels] for action in actions]).astype(np.float32)
    timeline = Timeline(labels, np.empty(0), np.empty((0, 3), np.float32), fps=25.0, window=8)
    timeline.append(logits, np.zeros((8 * len(actions), 8, 8, 3), np.uint8))
    return timeline


def test_segments_around_a_short_one_are_merged():
    timeline = timeline_of(*["running"] * 8, *["walking"] * 2, *["running"] * 6)
    assert str(timeline) == "0:00–0:05 running 71%"
    ((start, end, _, probability),) = timeline.segments()
    assert (start, end) == pytest.approx((4 / 25, 4 / 25 + 16 * 8 / 25))
    assert probability == pytest.approx((14 * 0.8 + 2 * 0.1) / 16), "mean probability of running from start to end"


def test_segments_around_a_long_gap_are_not_merged():
    timeline = timeline_of(*["running"] * 8, *["walking"] * 2, *["resting"] * 2, *["running"] * 8)
    assert [label for _, _, label, _ in timeline.segments()] == ["running", "running"]


def test_it_is_saved_as_csv(tmp_path):
    small_timeline().save(tmp_path / "timeline.csv", top=1)
    with open(tmp_path / "timeline.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["seconds", "rank", "action", "probability"]
    assert rows[3] == ["0.96", "1", "resting, long", "0.7000"]


def test_the_chart_has_alternative_text():
    chart, film = small_timeline().draw().image.axes
    assert {text.get_text() for text in chart.get_legend().get_texts()} == {"running", "resting, long"}
    assert len(film.images) == len(small_timeline().thumbnails) == 1
    assert small_timeline().draw().alt.endswith("Top-1: 0:00–0:00 running 85%; 0:00–0:01 resting, long 70%")


def test_the_chart_marks_cuts():
    chart, _ = small_timeline().draw(cuts=[0.5]).image.axes
    assert [line.get_xdata()[0] for line in chart.lines if line.get_linestyle() == "--"][-1] == 0.5


def test_the_chart_begins_where_the_picture_does():
    """The sound of this video starts 4 seconds before its picture."""
    timeline = Timeline(["a"], np.empty(0), np.empty((0, 1), np.float32), fps=25.0, start=4.0)
    brighter = np.arange(56, dtype=np.uint8)[:, np.newaxis, np.newaxis, np.newaxis] * np.ones((1, 8, 8, 3), np.uint8)
    timeline.append(np.zeros((7, 1), np.float32), brighter)
    chart = timeline.draw()
    film = chart.image.axes[1]
    assert film.get_xlim() == pytest.approx((4, 4 + 64 / 25))
    assert [int(image.get_array()[0, 0, 0]) for image in film.images] == [0, 32]
    assert film.images[0].get_extent()[:2] == pytest.approx([4, 4 + 32 / 25])
    assert "over 3 seconds" in chart.alt


def test_every_32nd_frame_is_a_thumbnail_wherever_the_chunks_end():
    timeline = Timeline(["a"], np.empty(0), np.empty((0, 1), np.float32), fps=25.0)
    frames = np.arange(0, 240, dtype=np.uint8)[:, np.newaxis, np.newaxis, np.newaxis] * np.ones((1, 8, 8, 3), np.uint8)
    for first, last in [(0, 40), (40, 48), (48, 160), (160, 240)]:
        timeline.append(np.zeros(((last - first) // 8, 1), np.float32), frames[first:last])
    assert [int(frame[0, 0, 0]) for frame in timeline.thumbnails] == list(range(0, 240, 32))


@pytest.mark.parametrize("seconds, text", [(0, "0:00"), (9.99, "0:09"), (61, "1:01"), (3600, "60:00")])
def test_timestamps_are_minutes_and_seconds(seconds, text):
    assert format_timestamp(seconds) == text


@pytest.mark.parametrize("step, window, rows", [(1, 0, 1), (1, 1, 1), (1, 2, 2), (1, 5, 5), (8, 16, 1), (8, 64, 7)])
def test_probabilities_average_the_predictions_of_a_window(step, window, rows):
    logits = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    timeline = Timeline(["a", "b", "c"], np.arange(20.0), logits, 25, window, step=step)
    np.testing.assert_allclose(timeline.probabilities, softmax(running_mean(logits, rows)))


def test_a_running_mean_over_one_row_changes_nothing():
    rows = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(running_mean(rows, 1), rows)


def learned_stream():
    """A causal model of learned actions: its logits are the mean colors of all frames that it was given."""
    model = causal()
    model.is_learned = True
    return model


def colored(*counts):
    """Frames that are red, then green, then blue."""
    return [np.full((32, 32, 3), 255 * np.eye(3)[i], np.uint8) for i, count in enumerate(counts) for _ in range(count)]


def test_a_causal_model_of_learned_actions_predicts_each_second_from_two():
    timeline = predict_timeline(learned_stream(), ["red", "green", "blue"], colored(150, 50, 25), window=10)
    assert timeline.seconds.tolist() == list(range(1, 45)) and timeline.step == 5
    np.testing.assert_allclose(timeline.logits[[0, 28, 29, 30]], [[1, 0, 0], [1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]])
    assert [(round(start), round(end), label) for start, end, label, _ in timeline.segments()] == [
        (0, 30, "red"),
        (30, 40, "green"),
        (40, 44, "blue"),
    ]
    stock = predict_timeline(causal(), ["red", "green", "blue"], colored(150, 50, 25))
    assert {label for *_, label, _ in stock.segments()} == {"red"}, "the mean over all frames so far"


def test_a_timeline_of_learned_actions_is_resumed():
    model, labels, frames = learned_stream(), ["red", "green", "blue"], colored(20, 20, 10)
    whole = predict_timeline(model, labels, frames)
    part = predict_timeline(model, labels, frames[:23])
    resumed = predict_timeline(model, labels, frames, after=part)
    assert len(part.seconds) == 3 and np.array_equal(resumed.logits, whole.logits)
    assert np.array_equal(resumed.seconds, whole.seconds)
    with pytest.raises(VideoError, match="too short for a timeline, which needs at least 10 frames"):
        predict_timeline(model, labels, frames[:9])
