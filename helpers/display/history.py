"""The history of the field: accuracy as published by the authors of each model, as a chart and as a table."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from matplotlib.ticker import MaxNLocator

from .alternative_text import Picture, chart
from .colors import BLUE, GRAY, ORANGE

UCF101 = "UCF101"
VALIDATION, TEST = "Kinetics-400 (validation set)", "Kinetics-400 (test set)"
FROZEN, ZERO_SHOT = "Kinetics-400 (frozen encoder)", "Kinetics-400 (zero-shot)"


class ActionModel(NamedTuple):
    """One published result. Results of different benchmarks cannot be compared.

    UCF101 is the mean over its three official splits. "Kinetics-400 (validation set)" means that the entire network was trained
    on the training set.
    """

    year: int
    name: str  # that the authors use
    benchmark: str
    accuracy: float  # top-1, in %
    setting: str  # training data other than the benchmark's own, input, and views (temporal x spatial crops), if stated
    source: str


ACTION_MODELS = [
    ActionModel(2014, "DeepVideo", UCF101, 65.4, "Sports-1M; top three layers fine-tuned", "Karpathy et al., CVPR 2014"),
    ActionModel(2014, "Two-Stream", UCF101, 88.0, "ImageNet; RGB + flow, SVM fusion", "Simonyan & Zisserman, NeurIPS 2014"),
    ActionModel(2015, "C3D (one network)", UCF101, 82.3, "Sports-1M; frozen features, SVM", "Tran et al., ICCV 2015"),
    ActionModel(2015, "C3D (three networks)", UCF101, 85.2, "Sports-1M, I380K; frozen features, SVM", "Tran et al., ICCV 2015"),
    ActionModel(2016, "TSN", UCF101, 94.2, "ImageNet; RGB + two kinds of flow", "Wang et al., ECCV 2016"),
    ActionModel(2017, "RGB-I3D", UCF101, 95.6, "ImageNet, Kinetics-400", "Carreira & Zisserman, CVPR 2017, table 5"),
    ActionModel(2017, "Two-Stream I3D", UCF101, 98.0, "ImageNet, Kinetics-400; RGB + flow (HMDB51: 80.7)",
                "Carreira & Zisserman, CVPR 2017, table 5"),
    ActionModel(2017, "RGB-I3D (from scratch)", TEST, 68.4, "no other data", "Carreira & Zisserman, CVPR 2017; kinetics-i3d"),
    ActionModel(2017, "RGB-I3D", TEST, 71.1, "ImageNet", "Carreira & Zisserman, CVPR 2017; kinetics-i3d"),
    ActionModel(2017, "Two-Stream I3D", TEST, 74.2, "ImageNet; RGB + flow", "Carreira & Zisserman, CVPR 2017; kinetics-i3d"),
    ActionModel(2018, "R(2+1)D", VALIDATION, 74.3, "Sports-1M; RGB", "Tran et al., CVPR 2018"),
    ActionModel(2018, "R(2+1)D Two-Stream", VALIDATION, 75.4, "Sports-1M; RGB + flow", "Tran et al., CVPR 2018"),
    ActionModel(2018, "Non-local ResNet-101", VALIDATION, 77.7, "ImageNet; 10 x 3 views", "Wang et al., CVPR 2018"),
    ActionModel(2019, "SlowFast", VALIDATION, 79.8, "no other data; 10 x 3 views", "Feichtenhofer et al., ICCV 2019"),
    ActionModel(2020, "X3D-XXL", VALIDATION, 80.4, "no other data; 10 x 3 views", "Feichtenhofer, CVPR 2020"),
    ActionModel(2021, "TimeSformer-L", VALIDATION, 80.7, "ImageNet-21K; 1 x 3 views", "Bertasius et al., ICML 2021"),
    ActionModel(2021, "MoViNet-A6", VALIDATION, 81.5, "no other data; 1 x 1 view", "Kondratyuk et al., CVPR 2021"),
    ActionModel(2021, "ViViT-H", VALIDATION, 84.9, "JFT (images); 4 x 3 views", "Arnab et al., ICCV 2021, table 5"),
    ActionModel(2022, "Video Swin-L", VALIDATION, 84.9, "ImageNet-21K", "Liu et al., CVPR 2022"),
    ActionModel(2022, "VideoMAE", VALIDATION, 87.4, "Kinetics-400 without labels", "Tong et al., NeurIPS 2022"),
    ActionModel(2022, "MTV-H", VALIDATION, 89.1, "WTS (videos with text)", "Yan et al., CVPR 2022"),
    ActionModel(2022, "InternVideo", VALIDATION, 91.1, "videos with text", "Wang et al., arXiv 2212.03191"),
    ActionModel(2023, "VideoMAE V2-g", VALIDATION, 90.0, "1.35 million unlabeled videos, then Kinetics-710's labels",
                "Wang et al., CVPR 2023"),
    ActionModel(2024, "V-JEPA ViT-H", FROZEN, 81.9, "2 million videos; attentive probe, 384 pixels", "Bardes et al., TMLR 2024"),
    ActionModel(2024, "VideoPrism-g", FROZEN, 87.2, "618 million clips with text", "Zhao et al., ICML 2024"),
    ActionModel(2024, "InternVideo2-6B", VALIDATION, 92.1, "400 million videos and images, with text; 224 pixels",
                "Wang et al., ECCV 2024"),
    ActionModel(2025, "PE-core G", ZERO_SHOT, 76.9, "images and videos with text; 448 pixels", "Bolya et al., arXiv 2504.13181"),
    ActionModel(2025, "V-JEPA 2 ViT-g", FROZEN, 87.3, "22 million videos and images; attentive probe, 384 pixels",
                "Assran et al., arXiv 2506.09985"),
    ActionModel(2026, "MJEPA ViT-g", FROZEN, 85.0, "videos with sound; attentive probe", "Teotia et al., arXiv 2606.25225"),
]  # fmt: skip

# The markers of the benchmarks also differ in shape and fill, for colorblind readers.
MARKS: dict[str, dict[str, Any]] = {
    UCF101: {"marker": "s", "color": GRAY},
    TEST: {"marker": "o", "color": BLUE, "markerfacecolor": "white", "markeredgewidth": 2},
    VALIDATION: {"marker": "o", "color": BLUE},
    FROZEN: {"marker": "^", "color": ORANGE, "markerfacecolor": "white", "markeredgewidth": 2},
    ZERO_SHOT: {"marker": "D", "color": ORANGE},
}
NAME_HEIGHT = 1.05  # percentage points, so that names do not overlap
SIDES = {"VideoPrism-g": ((0, -12), "center")}  # next to it is another marker


def draw_history(models: Sequence[ActionModel] = ACTION_MODELS) -> Picture:
    """Draw published accuracy over the years, with a different marker for each benchmark.

    Raises ValueError if a benchmark is not one of `MARKS`.
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


def label_heights(models: Sequence[ActionModel]) -> dict[ActionModel, float]:
    """Return the height of each name: that of its marker, or just above the previous name of the same year."""
    heights: dict[ActionModel, float] = {}
    for year in {model.year for model in models}:
        below = float("-inf")
        for model in sorted((m for m in models if m.year == year), key=lambda m: m.accuracy):
            below = heights[model] = max(model.accuracy, below + NAME_HEIGHT)
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
