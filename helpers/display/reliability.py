"""Reliability diagrams: how often predictions of a certain confidence are correct."""

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from .alternative_text import Picture, require_one_to_three
from .colors import BLUE, GRAY

# Mean confidence, accuracy, number of predictions, and the ends of an interval of the accuracy, or None.
Bin = tuple[float, float, int, Iterable[float] | None]


def draw_reliability(series: Mapping[str, Sequence[Bin]]) -> Picture:
    """Draw reliability diagrams side by side: accuracy over confidence, with the diagonal of a calibrated classifier.

    Parameters
    ----------
    series : mapping of str to sequence
        For one to three sets of predictions, the bins of `reliability`.

    Raises
    ------
    ValueError
        If there are no series, or more than three.
    """
    require_one_to_three(series, "reliability diagrams")
    figure = Figure(figsize=(4.2 * len(series), 4.4), layout="constrained")
    axes = figure.subplots(1, len(series), squeeze=False, sharey=True)[0]
    sentences = [_draw_bins(axis, name, bins) for axis, (name, bins) in zip(axes, series.items())]
    axes[0].set_ylabel("accuracy (%)")
    shown = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels())}
    figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=2, frameon=False)
    return Picture(figure, f"Reliability diagram{'s' * (len(series) > 1)}. {' '.join(sentences)}")


def _draw_bins(axis: Axes, name: str, bins: Sequence[Bin]) -> str:
    """Draw one diagram, and return a sentence about it."""
    axis.plot([0, 100], [0, 100], "--", color=GRAY, label="calibrated")
    listed = []
    for i, (confidence, accuracy, count, interval) in enumerate(bins):
        correct, ends = f"{round(accuracy * count)} of {count}", ""
        axis.plot(100 * confidence, 100 * accuracy, "o", color=BLUE, markersize=8)
        if interval:
            low, high = interval
            axis.vlines(100 * confidence, 100 * low, 100 * high, color=BLUE, linewidth=3, alpha=0.5, label="95% interval")
            ends = f" (95% interval {low:.0%} to {high:.0%})"
        below = i % 2 == 1  # so that the counts of neighbors do not overlap
        axis.annotate(
            correct,
            (100 * confidence, 100 * accuracy),
            (0, -8 if below else 8),
            textcoords="offset points",
            ha="center",
            va="top" if below else "bottom",
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )
        listed.append(f"at a mean confidence of {confidence:.0%}, {correct} correct{ends}")
    total = sum(count for _, _, count, _ in bins)
    axis.set(xlabel="confidence (%)", xlim=(0, 112), ylim=(-8, 112), aspect="equal", title=f"{name}, n = {total}")
    axis.set(xticks=range(0, 101, 20), yticks=range(0, 101, 20))
    axis.grid(alpha=0.3)
    return f"{name}: {'; '.join(listed)}."
