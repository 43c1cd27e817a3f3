"""Models without a network, for `--model tests.support.cheap_models:NAME`: they cost little, or cost as much as a test needs."""

import os
import time

import numpy as np

from helpers.model_input import ModelInput
from helpers.video_model import VideoModel

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
    model = colors(0.1)
    mean_color = model.function

    def crash_on_white(batch):
        if np.min(batch) > 0.8:
            os._exit(1)
        return mean_color(batch)

    model.function = crash_on_white
    return model
