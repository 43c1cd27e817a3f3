"""Predict a timeline in one pass over a video of any length.

I3D is convolutional in time. Before its mean over time, it has logits for every 8 frames, so a timeline needs no sliding
window. A long video is processed in chunks (see `chunks`). A causal model such as MoViNet predicts after each frame instead.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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
from .video import crop_and_resize, iterate_frames
from .video_metadata import VideoError, advise_longer, missing_part, read_metadata


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
    """Predict the actions over time in a video.

    Parameters
    ----------
    model : callable
        A model from `load_i3d`, `load_movinet` or `load_model`. A module without the signature `timeline` runs on windows of
        64 frames every 8 frames, which takes about six times as long. A causal model predicts after each frame, from all
        frames so far.
    labels : sequence of str
        The name of each output of the model.
    video : str, Path or iterable of numpy.ndarray
        A video file of any length, or RGB frames, uint8 `[H, W, 3]` each, such as those of `read_video` or a camera.
    fps : float, optional
        Frames per second; by default the model's own. A file is resampled to this rate, as by `read_video`; None reads every
        frame, at the rate in the header. For frames, `fps` is their rate (None: the model's own); they are not resampled.
    window : int, optional
        Number of frames over which the logits are averaged. Fewer frames follow quick changes, more frames are smoother. By
        default 64, or 1 for a causal model.
    crop_fraction, value_range
        As in `read_video` and `predict`; by default the model's own.
    after : Timeline, optional
        A partial timeline of the same video, to resume; it is not modified. `video` must start from its beginning, because
        the frames that `after` covers are skipped (a causal model processes them again). A live camera therefore needs a new
        timeline.
    chunk_frames : int
        Frames per call of the model, without context; a multiple of 8. Larger chunks need more memory.

    Returns
    -------
    Timeline
        If the video ends early, because of an interruption (Ctrl-C or the stop button), a truncated file or an unplugged
        camera, the timeline contains the predictions so far and a `note` with the reason.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, VideoError
        If the video cannot be opened, or has fewer than 16 frames (for a causal model: none).
    ValueError
        If the numbers of labels and outputs differ, if an output is not finite, if `fps` or `chunk_frames` is out of range, or
        if the labels, rate or window of `after` differ.

    Notes
    -----
    The paper averages the predictions over the entire video (Carreira & Zisserman 2017, section 2.5). A timeline does not.
    """
    if chunk_frames < STEP or chunk_frames % STEP:
        raise ValueError(f"chunk_frames must be a positive multiple of {STEP}, not {chunk_frames}.")
    path = video if isinstance(video, (str, Path)) else None
    needed, step = input_of(model), 1 if is_causal(model) else STEP
    fps = needed.fps if isinstance(fps, str) else fps
    value_range = needed.value_range if value_range is None else value_range
    crop_fraction = needed.crop_fraction if crop_fraction is None else crop_fraction
    announced, rate = _expected(path, fps, needed.fps)
    timeline = _start_timeline(labels, rate, window or (1 if step == 1 else 64), after, step)
    done, notes = len(timeline.seconds) * step, list[str]()
    frames = _until_end(_square_frames(video, crop_fraction, fps, needed.size), path, fps, notes)
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
        if not notes:  # the last frames have no prediction of their own; fill the bar, or it turns red
            bar.update(max(0, announced - bar.n))
    bar.close()
    if not len(timeline.seconds) and not notes:
        advice = advise_longer(path, fps) if path else "Use a longer video."
        shortest = 2 * STEP if step == STEP else 1
        raise VideoError(f"the video is too short for a timeline, which needs at least {shortest} frames. {advice}")
    timeline.note = " ".join(notes)
    return timeline


def _expected(path: str | Path | None, fps: float | None, own_fps: float) -> tuple[int, float]:
    """Return the expected number of frames (0 if unknown, or if there is no file) and the frame rate."""
    if fps is not None:
        require_fps(fps)
    if path is None:
        return 0, fps or own_fps
    announced, rate = read_metadata(path)
    return round(announced / rate * (fps or rate)), fps or rate


def _start_timeline(labels: Sequence[str], fps: float, window: int, after: Timeline | None, step: int) -> Timeline:
    """Return an empty timeline, or a copy of `after`; raise ValueError if the settings of `after` differ."""
    if after is None:
        return Timeline(labels, np.empty(0), np.empty((0, len(labels)), np.float32), fps, window, step=step)
    if list(after.labels) != list(labels):
        raise ValueError("the labels are not those of the timeline to resume. Pass labels=after.labels.")
    for name, given, expected in [("fps", fps, after.fps), ("window", window, after.window), ("step", step, after.step)]:
        if given != expected:
            raise ValueError(f"{name} must be {expected}, as in the timeline to resume, not {given}.")
    return replace(after, thumbnails=list(after.thumbnails))


def _square_frames(
    video: str | Path | Iterable[np.ndarray], crop_fraction: float, fps: float | None, size: int
) -> Iterator[np.ndarray]:
    """Yield square frames: those of a file are cropped and resized, given frames only if they have another size."""
    if isinstance(video, (str, Path)):
        return (crop_and_resize(frame, crop_fraction, size) for frame in iterate_frames(video, fps))
    return (frame if frame.shape[:2] == (size, size) else crop_and_resize(frame, crop_fraction, size) for frame in video)


def _until_end(
    frames: Iterable[np.ndarray], path: str | Path | None, fps: float | None, notes: list[str]
) -> Iterator[np.ndarray]:
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
    else:
        if path and (missing := missing_part(path, count, fps)):
            notes.append(missing)
