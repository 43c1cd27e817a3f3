"""Resample a stream of frames to a frame rate, by the frames' own time stamps."""

from collections.abc import Iterable, Iterator
from typing import Any

LONGEST_GAP = 2.0  # seconds between two frames; a longer one is a break in the time stamps, as in joined recordings
TIE = 1e-3  # tolerance, in output frames: above the rounding errors of time stamps, too small to see


def credible_fps(fps: float, default: float) -> float:
    """Return the rate that a file or a camera reports, or the default if it cannot be true."""
    return fps if 1 <= fps <= 1000 else default


def require_fps(fps: float) -> None:
    """Raise ValueError unless `fps` is a frame rate."""
    if not 0 < fps <= 1000:
        raise ValueError(f"fps is {fps}: needed frames per second, more than 0 and at most 1000.")


def elapsed(frames: Iterable[tuple[float, Any]], interval: float) -> Iterator[tuple[float, Any]]:
    """Replace time stamps by seconds since the first frame, always increasing; yield (end, None) last.

    `interval` is the time in seconds between two frames whose time stamps are not usable.

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
    """Yield a frame for each multiple of `1 / fps`, from (seconds, frame) in order of time; holds two of them at most.

    A frame is shown from the multiple of `1 / fps` nearest to its time stamp until the next one is. It is what a player
    shows, and the rule of FFmpeg's filter `fps`.

    >>> list(resample([(0.0, "a"), (0.1, "b"), (0.2, "c"), (0.3, None)], fps=20))
    ['a', 'a', 'b', 'b', 'c', 'c']
    """
    count, shown = 0, None
    for seconds, frame in frames:
        while count + 0.5 <= seconds * fps + TIE:
            yield shown
            count += 1
        shown = frame
