"""The first convolution on blocks of pixels (space-to-depth) is the same as on pixels."""

import numpy as np
import pytest

from helpers.basics.processor import has_bfloat16
from helpers.basics.quiet import keras, tf
from helpers.models.i3d.faster import fold_batch_norm
from helpers.models.i3d.first_layer import PIXEL_SCALE, SpaceToDepthConv, space_to_depth_kernel
from helpers.models.i3d.network import build_i3d
from helpers.video.preprocessing import to_batch


def both_layers(clip, filters=4, precision="float32"):
    """Return the convolution of pixels and that of blocks, with the same random weights, for clips of this shape."""
    pixels = keras.layers.Conv3D(filters, 7, strides=2, padding="same", use_bias=False)
    blocks = SpaceToDepthConv(filters, dtype=precision)
    pixels.build(clip.shape)
    blocks.build(clip.shape)
    blocks.set_weights([space_to_depth_kernel(pixels.get_weights()[0]) / PIXEL_SCALE])
    return pixels, blocks


@pytest.mark.parametrize("size", [(16, 16), (12, 18)])
@pytest.mark.parametrize("frames", range(9, 21))
def test_pixels_and_blocks_have_the_same_sums_and_the_same_padding(frames, size):
    clips = np.random.default_rng(frames).uniform(-1, 1, (2, frames, *size, 3)).astype(np.float32)
    pixels, blocks = both_layers(clips)
    expected = pixels(clips).numpy()
    np.testing.assert_allclose(blocks(clips), expected, rtol=0, atol=2e-6 * np.abs(expected).max())


def test_one_function_accepts_every_number_of_frames():
    clips = np.random.default_rng(0).uniform(-1, 1, (1, 10, 16, 16, 3)).astype(np.float32)
    pixels, blocks = both_layers(clips)
    function = tf.function(blocks.call, input_signature=[tf.TensorSpec([None, None, 16, 16, 3])])
    for frames in (9, 10):
        np.testing.assert_allclose(function(clips[:, :frames]), pixels(clips[:, :frames]), atol=1e-5)


@pytest.mark.skipif(not has_bfloat16(), reason="needs a processor with bfloat16")
@pytest.mark.parametrize("value_range, values", [((-1, 1), np.arange(256) - 127.5), ((0, 1), np.arange(256) / 2)])
def test_bfloat16_represents_every_byte_exactly(value_range, values):
    frames = np.zeros((10, 224, 224, 3), np.uint8)
    frames[0, 0, ::2, 0] = np.arange(112)  # a filter with stride 2 sees every second pixel
    frames[0, 2, ::2, 0] = np.arange(112, 224)
    frames[0, 4, :64:2, 0] = np.arange(224, 256)
    clip = to_batch(frames, value_range)
    _, blocks = both_layers(clip, filters=1, precision="bfloat16")
    kernel = np.zeros((7, 7, 7, 3, 1), np.float32)
    kernel[2, 2, 2, 0] = 1  # with padding "same", two pixels before an even number: this filter copies red
    blocks.set_weights([space_to_depth_kernel(kernel)])
    copied = tf.cast(blocks(clip), tf.float32).numpy()[0, 0, :3, :, 0].ravel()[:256]
    np.testing.assert_array_equal(copied, values)


@pytest.mark.parametrize("channels, layer, precision", [(3, SpaceToDepthConv, "bfloat16"), (2, keras.layers.Conv3D, "float32")])
def test_optical_flow_is_not_rounded_to_bfloat16(channels, layer, precision):
    first = fold_batch_norm(build_i3d(channels=channels), "bfloat16").get_layer("Conv3d_1a_7x7.conv")
    assert (type(first), first.compute_dtype) == (layer, precision)


def test_float32_networks_convolve_pixels():
    assert isinstance(fold_batch_norm(build_i3d()).get_layer("Conv3d_1a_7x7.conv"), keras.layers.Conv3D)
