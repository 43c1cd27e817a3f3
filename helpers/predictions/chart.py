"""A timeline as a chart: probabilities over time, with thumbnails below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ..display.alternative_text import Picture
from ..display.colors import GRAY

if TYPE_CHECKING:
    from .timeline import Timeline

COLUMNS = 12  # thumbnails in a row


def draw_timeline(timeline: Timeline, top: int = 6, cuts: Sequence[float] = ()) -> Picture:
    """Draw the probabilities of the most probable actions over time, with thumbnails below.

    Parameters
    ----------
    timeline : Timeline
        At least one prediction.
    top : int
        Number of actions, at least 1.
    cuts : sequence of float
        Times of cuts in seconds; each is drawn as a dashed line.

    Returns
    -------
    Picture
        The figure and its alternative text.

    Raises
    ------
    ValueError
        If `top` is less than 1.
    """
    if top < 1:
        raise ValueError(f"top must be at least 1 action, not {top}.")
    probabilities = timeline.probabilities
    best = sorted(np.argsort(-probabilities.max(axis=0), kind="stable")[:top], key=lambda i: probabilities[:, i].argmax())
    length = timeline.seconds[-1] + timeline.seconds[0]
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    chart, film = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
    styles: list = ["-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3))] * top
    for i, style in zip(best, styles):
        chart.plot(timeline.seconds, 100 * probabilities[:, i], linestyle=style, linewidth=2, label=timeline.labels[i])
    for cut in cuts:
        chart.axvline(cut, color=GRAY, linestyle="--", linewidth=1)
    chart.set(ylabel="probability (%)", ylim=(0, 105))
    chart.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    thumbnails = timeline.thumbnails
    starts = np.linspace(0, length, min(COLUMNS, len(thumbnails)), endpoint=False)
    width = length / len(starts)
    for start in starts:
        nearest = min(round((start + width / 2) / timeline.thumbnail_seconds), len(thumbnails) - 1)
        film.imshow(thumbnails[nearest], extent=(start, start + width, 0, 1), aspect="auto")
    film.set(xlabel="seconds", xlim=(0, length), yticks=[])
    found = "; ".join(str(timeline).splitlines())
    return Picture(figure, f"Probabilities of {len(best)} actions over {length:.0f} seconds, with frames below. Top-1: {found}")
