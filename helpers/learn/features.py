"""Describe clips by numbers from a trained network, to learn new actions from a few clips.

The network stays as it is (its weights are frozen); only a linear classifier is learned from its features.
"""

import hashlib
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..basics import quiet
from ..basics.cache import cache_folder, file_sha256, staging_dir
from ..basics.messages import without_secrets
from ..basics.statistics import standardize
from ..models.chunks import CHUNK_FRAMES, split
from ..models.model_input import input_of
from ..models.video_model import VideoModel
from ..video.metadata import VideoError, read_metadata
from ..video.preprocessing import to_batch
from ..video.reading import read_video
from .record import ClipFeatures, read_record, write_record

THUMBNAIL = 8  # pixels; of the baseline that sees colors and shapes only
FLOAT32 = 4  # bytes
MODEL_MEMORY = {True: 3_050_000_000, False: 700_000_000}  # bytes with the longest chunk of I3D; without chunks (MoViNet)
SHORTER = "Cut it into shorter clips, one for each action."
NO_MEMORY = f"there is not enough memory for its frames. {SHORTER}"
VERSION = 3  # part of the cache key: increase it when the numbers below change


def features(model: VideoModel, clips: Sequence[str | os.PathLike]) -> np.ndarray:
    """Describe each clip by one row of numbers.

    Parameters
    ----------
    model : VideoModel
        A model from `load_i3d`, `load_movinet` or `load_model`.
    clips : list of str or Path
        Video files. All of their frames are used.

    Returns
    -------
    numpy.ndarray
        float32 `[clips, K]`. For I3D, `K` is 1024: the input of its classifier, averaged over time. For a
        model without the signature `features`, the standardized logits are returned: for MoViNet, 600 logits after the last
        frame, from the whole center square at 5 frames per second. A model of learned actions returns its network's features.

    Warns
    -----
    UserWarning
        If a clip has fewer frames than the model needs: it is repeated (looped) until it has enough. Also if a file in the cache
        is damaged, and as in `read_video`.

    Raises
    ------
    OSError, VideoError
        If a clip cannot be read, as in `read_video`, or needs more memory than there is.
    DownloadError
        If the cache cannot be written to.

    Notes
    -----
    Rows are cached by the content of the file and the fingerprint of the model, so that an interrupted run can be resumed.
    """
    return np.stack([clip_features(model, clip).features for clip in clips])


def clip_features(model: VideoModel, path: str | os.PathLike) -> ClipFeatures:
    """Describe one clip, as `features` does, and by numbers that contain no movement, for baselines.

    Parameters
    ----------
    model : VideoModel
        As in `features`, which also lists the warnings and errors.
    path : str or Path
        The video file.

    Returns
    -------
    ClipFeatures
    """
    path, model = Path(path).expanduser(), model.network or model
    cached = cache_path(model, file_sha256(path)) if model.fingerprint else None
    stored = read_record(cached) if cached else None
    try:
        record = stored[0] if stored else compute(model, path)
    except MemoryError:
        raise VideoError(f"{path}: {NO_MEMORY}") from None
    if cached and not stored:
        with staging_dir(cached):  # for its lock, and its error if the cache cannot be written to
            write_record(cached, record)
    warn_if_looped(model, path, record)
    return record


def warn_if_looped(model: VideoModel, path: Path, record: ClipFeatures) -> None:
    """Warn if a clip has fewer frames than the model needs."""
    if record.frames < model.input.min_frames:
        needs = f"{model.name} needs {model.input.min_frames}"
        warnings.warn(without_secrets(f"{path} has {record.frames} frames, but {needs}, so it was looped."), stacklevel=3)


def compute(model: VideoModel, path: Path) -> ClipFeatures:
    """Like `clip_features`, without the cache."""
    return describe(model, *decode(model, path))


def decode(model: VideoModel, path: Path) -> tuple[np.ndarray, tuple[float, float]]:
    """Return the frames of a clip, uint8 `[T, S, S, 3]`, and the width and height of its file."""
    needed = model.input
    require_memory(model, path)
    return read_video(path, None, needed.size, needed.crop_fraction, needed.fps, min_frames=1), frame_size(path)


def describe(model: VideoModel, frames: np.ndarray, file_size: tuple[float, float]) -> ClipFeatures:
    """Return the features of a decoded clip."""
    shortest = model.input.min_frames
    middle = frames[len(frames) // 2]
    pixels = cv2.resize(middle, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).ravel().astype(np.float32)
    still = mean_features(model, loop(middle[np.newaxis], shortest))
    size = np.array([*file_size, len(frames) / model.input.fps], np.float32)
    return ClipFeatures(mean_features(model, loop(frames, shortest)), still, pixels, size, len(frames))


def require_memory(model: VideoModel, path: Path) -> None:
    """Raise VideoError, before a clip is read, if it is too long for the memory that this process may use."""
    seconds, in_chunks = read_metadata(path).duration, features_signature(model) is not None
    if seconds * model.input.fps <= CHUNK_FRAMES:  # a short clip needs less than MODEL_MEMORY
        return
    from .many_clips.cluster import memory_limit  # only here, because Dask takes a second to import

    limit = memory_limit()
    frame = 3 * model.input.size**2 * (1 if in_chunks else 1 + FLOAT32)  # without chunks, all frames become one batch
    needed = MODEL_MEMORY[in_chunks] + seconds * model.input.fps * frame
    if needed > limit:
        raise VideoError(
            f"{path} lasts {seconds / 60:.1f} minutes, for which {model.name} needs {needed / 1e9:.1f} GB of memory, but this "
            f"process may use {limit / 1e9:.1f} GB. {SHORTER} Or let fewer processes share the memory (the command `features` "
            "has the option --workers)."
        )


def features_signature(model: VideoModel) -> Callable | None:
    """Return the signature `features` of a SavedModel, such as I3D; None if there is none."""
    signatures = getattr(model.module, "signatures", {})
    return signatures["features"] if "features" in signatures else None


def loop(frames: np.ndarray, count: int) -> np.ndarray:
    """Repeat a clip from its start until it has at least `count` frames; return a longer clip unchanged.

    >>> loop(np.array([1, 2, 3]), 5).tolist(), loop(np.array([1, 2, 3]), 2).tolist()
    ([1, 2, 3, 1, 2], [1, 2, 3])
    """
    return frames if len(frames) >= count else frames[np.arange(count) % len(frames)]


def mean_features(model: VideoModel, frames: np.ndarray) -> np.ndarray:
    """Return the features of frames, uint8 `[T, S, S, 3]`, as float32 `[K]`. A long clip is computed in chunks."""
    needed = model.input

    def batch(part):
        return quiet.tf.constant(to_batch(part, needed.value_range, needed.size, needed.min_frames))

    dense = features_signature(model)
    if dense is None:
        clip = to_batch(frames, needed.value_range, needed.size, needed.min_frames)
        return standardize(np.asarray(model(clip)["default"], np.float32)[0])
    if len(frames) <= CHUNK_FRAMES:
        return np.asarray(dense(batch(frames))["default"])[0].mean(axis=0)
    rows = [np.asarray(dense(batch(part))["default"])[0, first : first + count] for part, first, count in split(frames)]
    return np.concatenate(rows).mean(axis=0)


def frame_size(path: Path) -> tuple[int, int]:
    """Return the width and height of a video file."""
    metadata = read_metadata(path)
    return metadata.width, metadata.height


def recipe(model: VideoModel) -> str:
    """Return what features depend on besides the content of a clip: the model's weights, and how videos are read."""
    return f"{VERSION} {model.fingerprint} {input_of(model)}"


def cache_path(model: VideoModel, sha256: str) -> Path:
    """Return the file in the cache for a model and a clip, which depends on the content of the clip, not on its name."""
    key = hashlib.sha256(f"{recipe(model)} {sha256}".encode()).hexdigest()
    return cache_folder() / "features" / key[:2] / f"{key}.npz"
