"""A chart of accuracies: one row for each classifier or split, and a dot for each time it was tested."""

from collections.abc import Mapping, Sequence

import numpy as np

from .alternative_text import Picture, chart, require_one_to_three
from .colors import BLUE, GRAY, ORANGE

MARKERS = ("o", "D", "s")  # of the series: shape and color differ, for those who do not see the color


def draw_accuracies(series: Mapping[str, Mapping[str, float | Sequence[float]]], chance: float) -> Picture:
    """Draw accuracies as dots, one row for each name.

    Parameters
    ----------
    series : mapping of str to mapping
        For one to three series, such as two ways to split the clips, the accuracy of each row, from 0 to 1, or several of them.
        The rows are those of the first series; the others may lack some.
    chance : float
        Accuracy of guessing, drawn as a line.

    Raises
    ------
    ValueError
        If there are no series, or more than three.
    """
    require_one_to_three(series, "series")
    names = list(next(iter(series.values())))
    figure, axis = chart(8, 1.2 + 0.35 * len(names))
    sentences = []
    for (title, accuracies), color, marker in zip(series.items(), (BLUE, ORANGE, GRAY), MARKERS):
        points = [(names.index(name), 100 * value) for name, values in accuracies.items() for value in np.atleast_1d(values)]
        rows, values = zip(*points)
        axis.plot(values, rows, marker, color=color, alpha=0.7, markersize=7, label=title)
        listed = (f"{name} {describe(values)}" for name, values in accuracies.items())
        sentences.append(f"{title}: {', '.join(listed)}")
    axis.axvline(100 * chance, color=GRAY, linestyle="--", label="chance")
    axis.set(yticks=range(len(names)), yticklabels=names, xlabel="accuracy (%)", xlim=(0, 103))
    axis.set_ylim(len(names) - 0.5, -0.5)  # the first at the top
    axis.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=len(series) + 1, frameon=False)
    return Picture(figure, f"Accuracy, with chance at {chance:.0%}. {'; '.join(sentences)}.")


def describe(values: float | Sequence[float]) -> str:
    """Return one accuracy, or the range of several, as text."""
    low, high = np.min(values), np.max(values)
    return f"{low:.0%}" if np.ndim(values) == 0 else f"{low:.0%} to {high:.0%}"
