"""Models without a network, for `--model tests.support.cheap_models:NAME`: they cost little, or cost as much as a test needs."""

import os
import time
from types import SimpleNamespace

import numpy as np

from helpers.models.video_model import ModelInput, VideoModel

SMALL = ModelInput(32, (0.0, 1.0), 1.0, 5.0, 1)
SMALL25 = ModelInput(8, (0.0, 1.0), 1.0, 25.0, 9)


def colors(seconds=0.0, fingerprint="colors"):
    """A model whose logits are the mean color and the number of frames. A call sleeps for `seconds`."""

    def mean_color(batch):
        time.sleep(seconds)
        batch = np.asarray(batch)
        return {"default": np.append(batch.mean(axis=(1, 2, 3)), [[batch.shape[1]]], axis=1)}

    return VideoModel(mean_color, SMALL, None, "colors", fingerprint=fingerprint)


def causal():
    """A causal model whose logits are the mean colors of all frames so far."""

    def begin():
        frames = []
        return lambda batch: frames.append(batch.mean(axis=(0, 1, 2, 3))) or np.mean(frames, axis=0)

    def last(batch):
        return {"default": np.asarray(batch).mean(axis=(1, 2, 3))}

    return VideoModel(last, SMALL, None, "causal", begin, lambda advance: None, "causal")


def latest():
    """A causal model whose logits are the mean color of the latest frame."""

    def mean_color(batch):
        return {"default": np.asarray(batch).mean(axis=(1, 2, 3))}

    return VideoModel(
        mean_color, SMALL, None, "latest", lambda: lambda batch: batch.mean(axis=(0, 1, 2, 3)), lambda advance: None, "latest"
    )


# Width and stride in time of I3D's layers, without those that see single frames.
I3D_LAYERS = [(7, 2), (3, 1), (3, 1), (3, 1), (3, 2), *5 * [(3, 1)], (2, 2), (3, 1), (3, 1)]


def strided():
    """A model with the signature `features`, whose rows have I3D's receptive field: two sums and the maximum of red over it."""
    from helpers.basics.quiet import tf

    def features(batch):
        means = maxima = tf.reduce_mean(batch[..., :1], axis=(2, 3))  # [1, T, 1]
        for width, stride in I3D_LAYERS:
            means = tf.nn.conv1d(means, tf.ones((width, 1, 1)) / width, stride, "SAME")
            maxima = tf.nn.max_pool1d(maxima, width, stride, "SAME")
        both = tf.concat([means, -means, maxima], axis=2)
        return {"default": tf.nn.pool(both, [2], "AVG", padding="VALID")}

    model = VideoModel(lambda batch: {"default": np.zeros((1, 2), np.float32)}, SMALL25, None, "strided", fingerprint="strided")
    model.module = SimpleNamespace(signatures={"features": features})
    return model


def five_milliseconds():
    """A clip costs 5 ms: two calls."""
    return colors(0.0025)


def slow():
    """A clip costs 0.2 s; a white one kills the process."""
    return unless_white(colors(0.1), lambda: os._exit(1))


def stuck():
    """A clip costs 5 ms; a white one creates the file that STUCK names, and costs an hour, as if its decoder never returned."""

    def sleep():
        open(os.environ["STUCK"], "w").close()
        time.sleep(3600)

    return unless_white(five_milliseconds(), sleep)


def unless_white(model, fault):
    """Return a model that calls `fault` for a white clip."""
    mean_color = model.function

    def mean_color_unless_white(batch):
        if np.min(batch) > 0.8:
            fault()
        return mean_color(batch)

    model.function = mean_color_unless_white
    return model
