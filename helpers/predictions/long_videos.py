"""Predict a timeline in one pass over a video of any length.

I3D is convolutional in time. Before its mean over time, it has logits for every 8 frames, so a timeline needs no sliding
window. A long video is processed in chunks (see `chunks`). A causal model such as MoViNet predicts after each frame instead.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from tqdm.auto import tqdm

from ..basics.messages import show_progress
from ..models.chunks import CHUNK_FRAMES
from ..models.model_input import input_of
from ..models.stream import require_frame
from ..video.metadata import VideoError, advise_longer, read_metadata
from ..video.reader import VideoReader
from ..video.reading import crop_and_resize
from ..video.resampling import Rate, chosen_fps
from .chunked import is_causal, long_video_logits
from .prediction import require_labels, require_names
from .timeline import STEP, Timeline


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
    fps : float, "model" or "file"
        Frames per second; by default the model's own. A file is resampled to this rate, as by `read_video`; "file", or None,
        reads every frame, as if all lasted equally long. Given frames are not resampled: `fps` is their rate, in a number if
        it is not the model's own.
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
        If the numbers of labels and outputs differ, if an output is not finite, if `fps`, `window` or `chunk_frames` is out of
        range, if a given frame is not uint8 `[H, W, 3]`, or if the model, labels, rate, window or preprocessing of `after`
        differ.

    Notes
    -----
    The paper averages the predictions over the entire video (Carreira & Zisserman 2017, section 2.5). A timeline does not.
    """
    require_names(labels)
    if chunk_frames < STEP or chunk_frames % STEP:
        raise ValueError(f"chunk_frames must be a positive multiple of {STEP}, not {chunk_frames}.")
    needed, step = input_of(model), 1 if is_causal(model) else STEP
    if window is None:
        window = 1 if step == 1 else 64
    if window < 1:
        raise ValueError(f"window must be a number of frames, at least 1, not {window}.")
    value_range = needed.value_range if value_range is None else value_range
    crop_fraction = needed.crop_fraction if crop_fraction is None else crop_fraction
    fps = chosen_fps(fps, needed.fps)
    source = VideoReader(video, fps) if isinstance(video, (str, os.PathLike)) else video
    reader = source if isinstance(source, VideoReader) else None
    announced, rate = _expected(reader, needed.fps if fps is None else fps)
    settings = {"model": _identity(model), "crop_fraction": crop_fraction, "value_range": tuple(value_range)}
    timeline = _start_timeline(
        Timeline(labels, np.empty(0), np.empty((0, len(labels)), np.float32), rate, window, step=step, settings=settings), after
    )
    done, notes = len(timeline.seconds) * step, list[str]()
    frames = _until_end(_square_frames(source, crop_fraction, needed.size), notes)
    bar = tqdm(total=announced or None, initial=done, unit=" frames", disable=not show_progress())
    try:
        for logits, own_frames in long_video_logits(model, frames, done, value_range, chunk_frames):
            require_labels(labels, logits)
            timeline.start = reader.start if reader else 0.0
            timeline.append(logits, own_frames)
            bar.update(len(own_frames))
    except KeyboardInterrupt:
        notes.append("Interrupted; to resume: predict_timeline(…, after=this_timeline).")
    else:
        if not notes:  # the last frames have no prediction of their own; fill the bar, or it turns red
            bar.update(max(0, announced - bar.n))
    bar.close()
    if reader and reader.note:
        notes.append(reader.note)
    if not len(timeline.seconds) and not notes:
        advice = advise_longer(reader.path, fps) if reader else "Use a longer video."
        shortest = 2 * STEP if step == STEP else 1
        raise VideoError(f"the video is too short for a timeline, which needs at least {shortest} frames. {advice}")
    timeline.note = " ".join(notes)
    return timeline


def _identity(model: Callable) -> str:
    """Return what tells models apart, as far as they say it."""
    return " ".join(filter(None, (getattr(model, name, "") for name in ("name", "fingerprint"))))


def _expected(reader: VideoReader | None, rate: float) -> tuple[int, float]:
    """Return the expected number of frames (0 if there is no file) and the frame rate."""
    if reader is None:
        return 0, rate
    metadata = read_metadata(reader.path)
    rate = reader.fps or metadata.fps
    return round(metadata.duration * rate), rate


def _start_timeline(empty: Timeline, after: Timeline | None) -> Timeline:
    """Return the empty timeline, or a copy of `after`; raise ValueError if the settings of `after` differ."""
    if after is None:
        return empty
    if list(after.labels) != list(empty.labels):
        raise ValueError("the labels are not those of the timeline to resume. Pass labels=after.labels.")
    for name in ("fps", "window", "step"):
        _require_same(name, getattr(empty, name), getattr(after, name))
    for name, given in empty.settings.items():
        _require_same(name, given, after.settings.get(name, given))
    return replace(after, thumbnails=list(after.thumbnails))


def _require_same(name: str, given: object, expected: object) -> None:
    if given != expected:
        raise ValueError(f"{name} must be {expected!r}, as in the timeline to resume, not {given!r}.")


def _square_frames(video: Iterable[np.ndarray], crop_fraction: float, size: int) -> Iterator[np.ndarray]:
    """Yield square frames: those of a file are cropped and resized, given frames only if they have another size."""
    for frame in video:
        require_frame(frame)
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
