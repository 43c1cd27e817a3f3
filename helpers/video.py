"""Read video files as frames: uint8 from end to end, because that is what a video contains."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from .plumbing.messages import without_secrets
from .preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES, I3D_SIZE, crop_center_square
from .resampling import credible_fps, elapsed, require_fps, resample


class VideoError(ValueError):
    """No usable frames can be decoded from a file; the message abbreviates the home folder."""

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))


class VideoMetadata(NamedTuple):
    """Frame count and rate from a file's header, which may be wrong. `frames` is 0 if unknown."""

    frames: int
    fps: float


def read_video(
    path: str | os.PathLike,
    max_frames: int = 0,
    size: int = I3D_SIZE,
    crop_fraction: float = I3D_CROP_FRACTION,
    fps: float | None = I3D_FPS,
    min_frames: int = I3D_MIN_FRAMES,
) -> np.ndarray:
    """Read a video the way I3D was trained: square, small, RGB, 25 frames per second.

    Parameters
    ----------
    path : str or Path
        The video file; `~` is the home folder.
    max_frames : int
        Number of frames to return from the start, counted after resampling; 0 for all. A shorter video returns the frames
        that it has.
    size : int
        Height and width of the result, in pixels.
    crop_fraction : float
        Side of the center square as a fraction of the shorter side. 0.875 is the paper's (224 of 256); older tutorials use 1.
    fps : float, optional
        Frames per second of the result. I3D was trained at 25; at a higher rate, motion looks slower to it. None
        returns every frame of the file. See `iterate_frames` for the rule.
    min_frames : int
        Frames that the model needs.

    Returns
    -------
    numpy.ndarray
        uint8 `[T, size, size, 3]`, RGB.

    Warns
    -----
    UserWarning
        If the file announces clearly more than could be read.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        If the file does not exist, or may not be read.
    VideoError
        If it is not a video, contains nothing that can be decoded, or fewer than the 9 frames that I3D needs.
    ValueError
        If `max_frames`, `crop_fraction` or `fps` is out of range.
    """
    needed = f"{'I3D' if min_frames == I3D_MIN_FRAMES else 'the model'} needs at least {min_frames}"
    if max_frames != 0 and max_frames < min_frames:
        raise ValueError(f"max_frames is {max_frames}: {needed} frames (0 reads all).")
    frames = []
    for frame in iterate_frames(path, fps):
        frames.append(crop_and_resize(frame, crop_fraction, size))
        if len(frames) == max_frames:
            break
    if len(frames) < min_frames:
        raise VideoError(f"{path} has {len(frames)} frames: {needed}. {advise_longer(path, fps)}")
    if len(frames) != max_frames and (missing := missing_part(path, len(frames), fps)):
        warnings.warn(without_secrets(f"{path}: {missing}"), stacklevel=2)
    return np.stack(frames)


def crop_and_resize(frame: np.ndarray, crop_fraction: float = I3D_CROP_FRACTION, size: int = I3D_SIZE) -> np.ndarray:
    """Return the center square of a frame, uint8 `[H, W, 3]`, resized to uint8 `[size, size, 3]`."""
    return cv2.resize(crop_center_square(frame, crop_fraction), (size, size))


def iterate_frames(path: str | os.PathLike, fps: float | None = None) -> Iterator[np.ndarray]:
    """Yield the frames of a video file one by one.

    Parameters
    ----------
    path : str or Path
        Any container and codec that OpenCV's FFmpeg reads; `~` is the home folder.
    fps : float, optional
        Frames per second to resample to, by the time stamps of the file's frames; None yields every frame of the file.

    Yields
    ------
    numpy.ndarray
        uint8 `[H, W, 3]`, RGB, upright. The iteration ends at the first frame that cannot be decoded; see `missing_part`.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, VideoError
        If the file does not exist, or contains nothing that can be decoded.
    ValueError
        If `fps` is not a rate.

    Notes
    -----
    Frames of a fast file are left out, those of a slow one are repeated, and the duration is kept (see `resample`). Time
    stamps may be off by up to half an output frame: a file at `fps` yields its own frames. Time counts from the first frame.
    If a time stamp is missing, does not increase, or jumps by more than 2 s, its frame follows the one before at the rate that
    the header states.
    """
    if fps is not None:
        require_fps(fps)
    require_file(path)
    capture = open_capture(path)
    try:
        frames = decode(capture, path)
        interval = 1 / credible_fps(capture.get(cv2.CAP_PROP_FPS), I3D_FPS)
        for frame in resample(elapsed(frames, interval), fps) if fps else (frame for _, frame in frames):
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()


def require_file(path):
    try:
        with open(os.path.expanduser(path), "rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise OSError(error.errno, error.strerror, without_secrets(path)) from None
    if empty:
        raise VideoError(f"{path} is empty (0 bytes): needed a video. Was its download cut short?")


def open_capture(path, *options):
    # Absolute, because FFmpeg interprets text before a colon at the start of a name as a protocol.
    return cv2.VideoCapture(str(Path(os.path.expanduser(path)).absolute()), cv2.CAP_FFMPEG, list(options))


def decode(capture, path):
    """Yield (time stamp in seconds, BGR frame), as the file has them."""
    if not capture.isOpened():
        raise VideoError(f"{path} is not a video that can be read: needed one that a video player shows, such as MP4 or AVI.")
    # The header may announce a wrong number of frames, so read until there are no more.
    decoded, frame = capture.read()
    if not decoded:
        raise VideoError(f"{path} contains no picture that can be decoded: it may be damaged, or sound only.")
    while decoded:
        yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, frame
        decoded, frame = capture.read()


def read_metadata(path: str | os.PathLike) -> VideoMetadata:
    """Read the header of a video file."""
    capture = open_capture(path)
    count, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), credible_fps(capture.get(cv2.CAP_PROP_FPS), I3D_FPS)
    capture.release()
    largest = os.path.getsize(os.path.expanduser(path)) / 8 if count > 0 else 0  # every container spends more bytes per frame
    return VideoMetadata(int(count) if 0 < count <= largest else 0, fps)


def missing_part(path: str | os.PathLike, count: int, fps: float | None = None) -> str:
    """Describe what is missing if a file announces clearly more than the `count` frames read at `fps`; else return ""."""
    announced, rate = read_metadata(path)
    whole, found = announced / rate, count / (fps or rate)
    # A file from which a player hides a part (an edit list) is complete, though not all of it is shown.
    if found >= 0.95 * whole or count_packets(path) >= 0.95 * announced:
        return ""
    return f"The file announces {whole:.1f} seconds of video, {found:.1f} could be read: is it complete?"


def count_packets(path):
    """Return the number of compressed frames in a file, without decoding them."""
    capture, count = open_capture(path, cv2.CAP_PROP_FORMAT, -1), 0
    while capture.grab():
        count += 1
    capture.release()
    return count


def advise_longer(path: str | os.PathLike, fps: float | None) -> str:
    """Return what to do about a file that is too short at `fps`."""
    if fps and read_metadata(path).fps > fps:
        return f"Use a longer video, or all frames of this one with fps=None: these are {fps:g} per second."
    return "Use a longer video."
