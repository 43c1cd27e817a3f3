"""What notebook 02 is told about the network, beside the network itself."""

import numpy as np

from helpers.inside import describe, occlude

CLIP = np.random.default_rng(0).integers(0, 256, (16, 224, 224, 3), dtype=np.uint8)


def test_end_points_have_the_shapes_that_the_network_gives():
    import keras

    from helpers.i3d import build_i3d

    network = build_i3d()
    end_points = describe(network, frames=16)
    given = keras.Model(network.input, [network.get_layer(point.name).output for point in end_points])(CLIP[np.newaxis] / 255)
    assert [point.output_shape for point in end_points] == [tuple(output.shape[1:]) for output in given]
    assert sum(point.weights for point in end_points) == network.count_params() == 12_704_544


def test_what_an_end_point_sees_is_what_has_a_gradient():
    import keras
    import tensorflow as tf

    from helpers.i3d import build_i3d

    network = build_i3d()
    point = next(point for point in describe(network, frames=48) if point.name == "Mixed_3c")
    see = keras.Model(network.input, network.get_layer(point.name).output)
    noise = tf.constant(np.random.default_rng(0).uniform(-1, 1, (1, 48, 224, 224, 3)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(noise)
        cell = tf.reduce_sum(see(noise, training=False)[0, 12, 112 // 8])
    gradient = tape.gradient(cell, noise)[0].numpy()
    assert len(np.flatnonzero(np.abs(gradient).sum(axis=(1, 2, 3)))) == point.receptive_field[0] == 19
    assert len(np.flatnonzero(np.abs(gradient).sum(axis=(0, 2, 3)))) == point.receptive_field[1] == 59


def test_hiding_changes_the_marked_cells_and_nothing_else():
    mask = np.zeros((2, 7, 7), bool)
    mask[1, 0, 6] = True
    different = (occlude(CLIP, mask) != CLIP).any(axis=-1)
    assert different[8:, :32, 192:].mean() > 0.9
    different[8:, :32, 192:] = False
    assert not different.any()


def test_hiding_works_for_clips_whose_length_is_not_a_multiple_of_8():
    mask = np.zeros((2, 7, 7), bool)
    mask[1] = True
    hidden = occlude(CLIP[:12], mask)
    assert hidden.shape == CLIP[:12].shape
    assert (hidden[:8] == CLIP[:8]).all() and len(np.unique(hidden[8:].reshape(-1, 3), axis=0)) == 1
