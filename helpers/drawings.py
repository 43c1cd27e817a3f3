"""The drawings of the notebooks. Each returns a matplotlib figure; `helpers.picture` shows it with words."""

from .history import ACTION_MODELS

BLUE, ORANGE, GREY = "#2f5d9b", "#c8501e", "#767676"


def draw_frames(frames, titles, columns=6):
    """Draw frames side by side.

    Parameters
    ----------
    frames : sequence of numpy.ndarray
        uint8 `[H, W, 3]` each.
    titles : sequence of str
        What to write above each.
    columns : int
        How many in a row, at most.

    Raises
    ------
    ValueError
        If there are no frames.
    """
    import matplotlib.pyplot as plt

    if not len(frames):
        raise ValueError("there are no frames to draw: needed at least one.")
    columns = min(columns, len(frames))  # an empty place would be a white strip on a dark page
    rows = -(-len(frames) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(2 * columns, 2.2 * rows), squeeze=False, layout="constrained")
    for axis in axes.flat:
        axis.axis("off")
    for axis, frame, title in zip(axes.flat, frames, titles):
        axis.imshow(frame)
        axis.set_title(title, fontsize=11)
    return figure


def draw_history(models=ACTION_MODELS):
    """Draw published accuracy over the years, one mark a model."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    figure, axis = plt.subplots(figsize=(10, 5), layout="constrained")
    for dataset, marker, colour in (("UCF101", "s", GREY), ("Kinetics-400", "o", BLUE)):
        shown = [model for model in models if model.dataset == dataset]
        axis.plot([m.year for m in shown], [m.accuracy for m in shown], marker, color=colour, markersize=8, label=dataset)
        for m in shown:
            bold = "bold" if "I3D" in m.name and m.year == 2017 else "normal"
            below = m.name == "TimeSformer-L"  # or it would stand on MoViNet's
            axis.annotate(m.name, (m.year, m.accuracy), (6, -11 if below else 5), textcoords="offset points", fontsize=9, fontweight=bold)
    axis.set(xlabel="year", ylabel="top-1 accuracy (%)", xlim=(2013.6, 2025.6), ylim=(62, 101))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(alpha=0.3)
    axis.legend(title="measured on", loc="lower right")
    return figure


def draw_inflation():
    """Draw how a square filter that slides over a picture becomes a cube that slides over a video."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    draw_stack(left, frames=1, filters=1)
    left.set_title("an image: a 3 x 3 filter\nslides over height and width")
    draw_stack(right, frames=7, filters=3)
    right.set_title("a video: the filter inflated to 3 x 3 x 3\nslides over time, too")
    right.annotate("", (9.9, 3.1), (5.4, -0.4), arrowprops={"arrowstyle": "->", "color": GREY, "linewidth": 1.5})
    right.text(7.9, 0.7, "time", fontsize=12)
    return figure


def draw_stack(axis, frames, filters):
    """Draw frames one behind the other, and the part of them that a filter sees."""
    from matplotlib.patches import Rectangle

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


def draw_maps(maps, titles, columns=6):
    """Draw feature maps, float `[H, W]` each, side by side: bright where a channel answers."""
    import matplotlib.pyplot as plt

    rows = -(-len(maps) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(2 * columns, 2.2 * rows), squeeze=False, layout="constrained")
    for axis, values, title in zip(axes.flat, maps, titles):
        axis.imshow(values, cmap="inferno", vmin=0)
        axis.set_title(title, fontsize=10)
    for axis in axes.flat:
        axis.axis("off")
    return figure


def draw_shares(names, shares):
    """Draw what part of the whole each name has, one bar a quantity: `shares` maps quantities to float `[len(names)]`."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(9, 0.35 * len(names) + 1.2), layout="constrained")
    rows, height = range(len(names)), 0.8 / len(shares)
    for i, ((quantity, values), colour, hatch) in enumerate(zip(shares.items(), (BLUE, ORANGE, GREY), ("", "///", "..."))):
        parts = [100 * value / sum(values) for value in values]
        axis.barh([row + (i - (len(shares) - 1) / 2) * height for row in rows], parts, height, color=colour, hatch=hatch, edgecolor="white", label=quantity)
    axis.set(yticks=rows, yticklabels=names, xlabel="share of the whole (%)")
    axis.invert_yaxis()
    axis.grid(axis="x", alpha=0.3)
    axis.legend(loc="lower right")
    return figure


def draw_padding(differences, seconds):
    """Draw how far two networks' answers are apart over time, on a logarithmic scale."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
    axis.semilogy(seconds, differences, "o-", color=BLUE)
    axis.axhline(1e-4, color=GREY, linestyle="--")
    axis.set(xlabel="middle of the answer (seconds)", ylabel="largest difference\nof a logit")
    axis.grid(alpha=0.3)
    return figure


def filters_as_frames(kernel, scale=4):
    """Lay the filters of a first layer, float32 `[kt, kh, kw, 3, 64]`, side by side, as a clip: uint8 `[kt, H, W, 3]`.

    Grey is a weight of 0; each filter's largest weight is as bright, or as dark, as can be.
    """
    import numpy as np

    kernel = kernel / np.abs(kernel).max(axis=(0, 1, 2, 3))
    big = (127.5 + 127.5 * kernel).astype(np.uint8).repeat(scale, axis=1).repeat(scale, axis=2)
    tiles = np.pad(np.moveaxis(big, -1, 0), [(0, 0), (0, 0), (1, 1), (1, 1), (0, 0)], constant_values=255)
    rows = [np.concatenate(tiles[first : first + 8], axis=2) for first in range(0, len(tiles), 8)]
    return np.concatenate(rows, axis=1)


def draw_roc(scores):
    """Draw ROC curves: `scores` maps a detector's name to its scores for what is not, and for what is, to be found."""
    import matplotlib.pyplot as plt
    import numpy as np

    figure, axis = plt.subplots(figsize=(5, 4.5), layout="constrained")
    for (name, (negative, positive)), colour, style in zip(scores.items(), (BLUE, ORANGE), ("-", "--")):
        thresholds = np.sort(np.concatenate([negative, positive, [np.inf]]))[::-1]
        rates = [[100 * (values >= threshold).mean() for threshold in thresholds] for values in (negative, positive)]
        axis.plot(*rates, style, color=colour, linewidth=2, label=name)
    axis.plot([0, 100], [0, 100], ":", color=GREY, label="a coin")
    axis.set(xlabel="known clips called unknown (%)", ylabel="unknown clips found (%)", aspect="equal")
    axis.legend(loc="lower right")
    return figure
