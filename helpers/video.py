"""Video files to frames: uint8 all the way, because that is what a video holds."""

import os
import warnings
from pathlib import Path

import cv2
import numpy as np

from .plumbing.messages import without_secrets

I3D_SIZE = 224  # pixels; section 2.5 of the I3D paper
I3D_KEEP = 0.875  # the paper resizes the shorter side to 256 and takes the middle 224
I3D_MIN_FRAMES = 9  # time is halved three times on the way to an average over two steps
I3D_FPS = 25.0  # frames per second at which the authors sampled the videos that they trained on
LONGEST_GAP = 2.0  # seconds between two frames; more is a break in the clock, such as recordings that were joined
TIE = 1e-3  # output frames; larger than rounding errors of time stamps, smaller than what anybody sees


class VideoError(ValueError):
    """A file gives no frames that can be used; the message says why, and not where the reader's home is."""

    def __init__(self, message):
        super().__init__(without_secrets(message))


def open_capture(path, *options):
    # Absolute, because FFmpeg takes what stands before a colon at the start of a name for a protocol.
    return cv2.VideoCapture(str(Path(os.path.expanduser(path)).absolute()), cv2.CAP_FFMPEG, list(options))


def header(path):
    """Return how many frames a file announces (0 if unknown), and how many per second; neither can be trusted fully."""
    capture = open_capture(path)
    count, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), credible_fps(capture.get(cv2.CAP_PROP_FPS))
    capture.release()
    largest = os.path.getsize(os.path.expanduser(path)) / 8 if count > 0 else 0  # every container spends more bytes per frame
    return (int(count) if 0 < count <= largest else 0), fps


def credible_fps(fps):
    """Return the rate that a file or a camera reports, or 25 frames per second if it cannot be true."""
    return fps if 1 <= fps <= 1000 else I3D_FPS


def require_fps(fps):
    if not 0 < fps <= 1000:
        raise ValueError(f"fps is {fps}: needed frames per second, more than 0 and at most 1000.")


def iterate_frames(path, fps=None):
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
    Output frame `k` is the last frame of the file whose time stamp, rounded to the nearest multiple of `1 / fps`, is not after
    `k / fps`: what a player shows at that time, give or take half an output frame. FFmpeg's filter `fps` has the same rule.
    Faster files lose frames, slower ones repeat them, and the duration stays. A file at `fps` yields exactly its own frames,
    also if its time stamps are rounded or jitter by less than half a frame.

    Time counts from the first frame. If a time stamp is missing or does not increase, its frame follows the one before at the
    rate that the file's header states (25 if that is not between 1 and 1000).
    """
    if fps is not None:
        require_fps(fps)
    require_file(path)
    capture = open_capture(path)
    try:
        frames = decode(capture, path)
        interval = 1 / credible_fps(capture.get(cv2.CAP_PROP_FPS))
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


def decode(capture, path):
    """Yield (time stamp in seconds, BGR frame), as the file has them."""
    if not capture.isOpened():
        raise VideoError(f"{path} is no video that can be read: needed one that a video player shows, such as MP4 or AVI.")
    # The header may announce a wrong number of frames, so ask until there are no more.
    decoded, frame = capture.read()
    if not decoded:
        raise VideoError(f"{path} holds no picture that can be decoded: it may be damaged, or sound only.")
    while decoded:
        yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, frame
        decoded, frame = capture.read()


def elapsed(frames, interval):
    """Replace time stamps by seconds since the first frame, always increasing; yield (end, None) last.

    `interval` is the time in seconds from one frame to the next if their time stamps do not tell.
    """
    seconds, before = 0.0, None
    for stamp, frame in frames:
        if before is not None:
            step = stamp - before
            seconds += step if 0 < step <= LONGEST_GAP else interval
        yield seconds, frame
        before = stamp
    yield seconds + interval, None


def resample(frames, fps):
    """Yield a frame for each multiple of `1 / fps`, from (seconds, frame) in order of time; holds two of them at most."""
    count, shown = 0, None
    for seconds, frame in frames:
        while count + 0.5 <= seconds * fps + TIE:
            yield shown
            count += 1
        shown = frame


def missing_part(path, count, fps=None):
    """Say what part of a video is missing, if its file announces clearly more than the `count` frames read at `fps`; else ""."""
    announced, rate = header(path)
    whole, found = announced / rate, count / (fps or rate)
    # A file from which a player hides a part (an edit list) is complete, though not all of it is shown.
    if found >= 0.95 * whole or count_packets(path) >= 0.95 * announced:
        return ""
    return f"The file announces {whole:.1f} seconds of video, {found:.1f} could be read: is it complete?"


def count_packets(path):
    """Return how many compressed frames a file contains, without decoding them."""
    capture, count = open_capture(path, cv2.CAP_PROP_FORMAT, -1), 0
    while capture.grab():
        count += 1
    capture.release()
    return count


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


def read_video(path, max_frames=0, size=I3D_SIZE, keep=I3D_KEEP, fps: float | None = I3D_FPS):
    """Read a video as I3D wants to see it: square, small, RGB, 25 frames per second.

    Parameters
    ----------
    path : str or Path
        The video file; `~` is the home folder.
    max_frames : int
        How many frames to return, from the start and counted after resampling; 0 for all. A shorter video returns the frames
        that it has.
    size : int
        Height and width of the result, in pixels.
    keep : float
        Side of the centred square that is kept, as a part of the shorter side. 0.875 is the paper's (224 of 256); 1.0 is
        what older tutorials do.
    fps : float, optional
        Frames per second of the result. I3D was trained at 25, and to it a faster video is a video in slow motion. None
        returns every frame of the file. See `iterate_frames` for the rule.

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
        If there is no such file, or it may not be read.
    VideoError
        If it is not a video, contains nothing that can be decoded, or fewer than the 9 frames that I3D needs.
    ValueError
        If `max_frames`, `keep` or `fps` is out of range.
    """
    if max_frames != 0 and max_frames < I3D_MIN_FRAMES:
        raise ValueError(f"max_frames is {max_frames}: I3D needs at least {I3D_MIN_FRAMES} frames (0 reads all).")
    frames = []
    for frame in iterate_frames(path, fps):
        frames.append(cv2.resize(crop_center_square(frame, keep), (size, size)))
        if len(frames) == max_frames:
            break
    if len(frames) < I3D_MIN_FRAMES:
        raise VideoError(f"{path} has {len(frames)} frames: I3D needs at least {I3D_MIN_FRAMES}. {longer(path, fps)}")
    if len(frames) != max_frames and (missing := missing_part(path, len(frames), fps)):
        warnings.warn(without_secrets(f"{path}: {missing}"), stacklevel=2)
    return np.stack(frames)


def longer(path, fps):
    """Say what to do about a file that is too short at `fps`."""
    if fps and header(path)[1] > fps:
        return f"Take a longer video, or all frames of this one with fps=None: these are {fps:g} per second."
    return "Take a longer video."
