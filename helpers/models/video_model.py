"""One interface for all models: what a model needs of a video, what its outputs are called, and streams of causal models."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..video import preprocessing
from ..video.optical_flow import check_flow, read_flow
from ..video.reading import read_video
from ..video.resampling import Rate, chosen_fps

LABELS_NAME = "labels.txt"  # in the files of a model of learned actions: one label a line, in UTF-8


@dataclass(frozen=True)
class ModelInput:
    """The frames that a model was trained on."""

    size: int  # height and width, in pixels
    value_range: tuple[float, float]  # of black and white
    crop_fraction: float  # side of the center square as a fraction of the shorter side of the video
    fps: float  # frames per second
    min_frames: int  # of the shortest clip that the model accepts
    # 2: optical flow; 5: both streams. Not in the text, which is part of the keys of caches.
    channels: int = field(default=3, repr=False)


I3D_INPUT = ModelInput(
    size=preprocessing.I3D_SIZE,
    value_range=preprocessing.I3D_VALUE_RANGE,
    crop_fraction=preprocessing.I3D_CROP_FRACTION,
    fps=preprocessing.I3D_FPS,
    min_frames=preprocessing.I3D_MIN_FRAMES,
)
FLOW_INPUT = replace(I3D_INPUT, channels=2)


def input_of(model: Callable) -> ModelInput:
    """Return the input of a model of RGB frames; I3D's input for a callable without one.

    Raises ValueError if the model needs optical flow, because whoever asks has RGB frames.
    """
    found = getattr(model, "input", None)
    if not isinstance(found, ModelInput):
        return I3D_INPUT
    if found.channels != 3:
        raise ValueError(
            f"{getattr(model, 'name', 'the model')} needs optical flow, which only predict and features over time "
            "support: predict(model, model.labels, model.read_video(path)). For anything else, load a network for RGB, such as "
            "load_i3d(weights='rgb_imagenet')."
        )
    return found


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
        preprocessing.require_rgb(frame, "[H, W, 3]", "the frame is")
        if frame.shape[:2] != (self.input.size, self.input.size):
            frame = preprocessing.crop_and_resize(frame, self.input.crop_fraction, self.input.size)
        batch = preprocessing.to_batch(frame[np.newaxis], self.value_range, self.input.size, min_frames=1)
        with self._lock:
            if self._advance is None:
                raise RuntimeError(f"the stream was stopped after {self.frames} frames: call the model's start() for a new one.")
            logits = self._advance(batch)
            self.frames += 1
        return logits

    def stop(self) -> None:
        """End the stream and release its states. It cannot be started again."""
        with self._lock:
            advance, self._advance = self._advance, None
        if advance is not None and self._release is not None:
            self._release(advance)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


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
        self.streams: tuple[str, ...] = ()  # of a two-stream model: names of the outputs whose sum is `default`
        # From features, averaged over time, to logits; None if logits are averaged instead. See `Timeline.classify`.
        self.classify: Callable[[np.ndarray], np.ndarray] | None = None
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
        flow: str = "tvl1",
    ) -> Any:
        """Read a video the way this model was trained, for `predict`; return uint8 `[T, S, S, 3]`, RGB.

        `max_frames` is the number of frames to return from the start; all by default. `crop_fraction` and `fps` replace the
        model's own. They and the errors are as in `helpers.read_video`.

        A flow network gets optical flow, float32 `[T, 224, 224, 2]`, and a two-stream model both, as `Streams`. `flow` is the
        method of `helpers.read_flow`, where `crop_fraction` cannot be changed.
        """
        if self.input.channels != 3:
            self._require_own(crop_fraction=crop_fraction)
            return self._read_flow(path, max_frames, fps, flow)
        needed = self.input
        crop_fraction = needed.crop_fraction if crop_fraction is None else crop_fraction
        return read_video(path, max_frames, needed.size, crop_fraction, chosen_fps(fps, needed.fps), needed.min_frames)

    def _read_flow(self, path: str | os.PathLike, max_frames: int | None, fps: Rate, method: str) -> Any:
        return read_flow(path, max_frames, method, fps, self.input.min_frames)

    def to_batch(self, frames: Any, value_range: tuple[float, float] | None = None) -> Any:
        """Return a clip, as `read_video` returns it, as a batch of one for the model; raise ValueError for another clip."""
        needed = self.input
        if needed.channels == 2:
            self._require_own(value_range=value_range)
            check_flow(frames, needed.min_frames)
            return frames[np.newaxis]
        value_range = needed.value_range if value_range is None else value_range
        return preprocessing.to_batch(frames, value_range, needed.size, needed.min_frames)

    def _require_own(self, **settings: object) -> None:
        """Raise ValueError if a setting was given that has no meaning for optical flow."""
        for name, value in settings.items():
            if value is not None:
                raise ValueError(f"{name} cannot be changed for {self.name}, which needs optical flow. Leave {name} out.")

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
