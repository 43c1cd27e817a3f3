"""Give each frame its time in a player, and resample a stream of frames to another frame rate."""

from collections.abc import Iterable, Iterator
from math import inf, isfinite
from typing import Any, Literal

import numpy as np

Rate = float | Literal["model", "file"] | None  # frames per second; that of the model's training; that of the file (also None)

TIE = 1e-3  # tolerance in output frames: larger than the rounding errors of time stamps, too small to see
SHORT_GAP = 2.0  # seconds; shorter gaps between frames are never doubted
RESTART = 0.5  # seconds; a time stamp that goes back farther belongs to another recording


def credible_fps(fps: float, default: float) -> float:
    """Return the frame rate that a file or camera reports, or `default` if the rate is implausible."""
    return fps if 0 < fps <= 1000 else default


def require_fps(fps: float) -> None:
    """Raise ValueError unless `fps` is a frame rate."""
    if not isinstance(fps, (int, float, np.number)) or isinstance(fps, bool) or not 0 < fps <= 1000:
        raise ValueError(f"fps must be more than 0 and at most 1000 frames per second, or 'model' or 'file', not {fps!r}.")


def chosen_fps(fps: Rate, own: float) -> float | None:
    """Return the frame rate that a user chose, None for every frame of the file; `own` is that of the model's training.

    >>> chosen_fps("model", 25.0), chosen_fps(12.5, 25.0), chosen_fps("file", 25.0)
    (25.0, 12.5, None)
    """
    if fps == "model":
        return own
    if fps is None or fps == "file":
        return None
    require_fps(fps)  # type: ignore[arg-type]  # mypy does not see that no text is left
    return float(fps)


class Clock:
    """Replaces the time stamps of frames by seconds since the first frame, as a player shows them.

    A frame lasts until the next one starts, so that a pause holds its frame. The last frame has its stated duration. A frame
    without a time stamp follows the previous one after that one's duration, and so does one whose time stamp cannot be true:
    it goes back to another recording, or is beyond the end of the file. If a time stamp goes back a little or stays the same,
    the frame replaces the previous one.

    `interval` is the duration in seconds of a frame without a stated duration, `end` the seconds from the first frame to the end
    of the file. A gap of more than `longest_gap` seconds is an error in the time stamps.

    >>> frames = [(7.0, 0.04, "a"), (7.04, 0.04, "b"), (10.0, 0.04, "c"), (0.0, 0.5, "d")]
    >>> [(round(seconds, 2), frame) for seconds, frame in Clock(interval=0.04).elapsed(frames)]
    [(0.0, 'a'), (0.04, 'b'), (3.0, 'c'), (3.04, 'd'), (3.54, None)]
    """

    def __init__(self, interval: float, end: float = inf, longest_gap: float = inf) -> None:
        self.interval, self.end, self.longest_gap = interval, end, longest_gap
        self.removed = 0.0  # seconds of gaps that were not believed

    def elapsed(self, frames: Iterable[tuple[float | None, float, Any]]) -> Iterator[tuple[float, Any]]:
        """Yield (seconds since the first frame, frame), and at last (end of the video, None).

        `frames` are time stamp in seconds (None if missing), duration in seconds (0 if unknown), and frame.
        """
        seconds, offset, latest, lasts = 0.0, 0.0, None, 0.0
        for stamp, duration, frame in frames:
            if stamp is not None and not isfinite(stamp):
                stamp = None
            if stamp is not None and latest is not None and self._believes(stamp - latest, stamp + offset):
                seconds, latest = max(seconds, stamp + offset), max(latest, stamp)
            else:
                if stamp is not None:
                    self.removed += 0.0 if latest is None else max(0.0, stamp + offset - seconds - lasts)
                    offset, latest = seconds + lasts - stamp, stamp
                seconds += lasts
            yield seconds, frame
            lasts = duration or self.interval
        yield seconds + lasts, None

    def _believes(self, step: float, seconds: float) -> bool:
        """Return whether a time stamp `step` seconds after the latest one can be true."""
        return -RESTART <= step <= SHORT_GAP or SHORT_GAP < step <= self.longest_gap and seconds <= self.end + SHORT_GAP


def resample(frames: Iterable[tuple[float, Any]], fps: float) -> Iterator[Any]:
    """Yield one frame for each multiple of `1 / fps` seconds, from (seconds, frame) as `Clock.elapsed` yields them.

    Each frame is repeated from the multiple of `1 / fps` nearest to its time stamp until the next frame starts, as in a video
    player and in FFmpeg's filter `fps`. So time stamps may be off by up to half an output frame, and a file at the rate `fps`
    yields its own frames. At most two frames are in memory.

    >>> list(resample([(0.0, "a"), (0.1, "b"), (0.2, "c"), (0.3, None)], fps=20))
    ['a', 'a', 'b', 'b', 'c', 'c']
    """
    count, shown = 0, None
    for seconds, frame in frames:
        while count + 0.5 <= seconds * fps + TIE:
            yield shown
            count += 1
        shown = frame
