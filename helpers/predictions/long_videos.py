"""Predict a timeline in one pass over a video of any length.

I3D is convolutional in time. Before its mean over time, it has logits for every 8 frames, so a timeline needs no sliding
window. A long video is processed in chunks (see `models.chunks`). A causal model such as MoViNet predicts after each frame, from
all frames so far: it averages over them, so that after a minute a new action hardly changes its prediction. For learned actions,
it predicts each second from a window of two seconds instead.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
from tqdm.auto import tqdm

from ..basics import quiet
from ..basics.messages import show_progress
from ..models.chunks import CHUNK_FRAMES, LEFT_CONTEXT, STEP, split
from ..models.video_model import ModelInput, VideoModel, input_of
from ..video.metadata import VideoError
from ..video.preprocessing import crop_and_resize, require_rgb, to_batch
from ..video.reading import VideoReader
from ..video.resampling import Rate, chosen_fps
from .prediction import predict_logits, require_labels, require_names
from .timeline import Timeline

STREAM_CHUNK = 16  # frames of a stream between two updates of its timeline


def predict_timeline(
    model: Callable,
    labels: Sequence[str],
    video: str | os.PathLike | Iterable[np.ndarray],
    fps: Rate = "model",
    window: int | None = None,
    crop_fraction: float | None = None,
    value_range: tuple[float, float] | None = None,
    after: Timeline | None = None,
    chunk_frames: int = CHUNK_FRAMES,
) -> Timeline:
    """Predict the actions over time in a video; the paper averages over the whole of it (Carreira & Zisserman 2017, section 2.5).

    Parameters
    ----------
    model : callable
        A model from `load_i3d`, `load_movinet` or `load_model`. A causal model predicts after each frame, from all frames so
        far; one of learned actions predicts once a second, from windows of two seconds. A module without the signature `timeline`
        runs on windows of 64 frames, which takes about six times as long.
    labels : sequence of str
        The name of each output of the model.
    video : str, Path or iterable of numpy.ndarray
        A video file of any length, or RGB frames, uint8 `[H, W, 3]` each, such as those of `read_video` or a camera.
    fps : float, "model" or "file"
        Frames per second, as in `read_video`; "file", or None, reads every frame, as if all lasted equally long. Given frames
        are not resampled: `fps` is their rate, in a number if it is not the model's own.
    window : int, optional
        Number of frames over which the logits are averaged. Fewer frames follow quick changes, more frames are smoother. By
        default 64; 1 for a causal model; and for one of learned actions, those of four seconds, which are three windows.
    crop_fraction, value_range
        As in `read_video` and `predict`; by default the model's own.
    after : Timeline, optional
        A partial timeline of the same video, to resume; it is not modified. `video` must start from its beginning, because the
        frames that `after` covers are skipped (by a causal model, processed again). So a live camera needs a new timeline.
    chunk_frames : int
        Frames per call of the model, without context; a multiple of 8. Larger chunks need more memory.

    Returns
    -------
    Timeline
        If the video ends early, because of an interruption (Ctrl-C or the stop button), a truncated file or an unplugged
        camera, the timeline contains the predictions so far and a `note` with the reason.

    Raises
    ------
    OSError, VideoError
        If the video cannot be opened, or has fewer than 16 frames (for a causal model: none; for one of learned actions: fewer
        than those of two seconds).
    ValueError
        If there is not one label for each output, an output is not finite, `fps`, `window` or `chunk_frames` is out of range, a
        given frame is not uint8 `[H, W, 3]`, or the model, labels, rate, window or preprocessing of `after` differ.
    """
    require_names(labels)
    if chunk_frames < STEP or chunk_frames % STEP:
        raise ValueError(f"chunk_frames must be a positive multiple of {STEP}, not {chunk_frames}.")
    needed, step = input_of(model), timeline_step(model)
    in_windows = is_learned_stream(model)
    if window is None:
        window = default_window(step, in_windows)
    if window < 1:
        raise ValueError(f"window must be a number of frames, at least 1, not {window}.")
    value_range = needed.value_range if value_range is None else value_range
    crop_fraction = needed.crop_fraction if crop_fraction is None else crop_fraction
    fps = chosen_fps(fps, needed.fps)
    source = VideoReader(video, fps) if isinstance(video, (str, os.PathLike)) else video
    reader = source if isinstance(source, VideoReader) else None
    rate = (reader.fps or reader.metadata.fps) if reader else (fps or needed.fps)
    announced = round(reader.metadata.duration * rate) if reader else 0
    identity = " ".join(filter(None, (getattr(model, name, "") for name in ("name", "fingerprint"))))
    settings = {"model": identity, "crop_fraction": crop_fraction, "value_range": tuple(value_range)}
    empty = Timeline(
        labels,
        np.empty(0),
        np.empty((0, len(labels)), np.float32),
        rate,
        window,
        step=step,
        settings=settings,
        classify=getattr(model, "classify", None),
    )
    try:
        timeline = _start_timeline(empty, after)
    except ValueError:
        if reader:
            reader.close()
        raise
    done, notes, timeline.was_interrupted = len(timeline.seconds) * step, list[str](), False
    frames = _until_end(_square_frames(source, crop_fraction, needed.size), notes)
    bar = tqdm(total=announced or None, initial=done, unit=" frames", disable=not show_progress())
    try:
        if in_windows:
            predictions = window_logits(model, islice(frames, done, None), step, value_range)
        else:
            predictions = long_video_outputs(model, frames, done, value_range, chunk_frames)
        for outputs, own_frames in predictions:
            logits, rows = (timeline.classify(outputs), outputs) if timeline.classify else (outputs, None)
            require_labels(labels, logits)
            timeline.start = reader.start if reader else 0.0
            timeline.append(logits, own_frames, rows)
            bar.update(len(own_frames))
    except KeyboardInterrupt:
        timeline.was_interrupted = True
        notes.append("Interrupted; to resume: predict_timeline(…, after=this_timeline).")
    else:
        if not notes:  # the last frames have no prediction of their own; fill the bar, or it turns red
            bar.update(max(0, announced - bar.n))
    bar.close()
    note = reader.note if reader else ""
    if not len(timeline.seconds) and not notes:
        shortest = 1 if step == 1 else 2 * step
        advice = reader.longer_video(shortest) if reader else "Use a longer video."
        raise VideoError(
            f"the video is too short for a timeline, which needs at least {shortest} frames. {advice} {note}".rstrip()
        )
    notes += [note] if note else []
    timeline.note = " ".join(notes)
    return timeline


def _start_timeline(empty: Timeline, after: Timeline | None) -> Timeline:
    """Return the empty timeline, or a copy of `after`; raise ValueError if the settings of `after` differ."""
    if after is None:
        return empty
    if list(after.labels) != list(empty.labels):
        raise ValueError("the labels are not those of the timeline to resume. Pass labels=after.labels.")
    names = ("fps", "window", "step")
    given = {name: getattr(empty, name) for name in names} | empty.settings
    expected = given | {name: getattr(after, name) for name in names} | after.settings
    for name, value in given.items():
        if value != expected[name]:
            raise ValueError(f"{name} must be {expected[name]!r}, as in the timeline to resume, not {value!r}.")
    return replace(after, thumbnails=list(after.thumbnails))


def _square_frames(video: Iterable[np.ndarray], crop_fraction: float, size: int) -> Iterator[np.ndarray]:
    """Yield square frames: those of a file are cropped and resized, given frames only if they have another size."""
    for frame in video:
        require_rgb(frame, "[H, W, 3]", "the frame is")
        given_square = not isinstance(video, VideoReader) and frame.shape[:2] == (size, size)
        yield frame if given_square else crop_and_resize(frame, crop_fraction, size)


def _until_end(frames: Iterator[np.ndarray], notes: list[str]) -> Iterator[np.ndarray]:
    """Yield frames; if they end early, add the reason to `notes` instead of raising an error."""
    count = 0
    try:
        for frame in frames:
            count += 1
            yield frame
    except (OSError, VideoError, cv2.error) as error:
        if not count:
            raise
        notes.append(f"The video ends after {count} frames: {error}")


def is_learned_stream(model: Callable) -> bool:
    """Return whether a model is causal and was learned from clips, so that its timeline is computed from windows."""
    return isinstance(model, VideoModel) and model.is_causal and model.is_learned


def timeline_step(model: Callable) -> int:
    """Return the number of frames from one prediction of a timeline to the next."""
    if is_learned_stream(model):
        return learned_step(input_of(model))
    return 1 if isinstance(model, VideoModel) and model.is_causal else STEP


def learned_step(needed: ModelInput) -> int:
    """Return the frames of a second: from one window of a causal model of learned actions to the next, and half of each.

    Measured with MoViNet-A0 on the samples, each action for 5 seconds, one side held out: timelines find 44 of 44 intervals with
    1 s, 34 with 0.6 s, and 2 if each prediction is from all frames so far.
    """
    return max(1, round(needed.fps), -(-needed.min_frames // 2))


def default_window(step: int, in_windows: bool) -> int:
    """Return over how many frames a timeline averages by default; `in_windows` as for `is_learned_stream`."""
    return 4 * step if in_windows else 1 if step == 1 else 64


def window_logits(
    model: Callable, frames: Iterable[np.ndarray], step: int, value_range: tuple[float, float]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the logits of windows of `2 * step` frames, float32 `[1, classes]`, and the first `step` frames of each."""
    needed, held = input_of(model), list[np.ndarray]()
    for frame in frames:
        held.append(frame)
        if len(held) == 2 * step:
            window = np.stack(held)
            batch = to_batch(window, value_range, needed.size, needed.min_frames)
            yield np.asarray(model(batch)["default"], np.float32), window[:step]
            del held[:step]


def long_video_outputs(
    model: Callable, frames: Iterable[np.ndarray], done: int, value_range: tuple[float, float], chunk_frames: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the logits of a long video, float32 `[P, classes]`, and their frames, uint8 `[P * step, S, S, 3]`, chunk by chunk.

    For a model that has `classify`, they are its features, `[P, K]`, instead of logits.

    `frames` are uint8 `[S, S, 3]`, from the beginning of the video; the first `done` of them already have predictions.
    """
    if isinstance(model, VideoModel) and model.is_causal:
        frames = iter(frames)
        with model.start(value_range) as stream:
            for frame in islice(frames, done):
                stream.step(frame)
            while part := list(islice(frames, STREAM_CHUNK)):
                yield np.array([stream.step(frame) for frame in part]), np.stack(part)
        return
    dense, overlap, needed = dense_signature(model), min(LEFT_CONTEXT, done), input_of(model)
    for chunk, first, count in split(islice(frames, done - overlap, None), overlap, chunk_frames):
        batch = quiet.tf.constant(to_batch(chunk, value_range, needed.size, needed.min_frames))
        outputs = np.asarray(dense(batch)["default"])[0, first : first + count]
        yield outputs, chunk[first * STEP : (first + count) * STEP]


def long_clip_logits(model: VideoModel, frames: np.ndarray) -> np.ndarray:
    """Return the logits of a long clip, float32 `[classes]`: like `predict_logits`, but in bounded memory.

    For I3D, they are the mean over time of the logits of every 8 frames, as in Carreira & Zisserman 2017, section 2.5; the last 7
    frames may be left out. A model that is neither causal nor has the signature `timeline` gets the whole clip at once.
    """
    is_dense = "timeline" in getattr(model.module, "signatures", {})
    if len(frames) <= CHUNK_FRAMES or not (model.is_causal or is_dense):
        return predict_logits(model, frames)
    parts = long_video_outputs(model, frames, 0, model.input.value_range, CHUNK_FRAMES)
    outputs = np.concatenate([part for part, _ in parts])
    if model.is_causal:
        return outputs[-1]
    return model.classify(outputs.mean(axis=0)) if model.classify else outputs.mean(axis=0)


def dense_signature(model: Callable) -> Callable:
    """Return the signature `timeline` of a model, or what does the same with windows of 64 frames, which is eight times the work.

    For a model that has `classify`, it is the signature `features`.

    It maps frames, float32 `[1, T, S, S, 3]`, `T` a multiple of 8, to `{"default": logits}`, float32 `[1, T / 8 - 1, classes]`.
    """
    module = getattr(model, "module", None)
    if module is not None and "timeline" in module.signatures:
        return module.signatures["features" if getattr(model, "classify", None) else "timeline"]

    def windows(batch):
        length = batch.shape[1]
        starts = [min(max(0, middle - 32), max(0, length - 64)) for middle in range(STEP, length - STEP + 1, STEP)]
        return {"default": np.stack([model(batch[:, start : start + 64])["default"] for start in starts], axis=1)}

    return windows
