"""Logits for a long video: chunk by chunk, or frame by frame if the model is causal."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from ..basics import quiet
from ..models.chunks import CHUNK_FRAMES, LEFT_CONTEXT, split
from ..models.model_input import input_of
from ..models.video_model import VideoModel
from ..video.preprocessing import to_batch
from .prediction import predict_logits
from .timeline import STEP

STREAM_CHUNK = 16  # frames of a stream between two updates of its timeline


def is_causal(model: Callable) -> bool:
    """Return whether a model can predict frame by frame.

    Parameters
    ----------
    model : callable
        Any model that `predict` accepts.

    Returns
    -------
    bool
    """
    return isinstance(model, VideoModel) and model.is_causal


def long_video_logits(
    model: Callable, frames: Iterable[np.ndarray], done: int, value_range: tuple[float, float], chunk_frames: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the logits of a long video, chunk by chunk.

    Parameters
    ----------
    model : callable
        As in `predict_timeline`.
    frames : iterable of numpy.ndarray
        uint8 `[S, S, 3]` each, from the beginning of the video.
    done : int
        Number of frames at the start that already have predictions; these are not repeated.
    value_range : (float, float)
        The model's input values for black and white.
    chunk_frames : int
        Frames per call of a model that is not causal, without context; a multiple of 8.

    Yields
    ------
    (numpy.ndarray, numpy.ndarray)
        The logits of a chunk, float32 `[P, classes]`, and its frames, uint8 `[P * step, S, S, 3]`. The step is 1 for a causal
        model, else 8.
    """
    if isinstance(model, VideoModel) and model.is_causal:
        yield from _stream_logits(model, iter(frames), done, value_range)
        return
    dense, overlap, needed = dense_signature(model), min(LEFT_CONTEXT, done), input_of(model)
    for chunk, first, count in split(islice(frames, done - overlap, None), overlap, chunk_frames):
        batch = quiet.tf.constant(to_batch(chunk, value_range, needed.size, needed.min_frames))
        logits = np.asarray(dense(batch)["default"])[0, first : first + count]
        yield logits, chunk[first * STEP : (first + count) * STEP]


def _stream_logits(
    model: VideoModel, frames: Iterator[np.ndarray], done: int, value_range: tuple[float, float]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Like `long_video_logits`, for a causal model."""
    with model.start(value_range) as stream:
        for frame in islice(frames, done):
            stream.step(frame)
        while chunk := list(islice(frames, STREAM_CHUNK)):
            yield np.array([stream.step(frame) for frame in chunk]), np.stack(chunk)


def long_clip_logits(model: VideoModel, frames: np.ndarray) -> np.ndarray:
    """Return the logits of a long clip in bounded memory: like `predict_logits`, but in chunks or frame by frame.

    Parameters
    ----------
    model : VideoModel
        A causal model, or one whose module has the signature `timeline`. Any other model gets the whole clip at once.
    frames : numpy.ndarray
        uint8 `[T, S, S, 3]`.

    Returns
    -------
    numpy.ndarray
        float32 `[classes]`. For I3D, the mean over time of the logits of every 8 frames, as in Carreira & Zisserman 2017,
        section 2.5; the last 7 frames may be left out.
    """
    is_dense = "timeline" in getattr(model.module, "signatures", {})
    if len(frames) <= CHUNK_FRAMES or not (model.is_causal or is_dense):
        return predict_logits(model, frames)
    logits = np.concatenate([part for part, _ in long_video_logits(model, frames, 0, model.input.value_range, CHUNK_FRAMES)])
    return logits[-1] if model.is_causal else logits.mean(axis=0)


def dense_signature(model: Callable) -> Callable:
    """Return a function that predicts every 8 frames.

    Parameters
    ----------
    model : callable
        A model that is not causal.

    Returns
    -------
    callable
        Maps frames, float32 `[1, T, S, S, 3]`, `T` a multiple of 8, to `{"default": logits}`, float32
        `[1, T / 8 - 1, classes]`. This is the module's signature `timeline`. For a module without that signature, the function
        runs the model on windows of 64 frames, which is eight times the work.
    """
    module = getattr(model, "module", None)
    if module is not None and "timeline" in module.signatures:
        return module.signatures["timeline"]

    def windows(batch):
        length = batch.shape[1]
        starts = [min(max(0, middle - 32), max(0, length - 64)) for middle in range(STEP, length - STEP + 1, STEP)]
        return {"default": np.stack([model(batch[:, start : start + 64])["default"] for start in starts], axis=1)}

    return windows
