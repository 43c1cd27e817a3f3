"""The history of the field: published accuracy as a chart and as a table."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.ticker import MaxNLocator

from .alternative_text import Picture, chart
from .colors import BLUE, GRAY, ORANGE
from .published_models import ACTION_MODELS, FROZEN, TEST, UCF101, VALIDATION, ZERO_SHOT, ActionModel

# The markers of the benchmarks also differ in shape and fill, for colorblind readers.
MARKS: dict[str, dict[str, Any]] = {
    UCF101: {"marker": "s", "color": GRAY},
    TEST: {"marker": "o", "color": BLUE, "markerfacecolor": "white", "markeredgewidth": 2},
    VALIDATION: {"marker": "o", "color": BLUE},
    FROZEN: {"marker": "^", "color": ORANGE, "markerfacecolor": "white", "markeredgewidth": 2},
    ZERO_SHOT: {"marker": "D", "color": ORANGE},
}
SIDES = {"VideoPrism-g": ((0, -12), "center")}  # next to it is another marker


def draw_history(models: Sequence[ActionModel] = ACTION_MODELS) -> Picture:
    """Draw published accuracy over the years, with a different marker for each benchmark.

    Raises ValueError if a benchmark is not one of `published_models`.
    """
    if unknown := [model.benchmark for model in models if model.benchmark not in MARKS]:
        raise ValueError(f"{unknown[0]!r} is not a benchmark of this chart. Use one of {', '.join(map(repr, MARKS))}.")
    figure, axis = chart(11, 6.6)
    sentences = []
    for benchmark, style in MARKS.items():
        shown = [model for model in models if model.benchmark == benchmark]
        if not shown:
            continue
        axis.plot([m.year for m in shown], [m.accuracy for m in shown], linestyle="", markersize=8, label=benchmark, **style)
        results = [f"{m.name} {m.accuracy} ({m.year})" for m in sorted(shown, key=lambda m: m.accuracy)]
        several = f"{len(results)} results, from {results[0]} to {results[-1]}"
        sentences.append(f"{benchmark}: {several if len(results) > 1 else results[0]}")
    for model, height in label_heights(models).items():
        bold = "bold" if "I3D" in model.name else "normal"
        offset, side = SIDES.get(model.name, ((-8, 0), "right") if model.benchmark == TEST else ((8, 0), "left"))
        where = (model.year, height)
        axis.annotate(model.name, where, offset, textcoords="offset points", fontsize=9, fontweight=bold, va="center", ha=side)
    years, lowest = [model.year for model in models], min([64, *(model.accuracy for model in models)])
    limits = (min([2014, *years]) - 0.4, max([2026, *years]) + 1.4)  # with room for the names on the right
    axis.set(xlabel="year", ylabel="top-1 accuracy (%)", xlim=limits, ylim=(lowest - 2, 101))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(alpha=0.3)
    axis.legend(title="Compare like marks only", loc="lower right")
    return Picture(figure, "Published top-1 accuracy in % over the years. " + "; ".join(sentences) + ".")


def label_heights(models: Sequence[ActionModel], gap: float = 1.05) -> dict[ActionModel, float]:
    """Return the height of each name: that of its marker, or just above the previous name of the same year."""
    heights: dict[ActionModel, float] = {}
    for year in {model.year for model in models}:
        below = float("-inf")
        for model in sorted((m for m in models if m.year == year), key=lambda m: m.accuracy):
            below = heights[model] = max(model.accuracy, below + gap)
    return heights


@dataclass(frozen=True)
class HistoryTable:
    """A table of published results: text in a terminal, HTML in a notebook."""

    models: Sequence[ActionModel]

    def __repr__(self) -> str:
        lines = [f"{'year':6}{'model':24}{'benchmark':31}{'top-1':>5}   {'setting':50}source"]
        for m in self.models:
            lines.append(f"{m.year:<6}{m.name:24}{m.benchmark:31}{m.accuracy:5.1f}   {m.setting:50}{m.source}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = _row("th", ["year", "model", "benchmark", "top-1", "setting", "source"])
        rows = "".join(_row("td", [m.year, m.name, m.benchmark, f"{m.accuracy:.1f}", m.setting, m.source]) for m in self.models)
        return f'<table style="table-layout:auto"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _row(tag: str, texts: Iterable[object]) -> str:
    """Return a row whose columns are as wide as they need to be; by default, JupyterLab breaks words and aligns to the right."""
    cells = (f'<{tag} style="text-align:left">{html.escape(str(text))}</{tag}>' for text in texts)
    return f"<tr>{''.join(cells)}</tr>"


def history_table(models: Sequence[ActionModel] = ACTION_MODELS) -> HistoryTable:
    """Return a table of models, oldest first, with the setting of each measurement."""
    return HistoryTable(sorted(models, key=lambda m: m.year))
