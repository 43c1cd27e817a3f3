"""The clips of a teachable machine: one folder for each gesture, as `python -m helpers learn` expects."""

import base64
import os
import shutil
import tempfile
import time
from contextlib import suppress
from functools import lru_cache
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np

from ..clips.actions import action_clips, without_copies
from ..clips.folders import Clip
from ..video.metadata import VideoError
from ..video.reading import iterate_frames
from ..video.writing import write_video

QUALITY = 10  # H.264's constant rate factor; the losses are invisible
CLIP = "clip.mp4"
STAGING = ".recording-"  # hidden, so that it is not mistaken for a gesture
OLD = 600  # seconds
STILL = 96  # pixels
STILL_FPS, STILL_FRAME = 5, 7  # a still is the eighth frame, at five frames per second


def list_clips(folder: Path) -> tuple[list[Clip], dict[Path, str]]:
    """Find the clips of a folder that can be read.

    Parameters
    ----------
    folder : Path
        Contains a folder for each gesture; it may not exist yet.

    Returns
    -------
    list of Clip
        Sorted by gesture and, if clips are numbered, by number.
    dict of Path to str
        Files that were left out, and why.

    Raises
    ------
    OSError, ValueError
        As in `action_clips` and `without_copies`.
    """
    if not folder.exists():
        return [], {}
    clips, left_out = action_clips(folder)
    found = []
    for clip in sorted(clips, key=lambda clip: (clip.action, len(clip.path.stem), clip.path.stem)):
        try:
            still(clip)
            if clip.path.parent == folder:  # a file name like UCF101's states an action, but no folder contains it
                left_out[clip.path] = "it is not in the folder of a gesture"
            else:
                found.append(clip)
        except (OSError, VideoError, cv2.error) as error:
            left_out[clip.path] = str(error)
    return without_copies(found, left_out), left_out


@lru_cache(maxsize=1000)
def still(clip: Clip) -> str:
    """Return a small picture of a clip as a `data:` address."""
    frames = list(islice(iterate_frames(clip.path, STILL_FPS), STILL_FRAME + 1))
    if not frames:
        raise VideoError(f"{clip.path} is shorter than one frame at {STILL_FPS} frames per second. Record a longer clip.")
    height, width = frames[-1].shape[:2]
    small = cv2.resize(frames[-1], (round(STILL * width / height), STILL), interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}"


def write_clip(folder: Path, gesture: str, frames: np.ndarray, fps: float) -> Path:
    """Write a clip as a video file, and check that it is complete.

    Parameters
    ----------
    folder : Path
        The folder of all gestures.
    gesture : str
        The gesture's name.
    frames : numpy.ndarray
        uint8 `[T, H, W, 3]`, RGB.
    fps : float
        Frames per second.

    Returns
    -------
    Path
        `folder/<gesture>/<n>.mp4`, with the first number that is not taken.

    Raises
    ------
    VideoError
        If it cannot be written, for example because the disk is full; nothing is left behind.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=folder) as staging:
            part = write_video(frames, Path(staging, CLIP), fps, QUALITY)
            if (written := count_frames(part)) != len(frames):  # FFmpeg does not report a full disk
                raise VideoError(f"only {written} of {len(frames)} frames were written")
            (folder / gesture).mkdir(exist_ok=True)
            path = new_file(folder / gesture)
            try:
                os.replace(part, path)
            except OSError:
                path.unlink()
                raise
    except (OSError, VideoError) as error:
        why = getattr(error, "strerror", None) or str(error).partition("\n")[0].rstrip(".")
        raise VideoError(f"The clip was not saved in {folder / gesture}: {why}. Is the disk full?") from None
    return path


def new_file(folder: Path) -> Path:
    """Create an empty file, `<n>.mp4`, with the first number that no clip has; another kernel cannot get the same one."""
    for n in count(1):
        path = folder / f"{n}.mp4"
        if not any(folder.glob(f"{n}.*")):
            with suppress(FileExistsError):
                path.touch(exist_ok=False)
                break
    return path


def remove_leftovers(folder: Path) -> None:
    """Remove temporary folders of kernels that were killed while writing a clip, if they contain nothing else."""
    for staging in folder.glob(f"{STAGING}{'[a-z0-9_]' * 8}"):  # as tempfile names them
        with suppress(FileNotFoundError):  # another kernel may have removed it
            if not all(CLIP in name for name in os.listdir(staging)):
                continue
            if time.time() - staging.stat().st_mtime > OLD:  # a younger one may belong to another kernel
                shutil.rmtree(staging, ignore_errors=True)


def count_frames(path: Path) -> int:
    """Return the number of frames that can be read; 0 if the file is not a video."""
    try:
        return sum(1 for _ in iterate_frames(path))
    except VideoError:
        return 0
