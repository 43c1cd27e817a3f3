"""Describe clips by numbers from a trained network, whose weights stay as they are, to learn new actions from a few clips."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from ..basics import quiet
from ..basics.cache import expanded, staging_dir
from ..basics.messages import number, without_secrets
from ..basics.statistics import standardize
from ..clips.actions import content_sha256
from ..clips.intervals import ActionInterval, by_time
from ..models.chunks import CHUNK_FRAMES, split
from ..models.video_model import VideoModel, input_of
from ..video.metadata import VideoError
from ..video.preprocessing import crop_and_resize
from ..video.reading import VideoReader, read_clip
from .records import ClipFeatures, Record, cache_path, read_record, write_record

THUMBNAIL = 8  # pixels; of the baseline that sees colors and shapes only
FLOAT32 = 4  # bytes
MODEL_MEMORY = {True: 3_050_000_000, False: 700_000_000}  # bytes with the longest chunk of I3D; without chunks (MoViNet)
ROUNDED = 0.5  # seconds by which an interval may end after its recording: tools round, and a header may be wrong
SHORTER = "Cut it into shorter clips, one for each action."
NO_MEMORY = f"there is not enough memory for its frames. {SHORTER}"


def features(model: VideoModel, clips: Sequence[str | os.PathLike | ActionInterval]) -> np.ndarray:
    """Describe each clip by one row of numbers.

    Parameters
    ----------
    model : VideoModel
        A model from `load_i3d`, `load_movinet` or `load_model`.
    clips : list of str, Path or ActionInterval
        Video files, all of whose frames are used; or parts of recordings, such as `read_intervals` returns.

    Returns
    -------
    numpy.ndarray
        float32 `[clips, K]`. For I3D, `K` is 1024: the input of its classifier, averaged over time. For a
        model without the signature `features`, the standardized logits are returned: for MoViNet, 600 logits after the last
        frame, from the whole center square at 5 frames per second. A model of learned actions returns its network's features.

    Warns
    -----
    UserWarning
        If a clip has fewer frames than the model needs, so that it is repeated (looped); if a file in the cache is damaged; and
        as in `read_video`.

    Raises
    ------
    OSError, VideoError, DownloadError
        If a clip cannot be read, as in `read_video`, or needs more memory than there is, or if the cache cannot be written to; if
        an interval has fewer frames than the model needs, or ends over half a second after its recording.

    Notes
    -----
    Rows are cached by the content of the file and the fingerprint of the model, so that an interrupted run can be resumed.
    """
    parts: dict[ActionInterval, ClipFeatures] = {}
    for part, found in interval_features(model, {clip for clip in clips if isinstance(clip, ActionInterval)}):
        if isinstance(found, VideoError):
            raise VideoError(f"{part}: {found}")
        if isinstance(found, OSError):
            raise found
        parts[part] = found
    found_all = (parts[clip] if isinstance(clip, ActionInterval) else clip_features(model, clip) for clip in clips)
    return np.stack([record.features for record in found_all])


def clip_features(model: VideoModel, path: str | os.PathLike) -> ClipFeatures:
    """Describe one clip, as `features` does, and by numbers without movement, for baselines.

    Returns
    -------
    ClipFeatures
        `features`, and `still` of the middle frame alone, float32 `[K]`; `pixels` of the middle frame, float32 `[192]`; `size`:
        width, height and seconds; and the number of `frames`. Warnings and errors are those of `features`.
    """
    path, model = expanded(path), model.network or model
    record = from_cache(model, path, lambda: compute(model, path))
    warn_if_looped(model, path, record)
    return cast(ClipFeatures, record)


def from_cache(model: VideoModel, path: Path, describe: Callable[[], Record], settings: str = "") -> Record:
    """Return the features of a clip from the cache, or compute and cache them; `settings` is as in `recipe`."""
    cached = cache_path(model, content_sha256(path), settings) if model.fingerprint else None
    stored = read_record(cached) if cached else None
    try:
        record = stored[0] if stored else describe()
    except MemoryError:
        raise VideoError(f"{path}: {NO_MEMORY}") from None
    if cached and not stored:
        with staging_dir(cached):  # for its lock, and its error if the cache cannot be written to
            write_record(cached, record)
    return record


def warn_if_looped(model: VideoModel, path: Path, record: Record) -> None:
    """Warn if a clip has fewer frames than the model needs. Rows over time are never of a looped clip."""
    if record.frames < model.input.min_frames and isinstance(record, ClipFeatures):
        needs = f"{model.name} needs {model.input.min_frames}"
        found = number(record.frames, "frame")
        warnings.warn(without_secrets(f"{path} has {found}, but {needs}, so it was looped."), stacklevel=3)


def compute(model: VideoModel, path: Path, done: Callable[[str], None] = lambda stage: None) -> ClipFeatures:
    """Like `clip_features`, without the cache and the warning; `done` is called after the stages "decode" and "compute"."""
    needed = input_of(model)
    with closing(VideoReader(path, needed.fps)) as reader:
        require_memory(model, path, reader.metadata.duration)
        frames = read_clip(reader, None, needed.size, needed.crop_fraction, min_frames=1)
        width, height = reader.metadata.width, reader.metadata.height
    done("decode")
    found = with_baselines(model, mean_features(model, frames), frames[len(frames) // 2], (width, height), len(frames))
    done("compute")
    return found


def with_baselines(model: VideoModel, row: np.ndarray, middle: np.ndarray, size: tuple[int, int], frames: int) -> ClipFeatures:
    """Return the features of a clip, float32 `[K]`, with the inputs of the baselines: from its middle frame, and its size."""
    pixels = cv2.resize(middle, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).ravel().astype(np.float32)
    shape = np.array([*size, frames / input_of(model).fps], np.float32)
    return ClipFeatures(row, mean_features(model, middle[np.newaxis]), pixels, shape, frames)


def interval_features(
    model: VideoModel, intervals: Iterable[ActionInterval]
) -> Iterator[tuple[ActionInterval, ClipFeatures | OSError | VideoError]]:
    """Yield intervals of recordings with their features, or with the error why there are none; those of one file in any order.

    The frames of each interval are described as those of a clip that was cut there. Each recording is read once, or, if intervals
    overlap, as often as needed. Features are cached, as those of clips are.
    """
    model = model.network or model
    for path, group in groupby(sorted(intervals, key=by_time), attrgetter("file")):
        missing: dict[ActionInterval, Path | None] = {}
        for interval in group:
            try:
                sha256 = content_sha256(path) if model.fingerprint else ""
            except OSError as error:
                yield interval, error
                continue
            cached = cache_path(model, sha256, f"{interval.start!r} to {interval.end!r} s") if sha256 else None
            if cached and (stored := read_record(cached)):
                yield interval, cast(ClipFeatures, stored[0])
            else:
                missing[interval] = cached
        for apart in without_overlap(missing):
            for interval, found in compute_intervals(model, path, apart):
                if (cached := missing[interval]) and isinstance(found, ClipFeatures):
                    with staging_dir(cached):
                        write_record(cached, found)
                yield interval, found


def without_overlap(intervals: Iterable[ActionInterval]) -> list[list[ActionInterval]]:
    """Split sorted intervals of one recording into lists, of which each has no two that overlap."""
    lists: list[list[ActionInterval]] = []
    for interval in intervals:
        free = next((one for one in lists if one[-1].end <= interval.start), None)
        if free is None:
            lists.append(free := [])
        free.append(interval)
    return lists


def compute_intervals(
    model: VideoModel, path: Path, intervals: Sequence[ActionInterval]
) -> Iterator[tuple[ActionInterval, ClipFeatures | OSError | VideoError]]:
    """Like `interval_features`, for sorted intervals of one recording that do not overlap, without the cache."""
    done = 0
    try:
        with closing(VideoReader(path, input_of(model).fps)) as reader:
            size = reader.metadata.width, reader.metadata.height
            stream = iter(reader)
            frames = chain([next(stream)], stream)  # with the first frame, its time is known
            position = 0
            for interval in intervals:
                found, position = next_interval(model, reader, frames, position, interval, size)
                done += 1
                yield interval, found
            if reader.note:
                warnings.warn(without_secrets(f"{path}: {reader.note}"), stacklevel=2)
    except (OSError, VideoError, cv2.error) as error:
        reason = error if isinstance(error, (OSError, VideoError)) else VideoError(f"{path}: {error}")
        yield from ((interval, reason) for interval in intervals[done:])


def next_interval(
    model: VideoModel,
    reader: VideoReader,
    frames: Iterator[np.ndarray],
    position: int,
    interval: ActionInterval,
    size: tuple[int, int],
) -> tuple[ClipFeatures | VideoError, int]:
    """Describe an interval of a recording from its frames from `position` on; return also the position of the next frame."""
    needed = input_of(model)
    first, end = (round((seconds - reader.start) * needed.fps) for seconds in (interval.start, interval.end))
    first = max(first, 0)
    count, seen, middle = end - first, 0, np.empty(0)
    if count < needed.min_frames:
        what = f"it has {number(max(0, count), 'frame')} at {needed.fps:g} per second"
        return VideoError(f"{what}, but {model.name} needs at least {needed.min_frames}"), position
    position += sum(1 for _ in islice(frames, first - position))

    def cut() -> Iterator[np.ndarray]:
        nonlocal seen, middle
        for frame in islice(frames, count):
            square = crop_and_resize(frame, needed.crop_fraction, needed.size)
            middle = square if seen <= count // 2 else middle
            seen += 1
            yield square

    row = mean_of_windows(model, cut(), count)
    position += seen
    if row is None or seen < count - ROUNDED * needed.fps:
        return VideoError(f"the recording ends at {reader.start + position / needed.fps:.2f} s"), position
    return with_baselines(model, row, middle, size, seen), position


def mean_of_windows(model: VideoModel, frames: Iterator[np.ndarray], count: int) -> np.ndarray | None:
    """Return what `mean_features` does for `count` frames, in bounded memory; None if there are too few.

    For a model without the signature `features`, it is the mean over windows of equal length, of up to 384 frames.
    """
    if features_signature(model) is not None and count > CHUNK_FRAMES:
        rows = list(rows_in_chunks(model, frames))
        return np.mean(rows, axis=0) if rows else None
    bounds = np.linspace(0, count, -(-count // CHUNK_FRAMES) + 1).round().astype(int)
    windows = (list(islice(frames, length)) for length in np.diff(bounds).tolist())
    means = [(mean_features(model, np.stack(window)), len(window)) for window in windows if len(window) >= model.input.min_frames]
    return np.average([mean for mean, _ in means], 0, [length for _, length in means]).astype(np.float32) if means else None


def require_memory(model: VideoModel, path: Path, seconds: float) -> None:
    """Raise VideoError, before a clip is read, if it is too long for the memory that this process may use."""
    in_chunks = features_signature(model) is not None
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


def mean_features(model: VideoModel, frames: np.ndarray) -> np.ndarray:
    """Return the features of a clip, as `read_video` returns it, as float32 `[K]`. A short clip is looped, a long one split."""
    shortest = model.input.min_frames
    if not len(frames):
        raise ValueError("The clip has no frames, but its features need at least one.")  # np.resize would return black frames
    if len(frames) < shortest:
        frames = np.resize(frames, (shortest, *frames.shape[1:]))  # repeats the clip from its start
    if features_signature(model) is None:
        return standardize(np.asarray(model(model.to_batch(frames))["default"], np.float32)[0])
    if len(frames) <= CHUNK_FRAMES:
        return dense_rows(model, frames).mean(axis=0)
    return np.mean(list(rows_in_chunks(model, frames)), axis=0)


def rows_in_chunks(model: VideoModel, frames: Iterable[np.ndarray], chunk_frames: int = CHUNK_FRAMES) -> Iterator[np.ndarray]:
    """Yield the rows of `dense_rows` for a video of any length, float32 `[K]`, from chunks that overlap by their context."""
    for chunk, first, count in split(frames, 0, chunk_frames):
        yield from dense_rows(model, chunk)[first : first + count]


def dense_rows(model: VideoModel, frames: np.ndarray) -> np.ndarray:
    """Return what the signature `features` returns for a clip: float32 `[ceil(T / 8) - 1, K]`."""
    signature = cast(Callable, features_signature(model))
    return np.asarray(signature(quiet.tf.constant(model.to_batch(frames)))["default"])[0]
