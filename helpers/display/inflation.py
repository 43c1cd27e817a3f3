"""How a filter for images becomes a filter for videos."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .alternative_text import Picture
from .colors import BLUE, GRAY, ORANGE

WIDTH, HEIGHT, GAP, CELL = 4.0, 3.4, 0.7, 0.9


def draw_inflation(frames: int = 5, depth: int = 3) -> Picture:
    """Draw how a 3 x 3 filter that slides over an image becomes a filter of `depth` layers that slides over a video.

    Parameters
    ----------
    frames : int
        Number of frames of the video.
    depth : int
        Number of layers of the inflated filter, at most `frames`.
    """
    figure = Figure(figsize=(12, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, frames + 0.4])
    first = (frames - depth) // 2
    draw_frame_row(left, 1, range(1), "w")
    draw_frame_row(right, frames, range(first, first + depth), f"w/{depth}")
    left.set_title("an image: a 3 x 3 filter\nslides over height and width", fontsize=11)
    right.set_title(
        f"a video: the inflated filter, {depth} x 3 x 3, slides over time, too;\neach layer has the weights divided by {depth}",
        fontsize=11,
    )
    right.annotate("", (position(frames), -0.6), (0, -0.6), arrowprops={"arrowstyle": "->", "color": GRAY, "linewidth": 1.5})
    right.text(position(frames) / 2, -0.75, "time", fontsize=11, ha="center", va="top")
    return Picture(
        figure,
        f"Left: one image with a 3 x 3 filter on it, each weight called w. Right: {frames} frames along an arrow that says time; "
        f"the inflated filter covers {depth} of them, at the same place, with weights w/{depth}.",
    )


def position(frame: int) -> float:
    """Return the left edge of a frame."""
    return frame * (WIDTH + GAP)


def draw_frame_row(axis: Axes, frames: int, covered: range, weight: str) -> None:
    """Draw frames side by side, and a layer of the filter on each that is covered, joined as one filter."""
    for t in range(frames):
        axis.add_patch(Rectangle((position(t), 0), WIDTH, HEIGHT, facecolor="white", edgecolor=BLUE, linewidth=1.5))
    for corner in (0, 3 * CELL):
        for x in (0, 3 * CELL):
            line = [position(covered[0]) + 0.3 + x, position(covered[-1]) + 0.3 + x]
            axis.plot(line, [0.3 + corner] * 2, color=ORANGE, linewidth=1, linestyle="--")
    for t in covered:
        draw_layer(axis, position(t) + 0.3, weight)
    axis.set(xlim=(-0.2, position(frames)), ylim=(-1.5, HEIGHT + 0.2), aspect="equal")
    axis.axis("off")


def draw_layer(axis: Axes, left: float, text: str) -> None:
    """Draw 3 x 3 cells with the name of their weights."""
    for row in range(3):
        for column in range(3):
            x, y = left + CELL * column, 0.3 + CELL * row
            axis.add_patch(Rectangle((x, y), CELL, CELL, facecolor=ORANGE, edgecolor="white", zorder=3))
            axis.text(x + CELL / 2, y + CELL / 2, text, color="white", fontsize=9, ha="center", va="center", zorder=4)
