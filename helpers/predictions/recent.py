"""Predict from the last seconds of a stream, not from all of it."""

from collections.abc import Callable
from typing import Any

import numpy as np


class Recent:
    """A stream whose predictions depend only on the most recent frames.

    A causal network such as MoViNet averages over all frames since its stream began. After minutes, a new action hardly changes
    that average. Therefore, two streams run, started half a window apart, and each is replaced after a full window. The older
    one predicts. After the first half window, each prediction covers the last `frames / 2` to `frames` frames. This takes twice
    the computing time.

    `start` returns a new stream, such as that of a causal model; an odd number of `frames` is rounded down to an even one.

    >>> class Count:
    ...     frames = 0
    ...     def step(self, frame):
    ...         self.frames += 1
    ...         return self.frames
    ...     def stop(self):
    ...         pass
    >>> recent = Recent(Count, 4)
    >>> [recent.step(None) for _ in range(9)]
    [1, 2, 3, 4, 3, 4, 3, 4, 3]
    """

    def __init__(self, start: Callable[[], Any], frames: int) -> None:
        if frames < 2:
            raise ValueError(f"the window has {frames} frames, but needs at least 2. Pass more seconds.")
        self.frames = 0
        self._start, self._half = start, frames // 2
        self._streams = [start()]  # at most two, the older one first

    def step(self, frame: np.ndarray) -> np.ndarray:
        """Predict after one more frame: return logits, float32 `[classes]`, as `Stream.step`."""
        if not self._streams:
            raise RuntimeError(f"the stream was stopped after {self.frames} frames: start a new one.")
        if self.frames and self.frames % self._half == 0:
            if len(self._streams) == 2:
                self._streams.pop(0).stop()
            self._streams.append(self._start())
        logits, *_ = [stream.step(frame) for stream in self._streams]
        self.frames += 1
        return logits

    def stop(self) -> None:
        """End both streams."""
        while self._streams:
            self._streams.pop().stop()
