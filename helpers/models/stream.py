"""Predict frame by frame, with a causal model."""

import threading
from collections.abc import Callable

import numpy as np

from ..video.preprocessing import crop_and_resize, require_rgb, to_batch
from .model_input import ModelInput


class Stream:
    """A video that arrives frame by frame: what `start` of a causal model returns.

    The model keeps a few numbers of the frames before (its states), so each frame is computed once, and memory does not grow
    with the video. A prediction is about all frames up to then; start a new stream for a new scene.

    `advance` maps the next frame, float32 `[1, 1, S, S, 3]`, to logits, float32 `[classes]`, and holds the states. When the
    stream stops, `advance` is passed to `release`. `value_range` replaces that of `input`. The attribute `frames` is the number
    of frames so far.

    >>> stream = Stream(lambda frame: frame.mean(axis=(0, 1, 2, 3)), ModelInput(172, (0, 1), 1.0, 5, 1))
    >>> stream.step(np.full((480, 640, 3), 255, np.uint8)).tolist()
    [1.0, 1.0, 1.0]
    """

    def __init__(
        self,
        advance: Callable[[np.ndarray], np.ndarray],
        input: ModelInput,
        value_range: tuple[float, float] | None = None,
        release: Callable | None = None,
    ) -> None:
        self.input, self.frames = input, 0
        self.value_range = input.value_range if value_range is None else value_range
        self._advance: Callable[[np.ndarray], np.ndarray] | None = advance
        self._release = release
        self._lock = threading.Lock()  # another thread may stop the stream, and its states must not be reused before a step ends

    def step(self, frame: np.ndarray) -> np.ndarray:
        """Predict after one more frame, uint8 `[H, W, 3]`, RGB: return logits, float32 `[classes]`.

        The center square is resized to the model's size; a frame of that size is taken as it is. Raises ValueError if the frame
        has another dtype or shape, and RuntimeError if the stream was stopped.
        """
        require_rgb(frame, "[H, W, 3]", "the frame is")
        if frame.shape[:2] != (self.input.size, self.input.size):
            frame = crop_and_resize(frame, self.input.crop_fraction, self.input.size)
        batch = to_batch(frame[np.newaxis], self.value_range, self.input.size, min_frames=1)
        with self._lock:
            if self._advance is None:
                raise RuntimeError(f"the stream was stopped after {self.frames} frames: call the model's start() for a new one.")
            logits = self._advance(batch)
            self.frames += 1
        return logits

    def stop(self) -> None:
        """End the stream and give up its states. A stream that was stopped stays stopped."""
        with self._lock:
            advance, self._advance = self._advance, None
        if advance is not None and self._release is not None:
            self._release(advance)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
