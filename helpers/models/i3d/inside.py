"""Look inside I3D: shape, receptive field and cost of each end point, and which part of a clip a prediction depends on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from ...basics.quiet import keras, tf
from ...video.preprocessing import I3D_MIN_FRAMES
from .network import CLASSIFIER, INCEPTION_CHANNELS

MIXED = list(INCEPTION_CHANNELS)
END_POINTS = [
    *("Conv3d_1a_7x7", "MaxPool3d_2a_3x3", "Conv3d_2b_1x1", "Conv3d_2c_3x3", "MaxPool3d_3a_3x3"),
    *(*MIXED[:2], "MaxPool3d_4a_3x3", *MIXED[2:7], "MaxPool3d_5a_2x2", *MIXED[7:], "AvgPool", CLASSIFIER),
]


@dataclass(frozen=True)
class EndPoint:
    """A named layer of the network. What is counted is counted since the previous end point."""

    name: str  # as in the authors' code
    output_shape: tuple[int, ...]  # (frames, height, width, channels)
    receptive_field: tuple[int, int]  # (frames, pixels): the part of the clip that can change one of its outputs
    weights: int  # including moving statistics
    multiply_adds: int  # of the convolutions


def describe(model: keras.Model, frames: int = 64) -> list[EndPoint]:
    """Return shape, receptive field and cost of each end point, in the order of the network.

    Parameters
    ----------
    model : keras.Model
        What `build_i3d` or `load_keras_i3d` returned.
    frames : int
        Length of the clip, at least 9; otherwise ValueError is raised.
    """
    if not isinstance(frames, Integral) or frames < I3D_MIN_FRAMES:
        raise ValueError(f"frames must be the length of a clip, a whole number of at least {I3D_MIN_FRAMES}, not {frames!r}.")
    model = keras.models.clone_model(model, input_tensors=keras.Input((frames, *model.input.shape[2:])))
    end_points, field, stride = [], np.ones(2, int), np.ones(2, int)
    for name, layers in stages(model).items():
        windows = [(kernel_size(layer)[:2], layer.strides[:2]) for layer in layers if kernel_size(layer) is not None]
        # Each branch has at most one layer wider than 1, so the widest layer determines the receptive field.
        field = field + max((size - 1 for size, _ in windows), key=sum) * stride
        stride = stride * np.max([strides for _, strides in windows], axis=0)
        weights = sum(layer.count_params() for layer in layers)
        operations = sum(
            np.prod(layer.output.shape[1:4]) * np.prod(layer.kernel.shape) for layer in layers if hasattr(layer, "kernel")
        )
        end_points.append(EndPoint(name, layers[-1].output.shape[1:], (int(field[0]), int(field[1])), weights, int(operations)))
    return end_points


def stages(model):
    """Return the layers between each end point and the previous one."""
    groups, layers = {}, []
    for layer in model.layers[1:]:
        layers.append(layer)
        if layer.name in END_POINTS:
            groups[layer.name], layers = layers, []
    return groups


def kernel_size(layer):
    """Return (frames, height, width) of the filter or pool of a layer; None for layers without one."""
    found = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    return found and np.array(found)


def activations(model: keras.Model, names: Sequence[str]) -> Callable:
    """Return a function from a batch, float32 `[1, T, 224, 224, 3]`, to the outputs of the named end points."""
    return tf.function(keras.Model(model.input, [model.get_layer(name).output for name in names]))


def grad_cam(model: keras.Model, maps: tf.Tensor | np.ndarray, index: int) -> np.ndarray:
    """Return the Grad-CAM heat map of an action over the cells of Mixed_5c.

    Parameters
    ----------
    model : keras.Model
        As for `describe`.
    maps : tf.Tensor or numpy.ndarray
        float32 `[1, T / 8, 7, 7, 1024]`: the output of Mixed_5c for a clip.
    index : int
        Index of the action among the labels; ValueError is raised if there is none.

    Returns
    -------
    numpy.ndarray
        float32 `[T / 8, 7, 7]`, at least 0: larger where a cell supports the action more.

    Notes
    -----
    Selvaraju et al., "Grad-CAM", ICCV 2017, section 3, with time as an additional axis to average over.
    """
    classes, maps = model.output.shape[-1], tf.convert_to_tensor(maps)
    if not 0 <= index < classes:
        raise ValueError(f"index must be that of one of the {classes} actions, from 0 to {classes - 1}, not {index}.")
    head = keras.Model(model.get_layer("Mixed_5c").output, model.output)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        logit = head(maps)[0, index]
    weights = tf.reduce_mean(tape.gradient(logit, maps), axis=(1, 2, 3), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))[0].numpy()
