"""The filters of the first layer."""

import numpy as np
from matplotlib.figure import Figure

from .alternative_text import Picture


def moving_share(filters: np.ndarray) -> np.ndarray:
    """Share of each filter's energy that is not in its mean over time, float32 `[channels]` in [0, 1].

    Parameters
    ----------
    filters : numpy.ndarray
        float32 `[kt, kh, kw, 3, channels]`.
    """
    still = filters.mean(axis=0, keepdims=True)
    return ((filters - still) ** 2).sum(axis=(0, 1, 2, 3)) / (filters**2).sum(axis=(0, 1, 2, 3))


def draw_filters(filters: np.ndarray, columns: int = 4) -> Picture:
    """Draw the filters of a first layer as strips of frames, sorted by `moving_share` in descending order.

    All filters share one scale: a weight of 0 is gray, and the largest half percent of all weights are black or white. A strip
    that is nearly gray therefore has small weights.

    Parameters
    ----------
    filters : numpy.ndarray
        float32 `[kt, kh, kw, 3, channels]`.
    columns : int
        Number of strips in a row. The title of each strip is the number of the filter and its `moving_share`.

    Raises
    ------
    ValueError
        If `columns` is less than 1.
    """
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}.")
    moving = moving_share(filters)
    order = np.argsort(-moving, kind="stable")
    largest = np.quantile(np.abs(filters), 0.995)
    colors = np.clip(0.5 + 0.5 * filters / largest, 0, 1)
    rows = -(-len(order) // columns)
    figure = Figure(figsize=(3 * columns, 0.66 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, channel in zip(axes.flat, order):
        frames = np.pad(colors[..., channel], [(0, 0), (0, 0), (0, 1), (0, 0)], constant_values=1)  # a white line after each
        axis.imshow(np.concatenate(frames, axis=1)[:, :-1], interpolation="nearest")
        axis.set_title(f"{channel}: {moving[channel]:.0%}", fontsize=9, pad=2)
    return Picture(
        figure,
        f"{len(order)} filters, each a strip of {len(filters)} frames, sorted by the share of energy in what changes: "
        f"from filter {order[0]} with {moving[order[0]]:.0%} to filter {order[-1]} with {moving[order[-1]]:.0%}. "
        f"In {(moving > 0.5).sum()} filters it is more than half.",
    )
