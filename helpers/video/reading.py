"""Read video files as uint8 frames."""

import os
import warnings
from collections.abc import Iterator

import cv2
import numpy as np

from ..basics.messages import without_secrets
from .metadata import VideoError, advise_longer
from .preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES, I3D_SIZE, crop_center_square
from .reader import VideoReader
from .resampling import Rate, chosen_fps

LARGEST_CLIP = 2**31  # bytes: 9.5 minutes of 224 x 224 pixels at 25 frames per second


def read_video(
    path: str | os.PathLike,
    max_frames: int | None = None,
    size: int = I3D_SIZE,
    crop_fraction: float = I3D_CROP_FRACTION,
    fps: Rate = "model",
    min_frames: int = I3D_MIN_FRAMES,
) -> np.ndarray:
    """Read a video as I3D's input: square RGB frames at 25 frames per second.

    Parameters
    ----------
    path : str or Path
        The video file; `~` is the home folder.
    max_frames : int, optional
        Maximum number of frames, counted from the first picture after resampling; None or 0 for all frames.
    size : int
        Height and width of the result, in pixels.
    crop_fraction : float
        Side of the center square as a fraction of the shorter side. The paper uses 0.875 (224 of 256); older tutorials use 1.
    fps : float, "model" or "file"
        Frames per second of the result. "model" is 25, as in I3D's training; a higher rate makes motion look slower. "file",
        or None, returns every frame of the file. See `iterate_frames` for how frames are resampled.
    min_frames : int
        Number of frames that the model needs at least: 9 for I3D.

    Returns
    -------
    numpy.ndarray
        uint8 `[T, size, size, 3]`, RGB.

    Warns
    -----
    UserWarning
        If some frames could not be decoded, or if the file ends early: more than 5 % of what its header announces is missing.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        If the file cannot be opened.
    VideoError
        If the file is not a video, cannot be decoded, has fewer than `min_frames` frames, or is too long: all frames of the
        result would need more than 2 GiB. A higher `max_frames` is not limited.
    ValueError
        If `max_frames`, `size`, `crop_fraction` or `fps` is out of range.
    """
    _require_size(size)
    needs = f"{'I3D' if min_frames == I3D_MIN_FRAMES else 'the model'} needs at least {min_frames}"
    max_frames = max_frames or 0
    if max_frames != 0 and max_frames < min_frames:
        raise ValueError(f"max_frames is {max_frames}, but {needs} frames. Use 0 to read all.")
    rate = chosen_fps(fps, I3D_FPS)
    reader, pixels, count = VideoReader(path, rate), bytearray(), 0
    for frame in reader:
        if not max_frames:
            _require_short(reader, len(pixels), size)
        pixels += crop_and_resize(frame, crop_fraction, size).data  # not a list of arrays, which would need twice the memory
        count += 1
        if count == max_frames:
            break
    if count < min_frames:
        found = "1 frame" if count == 1 else f"{count} frames"
        raise VideoError(f"{path} has {found}, but {needs}. {advise_longer(path, rate)}")
    if reader.note:
        warnings.warn(without_secrets(f"{path}: {reader.note}"), stacklevel=2)
    return np.frombuffer(pixels, np.uint8).reshape(count, size, size, 3)


def _require_size(size: int) -> None:
    if not isinstance(size, (int, np.integer)) or size < 1:
        raise ValueError(f"size must be a number of pixels, the same for height and width, such as 224, not {size!r}.")


def _require_short(reader: VideoReader, read: int, size: int) -> None:
    """Raise VideoError if the whole video, of which `read` bytes were read, has more than LARGEST_CLIP bytes."""
    needed = max(read, int(reader.expected_frames) * size * size * 3)
    if needed > LARGEST_CLIP:
        raise VideoError(
            f"{reader.path} is too long to be read at once: its frames need {needed / 2**30:.1f} GiB. "
            "Pass max_frames to read its beginning, or use predict_timeline, which accepts videos of any length."
        )


def crop_and_resize(frame: np.ndarray, crop_fraction: float = I3D_CROP_FRACTION, size: int = I3D_SIZE) -> np.ndarray:
    """Crop the center square of a frame and resize it.

    Parameters
    ----------
    frame : numpy.ndarray
        uint8 `[H, W, 3]`.
    crop_fraction : float
        As in `crop_center_square`.
    size : int
        Height and width of the result, in pixels.

    Returns
    -------
    numpy.ndarray
        uint8 `[size, size, 3]`.

    Raises
    ------
    ValueError
        If `crop_fraction` is out of range, or if `size` is not a positive integer.
    """
    _require_size(size)
    return cv2.resize(crop_center_square(frame, crop_fraction), (size, size))


def iterate_frames(path: str | os.PathLike, fps: float | None = None) -> Iterator[np.ndarray]:
    """Yield the frames of a video file one by one.

    Parameters
    ----------
    path : str or Path
        A file in any format that FFmpeg reads; `~` is the home folder.
    fps : float, optional
        Frames per second of the result. Frames are resampled by their time stamps. None yields every frame of the file.

    Yields
    ------
    numpy.ndarray
        uint8 `[H, W, 3]`, RGB, upright, deinterlaced, with square pixels. Frames that cannot be decoded are left out; see
        `VideoReader` to learn of them.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        If the file cannot be opened.
    VideoError
        If the file is not a video or cannot be decoded.
    ValueError
        If `fps` is out of range.

    Notes
    -----
    Resampling leaves out frames of a faster file and repeats frames of a slower one, so the duration stays the same (see
    `resample`). Time stamps may be off by up to half an output frame, so a file at the rate `fps` yields its own frames.
    Time starts at the first frame. As in a player, a pause holds its frame, and the last frame lasts as long as it says. See
    `Clock` for time stamps that cannot be true.
    """
    yield from VideoReader(path, fps)
