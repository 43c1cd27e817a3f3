"""Drawings of I3D: the complete network, and an Inception module (Carreira & Zisserman 2017, figure 3)."""

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from ..basics.quiet import keras
from ..models.i3d.inside import EndPoint, describe
from ..models.i3d.network import CLASSIFIER, INCEPTION_CHANNELS, build_i3d
from .alternative_text import Picture, panels
from .colors import BLUE, GRAY, PALE_BLUE, PALE_ORANGE

FRAMES = 64
FILLS = {"convolution": PALE_BLUE, "Inception module": BLUE, "pooling": PALE_ORANGE}


def draw_network(model: keras.Model | None = None) -> Picture:
    """Draw the layers of I3D in three columns, with output shapes and receptive fields, for a clip of 64 frames.

    Parameters
    ----------
    model : keras.Model, optional
        A model from `build_i3d` or `load_keras_i3d`. By default, a network with random weights is built (two seconds); the
        drawing is the same.
    """
    model = model or build_i3d()
    points = describe(model, FRAMES)
    figure, [[axis]] = panels(11, 6.6)
    rows = -(-len(points) // 3)
    for i, point in enumerate(points):
        column, row = divmod(i, rows)
        x, y = 11 * column, -1.5 * row
        draw_end_point(axis, x, y, model, point)
        if row:
            arrow(axis, (x + 2.4, y + 0.95), (x + 2.4, y + 0.5))
    for left in (2.4, 13.4):  # from the bottom of a column to the top of the next
        bottom = -1.5 * rows + 0.6
        axis.plot([left] * 2 + [left + 7.8] * 2 + [left + 11], [bottom + 0.35, bottom, bottom, 0.9, 0.9], color=GRAY)
        arrow(axis, (left + 11, 0.9), (left + 11, 0.5))
    axis.text(0, 0.75, f"a clip: {FRAMES} x 224 x 224 x {model.input.shape[-1]}", fontsize=10)
    last = len(points) - 1 - 2 * rows
    below = (
        f"the mean over {points[-1].output_shape[0]} steps in time: {points[-1].output_shape[-1]} logits\n"
        "output shape: frames x height x width x channels\nfield: receptive field, frames x pixels x pixels"
    )
    axis.text(22, -1.5 * last - 0.9, below, fontsize=9, va="top", linespacing=1.5)
    axis.set(xlim=(-0.2, 32.2), ylim=(-1.5 * rows - 0.5, 1.2))
    return Picture(figure, describe_network(points))


def draw_end_point(axis: Axes, x: float, y: float, model: keras.Model, point: EndPoint) -> None:
    """Draw one end point as a box, with its output shape and receptive field to its right."""
    kind, text = explain(model, point.name)
    color = "white" if kind == "Inception module" else "black"
    box(axis, x, y, 4.8, FILLS[kind])
    axis.text(
        x + 2.4, y + 0.16, point.name.replace("Logits.", ""), fontsize=9, weight="bold", color=color, ha="center", va="center"
    )
    axis.text(x + 2.4, y - 0.22, text, fontsize=8, color=color, ha="center", va="center")
    axis.text(x + 5, y + 0.16, " x ".join(map(str, point.output_shape)), fontsize=9, va="center")
    frames, pixels = point.receptive_field
    axis.text(x + 5, y - 0.22, f"field {frames} x {pixels} x {pixels}", fontsize=8.5, va="center")


def explain(model: keras.Model, name: str) -> tuple[str, str]:
    """Return the kind of an end point, and a description of its filter and stride."""
    if name in INCEPTION_CHANNELS:
        return "Inception module", "Inception module"
    layer = model.get_layer(name if "Pool" in name or name == CLASSIFIER else f"{name}.conv")
    if "Pool" in name:
        kind, verb, size = "pooling", "mean" if name == "AvgPool" else "max", layer.pool_size
    else:
        kind, verb, size = "convolution", "filter", layer.kernel_size
    return kind, f"{verb} {by(size)}, stride {by(layer.strides)}"


def by(numbers):
    return "x".join(map(str, numbers))


def describe_network(points: list[EndPoint]) -> str:
    """Return alternative text for the complete network."""
    first, last = points[0], points[-1]
    modules = [point for point in points if point.name in INCEPTION_CHANNELS]
    pools = sum("Pool" in point.name for point in points)
    fields = [f"{frames} frames and {pixels} pixels" for frames, pixels in (first.receptive_field, modules[-1].receptive_field)]
    return (
        f"The {len(points)} end points of I3D in order, from {first.name} with output {by(first.output_shape)} to "
        f"{last.name} with output {by(last.output_shape)}: {len(points) - len(modules) - pools} convolutions, "
        f"{len(modules)} Inception modules and {pools} pooling layers. The receptive field grows from {fields[0]} "
        f"to {fields[1]} at {modules[-1].name}."
    )


def box(axis, x, y, width, color):
    axis.add_patch(
        FancyBboxPatch((x, y - 0.42), width, 0.84, boxstyle="round,pad=0.02,rounding_size=0.15", facecolor=color, edgecolor=BLUE)
    )


def arrow(axis, start, end):
    axis.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": GRAY, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0})
