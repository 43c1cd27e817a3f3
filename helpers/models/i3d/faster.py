"""Make I3D faster: fold batch normalization into the convolutions, and compute in bfloat16.

benchmarks/README.md reports the speedup, and how bfloat16 changes the predictions.
"""

import ml_dtypes
import numpy as np

from ...basics.quiet import keras, tf
from .first_layer import PIXEL_SCALE, SpaceToDepthConv, space_to_depth_kernel
from .network import CLASSIFIER, EPSILON

layers = keras.layers

# These layers always use float32. The Mixed modules are 6% of the work, but would cause most of the change in the probabilities.
FLOAT32 = ("frames", "require_frames", "Mixed_4b", "Mixed_4c", "Mixed_5b", "Mixed_5c", "AvgPool", "Logits")
FIRST = "Conv3d_1a_7x7"


def fold_batch_norm(model: keras.Model, precision: str = "float32") -> keras.Model:
    """Return a copy of an I3D from `build_i3d` whose batch normalizations are folded into convolutions; layers keep their names.

    Batch normalization scales and shifts each channel. A convolution with a bias can do the same. With float32, the logits are
    the same up to rounding. bfloat16 has 8 significant bits instead of 24. It needs half the memory, and less time on processors
    with bfloat16 instructions.
    """
    has_pixels = model.input.shape[-1] == 3  # optical flow is not bytes: bfloat16 would round it
    in_float32 = FLOAT32 if has_pixels else (*FLOAT32, FIRST)

    def fold(layer):
        dtype = "float32" if layer.name.split(".")[0] in in_float32 else precision
        if layer.name == f"{FIRST}.conv" and dtype == "bfloat16":
            return SpaceToDepthConv(layer.filters, name=layer.name, dtype=dtype)
        if isinstance(layer, layers.BatchNormalization):
            return Folded(name=layer.name, dtype=dtype)
        if isinstance(layer, layers.ReLU):
            return BiasReLU(name=layer.name, dtype=dtype)
        return type(layer).from_config({**layer.get_config(), "dtype": dtype})

    folded = keras.models.clone_model(model, clone_function=fold)
    folded.get_layer(CLASSIFIER).set_weights(model.get_layer(CLASSIFIER).get_weights())
    for layer in folded.layers:
        if layer.name.endswith(".conv"):
            unit = layer.name.removesuffix(".conv")
            (kernel,) = model.get_layer(layer.name).get_weights()
            shift, mean, variance = model.get_layer(f"{unit}.batch_norm").get_weights()
            scale = 1 / np.sqrt(variance + EPSILON)
            layer.set_weights([_weights_for(layer, kernel * scale)])
            folded.get_layer(unit).set_weights([shift - mean * scale])
    return folded


def _weights_for(layer: keras.layers.Layer, kernel: np.ndarray) -> np.ndarray:
    """Return a kernel, float32 `[kt, kh, kw, in, out]`, as the weights of a layer of the folded network."""
    if layer.compute_dtype != "bfloat16":
        return kernel
    if isinstance(layer, SpaceToDepthConv):
        return space_to_depth_kernel(_round_to_bfloat16(kernel / PIXEL_SCALE))
    return _round_to_bfloat16(kernel)


@keras.saving.register_keras_serializable("i3d")
class Folded(keras.layers.Layer):
    """Identity, in place of a folded batch normalization."""

    def call(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        return x


@keras.saving.register_keras_serializable("i3d")
class BiasReLU(keras.layers.Layer):
    """Bias and ReLU, as operations that TensorFlow fuses with the convolution before them."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.bias = self.add_weight(shape=shape[-1:], name="bias")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.relu(tf.nn.bias_add(x, tf.convert_to_tensor(self.bias)))


def _round_to_bfloat16(kernel: np.ndarray) -> np.ndarray:
    """Round a kernel, float32 `[kt, kh, kw, in, out]`, to bfloat16 values, and keep the sum of each filter.

    Error diffusion: the rounding error of each weight is added to the next weight of the filter. Neighboring weights are
    multiplied by similar values, so the errors nearly cancel.

    >>> kernel = np.full((1, 1, 3, 1, 1), 1 + 1 / 256, np.float32)  # halfway between two bfloat16 values
    >>> _round_to_bfloat16(kernel).ravel().tolist(), float(kernel.sum())
    ([1.0, 1.0078125, 1.0], 3.01171875)
    """
    weights = np.moveaxis(kernel, 3, 0).reshape(-1, kernel.shape[-1])
    rounded, error = np.empty_like(weights), 0
    for i, row in enumerate(weights):
        rounded[i] = (row + error).astype(ml_dtypes.bfloat16)
        error = error + row - rounded[i]
    return np.moveaxis(rounded.reshape(np.moveaxis(kernel, 3, 0).shape), 0, 3)
