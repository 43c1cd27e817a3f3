"""Timelines, with the real network on the samples."""

import csv

import numpy as np
import pytest
import tensorflow as tf

from helpers import kinetics_labels, predict_timeline, read_video, samples
from helpers.prediction import to_batch
from helpers.timeline import BEFORE, Timeline, clock, pieces, running_mean
from helpers.video import VideoError

LABELS = kinetics_labels()
CARTWHEEL, KICK = "v_Cartwheel_g04_c01.avi", "v_SpinKick_g01_c01.avi"


@pytest.fixture(scope="module")
def joined():
    """A video with one cut in its middle: twice a cartwheel, twice a kick; 256 frames."""
    return np.concatenate([read_video(samples[name]) for name in [CARTWHEEL] * 2 + [KICK] * 2])


@pytest.mark.network
def test_it_says_what_happens_when(model, joined):
    timeline = predict_timeline(model, LABELS, joined)
    stretches = timeline.segments(shortest=2)
    assert [label for _, _, label, _ in stretches] == ["cartwheeling", "high kick"]
    assert stretches[1][0] == pytest.approx(128 / 25, abs=0.8), "seconds at which the kick begins"
    assert len(timeline.seconds) == 256 // 8 - 1
    assert timeline.seconds[0] == pytest.approx(8 / 25)
    assert timeline.note == ""


@pytest.mark.network
def test_answers_do_not_depend_on_the_pieces(model, joined, monkeypatch):
    whole = model.module.signatures["timeline"](tf.constant(to_batch(joined)))["default"].numpy()[0]
    monkeypatch.setattr(pieces, "__defaults__", (0, 64))
    np.testing.assert_allclose(predict_timeline(model, LABELS, joined).logits, whole, atol=1e-4)


@pytest.mark.network
def test_the_mean_over_the_timeline_is_the_answer_for_the_clip(model):
    batch = tf.constant(to_batch(read_video(samples[CARTWHEEL])))
    answers = model.module.signatures["timeline"](batch)["default"]
    np.testing.assert_allclose(np.mean(answers, axis=1), model(batch)["default"], atol=1e-4)


@pytest.mark.network
def test_features_are_what_the_classifier_sees(model, keras_i3d):
    batch = tf.constant(to_batch(read_video(samples[CARTWHEEL])))
    features = model.module.signatures["features"](batch)["default"].numpy()[0]
    assert features.shape == (7, 1024)
    kernel, bias = keras_i3d.get_layer("Logits.Conv3d_0c_1x1").get_weights()
    np.testing.assert_allclose((features @ kernel[0, 0, 0] + bias).mean(axis=0), model(batch)["default"][0], atol=1e-4)


@pytest.mark.network
def test_a_module_from_elsewhere_is_asked_window_by_window(model):
    frames = np.concatenate([read_video(samples[CARTWHEEL])] * 2)[:80]
    timeline = predict_timeline(lambda batch: model(batch), LABELS, frames)
    assert len(timeline.seconds) == 9
    middle = model(tf.constant(to_batch(frames[8:72])))["default"].numpy()[0]
    np.testing.assert_allclose(timeline.logits[4], middle, atol=1e-4)


@pytest.mark.network
def test_an_interruption_keeps_what_was_computed_and_can_be_gone_on_from(model, joined, monkeypatch):
    monkeypatch.setattr(pieces, "__defaults__", (0, 64))

    def stopped_after(count):
        yield from joined[:count]
        raise KeyboardInterrupt

    part = predict_timeline(model, LABELS, stopped_after(168))
    assert 0 < len(part.seconds) < 31
    assert "after=this_timeline" in part.note
    whole = predict_timeline(model, LABELS, joined, after=part)
    np.testing.assert_allclose(whole.logits, predict_timeline(model, LABELS, joined).logits, atol=1e-4)
    assert whole.note == ""


@pytest.mark.network
def test_a_camera_that_goes_away_leaves_the_timeline_up_to_there(model, joined):
    def camera():
        yield from joined[:100]
        raise OSError("the camera was unplugged")

    timeline = predict_timeline(model, LABELS, camera())
    assert len(timeline.seconds) == 11
    assert timeline.note == "It ends after 100 frames: the camera was unplugged"


@pytest.mark.network
def test_a_file_that_is_cut_short_says_so(model, tmp_path):
    clip = samples[CARTWHEEL].read_bytes()
    (tmp_path / "cut.avi").write_bytes(clip[: len(clip) // 2])
    timeline = predict_timeline(model, LABELS, tmp_path / "cut.avi")
    assert len(timeline.seconds) > 0
    assert "The file announces 64 frames, " in timeline.note


@pytest.mark.network
def test_too_short_a_video_is_refused(model):
    with pytest.raises(VideoError, match="at least 16 frames"):
        predict_timeline(model, LABELS, read_video(samples[CARTWHEEL])[:15])


@pytest.mark.network
def test_labels_of_another_model_are_refused(model):
    with pytest.raises(ValueError, match="399 labels for a model with 400 outputs"):
        predict_timeline(model, LABELS[1:], read_video(samples[CARTWHEEL])[:16])


def test_nothing_to_draw_says_so():
    empty = Timeline(["a"], np.empty(0), np.empty((0, 1), np.float32), fps=25.0, note="Interrupted.")
    assert str(empty) == "Interrupted."
    with pytest.raises(ValueError, match="no answers to show. Interrupted."):
        empty.draw()


def small_timeline():
    logits = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], np.float32))
    timeline = Timeline(["running", "resting, long"], np.empty(0), np.empty((0, 2), np.float32), fps=25.0, window=16)
    timeline.append(logits, np.zeros((24, 224, 224, 3), np.uint8))
    return timeline


def test_it_prints_its_segments():
    assert str(small_timeline()) == "0:00–0:00 running 85%\n0:00–0:01 resting, long 70%"


def test_short_stretches_are_left_out():
    assert [label for _, _, label, _ in small_timeline().segments(shortest=0.5)] == ["running"]


def test_it_saves_itself_as_a_table(tmp_path):
    small_timeline().save(tmp_path / "timeline.csv", top=1)
    with open(tmp_path / "timeline.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["seconds", "rank", "action", "probability"]
    assert rows[3] == ["0.96", "1", "resting, long", "0.7000"]


def test_it_draws_itself():
    figure = small_timeline().draw()
    chart, film = figure.axes
    assert {text.get_text() for text in chart.get_legend().get_texts()} == {"running", "resting, long"}
    assert len(film.images) == len(small_timeline().strip) == 1


def test_the_strip_has_every_32nd_frame_however_the_answers_came():
    timeline = Timeline(["a"], np.empty(0), np.empty((0, 1), np.float32), fps=25.0)
    frames = np.arange(0, 240, dtype=np.uint8)[:, np.newaxis, np.newaxis, np.newaxis] * np.ones((1, 8, 8, 3), np.uint8)
    for first, last in [(0, 40), (40, 48), (48, 160), (160, 240)]:
        timeline.append(np.zeros(((last - first) // 8, 1), np.float32), frames[first:last])
    assert [int(frame[0, 0, 0]) for frame in timeline.strip] == list(range(0, 240, 32))


@pytest.mark.parametrize("seconds, text", [(0, "0:00"), (9.99, "0:09"), (61, "1:01"), (3600, "60:00")])
def test_a_clock_reads_as_a_players(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize("count", [15, 16, 17, 64, 200, 1000, 1001])
@pytest.mark.parametrize("size", [64, 384])
def test_pieces_give_each_answer_once_and_hold_few_frames(count, size):
    frames = (np.full((1, 1, 1), i, np.int32) for i in range(count))
    starts = []
    for piece, first, answers in pieces(frames, size=size):
        assert len(piece) <= BEFORE + size + 56
        assert len(piece) % 8 == 0
        starts += [int(piece[(first + i) * 8, 0, 0, 0]) for i in range(answers)]
    assert starts == list(range(0, max(0, count // 8 - 1) * 8, 8))


def test_a_mean_over_one_is_the_row_itself():
    rows = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(running_mean(rows, 1), rows)
