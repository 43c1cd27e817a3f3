"""How a filter for images becomes a filter for videos."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .alternative_text import Picture
from .colors import BLUE, GRAY, ORANGE

WIDTH, HEIGHT, GAP, CELL = 4.0, 3.4, 0.7, 0.9


def draw_inflation(frames: int = 5, depth: int = 3) -> Picture:
    """Draw how a 3 x 3 filter that slides over an image becomes a filter of `depth` slices that slides over a video.

    Parameters
    ----------
    frames : int
        Number of frames of the video.
    depth : int
        Number of slices of the inflated filter, at most `frames`.
    """
    if not 1 <= depth <= frames:
        raise ValueError(f"depth must be from 1 to the number of frames, {frames}, not {depth}.")
    figure = Figure(figsize=(12, 3), layout="constrained")
    axis = figure.subplots()
    start, first = 1.6 * (WIDTH + GAP), (frames - depth) // 2
    end = start + frames * (WIDTH + GAP)
    draw_frame_row(axis, 0, 1, range(1), "w")
    draw_frame_row(axis, start, frames, range(first, first + depth), f"w/{depth}")
    axis.text(0, HEIGHT + 0.3, "an image: a 3 x 3 filter\nslides over height and width", fontsize=11)
    about = (
        f"a video: the inflated filter, {depth} x 3 x 3, slides over time, too;\n"
        f"each of its {depth} slices has the weights divided by {depth}"
    )
    axis.text(start, HEIGHT + 0.3, about, fontsize=11)
    axis.annotate("", (end, -0.5), (start, -0.5), arrowprops={"arrowstyle": "->", "color": GRAY, "linewidth": 1.5})
    axis.text((start + end) / 2, -0.6, "time", fontsize=11, ha="center", va="top")
    axis.set(xlim=(-0.2, end + 0.2), ylim=(-1.5, HEIGHT + 2), aspect="equal")
    axis.axis("off")
    return Picture(
        figure,
        f"Left: one image with a 3 x 3 filter on it, each weight called w. Right: {frames} frames along an arrow labeled 'time'; "
        f"the inflated filter covers {depth} of them, at the same place, with weights w/{depth}.",
    )


def draw_frame_row(axis: Axes, start: float, frames: int, covered: range, weight: str) -> None:
    """Draw frames side by side, with a slice of the filter on each frame that it covers, joined to show one filter."""
    lefts = [start + t * (WIDTH + GAP) for t in range(frames)]
    for left in lefts:
        axis.add_patch(Rectangle((left, 0), WIDTH, HEIGHT, facecolor="white", edgecolor=BLUE, linewidth=1.5))
    for height in (0.3, 0.3 + 3 * CELL):
        axis.plot([lefts[covered[0]] + 0.3, lefts[covered[-1]] + 0.3], [height] * 2, color=ORANGE, linewidth=1.5)
    for t in covered:
        draw_slice(axis, lefts[t] + 0.3, weight)


def draw_slice(axis: Axes, left: float, text: str) -> None:
    """Draw 3 x 3 cells, each labeled with the name of its weight."""
    for row in range(3):
        for column in range(3):
            x, y = left + CELL * column, 0.3 + CELL * row
            axis.add_patch(Rectangle((x, y), CELL, CELL, facecolor=ORANGE, edgecolor="white", zorder=3))
            axis.text(x + CELL / 2, y + CELL / 2, text, color="white", fontsize=9, ha="center", va="center", zorder=4)
