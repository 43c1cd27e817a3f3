"""The descriptions of the network in notebook 03 agree with the network."""

import numpy as np
import pytest

from helpers.models.i3d.inside import describe, grad_cam

CLIP = np.random.default_rng(0).integers(0, 256, (16, 224, 224, 3), dtype=np.uint8)


def test_end_points_have_the_output_shapes_of_the_network():
    import keras

    from helpers.models.i3d.network import build_i3d

    network = build_i3d()
    end_points = describe(network, frames=16)
    actual = keras.Model(network.input, [network.get_layer(point.name).output for point in end_points])(CLIP[np.newaxis] / 255)
    assert [point.output_shape for point in end_points] == [tuple(output.shape[1:]) for output in actual]
    assert sum(point.weights for point in end_points) == network.count_params() == 12_704_544
    assert describe(build_i3d(channels=2))[0].weights == 7 * 7 * 7 * 2 * 64 + 3 * 64, "a network for optical flow"


def test_the_receptive_field_is_where_the_gradient_is_nonzero():
    import keras
    import tensorflow as tf

    from helpers.models.i3d.network import build_i3d

    network = build_i3d()
    point = next(point for point in describe(network, frames=24) if point.name == "Mixed_3c")
    features = keras.Model(network.input, network.get_layer(point.name).output)
    noise = tf.constant(np.random.default_rng(0).uniform(-1, 1, (1, 24, 224, 224, 3)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(noise)
        cell = tf.reduce_sum(features(noise, training=False)[0, 6, 112 // 8])
    gradient = tape.gradient(cell, noise)[0].numpy()
    assert len(np.flatnonzero(np.abs(gradient).sum(axis=(1, 2, 3)))) == point.receptive_field[0] == 19
    assert len(np.flatnonzero(np.abs(gradient).sum(axis=(0, 2, 3)))) == point.receptive_field[1] == 59


@pytest.mark.parametrize("frames", [8, None, 16.0])
def test_only_a_clip_of_at_least_9_frames_is_described(frames):
    with pytest.raises(ValueError, match=f"a whole number of at least 9, not {frames}"):
        describe(None, frames)


def test_there_is_a_heat_map_for_each_action_and_no_other():
    from helpers.models.i3d.network import build_i3d

    network = build_i3d(5)
    maps = np.random.default_rng(0).random((1, 2, 7, 7, 1024), np.float32)
    assert grad_cam(network, maps, 4).shape == (2, 7, 7)
    for index in (-1, 5):
        with pytest.raises(ValueError, match=f"one of the 5 actions, from 0 to 4, not {index}"):
            grad_cam(network, maps, index)
