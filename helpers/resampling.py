"""Resample a stream of frames to another frame rate, using the time stamps of the frames."""

from collections.abc import Iterable, Iterator
from typing import Any

LONGEST_GAP = 2.0  # seconds; a longer gap between two time stamps is an error, as in joined recordings
TIE = 1e-3  # tolerance in output frames: larger than the rounding errors of time stamps, too small to see


def credible_fps(fps: float, default: float) -> float:
    """Return the frame rate that a file or camera reports, or `default` if the rate is implausible.

    Parameters
    ----------
    fps, default : float
        Frames per second. Rates from 1 to 1000 are plausible.
    """
    return fps if 1 <= fps <= 1000 else default


def require_fps(fps: float) -> None:
    """Raise ValueError unless `fps` is a frame rate."""
    if not 0 < fps <= 1000:
        raise ValueError(f"fps must be more than 0 and at most 1000 frames per second, not {fps}.")


def elapsed(frames: Iterable[tuple[float, Any]], interval: float) -> Iterator[tuple[float, Any]]:
    """Replace time stamps by increasing seconds since the first frame, and mark the end.

    Parameters
    ----------
    frames : iterable of (float, object)
        Time stamp in seconds, and frame.
    interval : float
        Seconds from one frame to the next if the time stamps do not increase or have a gap of more than 2 s.

    Yields
    ------
    (float, object)
        Seconds since the first frame, and the frame. The last item is (end of the video, None).

    Examples
    --------
    >>> list(elapsed([(7.0, "a"), (7.04, "b"), (0.0, "c")], interval=0.5))[1:]
    [(0.040000000000000036, 'b'), (0.54, 'c'), (1.04, None)]
    """
    seconds, before = 0.0, None
    for stamp, frame in frames:
        if before is not None:
            step = stamp - before
            seconds += step if 0 < step <= LONGEST_GAP else interval
        yield seconds, frame
        before = stamp
    yield seconds + interval, None


def resample(frames: Iterable[tuple[float, Any]], fps: float) -> Iterator[Any]:
    """Yield one frame for each multiple of `1 / fps` seconds.

    Each frame is repeated from the multiple of `1 / fps` nearest to its time stamp until the next frame starts, as in a video
    player and in FFmpeg's filter `fps`. At most two frames are in memory.

    Parameters
    ----------
    frames : iterable of (float, object)
        Increasing seconds and frames, as `elapsed` yields them.
    fps : float
        Output frames per second.

    Yields
    ------
    object
        A frame.

    Examples
    --------
    >>> list(resample([(0.0, "a"), (0.1, "b"), (0.2, "c"), (0.3, None)], fps=20))
    ['a', 'a', 'b', 'b', 'c', 'c']
    """
    count, shown = 0, None
    for seconds, frame in frames:
        while count + 0.5 <= seconds * fps + TIE:
            yield shown
            count += 1
        shown = frame
