"""Video files to frames: uint8 all the way, because that is what a video holds."""

from pathlib import Path

import cv2
import numpy as np

from .plumbing.messages import without_secrets

I3D_SIZE = 224  # pixels; section 2.5 of the I3D paper
I3D_KEEP = 0.875  # the paper resizes the shorter side to 256 and takes the middle 224
I3D_MIN_FRAMES = 9  # time is halved three times on the way to an average over two steps


class VideoError(ValueError):
    """A file gives no frames that can be used; the message says why, and not where the reader's home is."""

    def __init__(self, message):
        super().__init__(without_secrets(message))


def open_capture(path):
    # Absolute, because FFmpeg takes what stands before a colon at the start of a name for a protocol.
    return cv2.VideoCapture(str(Path(path).absolute()), cv2.CAP_FFMPEG)


def iterate_frames(path):
    """Yield the frames of a video file one by one.

    Parameters
    ----------
    path : str or Path
        Any container and codec that OpenCV's FFmpeg reads.

    Yields
    ------
    numpy.ndarray
        uint8 `[H, W, 3]`, RGB, upright.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, VideoError
        If there is no such file, or nothing in it can be shown.
    """
    try:
        with open(path, "rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise OSError(error.errno, error.strerror, without_secrets(path)) from None
    if empty:
        raise VideoError(f"{path} is empty (0 bytes): needed a video. Was its download cut short?")
    capture = open_capture(path)
    try:
        if not capture.isOpened():
            raise VideoError(f"{path} is no video that can be read: needed one that a video player shows, such as MP4 or AVI.")
        # The header may announce a wrong number of frames, so ask until there are no more.
        decoded, frame = capture.read()
        if not decoded:
            raise VideoError(f"{path} holds no picture that can be decoded: it may be damaged, or sound only.")
        while decoded:
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            decoded, frame = capture.read()
    finally:
        capture.release()


def crop_center_square(frame, keep=I3D_KEEP):
    """Cut the middle out of a frame, so that resizing does not squeeze people.

    Parameters
    ----------
    frame : numpy.ndarray
        `[H, W, C]`.
    keep : float
        Side of the square as a part of the frame's shorter side, in (0, 1].

    Returns
    -------
    numpy.ndarray
        A view, `[S, S, C]` with `S = round(keep * min(H, W))`, at least 1.

    Examples
    --------
    >>> crop_center_square(np.zeros((240, 320, 3), np.uint8)).shape
    (210, 210, 3)
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep is {keep}: needed more than 0 and at most 1, the part of the shorter side that stays.")
    height, width = frame.shape[:2]
    side = max(1, round(keep * min(height, width)))
    top, left = (height - side) // 2, (width - side) // 2
    return frame[top : top + side, left : left + side]


def read_video(path, max_frames=0, size=I3D_SIZE, keep=I3D_KEEP):
    """Read a video as I3D wants to see it: square, small, RGB.

    Parameters
    ----------
    path : str or Path
        The video file.
    max_frames : int
        How many frames to read from the start; 0 for all. A shorter video gives the frames it has.
    size : int
        Height and width of the result, in pixels.
    keep : float
        Side of the centred square that is kept, as a part of the shorter side. 0.875 is the paper's (224 of 256); 1.0 is
        what older tutorials do.

    Returns
    -------
    numpy.ndarray
        uint8 `[T, size, size, 3]`, RGB.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        If there is no such file, or it may not be read.
    VideoError
        If it is no video, holds nothing that can be decoded, or fewer than the 9 frames that I3D needs.
    """
    if max_frames != 0 and max_frames < I3D_MIN_FRAMES:
        raise ValueError(f"max_frames is {max_frames}: I3D needs at least {I3D_MIN_FRAMES} frames (0 reads all).")
    frames = []
    for frame in iterate_frames(path):
        frames.append(cv2.resize(crop_center_square(frame, keep), (size, size)))
        if len(frames) == max_frames:
            break
    if len(frames) < I3D_MIN_FRAMES:
        raise VideoError(f"{path} has {len(frames)} frames: I3D needs at least {I3D_MIN_FRAMES}. Take a longer video.")
    return np.stack(frames)
