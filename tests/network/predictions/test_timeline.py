"""Timelines of I3D on the samples; most options and errors are in quick/test_timeline.py."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import kinetics_labels, predict_timeline, read_video, samples
from helpers.video.preprocessing import to_batch

LABELS = kinetics_labels()
CARTWHEEL, KICK = "v_Cartwheel_g04_c01.avi", "v_SpinKick_g01_c01.avi"


@pytest.fixture(scope="module")
def joined():
    """128 frames of cartwheels, then 128 frames of kicks."""
    return np.concatenate([read_video(samples[name]) for name in [CARTWHEEL] * 2 + [KICK] * 2])


@pytest.fixture(scope="module")
def timeline(model, joined):
    return predict_timeline(model, LABELS, joined)


def stopped_after(frames, count):
    yield from frames[:count]
    raise KeyboardInterrupt


def test_the_segments_are_the_two_actions(timeline):
    segments = timeline.segments(min_seconds=2)
    assert [label for _, _, label, _ in segments] == ["cartwheeling", "high kick"]
    assert segments[1][0] == pytest.approx(128 / 25, abs=0.8), "seconds at which the kicks begin"
    assert len(timeline.seconds) == 256 // 8 - 1
    assert timeline.seconds[0] == pytest.approx(8 / 25)
    assert timeline.note == ""


def test_predictions_do_not_depend_on_the_chunks(model, joined):
    whole = model.module.signatures["timeline"](tf.constant(to_batch(joined)))["default"].numpy()[0]
    np.testing.assert_allclose(predict_timeline(model, LABELS, joined, chunk_frames=64).logits, whole, atol=1e-4)


def test_the_mean_over_the_timeline_is_the_prediction_for_the_clip(model):
    batch = tf.constant(to_batch(read_video(samples[CARTWHEEL])))
    logits = model.module.signatures["timeline"](batch)["default"]
    np.testing.assert_allclose(np.mean(logits, axis=1), model(batch)["default"], atol=1e-4)


def test_features_are_the_input_of_the_last_layer(model, keras_i3d):
    batch = tf.constant(to_batch(read_video(samples[CARTWHEEL])))
    features = model.module.signatures["features"](batch)["default"].numpy()[0]
    assert features.shape == (7, 1024)
    kernel, bias = keras_i3d.get_layer("Logits.Conv3d_0c_1x1").get_weights()
    np.testing.assert_allclose((features @ kernel[0, 0, 0] + bias).mean(axis=0), model(batch)["default"][0], atol=1e-4)


def test_a_model_without_the_timeline_signature_is_run_window_by_window(model):
    frames = np.concatenate([read_video(samples[CARTWHEEL])] * 2)[:80]
    timeline = predict_timeline(lambda batch: model(batch), LABELS, frames)
    assert len(timeline.seconds) == 9
    middle = model(tf.constant(to_batch(frames[8:72])))["default"].numpy()[0]
    np.testing.assert_allclose(timeline.logits[4], middle, atol=1e-4)


def test_an_interrupted_timeline_can_be_resumed(model, joined, timeline):
    part = predict_timeline(model, LABELS, stopped_after(joined, 168), chunk_frames=64)
    assert 0 < len(part.seconds) < 31
    assert "after=this_timeline" in part.note
    resumed = predict_timeline(model, LABELS, joined, after=part, chunk_frames=64)
    np.testing.assert_allclose(resumed.logits, timeline.logits, atol=1e-4)
    assert resumed.note == ""
