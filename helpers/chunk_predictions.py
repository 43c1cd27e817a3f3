"""The model's logits for a long video: chunk by chunk, or frame by frame if the model is causal."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from . import plumbing
from .chunks import LEFT_CONTEXT, split
from .model_input import input_of
from .preprocessing import to_batch
from .timeline import STEP
from .video_model import VideoModel

STREAM_CHUNK = 16  # frames of a stream between two updates of its timeline


def is_causal(model: Callable) -> bool:
    return isinstance(model, VideoModel) and model.is_causal


def long_video_logits(
    model: Callable, frames: Iterable[np.ndarray], done: int, value_range: tuple[float, float], chunk_frames: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield logits in chunks, float32 `[P, classes]`, each with its own frames, uint8 `[P * step, S, S, 3]`.

    Parameters
    ----------
    model : callable
        See `predict_timeline`; `step` is 1 if it is causal, else 8.
    frames : iterable of numpy.ndarray
        uint8 `[S, S, 3]` each, from the beginning of the video.
    done : int
        Frames that already have logits; theirs are left out.
    value_range : (float, float)
        The values of black and white.
    chunk_frames : int
        Frames per call of a model that is not causal.
    """
    if isinstance(model, VideoModel) and model.is_causal:
        yield from stream_logits(model, iter(frames), done, value_range)
        return
    dense, overlap, needed = dense_signature(model), min(LEFT_CONTEXT, done), input_of(model)
    for chunk, first, count in split(islice(frames, done - overlap, None), overlap, chunk_frames):
        batch = plumbing.quiet.tf.constant(to_batch(chunk, value_range, needed.size, needed.min_frames))
        logits = np.asarray(dense(batch)["default"])[0, first : first + count]
        yield logits, chunk[first * STEP : (first + count) * STEP]


def stream_logits(model, frames, done, value_range):
    with model.start(value_range) as stream:
        for frame in islice(frames, done):
            stream.step(frame)
        while chunk := list(islice(frames, STREAM_CHUNK)):
            yield np.array([stream.step(frame) for frame in chunk]), np.stack(chunk)


def dense_signature(model: Callable) -> Callable:
    """Return the model's signature `timeline`, or windows of 64 frames for a module that has none: eight times the work."""
    module = getattr(model, "module", None)
    if module is not None and "timeline" in module.signatures:
        return module.signatures["timeline"]

    def windows(batch):
        length = batch.shape[1]
        starts = [min(max(0, middle - 32), max(0, length - 64)) for middle in range(STEP, length - STEP + 1, STEP)]
        return {"default": np.stack([model(batch[:, start : start + 64])["default"] for start in starts], axis=1)}

    return windows
