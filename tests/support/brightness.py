"""A causal model of a few lines, for tests of what is around a model: it recognizes how bright a video is, and its colors."""

import time
import weakref
from types import SimpleNamespace

import numpy as np

LABELS = ["dark", "bright", "red", "green", "blue", "<b>gray</b>"]  # the last one looks like HTML, which no page may render


class BrightnessModel:
    """A model with the interface of `load_movinet`'s; a step may be made to take some seconds, or to fail."""

    def __init__(self, size=64, fps=5.0, seconds=0.0, labels=LABELS):
        self.input = SimpleNamespace(size=size, value_range=(0.0, 1.0), crop_fraction=1.0, fps=fps, min_frames=1)
        self.labels, self.seconds, self.streams, self.error, self.steps = labels, seconds, [], None, 0

    def start(self):
        self.streams.append(BrightnessStream(self))
        return self.streams[-1]


class BrightnessStream:
    """The mean of all frames so far; it remembers the frames only as weak references, to tell whether others keep them."""

    def __init__(self, model):
        self.model, self.sum, self.seen, self.stopped = model, np.zeros(3), [], False

    def step(self, frame):
        if self.stopped:
            raise ValueError("this stream was stopped: start() another.")
        if self.model.error:
            raise self.model.error
        time.sleep(self.model.seconds)
        self.model.steps += 1
        self.seen = [*self.seen[-99:], weakref.ref(frame)]
        color = frame.mean(axis=(0, 1)) / 255
        self.sum += color
        red, green, blue = color
        mean = color.mean()
        return np.array([1 - mean, mean, red - mean, green - mean, blue - mean, 0], np.float32) * 4

    def stop(self):
        self.stopped = True
