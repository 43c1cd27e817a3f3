"""I3D, the Inflated 3D ConvNet, written from the paper.

Carreira & Zisserman, "Quo Vadis, Action Recognition? A New Model and the Kinetics Dataset", CVPR 2017, figure 3.
It is Inception-v1 with every square filter grown into a cube: k x k becomes k x k x k, and time is one more axis to slide
along. End points are named as in the authors' code, so that a layer here can be found there.
"""

from contextlib import contextmanager
from functools import partial

import numpy as np

from .video import I3D_MIN_FRAMES

# Output channels of each Inception module, branch by branch:
# 1x1x1 | 1x1x1 then 3x3x3 | 1x1x1 then 3x3x3 | max-pool then 1x1x1
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


EPSILON = 1e-3  # of batch normalisation, as trained
CLASSIFIER = "Logits.Conv3d_0c_1x1"


def conv_unit(x, channels, size, name, strides=1, folded=False):
    """Convolution, batch normalisation, ReLU: the building block of I3D (paper, section 2.5)."""
    from keras import layers

    x = layers.Conv3D(channels, size, strides, padding="same", use_bias=False, name=f"{name}.conv")(x)
    if folded:
        return bias_relu(x, name)
    x = layers.BatchNormalization(scale=False, epsilon=EPSILON, name=f"{name}.batch_norm")(x)
    return layers.ReLU(name=name)(x)


def bias_relu(x, name):
    """Add a bias and cut at 0, in the operations that TensorFlow can join with the convolution before them."""
    import keras
    import tensorflow as tf

    class BiasReLU(keras.layers.Layer):
        def build(self, shape):
            self.bias = self.add_weight(shape=shape[-1:], name="bias")

        def call(self, x):
            return tf.nn.relu(tf.nn.bias_add(x, tf.convert_to_tensor(self.bias)))

    return BiasReLU(name=name)(x)


def require_frames(x):
    """Refuse clips of fewer than 9 frames: nothing would be left to average, and some processors return NaN for that."""
    import keras
    import tensorflow as tf

    class RequireFrames(keras.layers.Layer):
        def call(self, x):
            found, needed = x.shape[1], f"I3D needs at least {I3D_MIN_FRAMES} frames"
            if found is not None and found < I3D_MIN_FRAMES:
                raise ValueError(f"the clip has {found} frames: {needed}. Take a longer clip.")
            tf.debugging.assert_greater_equal(tf.shape(x)[1], I3D_MIN_FRAMES, f"the clip is too short: {needed}.")
            return x

    return RequireFrames(name="require_frames")(x)


def max_pool(x, size, strides, name):
    from keras import layers

    return layers.MaxPooling3D(size, strides, padding="same", name=name)(x)


def inception_module(x, name, unit=conv_unit):
    """Four views of the same features, side by side (paper, figure 3, right)."""
    from keras import layers

    one, reduce_a, three_a, reduce_b, three_b, pooled = INCEPTION_CHANNELS[name]
    branch_0 = unit(x, one, 1, f"{name}.Branch_0.Conv3d_0a_1x1")
    branch_1 = unit(x, reduce_a, 1, f"{name}.Branch_1.Conv3d_0a_1x1")
    branch_1 = unit(branch_1, three_a, 3, f"{name}.Branch_1.Conv3d_0b_3x3")
    branch_2 = unit(x, reduce_b, 1, f"{name}.Branch_2.Conv3d_0a_1x1")
    branch_2 = unit(branch_2, three_b, 3, f"{name}.Branch_2.Conv3d_0b_3x3")
    branch_3 = max_pool(x, 3, 1, f"{name}.Branch_3.MaxPool3d_0a_3x3")
    branch_3 = unit(branch_3, pooled, 1, f"{name}.Branch_3.Conv3d_0b_1x1")
    return layers.Concatenate(name=name)([branch_0, branch_1, branch_2, branch_3])


def build_i3d(classes=400, folded=False):
    """Build I3D for RGB frames, with random weights.

    Parameters
    ----------
    classes : int
        Number of actions to tell apart.
    folded : bool
        Whether to leave out batch normalisation, for weights that have it folded in (see `fold_batch_norm`).

    Returns
    -------
    keras.Model
        From float32 `[N, T, 224, 224, 3]` in [-1, 1] to logits float32 `[N, classes]`. Raises ValueError or
        `tf.errors.InvalidArgumentError` if `T` is less than 9. An end point is a layer of the same name:
        `model.get_layer("Mixed_5c").output`.

    Notes
    -----
    Figure 3 of the paper, left. The first two pools leave time alone (1 x 3 x 3), because 25 frames a second change slowly.
    """
    import keras
    from keras import layers

    unit = partial(conv_unit, folded=folded)
    frames = keras.Input((None, 224, 224, 3), name="frames")
    x = require_frames(frames)
    # float32 whatever the precision of the rest: with three channels bfloat16 gains no time here, and it would round the pixels.
    with default_precision("float32"):
        x = unit(x, 64, 7, "Conv3d_1a_7x7", strides=2)
    x = max_pool(x, (1, 3, 3), (1, 2, 2), "MaxPool3d_2a_3x3")
    x = unit(x, 64, 1, "Conv3d_2b_1x1")
    x = unit(x, 192, 3, "Conv3d_2c_3x3")
    x = max_pool(x, (1, 3, 3), (1, 2, 2), "MaxPool3d_3a_3x3")
    x = inception_module(x, "Mixed_3b", unit)
    x = inception_module(x, "Mixed_3c", unit)
    x = max_pool(x, 3, 2, "MaxPool3d_4a_3x3")
    # Always float32 here and from Mixed_5b on: 6 % of the work, and most of what bfloat16 would change in the probabilities.
    with default_precision("float32"):
        for name in ("Mixed_4b", "Mixed_4c"):
            x = inception_module(x, name, unit)
    for name in ("Mixed_4d", "Mixed_4e", "Mixed_4f"):
        x = inception_module(x, name, unit)
    x = max_pool(x, 2, 2, "MaxPool3d_5a_2x2")
    with default_precision("float32"):
        x = inception_module(x, "Mixed_5b", unit)
        x = inception_module(x, "Mixed_5c", unit)
        x = layers.AveragePooling3D((2, 7, 7), strides=1, name="AvgPool")(x)
        x = layers.Conv3D(classes, 1, name=CLASSIFIER)(x)
        logits = layers.GlobalAveragePooling3D(name="Logits")(x)
    return keras.Model(frames, logits, name="i3d")


def fold_batch_norm(model, precision="float32"):
    """Build the same network with each batch normalisation folded into the convolution before it: less to compute.

    A normalisation multiplies each channel and adds to it, and so does a convolution with a bias. The answers are the same
    up to rounding.

    Parameters
    ----------
    model : keras.Model
        What `build_i3d` returned, with its weights.
    precision : str
        "bfloat16" keeps 8 bits of each number's 24: half the memory, and less time on processors that multiply them.

    Returns
    -------
    keras.Model
    """
    classifier = model.get_layer(CLASSIFIER)
    with default_precision(precision):
        folded = build_i3d(classifier.filters, folded=True)
    folded.get_layer(CLASSIFIER).set_weights(classifier.get_weights())
    for layer in folded.layers:
        if layer.name.endswith(".conv"):
            unit = layer.name.removesuffix(".conv")
            (kernel,) = model.get_layer(layer.name).get_weights()
            shift, mean, variance = model.get_layer(f"{unit}.batch_norm").get_weights()
            scale = 1 / np.sqrt(variance + EPSILON)
            kernel = kernel * scale
            layer.set_weights([round_together(kernel) if layer.compute_dtype == "bfloat16" else kernel])
            folded.get_layer(unit).set_weights([shift - mean * scale])
    return folded


def round_together(kernel):
    """Round a kernel, float32 `[kt, kh, kw, in, out]`, to bfloat16 so that each filter keeps its sum.

    What rounding takes from a weight is given to the next one: neighbours in a filter see nearly the same, so the errors cancel.

    >>> kernel = np.full((1, 1, 3, 1, 1), 1 + 1 / 256, np.float32)  # halfway between two numbers of bfloat16
    >>> round_together(kernel).ravel().tolist(), float(kernel.sum())
    ([1.0, 1.0078125, 1.0], 3.01171875)
    """
    import ml_dtypes

    weights = np.moveaxis(kernel, 3, 0).reshape(-1, kernel.shape[-1])
    rounded, carried = np.empty_like(weights), 0
    for i, row in enumerate(weights):
        rounded[i] = (row + carried).astype(ml_dtypes.bfloat16)
        carried = carried + row - rounded[i]
    return np.moveaxis(rounded.reshape(np.moveaxis(kernel, 3, 0).shape), 0, 3)


@contextmanager
def default_precision(precision):
    """Let new Keras layers compute with this precision, until the end of the block."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def set_weights(model, checkpoint):
    """Copy the published weights into a network made by `build_i3d`.

    Parameters
    ----------
    model : keras.Model
        What `build_i3d` returned.
    checkpoint : dict
        What `helpers.plumbing.weights.read_checkpoint` returned: nested dicts `params` and `batch_stats`, keyed by the parts of a
        unit's name.

    Raises
    ------
    KeyError, ValueError
        If a unit is missing from the checkpoint, or its shape is another.
    """
    for layer in model.layers:
        if layer.name.endswith(".conv"):
            unit = layer.name.removesuffix(".conv")
            layer.set_weights([find_unit(checkpoint["params"], unit)["Conv_0"]["kernel"]])
        elif layer.name.endswith(".batch_norm"):
            unit = layer.name.removesuffix(".batch_norm")
            shift = find_unit(checkpoint["params"], unit)["BatchNorm_0"]["bias"]
            moving = find_unit(checkpoint["batch_stats"], unit)["BatchNorm_0"]
            layer.set_weights([shift, moving["mean"].ravel(), moving["var"].ravel()])
    classifier = checkpoint["params"]["Logits/Conv3d_0c_1x1"]["Conv_0"]
    model.get_layer(CLASSIFIER).set_weights([classifier["kernel"], classifier["bias"]])


def find_unit(tree, unit):
    """Return what the checkpoint holds of a unit: `Mixed_3b.Branch_0.Conv3d_0a_1x1` is at `Mixed_3b`, `Branch_0/Conv3d_0a_1x1`."""
    module, _, rest = unit.partition(".")
    return tree[module][rest.replace(".", "/")] if rest else tree[module]
