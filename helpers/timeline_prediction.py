"""Predict a timeline from one pass over a video of any length.

I3D is convolutional in time: before its mean over time it has logits for every 8 frames, so a timeline needs no sliding
window. A long video is read in chunks (see `chunks`). A causal model such as MoViNet predicts after each frame instead.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from tqdm.auto import tqdm

from .chunk_predictions import is_causal, long_video_logits
from .chunks import CHUNK_FRAMES
from .model_input import input_of
from .plumbing.messages import show_progress
from .prediction import require_labels
from .resampling import require_fps
from .timeline import STEP, Timeline
from .video import VideoError, advise_longer, crop_and_resize, iterate_frames, missing_part, read_metadata


def predict_timeline(
    model: Callable,
    labels: Sequence[str],
    video: str | Path | Iterable[np.ndarray],
    fps: float | Literal["model"] | None = "model",
    window: int | None = None,
    crop_fraction: float | None = None,
    value_range: tuple[float, float] | None = None,
    after: Timeline | None = None,
    chunk_frames: int = CHUNK_FRAMES,
) -> Timeline:
    """Predict which action a video shows when.

    Parameters
    ----------
    model : callable
        What `load_i3d`, `load_movinet` or `load_model` returns. A module without the signature `timeline` is run on windows of
        64 frames every 8 frames, which takes about six times as long. A causal model predicts after each frame, about all
        frames up to then.
    labels : sequence of str
        A name for each output of the model.
    video : str, Path or iterable of numpy.ndarray
        A video file of any length, or frames, uint8 `[H, W, 3]` each, such as those of `read_video` or a camera.
    fps : float, optional
        Frames per second; by default the model's own. A file is resampled to it, as by `read_video`; None takes every frame of
        the file, at the rate that its header states. Frames are taken as they are: `fps` is then their rate.
    window : int, optional
        Frames over which the logits are averaged: fewer follow quick changes, more are smoother. By default 64, or 1 for a
        causal model.
    crop_fraction, value_range
        As in `read_video` and `predict`; by default the model's own.
    after : Timeline, optional
        A partial timeline of the same video; prediction resumes where it ends, and it is left as it is. `video` must start
        from its beginning again: the frames that `after` covers are skipped (a causal model computes them again). A live camera
        cannot do that; start a new timeline for it.
    chunk_frames : int
        Frames per call of the model, without context; a multiple of 8. Larger chunks need more memory.

    Returns
    -------
    Timeline
        Complete, or with a `note` that says why it ends early: an interruption (Ctrl-C or the stop button), a truncated file,
        an unplugged camera. What was computed up to there is returned.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, VideoError
        If the video cannot be opened, or has fewer than 16 frames (none, for a causal model).
    ValueError
        If the number of labels is not that of the outputs, if outputs are not finite, if `fps` or `chunk_frames` is out of
        range, or if `after` has other labels, another rate or another window.

    Notes
    -----
    The paper averages predictions over the whole video (Carreira & Zisserman 2017, section 2.5); here they are kept apart.
    """
    if chunk_frames < STEP or chunk_frames % STEP:
        raise ValueError(f"chunk_frames is {chunk_frames}: needed a multiple of {STEP}.")
    path = video if isinstance(video, (str, Path)) else None
    needed = input_of(model)
    step = 1 if is_causal(model) else STEP
    fps = needed.fps if isinstance(fps, str) else fps
    value_range = needed.value_range if value_range is None else value_range
    crop_fraction = needed.crop_fraction if crop_fraction is None else crop_fraction
    announced, rate = expected(path, fps, needed.fps)
    timeline = start_timeline(labels, rate, window or (1 if step == 1 else 64), after, step)
    done, notes = len(timeline.seconds) * step, list[str]()
    frames = until_end(square_frames(video, crop_fraction, fps, needed.size), path, fps, notes)
    predicted = long_video_logits(model, frames, done, value_range, chunk_frames)
    bar = tqdm(total=announced or None, initial=done, unit=" frames", disable=not show_progress())
    try:
        for logits, own_frames in predicted:
            require_labels(labels, logits)
            timeline.append(logits, own_frames)
            bar.update(len(own_frames))
    except KeyboardInterrupt:
        notes.append("Interrupted; to resume: predict_timeline(…, after=this_timeline).")
    else:
        if not notes:  # the last frames have no prediction of their own, and a bar that is not full ends red
            bar.update(max(0, announced - bar.n))
    bar.close()
    if not len(timeline.seconds) and not notes:
        advice = advise_longer(path, fps) if path else "Use a longer video."
        shortest = 2 * STEP if step == STEP else 1
        raise VideoError(f"the video is too short for a timeline: it needs at least {shortest} frames. {advice}")
    timeline.note = " ".join(notes)
    return timeline


def expected(path, fps, own_fps):
    """Return how many frames to expect of a file (0 if unknown, or if there is no file), and how many per second."""
    if fps is not None:
        require_fps(fps)
    if path is None:
        return 0, fps or own_fps
    announced, rate = read_metadata(path)
    return round(announced / rate * (fps or rate)), fps or rate


def start_timeline(labels, fps, window, after, step):
    """Return an empty timeline, or a copy of the one to resume; raise if that was made in another way."""
    if after is None:
        return Timeline(labels, np.empty(0), np.empty((0, len(labels)), np.float32), fps, window, step=step)
    if list(after.labels) != list(labels):
        raise ValueError("the labels are not those of the timeline to resume: needed labels=after.labels.")
    for name, given, needed in [("fps", fps, after.fps), ("window", window, after.window), ("step", step, after.step)]:
        if given != needed:
            raise ValueError(f"{name} is {given}, but {needed} in the timeline to resume: needed the same, {name}={needed}.")
    return replace(after, thumbnails=list(after.thumbnails))


def square_frames(video, crop_fraction, fps, size):
    """Yield the frames of a file, cropped and resized, or the given frames; those of the right size are taken as they are."""
    if isinstance(video, (str, Path)):
        return (crop_and_resize(frame, crop_fraction, size) for frame in iterate_frames(video, fps))
    return (frame if frame.shape[:2] == (size, size) else crop_and_resize(frame, crop_fraction, size) for frame in video)


def until_end(frames, path, fps, notes):
    """Yield frames; if they end too early, add the reason to `notes` instead of losing what came before."""
    count = 0
    try:
        for frame in frames:
            count += 1
            yield frame
    except (OSError, VideoError, cv2.error) as error:
        if not count:
            raise
        notes.append(f"It ends after {count} frames: {error}")
    else:
        if path and (missing := missing_part(path, count, fps)):
            notes.append(missing)
