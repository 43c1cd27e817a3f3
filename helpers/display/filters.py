"""Filters: those of the first layer, and how a filter for images becomes one for videos."""

from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .alternative_text import Picture, panels
from .colors import BLUE, GRAY, ORANGE

COLUMNS = 2  # strips in a row
WIDTH, HEIGHT, GAP, CELL = 4.0, 3.4, 0.7, 0.9  # of a frame that is drawn, and of a weight


def slice_coherence(filters: np.ndarray) -> np.ndarray:
    """Return how far the slices of each filter add up rather than cancel, float `[channels]` in [0, 1].

    It is the norm of the sum of the slices over the sum of their norms. 1: one image filter, with weights over time that are
    not negative, as in an inflated filter or an image filter in a single slice; a still video then gets as strong a response as
    the slices allow. 0: the slices cancel, as in a temporal difference, and a still video gets no response.

    `filters` are float `[kt, kh, kw, 3, channels]`; each must have a weight that is not 0.
    """
    slices = filters.reshape(len(filters), -1, filters.shape[-1])  # [kt, weights of a slice, channels]
    return np.linalg.norm(slices.sum(axis=0), axis=0) / np.linalg.norm(slices, axis=1).sum(axis=0)


def draw_filters(filters: np.ndarray, count: int = 16) -> Picture:
    """Draw the `count` filters with the largest weights as strips of slices, sorted by `slice_coherence` in ascending order.

    `filters` are float32 `[kt, kh, kw, 3, channels]`. A last tile shows the sum of the slices, which is what responds to a still
    video. All tiles share one scale: a weight of 0 is gray, and the largest half percent of the drawn weights are black or white.
    The title of each strip is the number of the filter and its coherence.
    """
    strongest = np.argsort(-(filters**2).sum(axis=(0, 1, 2, 3)), kind="stable")[:count]
    coherence = slice_coherence(filters)
    order = strongest[np.argsort(coherence[strongest], kind="stable")]
    largest = np.quantile(np.abs(filters[..., order]), 0.995)
    rows = -(-len(order) // COLUMNS)
    figure, axes = panels(6 * COLUMNS, 1.02 * rows, rows, COLUMNS)
    for axis, channel in zip(axes.flat, order):
        tiles = np.concatenate([filters[..., channel], filters[..., channel].sum(axis=0, keepdims=True)])
        tiles = np.clip(0.5 + 0.5 * tiles / largest, 0, 1)
        tiles = np.pad(tiles, [(0, 0), (0, 0), (0, 1), (0, 0)], constant_values=1)  # a white line after each
        strip = np.concatenate([*tiles[:-1], np.ones_like(tiles[-1, :, :2]), tiles[-1]], axis=1)
        axis.imshow(strip[:, :-1], interpolation="nearest")
        axis.set_xlim(-0.5, strip.shape[1] + 4)  # space between the columns
        axis.set_title(f"filter {channel}, coherence {coherence[channel]:.2f}", fontsize=10, pad=2)
        axis.text(strip.shape[1] - tiles.shape[2] / 2 - 1, -1, "sum", fontsize=9, ha="center", va="bottom")
    return Picture(
        figure,
        f"{len(order)} filters, each a strip of {len(filters)} slices and their sum, sorted by coherence: "
        f"from filter {order[0]} with {coherence[order[0]]:.2f} to filter {order[-1]} with {coherence[order[-1]]:.2f}. "
        f"It is below 0.5 in {(coherence[order] < 0.5).sum()} of them.",
    )


def draw_inflation(frames: int = 5, depth: int = 3) -> Picture:
    """Draw how a 3 x 3 filter that slides over an image becomes a filter of `depth` slices that slides over a video.

    Parameters
    ----------
    frames, depth : int
        Number of frames of the video, and of slices of the inflated filter, at most `frames`.
    """
    if not 1 <= depth <= frames:
        raise ValueError(f"depth must be from 1 to the number of frames, {frames}, not {depth}.")
    figure, [[axis]] = panels(12, 3)
    start, first = 1.6 * (WIDTH + GAP), (frames - depth) // 2
    end = start + frames * (WIDTH + GAP)
    draw_frame_row(axis, 0, 1, range(1), "")
    draw_frame_row(axis, start, frames, range(first, first + depth), f"/{depth}")
    axis.text(0, HEIGHT + 0.3, "an image: a 3 x 3 filter\nslides over height and width", fontsize=11)
    about = (
        f"a video: the inflated filter, {depth} x 3 x 3, slides over time, too;\n"
        f"each of its {depth} slices has the weights divided by {depth}"
    )
    axis.text(start, HEIGHT + 0.3, about, fontsize=11)
    axis.annotate("", (end, -0.5), (start, -0.5), arrowprops={"arrowstyle": "->", "color": GRAY, "linewidth": 1.5})
    axis.text((start + end) / 2, -0.6, "time", fontsize=11, ha="center", va="top")
    axis.set(xlim=(-0.2, end + 0.2), ylim=(-1.5, HEIGHT + 2), aspect="equal")
    return Picture(
        figure,
        f"Left: one image with a 3 x 3 filter on it, its weights w1 to w9. Right: {frames} frames along an arrow labeled 'time'; "
        f"the inflated filter covers {depth} of them, at the same place, with weights w1/{depth} to w9/{depth} on each.",
    )


def draw_frame_row(axis: Axes, start: float, frames: int, covered: range, divided: str) -> None:
    """Draw frames side by side, with 3 x 3 weights of the filter on each that it covers, joined to show one filter."""
    lefts = [start + t * (WIDTH + GAP) for t in range(frames)]
    for left in lefts:
        axis.add_patch(Rectangle((left, 0), WIDTH, HEIGHT, facecolor="white", edgecolor=BLUE, linewidth=1.5))
    for height in (0.3, 0.3 + 3 * CELL):
        axis.plot([lefts[covered[0]] + 0.3, lefts[covered[-1]] + 0.3], [height] * 2, color=ORANGE, linewidth=1.5)
    for t, row, column in product(covered, range(3), range(3)):
        x, y = lefts[t] + 0.3 + CELL * column, 0.3 + CELL * row
        axis.add_patch(Rectangle((x, y), CELL, CELL, facecolor=ORANGE, edgecolor="white", zorder=3))
        weight = f"w{3 * (2 - row) + column + 1}{divided}"  # the rows are drawn from the bottom
        axis.text(x + CELL / 2, y + CELL / 2, weight, color="white", fontsize=9, ha="center", va="center", zorder=4)
