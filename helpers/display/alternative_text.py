"""Pictures that show themselves in a notebook, with alternative text for readers who do not see them."""

import io
from dataclasses import dataclass

from matplotlib.figure import Figure
from PIL import Image


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture with alternative text: shows itself as the last line of a cell, and is its text in a terminal.

    Attributes
    ----------
    image : matplotlib.figure.Figure or PIL.Image.Image
        The picture. `picture.image.savefig(path)` saves a figure.
    alt : str
        Alternative text.
    colors : int
        Number of colors in the PNG: 256 look the same at a third of the size, except on a color wheel. 0 keeps all.
    """

    image: Figure | Image.Image
    alt: str
    colors: int = 256

    def __repr__(self) -> str:
        return self.alt

    def png(self) -> bytes:
        """Return the picture as a PNG, on white: a dark page would swallow the labels of a transparent one."""
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
    """Add alternative text to a figure of your own, or replace that of a picture."""
    return Picture(image.image if isinstance(image, Picture) else image, alt)
