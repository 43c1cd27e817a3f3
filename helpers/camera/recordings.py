"""The clips of a teachable machine: one folder for each gesture, as `python -m helpers learn` expects."""

import base64
import os
import uuid
from contextlib import suppress
from functools import lru_cache
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np

from ..clips.actions import ActionClip, action_clips
from ..video.metadata import VideoError
from ..video.reading import iterate_frames
from ..video.writing import write_video

QUALITY = 10  # H.264's constant rate factor; the losses are invisible
STILL = 96  # pixels
STILL_FPS, STILL_FRAME = 5, 7  # a still is the eighth frame, at five frames per second


def list_clips(folder: Path) -> tuple[list[ActionClip], dict[Path, str]]:
    """Return the clips of a folder that can be read, and the files that were left out, with the reasons; see `action_clips`.

    The clips are sorted by gesture and, if they are numbered, by number. The folder may not exist yet.
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
    return found, left_out


@lru_cache(maxsize=1000)
def still(clip: ActionClip) -> str:
    """Return a small picture of a clip as a `data:` address."""
    frames = list(islice(iterate_frames(clip.path, STILL_FPS), STILL_FRAME + 1))
    if not frames:
        raise VideoError(f"{clip.path} is shorter than one frame at {STILL_FPS} frames per second. Record a longer clip.")
    height, width = frames[-1].shape[:2]
    small = cv2.resize(frames[-1], (round(STILL * width / height), STILL), interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}"


def write_clip(folder: Path, gesture: str, frames: np.ndarray, fps: float) -> Path:
    """Write a clip, uint8 `[T, H, W, 3]`, to `folder/<gesture>/<n>.mp4`, with the first number that is not taken.

    Raises VideoError if it cannot be written, for example because the disk is full; nothing is left behind.
    """
    part = folder / f".{uuid.uuid4().hex}.part.mp4"  # a later `replacing` removes it if this kernel is killed
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_video(frames, part, fps, QUALITY)
        (folder / gesture).mkdir(exist_ok=True)
        path = new_file(folder / gesture)
        try:
            os.replace(part, path)
        except OSError:
            path.unlink()
            raise
    except (OSError, VideoError) as error:
        with suppress(OSError):  # it was never created
            part.unlink()
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
