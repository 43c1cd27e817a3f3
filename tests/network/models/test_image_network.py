"""EfficientNet-Lite0 with the published weights."""

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from helpers import load_image_network, predict, read_video, samples
from helpers.video.preprocessing import crop_and_resize

CARTWHEEL = "v_Cartwheel_g01_c01.avi"


@pytest.fixture(scope="module")
def network():
    return load_image_network()


def test_it_names_what_photographs_show(network):
    """Scikit-learn's: a pagoda in China, and a flower. With wrong strides, every image is a rugby ball."""
    tops = [predict(network, network.labels, crop_and_resize(image)[np.newaxis]).top[0] for image in load_sample_images().images]
    assert [label for label, _ in tops] == ["palace", "daisy"]
    assert min(probability for _, probability in tops) > 0.2


def test_the_labels(network):
    assert len(network.labels) == 1000 and (network.labels[0], network.labels[768]) == ("tench", "rugby ball")
    assert {label for label in network.labels if network.labels.count(label) > 1} == {"crane", "maillot"}


def test_features_are_of_each_frame_alone(network):
    frames = read_video(samples[CARTWHEEL])[:20]
    rows = network.features(frames)
    assert rows.shape == (20, 1280) and rows.dtype == np.float32 and rows.min() >= 0 and rows.max() <= 6
    np.testing.assert_allclose(network.features(frames[17:18])[0], rows[17], rtol=1e-3, atol=1e-3)
    assert np.abs(rows[0] - rows[17]).max() > 0.5


def test_frames_of_other_sizes_are_cropped_and_resized(network):
    large = np.random.default_rng(0).integers(0, 256, (2, 240, 320, 3), np.uint8)
    small = np.stack([crop_and_resize(frame) for frame in large])
    np.testing.assert_array_equal(network.features(large), network.features(small))


def test_the_prediction_for_a_clip_is_the_mean_over_its_frames(network):
    frames = read_video(samples[CARTWHEEL])[:3]
    alone = [predict(network, network.labels, frames[i : i + 1]).probabilities for i in range(3)]
    np.testing.assert_allclose(predict(network, network.labels, frames).probabilities, np.mean(alone, axis=0), atol=1e-4)


@pytest.mark.parametrize("shape, dtype", [((1, 224, 224, 3), np.float32), ((224, 224, 3), np.uint8), ((0, 9, 9, 3), np.uint8)])
def test_other_frames_are_refused(network, shape, dtype):
    with pytest.raises(ValueError, match=r"must be uint8 \[T, H, W, 3\], RGB"):
        network.features(np.zeros(shape, dtype))
