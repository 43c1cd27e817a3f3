"""Read video files as uint8 frames."""

import os
import warnings
from collections.abc import Iterator

import cv2
import numpy as np

from .plumbing.messages import without_secrets
from .preprocessing import I3D_CROP_FRACTION, I3D_FPS, I3D_MIN_FRAMES, I3D_SIZE, crop_center_square
from .resampling import credible_fps, elapsed, require_fps, resample
from .video_metadata import VideoError, advise_longer, missing_part, open_capture

ANSI = cv2.VideoWriter.fourcc(*"ansi")  # FFmpeg reads any text as "ANSI art", with a codec of this name


def read_video(
    path: str | os.PathLike,
    max_frames: int = 0,
    size: int = I3D_SIZE,
    crop_fraction: float = I3D_CROP_FRACTION,
    fps: float | None = I3D_FPS,
    min_frames: int = I3D_MIN_FRAMES,
) -> np.ndarray:
    """Read a video as I3D's input: square RGB frames at 25 frames per second.

    Parameters
    ----------
    path : str or Path
        The video file; `~` is the home folder.
    max_frames : int
        Maximum number of frames, counted from the start after resampling; 0 for all frames.
    size : int
        Height and width of the result, in pixels.
    crop_fraction : float
        Side of the center square as a fraction of the shorter side. The paper uses 0.875 (224 of 256); older tutorials use 1.
    fps : float, optional
        Frames per second of the result. I3D was trained at 25; a higher rate makes motion look slower. None returns every
        frame of the file. See `iterate_frames` for how frames are resampled.
    min_frames : int
        Number of frames that the model needs at least: 9 for I3D.

    Returns
    -------
    numpy.ndarray
        uint8 `[T, size, size, 3]`, RGB.

    Warns
    -----
    UserWarning
        If the file ends early: more than 5 % of the video that its header announces is missing.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        If the file cannot be opened.
    VideoError
        If the file is not a video, cannot be decoded, or has fewer than `min_frames` frames.
    ValueError
        If `max_frames`, `crop_fraction` or `fps` is out of range.
    """
    needs = f"{'I3D' if min_frames == I3D_MIN_FRAMES else 'the model'} needs at least {min_frames}"
    if max_frames != 0 and max_frames < min_frames:
        raise ValueError(f"max_frames is {max_frames}, but {needs} frames. Use 0 to read all.")
    frames = []
    for frame in iterate_frames(path, fps):
        frames.append(crop_and_resize(frame, crop_fraction, size))
        if len(frames) == max_frames:
            break
    if len(frames) < min_frames:
        found = "1 frame" if len(frames) == 1 else f"{len(frames)} frames"
        raise VideoError(f"{path} has {found}, but {needs}. {advise_longer(path, fps)}")
    if len(frames) != max_frames and (missing := missing_part(path, len(frames), fps)):
        warnings.warn(without_secrets(f"{path}: {missing}"), stacklevel=2)
    return np.stack(frames)


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
        If `crop_fraction` is out of range.
    """
    return cv2.resize(crop_center_square(frame, crop_fraction), (size, size))


def iterate_frames(path: str | os.PathLike, fps: float | None = None) -> Iterator[np.ndarray]:
    """Yield the frames of a video file one by one.

    Parameters
    ----------
    path : str or Path
        A file in any format that OpenCV's FFmpeg reads; `~` is the home folder.
    fps : float, optional
        Frames per second of the result. Frames are resampled by their time stamps. None yields every frame of the file.

    Yields
    ------
    numpy.ndarray
        uint8 `[H, W, 3]`, RGB, upright. The iteration ends at the first frame that cannot be decoded; see `missing_part`.

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
    Time starts at the first frame. If a time stamp does not increase, or jumps by more than 2 s, the frame is placed one frame
    after the previous one, at the rate in the header.
    """
    if fps is not None:
        require_fps(fps)
    _require_file(path)
    capture = open_capture(path)
    try:
        frames = _decode(capture, path)
        interval = 1 / credible_fps(capture.get(cv2.CAP_PROP_FPS), I3D_FPS)
        for frame in resample(elapsed(frames, interval), fps) if fps else (frame for _, frame in frames):
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()


def _require_file(path: str | os.PathLike) -> None:
    """Raise an error if a file cannot be opened or is empty."""
    try:
        with open(os.path.expanduser(path), "rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise OSError(error.errno, error.strerror, without_secrets(path)) from None
    if empty:
        raise VideoError(f"{path} is empty (0 bytes), not a video. Was its download cut short?")


def _decode(capture: cv2.VideoCapture, path: str | os.PathLike) -> Iterator[tuple[float, np.ndarray]]:
    """Yield each frame of the file as (time stamp in seconds, BGR frame)."""
    if not capture.isOpened():
        raise VideoError(f"{path} is not a video that can be read. Use one that a video player can play, such as MP4 or AVI.")
    if capture.get(cv2.CAP_PROP_FOURCC) == ANSI:
        raise VideoError(f"{path} is a text file, not a video.")
    # Read until there are no more frames, because the number in the header may be wrong.
    decoded, frame = capture.read()
    if not decoded:
        raise VideoError(f"{path} contains no picture that can be decoded. It may be damaged or contain only sound.")
    seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    more, following = capture.read()
    if not more and capture.get(cv2.CAP_PROP_FRAME_COUNT) <= 1:  # more are announced if a video is cut short
        raise VideoError(f"{path} contains only one picture, so it is not a video.")
    yield seconds, frame
    while more:
        yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, following
        more, following = capture.read()
