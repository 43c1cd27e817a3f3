"""I3D, the Inflated 3D ConvNet, as in the paper.

Carreira & Zisserman, "Quo Vadis, Action Recognition? A New Model and the Kinetics Dataset", CVPR 2017, figure 3.
I3D is Inception-v1 with every k x k filter inflated to k x k x k, so that filters also move along time. Layers are named as in
the authors' code.
"""

from ...basics.quiet import keras, tf
from ...video.preprocessing import I3D_MIN_FRAMES, I3D_SIZE

layers = keras.layers

# Output channels of the convolutions in the four branches of each Inception module:
# 1x1x1 | 1x1x1 then 3x3x3 | 1x1x1 then 3x3x3 | max pool then 1x1x1
INCEPTION_CHANNELS = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}
CLASSIFIER = "Logits.Conv3d_0c_1x1"
EPSILON = 1e-3  # of batch normalization, as in the authors' code


def build_i3d(classes: int = 400, channels: int = 3) -> keras.Model:
    """Build I3D with random weights (paper, figure 3, left).

    Parameters
    ----------
    classes : int
        Number of actions.
    channels : int
        3 for RGB frames; 2 for optical flow.

    Returns
    -------
    keras.Model
        Maps frames, float32 `[N, T, 224, 224, channels]` in [-1, 1], to logits, float32 `[N, classes]`. The model raises
        ValueError or `tf.errors.InvalidArgumentError` if `T` is less than 9. An end point is the output of the layer with its
        name: `model.get_layer("Mixed_5c").output`.

    Notes
    -----
    The first two max pools have no stride in time, as in the paper (section 2.4).
    """
    frames = keras.Input((None, I3D_SIZE, I3D_SIZE, channels), name="frames")
    x = RequireFrames(name="require_frames")(frames)
    x = conv_unit(x, 64, 7, "Conv3d_1a_7x7", strides=2)
    x = max_pool(x, (1, 3, 3), (1, 2, 2), "MaxPool3d_2a_3x3")
    x = conv_unit(x, 64, 1, "Conv3d_2b_1x1")
    x = conv_unit(x, 192, 3, "Conv3d_2c_3x3")
    x = max_pool(x, (1, 3, 3), (1, 2, 2), "MaxPool3d_3a_3x3")
    x = inception_module(x, "Mixed_3b")
    x = inception_module(x, "Mixed_3c")
    x = max_pool(x, 3, 2, "MaxPool3d_4a_3x3")
    for name in ("Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e", "Mixed_4f"):
        x = inception_module(x, name)
    x = max_pool(x, 2, 2, "MaxPool3d_5a_2x2")
    x = inception_module(x, "Mixed_5b")
    x = inception_module(x, "Mixed_5c")
    x = layers.AveragePooling3D((2, 7, 7), strides=1, name="AvgPool")(x)
    x = layers.Conv3D(classes, 1, name=CLASSIFIER)(x)
    logits = layers.GlobalAveragePooling3D(name="Logits")(x)
    return keras.Model(frames, logits, name="i3d")


def inception_module(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Apply four branches to the same features and concatenate their channels (paper, figure 3, right).

    `name` is a key of `INCEPTION_CHANNELS`. From `x`, float32 `[N, T, H, W, any number of channels]`, returns
    `[N, T, H, W, channels of the four branches]`.
    """
    one, reduce_a, three_a, reduce_b, three_b, pooled = INCEPTION_CHANNELS[name]
    branch_0 = conv_unit(x, one, 1, f"{name}.Branch_0.Conv3d_0a_1x1")
    branch_1 = conv_unit(x, reduce_a, 1, f"{name}.Branch_1.Conv3d_0a_1x1")
    branch_1 = conv_unit(branch_1, three_a, 3, f"{name}.Branch_1.Conv3d_0b_3x3")
    branch_2 = conv_unit(x, reduce_b, 1, f"{name}.Branch_2.Conv3d_0a_1x1")
    branch_2 = conv_unit(branch_2, three_b, 3, f"{name}.Branch_2.Conv3d_0b_3x3")
    branch_3 = max_pool(x, 3, 1, f"{name}.Branch_3.MaxPool3d_0a_3x3")
    branch_3 = conv_unit(branch_3, pooled, 1, f"{name}.Branch_3.Conv3d_0b_1x1")
    return layers.Concatenate(name=name)([branch_0, branch_1, branch_2, branch_3])


def conv_unit(x: keras.KerasTensor, channels: int, size: int, name: str, strides: int = 1) -> keras.KerasTensor:
    """Apply a convolution with `channels` filters, batch normalization, and ReLU (paper, section 2.5).

    Kernel size and strides are the same in time, height and width. From `x`, float32 `[N, T, H, W, any number of channels]`,
    returns `[N, ceil(T / strides), ceil(H / strides), ceil(W / strides), channels]`.
    """
    x = layers.Conv3D(channels, size, strides, padding="same", use_bias=False, name=f"{name}.conv")(x)
    x = layers.BatchNormalization(scale=False, epsilon=EPSILON, name=f"{name}.batch_norm")(x)
    return layers.ReLU(name=name)(x)


def max_pool(
    x: keras.KerasTensor, size: int | tuple[int, int, int], strides: int | tuple[int, int, int], name: str
) -> keras.KerasTensor:
    """Apply a max pool with the given size and strides (time, height, width)."""
    return layers.MaxPooling3D(size, strides, padding="same", name=name)(x)


@keras.saving.register_keras_serializable("i3d")
class RequireFrames(keras.layers.Layer):
    """Raise an error if a clip has fewer than 9 frames. On some processors, the logits would be NaN without an error."""

    def call(self, frames: tf.Tensor) -> tf.Tensor:
        found, needs = frames.shape[1], f"I3D needs at least {I3D_MIN_FRAMES}"
        if found is not None and found < I3D_MIN_FRAMES:
            raise ValueError(f"the clip has {found} frames, but {needs}. Use a longer clip.")
        tf.debugging.assert_greater_equal(tf.shape(frames)[1], I3D_MIN_FRAMES, f"the clip is too short: {needs} frames.")
        return frames
