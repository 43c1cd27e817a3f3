"""The flattened network sees one frame at a time."""

import numpy as np
import pytest

from helpers import read_video, samples
from helpers.basics.quiet import keras
from helpers.models.i3d.frame_by_frame import FrameByFrame, flatten
from helpers.models.i3d.network import CLASSIFIER
from helpers.predictions.prediction import predict_logits, softmax
from helpers.video.preprocessing import to_batch


@pytest.fixture(scope="module")
def baseline(keras_i3d):
    return FrameByFrame(keras_i3d)


@pytest.fixture(scope="module")
def frames():
    return read_video(samples["v_Cartwheel_g01_c01.avi"])[20:37]  # 17: one more than a chunk


def test_the_prediction_is_the_mean_over_single_frames(baseline, keras_i3d, frames):
    flat = flatten(keras_i3d)
    alone = np.concatenate(
        [softmax(np.asarray(flat(to_batch(frames)[:, i : i + 1], training=False))) for i in range(len(frames))]
    )
    np.testing.assert_allclose(softmax(np.asarray(baseline.by_frame(to_batch(frames)))[0]), alone, atol=1e-5)
    np.testing.assert_allclose(softmax(predict_logits(baseline, frames)), alone.mean(axis=0), atol=1e-5)
    assert alone.max(axis=0).mean() > 2 * alone.mean(), "the frames must differ for this test to mean anything"


def test_the_order_of_the_frames_affects_i3d_but_not_the_baseline(baseline, model, frames):
    shuffled = frames[np.random.default_rng(0).permutation(len(frames))]
    np.testing.assert_allclose(predict_logits(baseline, shuffled), predict_logits(baseline, frames), atol=1e-4)
    assert np.abs(predict_logits(model, shuffled) - predict_logits(model, frames)).max() > 1


def test_on_a_static_video_it_equals_i3d_away_from_the_ends(baseline, keras_i3d, frames):
    still = to_batch(frames[:1].repeat(128, axis=0))
    over_time = keras.Model(keras_i3d.input, keras_i3d.get_layer(CLASSIFIER).output)(still, training=False)
    np.testing.assert_allclose(
        softmax(np.asarray(over_time)[0, 7, 0, 0]), softmax(predict_logits(baseline, frames[:1].repeat(9, 0))), atol=1e-4
    )


def test_only_the_published_network_has_a_fingerprint(baseline):
    assert baseline.fingerprint == ""
    assert FrameByFrame().fingerprint == "i3d-kinetics-400-frame-by-frame"
