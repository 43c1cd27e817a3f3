"""One interface for all models: each states what it needs and what its outputs are called."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..video.reading import read_video
from ..video.resampling import Rate, chosen_fps
from .model_input import ModelInput, input_of
from .stream import Stream


class VideoModel:
    """A model of actions in videos: what `load_i3d`, `load_movinet` and `load_model` return.

    Parameters
    ----------
    function : callable
        From float32 `[N, T, S, S, 3]` to `{"default": logits}`, `[N, classes]`.
    input : ModelInput
        What the model needs.
    labels : sequence of str, optional
        A name for each output, if they are known.
    name : str
        The model, in messages.
    begin, release : callable, optional
        For a causal model: `begin` returns what `Stream` needs, with states that start at zero; `release` is given that when the
        stream stops, to be used again.
    fingerprint : str
        Names the weights, as a cache key; empty if they are not known or may change.
    """

    def __init__(
        self,
        function: Callable,
        input: ModelInput,
        labels: Sequence[str] | None,
        name: str,
        begin: Callable[[], Callable[[np.ndarray], np.ndarray]] | None = None,
        release: Callable | None = None,
        fingerprint: str = "",
    ) -> None:
        self.function, self.input, self.name, self.fingerprint = function, input, name, fingerprint
        self.labels = None if labels is None else list(labels)
        self.module: Any = None  # the SavedModel that was loaded, with all of its signatures
        self.content = b""  # the LiteRT file that was loaded
        self.network: VideoModel | None = None  # for actions learned with a MoViNet, the model below the new classifier
        self.is_learned = False  # True if `learned.saving.save` wrote the model: it learned from all frames of each clip
        self._begin, self._release = begin, release

    def __call__(self, batch: np.ndarray) -> dict:
        """Run the model on a batch of clips, float32 `[N, T, S, S, 3]`; return `{"default": logits}`, `[N, classes]`.

        A network for optical flow has 2 channels, horizontal and vertical: 20 pixels are 1.

        Raises ValueError if the batch has another dtype or shape, or is empty.
        """
        shape, dtype = [*getattr(batch, "shape", [])], getattr(batch, "dtype", type(batch).__name__)
        size, channels = self.input.size, self.input.channels
        dtype = getattr(dtype, "name", dtype)  # NumPy's, TensorFlow's, or Keras's
        if dtype != "float32" or len(shape) != 5 or shape[2:] != [size, size, channels] or 0 in shape:
            low, high = self.input.value_range
            values = f"values from {low:g} (black) to {high:g} (white). predict accepts frames as read_video returns them."
            if channels == 2:
                values = "optical flow from -1 (20 pixels to the left, or up) to 1 (20 pixels to the right, or down)."
            raise ValueError(
                f"the batch is {dtype} {shape}, but must be float32 [N, T, {size}, {size}, {channels}], with N and T at least 1, "
                f"and {values}"
            )
        return self.function(batch)

    def __repr__(self) -> str:
        labels = "no labels" if self.labels is None else f"{len(self.labels)} labels"
        return f"{self.name}: {self.input.size} x {self.input.size} pixels at {self.input.fps:g} frames per second, {labels}"

    @property
    def is_causal(self) -> bool:
        """True if the model can predict frame by frame."""
        return self._begin is not None

    def read_video(
        self,
        path: str | os.PathLike,
        max_frames: int | None = None,
        crop_fraction: float | None = None,
        fps: Rate = "model",
    ) -> np.ndarray:
        """Read a video the way this model was trained; return uint8 `[T, S, S, 3]`, RGB.

        `max_frames` is the number of frames to return from the start; all by default. `crop_fraction` and `fps` replace the
        model's own. They and the errors are as in `helpers.read_video`.
        """
        needed = input_of(self)
        return read_video(
            path,
            max_frames,
            needed.size,
            needed.crop_fraction if crop_fraction is None else crop_fraction,
            chosen_fps(fps, needed.fps),
            needed.min_frames,
        )

    def start(self, value_range: tuple[float, float] | None = None) -> Stream:
        """Start a stream, for a video that arrives frame by frame. Each stream has states of its own.

        `value_range` replaces the model's values of black and white. Raises ValueError if the model is not causal.
        """
        if self._begin is None:
            raise ValueError(
                f"{self.name} is not causal: it needs whole clips. Use a model with streams, such as load_movinet('a0'), or, "
                "for a long video, call predict_timeline."
            )
        return Stream(self._begin(), self.input, value_range, self._release)
