"""Predictions over time: segments, a chart, a table."""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import cv2
import numpy as np
from matplotlib.figure import Figure

from .display.alternative_text import Picture
from .display.colors import GRAY
from .prediction import softmax

STEP = 8  # frames from one prediction to the next: three temporal strides of 2
THUMBNAIL_STEP = 4  # predictions from one thumbnail to the next


@dataclass(eq=False)  # the comparison of arrays has no single truth value
class Timeline:
    """A model's predictions for a video, one every `step` frames: text in a terminal, a chart with `draw`.

    Attributes
    ----------
    labels : list of str
        Names of all actions.
    seconds : numpy.ndarray
        float64 `[P]`: center time of each prediction, in seconds.
    logits : numpy.ndarray
        float32 `[P, len(labels)]`.
    fps : float
        Frames per second that the model was given: 25, unless `predict_timeline` was asked for another rate.
    window : int
        Frames over which `probabilities` averages the logits.
    thumbnails : list of numpy.ndarray
        A frame every four predictions, uint8 `[56, 56, 3]`.
    note : str
        Why the timeline ends before the video does; empty if it does not.
    step : int
        Frames from one prediction to the next: 8, or 1 for a causal model.
    """

    labels: Sequence[str]
    seconds: np.ndarray
    logits: np.ndarray
    fps: float
    window: int = 64
    thumbnails: list[np.ndarray] = field(default_factory=list, repr=False)
    note: str = ""
    step: int = STEP

    @property
    def probabilities(self) -> np.ndarray:
        """float32 `[P, len(labels)]`: softmax of the logits, averaged over `window` frames as a clip's are."""
        return softmax(running_mean(self.logits, max(1, self.window // self.step - 1)))

    def append(self, logits: np.ndarray, frames: np.ndarray) -> None:
        """Add predictions, float32 `[P, len(labels)]`, and thumbnails of their `P * step` frames."""
        first, thumbnail_step = len(self.seconds), THUMBNAIL_STEP * self.step
        centers = (first + np.arange(len(logits)) + 1) * self.step / self.fps
        extended = {
            "seconds": np.append(self.seconds, centers),
            "logits": np.vstack([self.logits, logits]),
            "thumbnails": self.thumbnails
            + [cv2.resize(frame, (56, 56)) for frame in frames[-first * self.step % thumbnail_step :: thumbnail_step]],
        }
        vars(self).update(extended)  # all at once, so that an interruption leaves them equally long

    def segments(self, min_seconds: float = 1.0) -> list[tuple[float, float, str, float]]:
        """Return (start, end, label, probability) of each stretch with the same top-1 action; times in seconds.

        Segments shorter than `min_seconds` are left out, unless there is no other. If less than that lies between two segments
        of the same action, they are merged; the probability is the mean from start to end.
        """
        probabilities, half = self.probabilities, self.step / 2 / self.fps
        stretches = []  # (first, last, best) of rows
        for best, group in groupby(range(len(self.seconds)), key=lambda i: int(probabilities[i].argmax())):
            rows = list(group)
            stretches.append((rows[0], rows[-1], best))

        def duration(first, last):
            return (last - first + 1) * self.step / self.fps

        merged: list[tuple[int, int, int]] = []
        for first, last, best in [(a, b, best) for a, b, best in stretches if duration(a, b) >= min_seconds] or stretches:
            if merged and merged[-1][2] == best and duration(merged[-1][1] + 1, first - 1) < min_seconds:
                first = merged.pop()[0]
            merged.append((first, last, best))
        return [
            (self.seconds[a] - half, self.seconds[b] + half, self.labels[best], float(probabilities[a : b + 1, best].mean()))
            for a, b, best in merged
        ]

    def __str__(self) -> str:
        lines = [
            f"{format_timestamp(start)}–{format_timestamp(end)} {label} {probability:.0%}"
            for start, end, label, probability in self.segments()
        ]
        return "\n".join(lines + ([self.note] if self.note else []))

    __repr__ = __str__

    def require_predictions(self) -> None:
        """Raise ValueError if the timeline is empty."""
        if not len(self.seconds):
            raise ValueError(f"the timeline has no predictions to show. {self.note}")

    def draw(self, top: int = 6, cuts: Sequence[float] = ()) -> Picture:
        """Draw the `top` actions over time, with thumbnails below, and a dashed line at each of the `cuts`, in seconds.

        Raises
        ------
        ValueError
            If the timeline is empty.
        """
        self.require_predictions()
        probabilities = self.probabilities
        figure = Figure(figsize=(11, 4.5), layout="constrained")
        chart, film = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
        best = sorted(np.argsort(-probabilities.max(axis=0), kind="stable")[:top], key=lambda i: probabilities[:, i].argmax())
        styles: list = ["-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3))] * top
        for i, style in zip(best, styles):
            chart.plot(self.seconds, 100 * probabilities[:, i], linestyle=style, linewidth=2, label=self.labels[i])
        for cut in cuts:
            chart.axvline(cut, color=GRAY, linestyle="--", linewidth=1)
        chart.set(ylabel="probability (%)", ylim=(0, 105))
        chart.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        length = self.seconds[-1] + self.seconds[0]
        starts = np.linspace(0, length, min(12, len(self.thumbnails)), endpoint=False)
        width = length / len(starts)
        for start in starts:
            nearest = min(round((start + width / 2) * self.fps / self.step / THUMBNAIL_STEP), len(self.thumbnails) - 1)
            film.imshow(self.thumbnails[nearest], extent=(start, start + width, 0, 1), aspect="auto")
        film.set(xlabel="seconds", xlim=(0, length), yticks=[])
        found = "; ".join(str(self).splitlines())
        return Picture(
            figure, f"Probabilities of {len(best)} actions over {length:.0f} seconds, with frames below. Top-1: {found}"
        )

    def save(self, path: str | os.PathLike, top: int = 5) -> None:
        """Save the `top` actions of each prediction as CSV: seconds, rank, action, probability."""
        with open(os.path.expanduser(path), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["seconds", "rank", "action", "probability"])
            for second, row in zip(self.seconds, self.probabilities):
                for rank, i in enumerate(np.argsort(-row, kind="stable")[:top], start=1):
                    writer.writerow([f"{second:.2f}", rank, self.labels[i], f"{row[i]:.4f}"])


def format_timestamp(seconds: float) -> str:
    """Format seconds as minutes and seconds; an hour is 60:00.

    >>> format_timestamp(63.2)
    '1:03'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def running_mean(rows: np.ndarray, width: int) -> np.ndarray:
    """Average each row with its neighbors, `width` in all, fewer at both ends.

    >>> running_mean(np.array([[0.0], [3.0], [6.0]]), 3).ravel()
    array([1.5, 3. , 4.5])
    """
    sums = np.cumsum(np.vstack([np.zeros_like(rows[:1]), rows]), axis=0, dtype=np.float64)
    first = np.maximum(np.arange(len(rows)) - (width - 1) // 2, 0)
    last = np.minimum(np.arange(len(rows)) + width // 2 + 1, len(rows))
    return (sums[last] - sums[first]) / (last - first)[:, np.newaxis]
