"""Predict a timeline from one pass over a video of any length.

I3D is convolutional in time: before its mean over time it has logits for every 8 frames, so a timeline needs no sliding
window. A long video is read in chunks (see `chunks`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from tqdm.auto import tqdm

from .chunks import CHUNK_FRAMES, LEFT_CONTEXT, split
from .plumbing.messages import show_progress
from .plumbing.quiet import tf
from .prediction import require_labels
from .preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_SIZE, I3D_VALUE_RANGE, to_batch
from .resampling import require_fps
from .timeline import STEP, Timeline
from .video import VideoError, advise_longer, crop_and_resize, iterate_frames, missing_part, read_metadata


def predict_timeline(
    model: Callable,
    labels: Sequence[str],
    video: str | Path | Iterable[np.ndarray],
    fps: float | None = I3D_FPS,
    window: int = 64,
    crop_fraction: float = I3D_CROP_FRACTION,
    value_range: tuple[float, float] = I3D_VALUE_RANGE,
    after: Timeline | None = None,
    chunk_frames: int = CHUNK_FRAMES,
) -> Timeline:
    """Predict which action a video shows when.

    Parameters
    ----------
    model : callable
        What `load_i3d` returns. A module without the signature `timeline` is run on windows of 64 frames every 8 frames, which
        takes about six times as long.
    labels : sequence of str
        A name for each output of the model.
    video : str, Path or iterable of numpy.ndarray
        A video file of any length, or frames, uint8 `[H, W, 3]` each, such as those of `read_video` or a camera.
    fps : float, optional
        Frames per second. A file is resampled to it, as by `read_video`; None takes every frame of the file, at the rate that
        its header states. Frames are taken as they are: `fps` is then their rate (None: 25).
    window : int
        Frames over which the logits are averaged: fewer follow quick changes, more are smoother.
    crop_fraction, value_range
        As in `read_video` and `predict`.
    after : Timeline, optional
        A partial timeline of the same video; prediction resumes where it ends, and it is left as it is. `video` must start
        from its beginning again: the frames that `after` covers are skipped. A live camera cannot do that; start a new
        timeline for it.
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
        If the video cannot be opened, or has fewer than 16 frames.
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
    announced, rate = expected(path, fps)
    dense = dense_signature(model)
    timeline = start_timeline(labels, rate, window, after)
    done, notes = len(timeline.seconds) * STEP, list[str]()
    stream = until_end(square_frames(video, crop_fraction, fps), path, fps, notes)
    overlap = min(LEFT_CONTEXT, done)
    bar = tqdm(total=announced or None, initial=done, unit=" frames", disable=not show_progress())
    try:
        for chunk, first, count in split(islice(stream, done - overlap, None), overlap, chunk_frames):
            logits = np.asarray(dense(tf.constant(to_batch(chunk, value_range)))["default"])[0, first : first + count]
            require_labels(labels, logits)
            timeline.append(logits, chunk[first * STEP : (first + count) * STEP])
            bar.update(count * STEP)
    except KeyboardInterrupt:
        notes.append("Interrupted; to resume: predict_timeline(…, after=this_timeline).")
    else:
        if not notes:  # the last frames have no prediction of their own, and a bar that is not full ends red
            bar.update(max(0, announced - bar.n))
    bar.close()
    if not len(timeline.seconds) and not notes:
        advice = advise_longer(path, fps) if path else "Use a longer video."
        raise VideoError(f"the video is too short for a timeline: it needs at least {2 * STEP} frames. {advice}")
    timeline.note = " ".join(notes)
    return timeline


def expected(path, fps):
    """Return how many frames to expect of a file (0 if unknown, or if there is no file), and how many per second."""
    if fps is not None:
        require_fps(fps)
    if path is None:
        return 0, fps or I3D_FPS
    announced, rate = read_metadata(path)
    return round(announced / rate * (fps or rate)), fps or rate


def start_timeline(labels, fps, window, after):
    """Return an empty timeline, or a copy of the one to resume; raise if that was made in another way."""
    if after is None:
        return Timeline(labels, np.empty(0), np.empty((0, len(labels)), np.float32), fps, window)
    if list(after.labels) != list(labels):
        raise ValueError("the labels are not those of the timeline to resume: needed labels=after.labels.")
    for name, given, needed in [("fps", fps, after.fps), ("window", window, after.window)]:
        if given != needed:
            raise ValueError(f"{name} is {given}, but {needed} in the timeline to resume: needed the same, {name}={needed}.")
    return replace(after, thumbnails=list(after.thumbnails))


def square_frames(video, crop_fraction, fps):
    """Yield the frames of a file, cropped and resized, or the given frames; those of the right size are taken as they are."""
    if isinstance(video, (str, Path)):
        return (crop_and_resize(frame, crop_fraction) for frame in iterate_frames(video, fps))
    return (frame if frame.shape[:2] == (I3D_SIZE, I3D_SIZE) else crop_and_resize(frame, crop_fraction) for frame in video)


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
