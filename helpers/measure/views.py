"""Views of a video: several clips in time and several crops, whose predictions are averaged.

This is how accuracies of video recognition are usually measured: 10 clips, evenly spaced in time (Wang et al., "Non-local Neural
Networks", CVPR 2018, paragraph "Inference"), with 3 crops of each along the longer side (Feichtenhofer et al., "SlowFast
Networks", ICCV 2019, paragraph "Inference"). The prediction is the mean of the 30 views' probabilities.
"""

import warnings
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from os import PathLike
from typing import Any

import cv2
import numpy as np

from ..basics.files import replacing, restorable
from ..basics.messages import without_secrets
from ..clips.datasets import SAMPLES
from ..models.kinetics import kinetics_labels
from ..predictions.prediction import softmax
from ..video.metadata import VideoError
from ..video.preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES, I3D_SIZE
from ..video.reading import VideoReader, iterate_frames
from .comparison import UNCHANGED, Comparison
from .real_clips import FOUND, real_clips

CLIPS, CROPS, FRAMES = 10, 3, 64
FILE = SAMPLES / "view_logits.npz"


def iterate_views(path: str | PathLike, clips: int = CLIPS, crops: int = CROPS, frames: int = FRAMES) -> Iterator[np.ndarray]:
    """Yield the views of a video, clip by clip, each as I3D's input.

    The file is decoded twice, to count its frames and to cut them, whatever the number of views. Only one clip is in memory at a
    time, so the video may have any length.

    Parameters
    ----------
    path : str or Path
        A file in any format that FFmpeg reads; `~` is the home folder.
    clips : int
        Number of clips, evenly spaced from the start to the end of the video; 1 is the middle.
    crops : int
        Number of square crops of each clip, evenly spaced along the longer side; 1 is the center, as in `read_video`.
    frames : int
        Frames of each clip, at 25 per second; at least 9.

    Yields
    ------
    numpy.ndarray
        uint8 `[frames, 224, 224, 3]`, RGB, `clips * crops` of them: all crops of the first clip (left to right, or top to
        bottom), then those of the next. In a video with fewer frames, each clip is the whole video, so that all clips are the
        same; in one with fewer than `clips * frames`, neighbors overlap.

    Warns
    -----
    UserWarning
        As `read_video`.

    Raises
    ------
    OSError, VideoError
        If the file cannot be opened, is not a video, cannot be decoded, or has fewer than 9 frames.
    ValueError
        If `clips` or `crops` is less than 1, or `frames` less than 9.

    Notes
    -----
    Each crop has the size of `read_video`'s, 224 of 256 pixels of the shorter side, in its center. SlowFast's crops are 256 of
    256 pixels.
    """
    if min(clips, crops) < 1 or frames < I3D_MIN_FRAMES:
        raise ValueError(
            f"clips and crops must be at least 1, and frames at least {I3D_MIN_FRAMES}, not {clips}, {crops} and {frames}."
        )
    count = count_frames(path)
    length = min(frames, count)
    starts = evenly_spaced(count - length, clips)
    latest: deque[np.ndarray] = deque(maxlen=length)
    for end, frame in enumerate(iterate_frames(path, I3D_FPS), 1):
        latest.append(crop_along(frame, crops))
        for _ in range(starts.count(end - length)):
            yield from np.stack(latest, axis=1)


def count_frames(path: str | PathLike) -> int:
    """Return the number of frames at 25 per second; raise VideoError if they are too few, and warn about missing ones."""
    reader = VideoReader(path, I3D_FPS)
    count = sum(1 for _ in reader)
    if count < I3D_MIN_FRAMES:
        found = "1 frame" if count == 1 else f"{count} frames"
        raise VideoError(f"{path} has {found}, but I3D needs at least {I3D_MIN_FRAMES}. {reader.longer_video(I3D_MIN_FRAMES)}")
    if reader.note:
        warnings.warn(without_secrets(f"{path}: {reader.note}"), stacklevel=3)
    return count


def evenly_spaced(last: int, count: int) -> list[int]:
    """Return `count` whole numbers from 0 to `last`; the middle, if there is only one.

    >>> evenly_spaced(90, 10), evenly_spaced(90, 4), evenly_spaced(90, 1)
    ([0, 10, 20, 30, 40, 50, 60, 70, 80, 90], [0, 30, 60, 90], [45])
    """
    return [i * last // (count - 1) for i in range(count)] if count > 1 else [last // 2]


def crop_along(frame: np.ndarray, crops: int) -> np.ndarray:
    """Cut squares along the longer side of a frame, uint8 `[H, W, 3]`, and resize them: `[crops, 224, 224, 3]`."""
    upright = frame.shape[0] > frame.shape[1]
    wide = frame.swapaxes(0, 1) if upright else frame
    height, width = wide.shape[:2]
    side = max(1, round(I3D_CROP_FRACTION * height))
    top = (height - side) // 2
    squares = [wide[top : top + side, left : left + side] for left in evenly_spaced(width - side, crops)]
    squares = [square.swapaxes(0, 1) if upright else square for square in squares]
    return np.stack([cv2.resize(square, (I3D_SIZE, I3D_SIZE)) for square in squares])


def averaged_views() -> Comparison:
    """Return I3D's stored predictions for the 24 real clips of `FOUND`, averaged over several views.

    Returns
    -------
    Comparison
        `clips` is a list of `RealClip`. The probabilities of each condition are the mean of those of its views:

        - "unchanged": one view, the center of the middle 2.56 seconds, as in `real_clips`.
        - "4 clips", "10 clips": evenly spaced from the start to the end, the center of each.
        - "10 clips, 3 crops": all 30 views of `iterate_views`.

        Two videos have fewer than 64 frames, so that their clips are the same.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file is missing; if it is damaged, or the files do not match.

    Examples
    --------
    >>> list(averaged_views().results)
    ['unchanged', '4 clips', '10 clips', '10 clips, 3 crops']
    """
    one, views = real_clips(*FOUND), softmax(read_file()["logits"].astype(np.float32))
    of_center = views[:, :, CROPS // 2]
    results = {
        UNCHANGED: one.results[UNCHANGED],
        "4 clips": of_center[:, ::3].mean(axis=1),  # every third of 10 is evenly spaced, too
        "10 clips": of_center.mean(axis=1),
        "10 clips, 3 crops": views.mean(axis=(1, 2)),
    }
    return replace(one, results=results)


def read_file() -> dict[str, np.ndarray]:
    """Read `FILE`, whose `logits` are float16 `[videos, CLIPS, CROPS, 400]`; see `averaged_views` for the errors."""
    with restorable(FILE):
        with np.load(FILE) as file:
            arrays = {name: file[name] for name in ("logits", "sha256", "fingerprint", "date", "processor")}
        shape = (len(arrays["sha256"]), CLIPS, CROPS, len(kinetics_labels()))
        if arrays["logits"].shape != shape or not np.isfinite(arrays["logits"]).all():
            raise ValueError(f"logits are {arrays['logits'].shape}; expected {shape}, all finite")
        if arrays["sha256"].tolist() != [clip.sha256 for clip in real_clips(*FOUND).clips]:
            raise ValueError("it and real_clips.tsv do not describe the same clips")
    return arrays


def write_file(logits: np.ndarray, **measurement: Any) -> None:
    """Write the logits of all views, float32 `[videos, CLIPS, CROPS, 400]`, to `FILE`.

    `measurement` has `sha256` (of each video), `fingerprint` (of the model), `date` and `processor`.
    """
    with replacing(FILE) as part:
        np.savez_compressed(part, logits=logits.astype(np.float16), **measurement)
