"""EfficientNet-Lite0 in Keras.

Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019; the Lite variant has ReLU6, and
no squeeze-and-excitation (https://github.com/tensorflow/tpu, models/official/efficientnet/lite). Padding is SAME, as in
TensorFlow, where the weights were trained.
"""

import re
from collections.abc import Mapping

import numpy as np

from ...basics.quiet import keras

layers = keras.layers

SIZE = 224  # pixels
FEATURES, CLASSES = 1280, 1000
EPSILON = 1e-3  # of batch normalization, as in the authors' code
STAGES = (  # of blocks: how many, kernel size, stride of the first, expansion, output channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def build_efficientnet() -> keras.Model:
    """Build EfficientNet-Lite0 with random weights.

    Returns
    -------
    keras.Model
        Maps images, float32 `[N, 224, 224, 3]`, from -127/128 (black) to 1 (white), to features, float32 `[N, 1280]`, and
        logits, float32 `[N, 1000]`. Layers are named as in the published weights, without the underscores.
    """
    images = keras.Input((SIZE, SIZE, 3), name="images")
    x = _unit(layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="conv_stem"), "bn0", images)
    index = 0
    for count, kernel_size, stride, expansion, channels in STAGES:
        for position in range(count):
            x = _block(x, f"blocks.{index}", kernel_size, stride if position == 0 else 1, expansion, channels)
            index += 1
    x = _unit(layers.Conv2D(FEATURES, 1, use_bias=False, name="conv_head"), "bn1", x)
    features = layers.GlobalAveragePooling2D(name="features")(x)
    logits = layers.Dense(CLASSES, name="fc")(features)
    return keras.Model(images, [features, logits], name="efficientnet_lite0")


def _block(x: keras.KerasTensor, name: str, kernel_size: int, stride: int, expansion: int, channels: int) -> keras.KerasTensor:
    """Apply an inverted bottleneck (MBConv): expand the channels, filter each alone, and project them."""
    before = x
    if expansion > 1:
        expand = layers.Conv2D(x.shape[-1] * expansion, 1, use_bias=False, name=f"{name}.expand_conv")
        x = _unit(expand, f"{name}.bn0", x)
    depthwise = layers.DepthwiseConv2D(kernel_size, stride, padding="same", use_bias=False, name=f"{name}.depthwise_conv")
    x = _unit(depthwise, f"{name}.bn1", x)
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}.project_conv")(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}.bn2")(x)
    return layers.Add(name=f"{name}.add")([before, x]) if before.shape == x.shape else x


def _unit(convolution: keras.Layer, batch_norm: str, x: keras.KerasTensor) -> keras.KerasTensor:
    """Apply a convolution, batch normalization and ReLU6."""
    x = layers.BatchNormalization(epsilon=EPSILON, name=batch_norm)(convolution(x))
    return layers.ReLU(6.0, name=f"{convolution.name}.relu6")(x)


def set_weights(model: keras.Model, tensors: Mapping[str, np.ndarray]) -> None:
    """Copy the published weights into a model from `build_efficientnet`; raise ValueError if a tensor is missing."""
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(_weights_of(layer, tensors))


def _weights_of(layer: keras.Layer, tensors: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return the weights of a layer in Keras's order of arrays and of axes."""
    parts = ["weight"]
    if isinstance(layer, layers.BatchNormalization):
        parts = ["weight", "bias", "running_mean", "running_var"]
    elif isinstance(layer, layers.Dense):
        parts = ["weight", "bias"]
    names = [f"{torch_name(layer.name)}.{part}" for part in parts]
    if missing := [name for name in names if name not in tensors]:
        raise ValueError(f"the weights lack {missing[0]}, so they are not those of EfficientNet-Lite0.")
    first, *others = (tensors[name] for name in names)
    if isinstance(layer, layers.DepthwiseConv2D):
        first = first.transpose(2, 3, 0, 1)  # torch's axes: channels, 1, height, width
    elif isinstance(layer, layers.Conv2D):
        first = first.transpose(2, 3, 1, 0)  # output channels, input channels, height, width
    return [first.T if isinstance(layer, layers.Dense) else first, *others]


def torch_name(layer: str) -> str:
    """Return the name of a layer in the published weights.

    >>> torch_name("blocks.3.expand_conv"), torch_name("fc")
    ('_blocks.3._expand_conv', '_fc')
    """
    return re.sub(r"(^|\.)(?=[a-z])", r"\1_", layer)
