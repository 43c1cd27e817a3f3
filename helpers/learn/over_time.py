"""Features over time: a row of numbers for every few frames of a video, for other networks to learn from."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
from tqdm.auto import tqdm

from ..basics.cache import expanded
from ..basics.messages import number, show_progress, without_secrets
from ..basics.statistics import standardize
from ..models.chunks import CHUNK_FRAMES, LEFT_FIELD, RIGHT_FIELD, STEP
from ..models.i3d.two_stream import TwoStreamModel
from ..models.video_model import VideoModel
from ..video.metadata import VideoError
from ..video.optical_flow import iterate_flow, require_method
from ..video.preprocessing import crop_and_resize
from ..video.reading import VideoReader
from .features import features_signature, from_cache, mean_features, rows_in_chunks
from .records import FeaturesOverTime


class Sampling(NamedTuple):
    """Which rows to compute: those of one dense pass (`every`), or those of separate windows (`window` and `step`)."""

    every: int | None  # frames from one row to the next
    window: int | None  # frames in each window
    step: int | None  # frames from one window to the next
    flow: str = "tvl1"  # the method of optical flow, for a model that needs it


def sampling(every: int | None = None, window: int | None = None, step: int | None = None, flow: str = "tvl1") -> Sampling | None:
    """Return which rows to compute; None without arguments. Raises ValueError for numbers that do not fit any model."""
    for name, frames in {"every": every, "window": window, "step": step}.items():
        if frames is not None and (not isinstance(frames, (int, np.integer)) or frames < 1):
            raise ValueError(f"{name} must be a number of frames, at least 1, not {frames!r}.")
    if every is not None and (window, step) != (None, None):
        raise ValueError("every is for one dense pass, and window and step are for separate windows: leave out one or the other.")
    if step is not None and window is None:
        raise ValueError(f"step={step} is the distance between windows, but window, their length, is missing.")
    if every is None and window is None:
        if flow != "tvl1":
            raise ValueError("flow is for features over time: add every, or window and step (--every, or --window and --step).")
        return None
    every, window, step = (None if frames is None else int(frames) for frames in (every, window, step or window))
    return Sampling(every, window, step, flow)


def require_possible(model: VideoModel, chosen: Sampling) -> None:
    """Raise ValueError if a model cannot compute these rows."""
    if model.input.channels != 3:
        require_method(chosen.flow)
    elif chosen.flow != "tvl1":
        raise ValueError(f"{model.name} needs no optical flow: leave out flow={chosen.flow!r}.")
    if isinstance(model, TwoStreamModel):
        model = model.rgb
    shortest = model.input.min_frames
    if chosen.every is None:
        if cast(int, chosen.window) < shortest:
            raise ValueError(f"window must be at least {shortest} frames for {model.name}, not {chosen.window}.")
    elif features_signature(model) is not None:
        if chosen.every % STEP:
            raise ValueError(
                f"every must be a multiple of {STEP} frames for {model.name}, whose layers have one output for each {STEP} "
                f"frames, not {chosen.every}. For any other distance, use window and step."
            )
    elif not model.is_causal:
        raise ValueError(f"{model.name} has one output for a whole clip, so every cannot be used: use window and step.")


def features_over_time(
    model: VideoModel,
    clip: str | os.PathLike,
    every: int | None = None,
    window: int | None = None,
    step: int | None = None,
    flow: str = "tvl1",
) -> FeaturesOverTime:
    """Describe a video of any length by a row of numbers for every few frames.

    Parameters
    ----------
    model : VideoModel
        A model from `load_i3d`, `load_movinet` or `load_model`, also for optical flow, or a two-stream model.
    clip : str or Path
        A video file. All of its frames are used, at the model's frame rate: 25 per second for I3D, 5 for MoViNet.
    every : int, optional
        Frames from one row to the next, in one dense pass over the video: for I3D, a multiple of 8. Default: 8, unless `window`
        is given. For a larger multiple, rows are means of those of `every=8`.
    window, step : int, optional
        Compute the features of separate windows instead: the number of frames in each, and from one to the next (by default,
        `window`). For I3D, a window has at least 9 frames. Frames after the last complete window are left out.
    flow : str
        For a model that needs optical flow, its method, as in `read_flow`: "tvl1", or the faster "dis".

    Returns
    -------
    FeaturesOverTime
        `rows`, float32 `[T', K]`, and for each of them `times`, the center in seconds from the first frame, and `sees`, the first
        frame that can change it and the one after the last. (If the sound starts before the picture, a player shows the first
        frame later than at 0 s.) `K` is 1024 for I3D, and 2048 for a two-stream model: the row of RGB, then that of flow. Other
        models return standardized logits, as in `features`.
        Also `frames` and `fps`; and `step` and `length`: row `i` is about the `length` frames from frame `step * i` on.

    Warns
    -----
    UserWarning
        If some frames cannot be decoded, or if a file in the cache is damaged.

    Raises
    ------
    OSError, VideoError, DownloadError
        If the video cannot be read, or is too short for one row (it is not looped); if the cache cannot be written to.
    ValueError
        If `every`, `window` or `step` does not fit the model, or if both `every` and `window` are given.

    Notes
    -----
    In I3D's dense pass, a row with `every=8` is the input of the classifier before its mean over time (Carreira & Zisserman,
    CVPR 2017, figure 3): an average pool over two steps of 8 frames, so that it is about 16 frames. Its receptive field is 107
    frames, 44 more to the left and 47 to the right, and at both ends of the video, it includes padding. A row does not depend
    on how the video is split to limit memory. There are `T // 8 - 1` rows; the last `T % 8` frames are left out.

    A row of a window depends on this window only, and includes padding at both of its ends. The rows of a causal model's dense
    pass depend on all frames so far; its windows start from states of zero.

    Rows are cached, as those of `features` are.
    """
    every = 8 if every is None and window is None and step is None else every
    chosen = cast(Sampling, sampling(every, window, step, flow))
    path, model = expanded(clip), model.network or model
    require_possible(model, chosen)
    record = from_cache(model, path, lambda: compute_over_time(model, path, chosen, progress=show_progress()), str(chosen))
    return cast(FeaturesOverTime, record)


def compute_over_time(
    model: VideoModel, path: Path, chosen: Sampling, done: Callable[[str], None] = lambda stage: None, progress: bool = False
) -> FeaturesOverTime:
    """Like `features_over_time`, without the cache; `done` is called after each part of the stages "decode" and "compute"."""
    if isinstance(model, TwoStreamModel):
        return join_streams(*(compute_over_time(part, path, chosen, done, progress) for part in (model.rgb, model.flow)))
    needed, needs_flow, frames = model.input, model.input.channels == 2, 0

    def read_frames() -> Iterator[np.ndarray]:
        nonlocal frames
        for frame in tqdm(reader, total=announced or None, unit=" frames", disable=not progress):
            frames += 1
            frame = frame if needs_flow else crop_and_resize(frame, needed.crop_fraction, needed.size)
            done("decode")
            yield frame
            done("compute")
        done("decode")

    with closing(VideoReader(path, needed.fps)) as reader:
        width, height = reader.metadata.width, reader.metadata.height
        announced = round(reader.metadata.duration * needed.fps)
        inputs = iterate_flow(read_frames(), chosen.flow) if needs_flow else read_frames()
        rows = list(rows_over_time(model, inputs, chosen))
    done("compute")
    step, length, left, right = layout(model, chosen)
    if not rows:
        raise VideoError(
            f"{path} has {number(frames, 'frame')} at {needed.fps:g} per second, but one row over time needs "
            f"{length + needs_flow}: leave the clip out, or describe it as a whole (with RGB alone, without every and window)."
        )
    if reader.note:
        warnings.warn(without_secrets(f"{path}: {reader.note}"), stacklevel=2)
    starts = step * np.arange(len(rows))
    used = frames - needs_flow  # optical flow leads from a frame to the next
    used = used // STEP * STEP if chosen.every and features_signature(model) else used
    ends = np.minimum(starts + length + right, used) + needs_flow
    sees = np.stack([np.maximum(starts - left, 0), ends], axis=1).astype(np.int64)
    size = np.array([width, height, frames / needed.fps], np.float32)
    times = (starts + length / 2) / needed.fps
    return FeaturesOverTime(np.stack(rows), times, sees, size, frames, float(needed.fps), step, length)


def join_streams(rgb: FeaturesOverTime, flow: FeaturesOverTime) -> FeaturesOverTime:
    """Return rows of RGB and of optical flow as rows of both."""
    count = min(len(rgb.rows), len(flow.rows))  # there is one flow field less than there are frames
    rows = np.concatenate([rgb.rows[:count], flow.rows[:count]], axis=1)
    return flow._replace(rows=rows, times=flow.times[:count], sees=np.maximum(rgb.sees[:count], flow.sees[:count]))


def rows_over_time(model: VideoModel, frames: Iterable[np.ndarray], chosen: Sampling) -> Iterator[np.ndarray]:
    """Yield rows, float32 `[K]`, in memory that does not grow with the length of a video.

    `frames` are uint8 `[S, S, 3]`, or optical flow, float32 `[S, S, 2]`, as the model needs.
    """
    if chosen.every is None:
        return window_rows(model, iter(frames), cast(int, chosen.window), cast(int, chosen.step))
    if features_signature(model) is None:
        return stream_rows(model, frames, chosen.every)
    return pass_rows(model, frames, chosen.every // STEP)


def pass_rows(model: VideoModel, frames: Iterable[np.ndarray], count: int) -> Iterator[np.ndarray]:
    """Yield means of `count` rows of a dense pass over a video."""
    rows = rows_in_chunks(model, frames, CHUNK_FRAMES)
    while len(part := list(islice(rows, count))) == count:
        yield np.mean(part, axis=0)


def stream_rows(model: VideoModel, frames: Iterable[np.ndarray], every: int) -> Iterator[np.ndarray]:
    """Yield the standardized logits of a causal model after every few frames."""
    with model.start() as stream:
        for count, frame in enumerate(frames, 1):
            logits = stream.step(frame)
            if count % every == 0:
                yield standardize(np.asarray(logits, np.float32))


def window_rows(model: VideoModel, frames: Iterator[np.ndarray], window: int, step: int) -> Iterator[np.ndarray]:
    """Yield the features of windows, each computed alone."""
    held = list(islice(frames, window))
    while len(held) == window:
        yield mean_features(model, np.stack(held))
        held = held[step:]
        for _ in islice(frames, max(0, step - window)):  # between two windows
            pass
        held += islice(frames, window - len(held))


class Layout(NamedTuple):
    """Which frames row `i` is about, the `length` from `step * i` on, and how many more before and after these can change it."""

    step: int
    length: int
    left: float  # infinite: all of them
    right: int


def layout(model: VideoModel, chosen: Sampling) -> Layout:
    """Return the frames of each row."""
    if chosen.every is None:
        return Layout(cast(int, chosen.step), cast(int, chosen.window), 0, 0)
    if features_signature(model) is None:
        return Layout(chosen.every, chosen.every, np.inf, 0)
    return Layout(chosen.every, chosen.every + STEP, LEFT_FIELD, RIGHT_FIELD)
