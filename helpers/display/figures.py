"""The figures of the notebooks. Each function returns a matplotlib figure; `helpers.picture` adds alternative text."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from .colors import BLUE, GRAY, ORANGE
from .history import ACTION_MODELS, ActionModel


def draw_frames(frames: Sequence[np.ndarray], titles: Sequence[str], columns: int = 6, **imshow) -> Figure:
    """Draw frames side by side.

    Parameters
    ----------
    frames : sequence of numpy.ndarray
        uint8 `[H, W, 3]` each, or feature maps, float `[H, W]` each.
    titles : sequence of str
        A title above each frame.
    columns : int
        Largest number of frames in a row.
    **imshow
        Passed to `Axes.imshow`.

    Raises
    ------
    ValueError
        If there are no frames.
    """
    if not len(frames):
        raise ValueError("there are no frames to draw: needed at least one.")
    columns = min(columns, len(frames))  # an empty place would be a white strip on a dark page
    rows = -(-len(frames) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(2 * columns, 2.2 * rows), squeeze=False, layout="constrained")
    for axis in axes.flat:
        axis.axis("off")
    for axis, frame, title in zip(axes.flat, frames, titles):
        axis.imshow(frame, **imshow)
        axis.set_title(title, fontsize=11)
    return figure


def draw_history(models: Sequence[ActionModel] = ACTION_MODELS) -> Figure:
    """Draw published accuracy over the years, one mark a model."""
    figure, axis = plt.subplots(figsize=(10, 5), layout="constrained")
    for dataset, marker, color in (("UCF101", "s", GRAY), ("Kinetics-400", "o", BLUE)):
        shown = [model for model in models if model.dataset == dataset]
        axis.plot([m.year for m in shown], [m.accuracy for m in shown], marker, color=color, markersize=8, label=dataset)
        for m in shown:
            bold = "bold" if "I3D" in m.name and m.year == 2017 else "normal"
            below = m.name == "TimeSformer-L"  # or it would overlap MoViNet's
            axis.annotate(
                m.name, (m.year, m.accuracy), (6, -11 if below else 5), textcoords="offset points", fontsize=9, fontweight=bold
            )
    axis.set(xlabel="year", ylabel="top-1 accuracy (%)", xlim=(2013.6, 2025.6), ylim=(62, 101))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(alpha=0.3)
    axis.legend(title="measured on", loc="lower right")
    return figure


def draw_inflation() -> Figure:
    """Draw how a square filter that slides over an image becomes a cube that slides over a video."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    draw_stack(left, frames=1, filters=1)
    left.set_title("an image: a 3 x 3 filter\nslides over height and width")
    draw_stack(right, frames=7, filters=3)
    right.set_title("a video: the filter inflated to 3 x 3 x 3\nslides over time, too")
    right.annotate("", (9.9, 3.1), (5.4, -0.4), arrowprops={"arrowstyle": "->", "color": GRAY, "linewidth": 1.5})
    right.text(7.9, 0.7, "time", fontsize=12)
    return figure


def draw_stack(axis, frames, filters):
    """Draw frames one behind the other, and the part of them that a filter covers."""
    for t in reversed(range(frames)):
        axis.add_patch(Rectangle((t * 0.7, t * 0.55), 5, 4, facecolor="white", edgecolor=BLUE, linewidth=1.5, alpha=0.85))
    first = (frames - filters) // 2
    for t in reversed(range(first, first + filters)):
        for row in range(3):
            for column in range(3):
                place = (t * 0.7 + 0.9 + column * 0.6, t * 0.55 + 0.7 + row * 0.6)
                axis.add_patch(Rectangle(place, 0.6, 0.6, facecolor=ORANGE, edgecolor="white"))
    axis.set(xlim=(-0.5, 10.5), ylim=(-1.5, 8), aspect="equal")
    axis.axis("off")


def draw_shares(names: Sequence[str], shares: Mapping[str, Sequence[float]]) -> Figure:
    """Draw each name's share of the whole: one group of bars a name, one bar a quantity.

    Parameters
    ----------
    names : sequence of str
        Names of the rows.
    shares : mapping of str to sequence of float
        For each of up to three quantities its values, `[len(names)]`, in any unit.
    """
    figure, axis = plt.subplots(figsize=(9, 0.35 * len(names) + 1.2), layout="constrained")
    rows, height = range(len(names)), 0.8 / len(shares)
    for i, ((quantity, values), color, hatch) in enumerate(zip(shares.items(), (BLUE, ORANGE, GRAY), ("", "///", "..."))):
        percent = [100 * value / sum(values) for value in values]
        positions = [row + (i - (len(shares) - 1) / 2) * height for row in rows]
        axis.barh(positions, percent, height, color=color, hatch=hatch, edgecolor="white", label=quantity)
    axis.set(yticks=rows, yticklabels=names, xlabel="share of the whole (%)")
    axis.invert_yaxis()
    axis.grid(axis="x", alpha=0.3)
    axis.legend(loc="lower right")
    return figure


def draw_padding(differences: Sequence[float], seconds: Sequence[float]) -> Figure:
    """Draw the difference between two networks over time, on a logarithmic scale.

    Parameters
    ----------
    differences : sequence of float
        Largest difference of a logit at each time.
    seconds : sequence of float
        Center times of the predictions, in seconds.
    """
    figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
    axis.semilogy(seconds, differences, "o-", color=BLUE)
    axis.axhline(1e-4, color=GRAY, linestyle="--")
    axis.set(xlabel="center of the prediction (seconds)", ylabel="largest difference\nof a logit")
    axis.grid(alpha=0.3)
    return figure


def draw_roc(scores: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw ROC curves of detectors.

    Parameters
    ----------
    scores : mapping of str to (numpy.ndarray, numpy.ndarray)
        For each detector its scores of the negatives and of the positives, float `[n]` each; larger means positive.
    """
    figure, axis = plt.subplots(figsize=(5, 4.5), layout="constrained")
    for (name, (negative, positive)), color, style in zip(scores.items(), (BLUE, ORANGE), ("-", "--")):
        thresholds = np.sort(np.concatenate([negative, positive, [np.inf]]))[::-1]
        rates = [[100 * (values >= threshold).mean() for threshold in thresholds] for values in (negative, positive)]
        axis.plot(*rates, style, color=color, linewidth=2, label=name)
    axis.plot([0, 100], [0, 100], ":", color=GRAY, label="chance")
    axis.set(xlabel="known clips called unknown (%)", ylabel="unknown clips found (%)", aspect="equal")
    axis.legend(loc="lower right")
    return figure


def filters_as_frames(kernel: np.ndarray, scale: int = 4) -> np.ndarray:
    """Arrange the filters of a first layer as a clip.

    Parameters
    ----------
    kernel : numpy.ndarray
        float32 `[kt, kh, kw, 3, channels]`.
    scale : int
        Pixels for each weight.

    Returns
    -------
    numpy.ndarray
        uint8 `[kt, H, W, 3]`, eight filters in a row. A weight of 0 is gray; the largest of each filter is black or white.
    """
    kernel = kernel / np.abs(kernel).max(axis=(0, 1, 2, 3))
    big = (127.5 + 127.5 * kernel).astype(np.uint8).repeat(scale, axis=1).repeat(scale, axis=2)
    tiles = np.pad(np.moveaxis(big, -1, 0), [(0, 0), (0, 0), (1, 1), (1, 1), (0, 0)], constant_values=255)
    rows = [np.concatenate(tiles[first : first + 8], axis=2) for first in range(0, len(tiles), 8)]
    return np.concatenate(rows, axis=1)
