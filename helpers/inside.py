"""Look inside I3D: what each end point gives, sees and costs, and which part of a clip an answer rests on."""

import time
from dataclasses import dataclass

import numpy as np

from .i3d import CLASSIFIER, INCEPTION_CHANNELS

MIXED = list(INCEPTION_CHANNELS)
END_POINTS = [
    *("Conv3d_1a_7x7", "MaxPool3d_2a_3x3", "Conv3d_2b_1x1", "Conv3d_2c_3x3", "MaxPool3d_3a_3x3"),
    *(*MIXED[:2], "MaxPool3d_4a_3x3", *MIXED[2:7], "MaxPool3d_5a_2x2", *MIXED[7:], "AvgPool", CLASSIFIER),
]
CELL_FRAMES, CELL_PIXELS = 8, 32  # what one cell of Mixed_5c stands for


@dataclass(frozen=True)
class EndPoint:
    """A place in the network with a name.

    Attributes
    ----------
    name : str
        As in the authors' code.
    shape : tuple of int
        (frames, height, width, channels) of what it gives.
    sees : tuple of int
        How many frames and how many pixels, across, of the clip can change one of its numbers: the receptive field.
    weights : int
        Numbers that were trained since the end point before, moving statistics included.
    multiply_adds : int
        Multiplications with an addition since the end point before, of the convolutions.
    """

    name: str
    shape: tuple
    sees: tuple
    weights: int
    multiply_adds: int


def describe(model, frames=64):
    """Work out what each end point of I3D gives, sees and costs for a clip of so many frames.

    Parameters
    ----------
    model : keras.Model
        What `build_i3d` or `load_keras_i3d` returned.
    frames : int
        Length of the clip.

    Returns
    -------
    list of EndPoint
        In the order of the network.
    """
    import keras

    model = keras.models.clone_model(model, input_tensors=keras.Input((frames, 224, 224, 3)))
    end_points, sees, stride = [], np.ones(2, int), np.ones(2, int)
    for name, layers in stages(model).items():
        # In every branch one layer at most is wider than 1, so the widest of all decides.
        sees = sees + max((size(layer)[:2] - 1 for layer in layers if size(layer) is not None), key=sum) * stride
        stride = stride * np.max([layer.strides[:2] for layer in layers if size(layer) is not None], axis=0)
        weights = sum(layer.count_params() for layer in layers)
        operations = sum(np.prod(layer.output.shape[1:4]) * np.prod(layer.kernel.shape) for layer in layers if hasattr(layer, "kernel"))
        end_points.append(EndPoint(name, layers[-1].output.shape[1:], tuple(map(int, sees)), weights, int(operations)))
    return end_points


def stages(model):
    """Return the layers that lead to each end point from the one before it."""
    groups, layers = {}, []
    for layer in model.layers[1:]:
        layers.append(layer)
        if layer.name in END_POINTS:
            groups[layer.name], layers = layers, []
    return groups


def size(layer):
    """Return (frames, height, width) of the filter or pool of a layer; None for layers that look at one place only."""
    found = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    return found and np.array(found)


def end_point_table(end_points):
    """Write end points as a table.

    >>> print(end_point_table([EndPoint("Conv3d_1a_7x7", (32, 112, 112, 64), (7, 7), 66048, 26433552384)]))
    end point             gives                  sees              weights    G multiply-adds
    Conv3d_1a_7x7         32 x 112 x 112 x 64    7 fr, 7 px         66,048              26.43
    """
    lines = [f"{'end point':22}{'gives':23}{'sees':15}{'weights':>10}{'G multiply-adds':>19}"]
    for point in end_points:
        gives, sees = " x ".join(map(str, point.shape)), f"{point.sees[0]} fr, {point.sees[1]} px"
        lines.append(f"{point.name:22}{gives:23}{sees:15}{point.weights:>10,}{point.multiply_adds / 1e9:>19.2f}")
    return "\n".join(lines)


def seconds_by_stage(model, batch, rounds=3):
    """Measure how long each end point takes from the one before it; the median of some rounds.

    Parameters
    ----------
    model : keras.Model
        As for `describe`.
    batch : tf.Tensor
        float32 `[1, T, 224, 224, 3]`.
    rounds : int
        How often to measure.

    Returns
    -------
    dict
        Seconds for each end point's name.
    """
    import keras
    import tensorflow as tf

    seconds, x, before = {}, batch, model.input
    for name in END_POINTS:
        after = model.get_layer(name).output
        stage = tf.function(keras.Model(before, after))
        output, times = stage(x), []
        for _ in range(rounds):
            start = time.perf_counter()
            stage(x).numpy()
            times.append(time.perf_counter() - start)
        seconds[name], x, before = float(np.median(times)), output, after
    return seconds


def activations(model, names):
    """Return a function from a batch, float32 `[1, T, 224, 224, 3]`, to what the end points of these names give."""
    import keras
    import tensorflow as tf

    return tf.function(keras.Model(model.input, [model.get_layer(name).output for name in names]))


def grad_cam(model, maps, index):
    """Say which cells of Mixed_5c speak for an action.

    Parameters
    ----------
    model : keras.Model
        As for `describe`.
    maps : tf.Tensor
        float32 `[1, T / 8, 7, 7, 1024]`: what Mixed_5c gives for a clip.
    index : int
        The action's place among the labels.

    Returns
    -------
    numpy.ndarray
        float32 `[T / 8, 7, 7]`, not negative: larger where more speaks for the action.

    Notes
    -----
    Selvaraju et al., "Grad-CAM", ICCV 2017, section 3, with time as one more axis to average over.
    """
    import keras
    import tensorflow as tf

    head = keras.Model(model.get_layer("Mixed_5c").output, model.output)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        logit = head(maps)[0, index]
    weights = tf.reduce_mean(tape.gradient(logit, maps), axis=(1, 2, 3), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))[0].numpy()


def hottest(heat, share=0.1):
    """Mark the cells with the most heat, a tenth of all: bool, like `heat`."""
    count = round(share * heat.size)
    mask = np.zeros(heat.size, bool)
    mask[np.argsort(-heat.ravel(), kind="stable")[:count]] = True
    return mask.reshape(heat.shape)


def hide(frames, mask):
    """Paint the marked cells, bool `[T / 8, rounded up, 7, 7]`, of a clip, uint8 `[T, 224, 224, 3]`, in the clip's mean color."""
    pixels = mask.repeat(CELL_FRAMES, 0)[: len(frames)].repeat(CELL_PIXELS, 1).repeat(CELL_PIXELS, 2)
    return np.where(pixels[..., np.newaxis], frames.mean(axis=(0, 1, 2)).astype(np.uint8), frames)


def overlay(frames, heat):
    """Lay heat, float32 `[T / 8, 7, 7]`, over a clip, uint8 `[T, 224, 224, 3]`: bright where there is more."""
    import cv2
    from matplotlib import colormaps

    heat = heat / max(heat.max(), 1e-9)
    by_frame = cv2.resize(heat.reshape(len(heat), -1), (heat[0].size, len(frames))).reshape(-1, *heat.shape[1:])
    by_pixel = np.stack([cv2.resize(cells, frames.shape[2:0:-1]) for cells in by_frame])[..., np.newaxis]
    colours = 255 * colormaps["inferno"](by_pixel[..., 0])[..., :3]
    return (frames * (1 - 0.7 * by_pixel) + colours * 0.7 * by_pixel).astype(np.uint8)
