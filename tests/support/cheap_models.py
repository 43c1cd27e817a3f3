"""Models without a network, for `--model tests.support.cheap_models:NAME`: they cost little, or cost as much as a test needs."""

import os
import time

import numpy as np

from helpers.models.video_model import ModelInput, VideoModel

SMALL = ModelInput(32, (0.0, 1.0), 1.0, 5.0, 1)


def colors(seconds=0.0, fingerprint="colors"):
    """A model whose logits are the mean color and the number of frames. A call sleeps for `seconds`."""

    def mean_color(batch):
        time.sleep(seconds)
        batch = np.asarray(batch)
        return {"default": np.append(batch.mean(axis=(1, 2, 3)), [[batch.shape[1]]], axis=1)}

    return VideoModel(mean_color, SMALL, None, "colors", fingerprint=fingerprint)


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
