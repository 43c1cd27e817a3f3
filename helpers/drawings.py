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
    """
    import matplotlib.pyplot as plt

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
