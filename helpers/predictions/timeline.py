"""Predictions over time: segments, a chart, a table."""

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from matplotlib.figure import Figure

from ..basics.files import replacing
from ..basics.statistics import running_mean
from ..display.alternative_text import Picture
from ..display.colors import GRAY
from ..models.chunks import STEP
from .prediction import softmax

COLUMNS = 12  # thumbnails in a row of the chart
THUMBNAIL_STEP = 4  # predictions from one thumbnail to the next


@dataclass(eq=False)  # arrays cannot be compared with a single ==
class Timeline:
    """A model's predictions for a video, one every `step` frames. Displayed as text; `draw` returns a chart.

    Attributes
    ----------
    labels : list of str
        Names of all actions.
    seconds : numpy.ndarray
        Center time of each prediction in a player, in seconds, float64 `[P]`.
    logits : numpy.ndarray
        float32 `[P, len(labels)]`.
    fps : float
        Frame rate of the model's input: 25 for I3D, unless `predict_timeline` was called with another rate.
    window : int
        Number of frames over which `probabilities` averages the logits.
    thumbnails : list of numpy.ndarray
        One frame for every four predictions, uint8 `[56, 56, 3]`.
    note : str
        What could not be read of the video, and why the timeline ends before it does. Empty if it is complete.
    step : int
        Frames from one prediction to the next: 8, or 1 for a causal model; for one of learned actions, those of a second.
    start : float
        Time of the first frame in a player, in seconds: not 0 if the sound of the video starts earlier.
    settings : dict
        What the predictions depend on besides the video: the model and its preprocessing.
    classify : callable, optional
        From features to logits, for a model whose logits depend on averaged features in another way than linearly: an I3D of
        learned actions that rejects unknown ones. Then `probabilities` averages `features` instead of `logits`.
    features : numpy.ndarray, optional
        float32 `[P, K]`, with `classify`.
    was_interrupted : bool
        True if it ends early because of Ctrl-C or the stop button.
    """

    labels: Sequence[str]
    seconds: np.ndarray
    logits: np.ndarray
    fps: float
    window: int = 64
    thumbnails: list[np.ndarray] = field(default_factory=list, repr=False)
    note: str = ""
    step: int = STEP
    start: float = 0.0
    settings: dict[str, object] = field(default_factory=dict, repr=False)
    classify: Callable[[np.ndarray], np.ndarray] | None = field(default=None, repr=False)
    features: np.ndarray | None = field(default=None, repr=False)
    was_interrupted: bool = False

    @property
    def probabilities(self) -> np.ndarray:
        """Softmax of the logits, averaged over `window` frames as for a clip, float64 `[P, len(labels)]`."""
        rows = self.window if self.step == 1 else self.window // self.step - 1  # I3D has 7 predictions for 64 frames
        if self.classify is None or self.features is None:
            return softmax(running_mean(self.logits, max(1, rows)))
        return softmax(self.classify(running_mean(self.features, max(1, rows))))

    def append(self, logits: np.ndarray, frames: np.ndarray, features: np.ndarray | None = None) -> None:
        """Append predictions, float32 `[P, len(labels)]`, and thumbnails of their frames, uint8 `[P * step, S, S, 3]`.

        With `classify`, `features` are what the logits were computed from, float32 `[P, K]`.
        """
        first, thumbnail_step = len(self.seconds), THUMBNAIL_STEP * self.step
        centers = self.start + (first + np.arange(len(logits)) + 1) * self.step / self.fps
        extended = {
            "seconds": np.append(self.seconds, centers),
            "logits": np.vstack([self.logits, logits]),
            "thumbnails": self.thumbnails
            + [cv2.resize(frame, (56, 56)) for frame in frames[-first * self.step % thumbnail_step :: thumbnail_step]],
        }
        if features is not None:
            extended["features"] = features if self.features is None else np.vstack([self.features, features])
        vars(self).update(extended)  # one step, so that an interruption cannot leave different lengths

    def segments(self, min_seconds: float = 1.0) -> list[tuple[float, float, str, float]]:
        """Return start and end in seconds, label and mean probability of each segment with the same top-1 action.

        Parameters
        ----------
        min_seconds : float
            Shorter segments are left out, unless all are shorter. Two segments of the same action with a shorter gap between
            them are merged.
        """
        probabilities, half = self.probabilities, self.step / 2 / self.fps
        best = probabilities.argmax(axis=1)
        bounds = np.flatnonzero(np.diff(best, prepend=-1, append=-1)).tolist()  # rows at which another action begins; the end
        stretches = [(first, end, int(best[first])) for first, end in zip(bounds, bounds[1:])]

        def duration(first, end):
            return (end - first) * self.step / self.fps

        merged: list[tuple[int, int, int]] = []
        for first, end, action in [stretch for stretch in stretches if duration(*stretch[:2]) >= min_seconds] or stretches:
            if merged and merged[-1][2] == action and duration(merged[-1][1], first) < min_seconds:
                first = merged.pop()[0]
            merged.append((first, end, action))
        return [
            (self.seconds[a] - half, self.seconds[b - 1] + half, self.labels[action], float(probabilities[a:b, action].mean()))
            for a, b, action in merged
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
        """Return a chart of the most probable actions over time, with thumbnails below and an alternative text.

        Parameters
        ----------
        top : int
            Number of actions, at least 1.
        cuts : sequence of float
            Times of cuts in seconds; each is drawn as a dashed line.

        Raises
        ------
        ValueError
            If the timeline is empty, or `top` is less than 1.
        """
        self.require_predictions()
        if top < 1:
            raise ValueError(f"top must be at least 1 action, not {top}.")
        probabilities = self.probabilities
        best = sorted(np.argsort(-probabilities.max(axis=0), kind="stable")[:top], key=lambda i: probabilities[:, i].argmax())
        end = self.seconds[-1] + self.seconds[0] - self.start  # the first prediction is as far from the start as the last from it
        figure = Figure(figsize=(11, 4.5), layout="constrained")
        chart, film = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
        styles: list = ["-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (10, 2))] * top
        for i, style in zip(best, styles):
            chart.plot(self.seconds, 100 * probabilities[:, i], linestyle=style, linewidth=2, label=self.labels[i])
        for cut in cuts:
            chart.axvline(cut, color=GRAY, linestyle="--", linewidth=1)
        chart.set(ylabel="probability (%)", ylim=(0, 105))
        chart.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        seconds_between = THUMBNAIL_STEP * self.step / self.fps
        lefts, width = np.linspace(self.start, end, min(COLUMNS, len(self.thumbnails)), endpoint=False, retstep=True)
        for left in lefts:
            middle = left + width / 2 - self.start
            shown = min(int(middle / seconds_between), len(self.thumbnails) - 1)  # the last one before the middle
            film.imshow(self.thumbnails[shown], extent=(left, left + width, 0, 1), aspect="auto")
        film.set(xlabel="seconds", xlim=(self.start, end), yticks=[])
        found = "; ".join(str(self).splitlines())
        return Picture(
            figure, f"Probabilities of {len(best)} actions over {end - self.start:.0f} seconds, with frames below. Top-1: {found}"
        )

    def save(self, path: str | os.PathLike, top: int = 5) -> None:
        """Save the most probable actions of each prediction as CSV: seconds, rank, action, probability.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing file is overwritten.
        top : int
            Number of actions per prediction.
        """
        with replacing(path) as part, open(part, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["seconds", "rank", "action", "probability"])
            for second, row in zip(self.seconds, self.probabilities):
                for rank, i in enumerate(np.argsort(-row, kind="stable")[:top], start=1):
                    writer.writerow([f"{second:.2f}", rank, self.labels[i], f"{row[i]:.4f}"])


def format_timestamp(seconds: float) -> str:
    """Format seconds, at least 0, as minutes and seconds: 63.2 as "1:03". One hour is 60:00."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
