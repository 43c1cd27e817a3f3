"""Read the header of a video file, and check whether the file contains what it announces."""

import os
from pathlib import Path
from typing import NamedTuple

import cv2

from .plumbing.messages import without_secrets
from .preprocessing import I3D_FPS
from .resampling import credible_fps


class VideoError(ValueError):
    """Raised if no usable frames can be decoded. Messages abbreviate the home folder."""

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))


class VideoMetadata(NamedTuple):
    """Frame count and frame rate in the header of a file. Headers may be wrong.

    Attributes
    ----------
    frames : int
        Number of frames; 0 if unknown.
    fps : float
        Frames per second, from 1 to 1000; 25 if the header contains another rate.
    """

    frames: int
    fps: float


def open_capture(path: str | os.PathLike, *options: int) -> cv2.VideoCapture:
    """Open a video file with OpenCV's FFmpeg; `options` are pairs of properties and values."""
    # The path is absolute, because FFmpeg interprets a leading "name:" as a protocol.
    name = str(Path(os.path.expanduser(path)).absolute())
    try:
        name.encode()
    except UnicodeEncodeError:  # the process would crash
        raise VideoError(f"the name {name!r} is not in UTF-8: rename it.") from None
    return cv2.VideoCapture(name, cv2.CAP_FFMPEG, list(options))


def read_metadata(path: str | os.PathLike) -> VideoMetadata:
    """Read the frame count and the frame rate from the header of a video file.

    Parameters
    ----------
    path : str or Path
        A video file that exists.

    Returns
    -------
    VideoMetadata
    """
    capture = open_capture(path)
    count, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), credible_fps(capture.get(cv2.CAP_PROP_FPS), I3D_FPS)
    capture.release()
    largest = os.path.getsize(os.path.expanduser(path)) / 8 if count > 0 else 0  # every container uses at least 8 bytes per frame
    return VideoMetadata(int(count) if 0 < count <= largest else 0, fps)


def missing_part(path: str | os.PathLike, count: int, fps: float | None = None) -> str:
    """Describe what is missing if a file ends early.

    Parameters
    ----------
    path : str or Path
        The video file.
    count : int
        Number of frames that could be read.
    fps : float, optional
        The rate to which they were resampled; None if they were not.

    Returns
    -------
    str
        A sentence if more than 5 % of the video that the header announces is missing, else "".
    """
    announced, rate = read_metadata(path)
    expected, found = announced / rate, count / (fps or rate)
    # With an edit list, a player hides part of a complete file.
    if found >= 0.95 * expected or _count_packets(path) >= 0.95 * announced:
        return ""
    return f"The file's header announces {expected:.1f} seconds of video, but only {found:.1f} could be read. Is it complete?"


def _count_packets(path: str | os.PathLike) -> int:
    """Return the number of compressed frames in a file, without decoding them."""
    capture, count = open_capture(path, cv2.CAP_PROP_FORMAT, -1), 0
    while capture.grab():
        count += 1
    capture.release()
    return count


def advise_longer(path: str | os.PathLike, fps: float | None) -> str:
    """Return advice for a file that is too short.

    Parameters
    ----------
    path : str or Path
        The video file.
    fps : float, optional
        The rate to which its frames were resampled; None if they were not.

    Returns
    -------
    str
        A sentence for an error message.
    """
    if fps and read_metadata(path).fps > fps:
        return f"Use a longer video, or all frames of this one with fps=None: these are {fps:g} per second."
    return "Use a longer video."
