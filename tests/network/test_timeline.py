"""Timelines, with the real network on the samples."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import kinetics_labels, predict_timeline, read_video, samples
from helpers.preprocessing import to_batch
from helpers.video import VideoError

LABELS = kinetics_labels()
CARTWHEEL, KICK = "v_Cartwheel_g04_c01.avi", "v_SpinKick_g01_c01.avi"


@pytest.fixture(scope="module")
def joined():
    """A video with one cut in its middle: twice a cartwheel, twice a kick; 256 frames."""
    return np.concatenate([read_video(samples[name]) for name in [CARTWHEEL] * 2 + [KICK] * 2])


def stopped_after(frames, count):
    yield from frames[:count]
    raise KeyboardInterrupt


def test_it_says_what_happens_when(model, joined):
    timeline = predict_timeline(model, LABELS, joined)
    stretches = timeline.segments(min_seconds=2)
    assert [label for _, _, label, _ in stretches] == ["cartwheeling", "high kick"]
    assert stretches[1][0] == pytest.approx(128 / 25, abs=0.8), "seconds at which the kick begins"
    assert len(timeline.seconds) == 256 // 8 - 1
    assert timeline.seconds[0] == pytest.approx(8 / 25)
    assert timeline.note == ""


def test_predictions_do_not_depend_on_the_chunks(model, joined):
    whole = model.module.signatures["timeline"](tf.constant(to_batch(joined)))["default"].numpy()[0]
    np.testing.assert_allclose(predict_timeline(model, LABELS, joined, chunk_frames=64).logits, whole, atol=1e-4)


def test_the_mean_over_the_timeline_is_the_answer_for_the_clip(model):
    batch = tf.constant(to_batch(read_video(samples[CARTWHEEL])))
    answers = model.module.signatures["timeline"](batch)["default"]
    np.testing.assert_allclose(np.mean(answers, axis=1), model(batch)["default"], atol=1e-4)


def test_features_are_what_the_classifier_sees(model, keras_i3d):
    batch = tf.constant(to_batch(read_video(samples[CARTWHEEL])))
    features = model.module.signatures["features"](batch)["default"].numpy()[0]
    assert features.shape == (7, 1024)
    kernel, bias = keras_i3d.get_layer("Logits.Conv3d_0c_1x1").get_weights()
    np.testing.assert_allclose((features @ kernel[0, 0, 0] + bias).mean(axis=0), model(batch)["default"][0], atol=1e-4)


def test_a_module_from_elsewhere_is_asked_window_by_window(model):
    frames = np.concatenate([read_video(samples[CARTWHEEL])] * 2)[:80]
    timeline = predict_timeline(lambda batch: model(batch), LABELS, frames)
    assert len(timeline.seconds) == 9
    middle = model(tf.constant(to_batch(frames[8:72])))["default"].numpy()[0]
    np.testing.assert_allclose(timeline.logits[4], middle, atol=1e-4)


def test_an_interruption_keeps_what_was_computed_and_can_be_gone_on_from(model, joined):
    part = predict_timeline(model, LABELS, stopped_after(joined, 168), chunk_frames=64)
    assert 0 < len(part.seconds) < 31
    assert "after=this_timeline" in part.note
    whole = predict_timeline(model, LABELS, joined, after=part, chunk_frames=64)
    np.testing.assert_allclose(whole.logits, predict_timeline(model, LABELS, joined).logits, atol=1e-4)
    assert whole.note == ""


def test_a_camera_that_goes_away_leaves_the_timeline_up_to_there(model, joined):
    def camera():
        yield from joined[:100]
        raise OSError("the camera was unplugged")

    timeline = predict_timeline(model, LABELS, camera())
    assert len(timeline.seconds) == 11
    assert timeline.note == "It ends after 100 frames: the camera was unplugged"


def test_a_file_that_is_cut_short_says_so(model, tmp_path):
    clip = samples[CARTWHEEL].read_bytes()
    (tmp_path / "cut.avi").write_bytes(clip[: len(clip) // 2])
    timeline = predict_timeline(model, LABELS, tmp_path / "cut.avi")
    assert len(timeline.seconds) > 0
    assert "The file announces 2.6 seconds of video, " in timeline.note


def test_too_short_a_video_is_refused(model):
    with pytest.raises(VideoError, match="at least 16 frames"):
        predict_timeline(model, LABELS, read_video(samples[CARTWHEEL])[:15])


def test_labels_of_another_model_are_refused(model):
    with pytest.raises(ValueError, match="399 labels for a model with 400 outputs"):
        predict_timeline(model, LABELS[1:], read_video(samples[CARTWHEEL])[:16])
