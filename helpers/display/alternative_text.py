"""Pictures with alternative text."""

import io

import matplotlib.figure
import matplotlib.pyplot as plt
from IPython.display import Image as NotebookImage
from PIL import Image


def picture(image: matplotlib.figure.Figure | Image.Image, alt: str) -> NotebookImage:
    """Show a picture in a notebook, with alternative text for screen readers.

    Parameters
    ----------
    image : matplotlib.figure.Figure or PIL.Image.Image
        The picture. A figure is closed, so that it is not shown twice.
    alt : str
        Alternative text.

    Returns
    -------
    IPython.display.Image
        Shows itself as the last line of a cell.
    """
    if isinstance(image, matplotlib.figure.Figure):
        png = io.BytesIO()
        image.savefig(png, format="png", dpi=100, bbox_inches="tight")
        plt.close(image)
        image = Image.open(png)
    buffer = io.BytesIO()
    # 256 colors look the same at a third of the size.
    image.convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    # Not alt=alt, which the IPython 7 of Colab does not know.
    return NotebookImage(buffer.getvalue(), format="png", metadata={"alt": alt})
