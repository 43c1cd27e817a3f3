"""Pictures for notebooks, with alternative text for readers who cannot see them."""

import io
from collections.abc import Sized
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture with alternative text. Displayed as an image in a notebook, and as the text in a terminal.

    Attributes
    ----------
    image : matplotlib.figure.Figure or PIL.Image.Image
        The picture. `picture.image.savefig(path)` saves a figure.
    alt : str
        Alternative text.
    colors : int
        Number of colors in the PNG; 0 keeps all, as color wheels and color bars need. Others look the same with 256 colors, at a
        third of the size.
    """

    image: Figure | Image.Image
    alt: str
    colors: int = 256

    def __repr__(self) -> str:
        return self.alt

    def png(self) -> bytes:
        """Return the picture as a PNG on white, because a dark page would hide the labels of a transparent picture."""
        image = self.image
        if isinstance(image, Figure):
            rendered = io.BytesIO()
            image.savefig(rendered, format="png", dpi=100, bbox_inches="tight", facecolor="white")
            image = Image.open(rendered)
        image = image.convert("RGB")
        if self.colors:
            image = image.quantize(self.colors)
        buffer = io.BytesIO()
        image.save(buffer, "PNG", optimize=True)
        return buffer.getvalue()

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        return self.png(), {"alt": self.alt}


def picture(image: Figure | Image.Image | Picture, alt: str) -> Picture:
    """Add alternative text to your own figure, or replace the text of a picture."""
    return replace(image, alt=alt) if isinstance(image, Picture) else Picture(image, alt)


def described(alt: str, generated: str) -> str:
    """Return the text that a caller has for a picture, if any, followed by the text that was generated from its data."""
    return f"{alt.rstrip('.')}. {generated}" if alt else generated


def require_one_to_three(shown: Sized, what: str) -> None:
    """Raise ValueError unless there are one to three things to draw, such as "series": more cannot be told apart."""
    if not 1 <= len(shown) <= 3:
        raise ValueError(f"a figure shows one to three {what}, not {len(shown)}.")


def chart(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure with one chart; sizes are in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def panels(width: float, height: float, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, np.ndarray]:
    """Return a figure and its panels without axes, `[rows, columns]`; sizes are in inches, `options` for `Figure.subplots`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for axis in axes.flat:
        axis.axis("off")
    return figure, axes
