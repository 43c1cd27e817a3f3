"""Pictures with words for people who do not see them."""

import io


def picture(image, alt):
    """Show a picture in a notebook, with a text that screen readers speak.

    Parameters
    ----------
    image : matplotlib.figure.Figure or PIL.Image.Image
        What to show. A figure is closed, so that it is not shown a second time.
    alt : str
        What is to be seen.

    Returns
    -------
    IPython.display.Image
        Shows itself as the last line of a cell.
    """
    from IPython.display import Image as NotebookImage
    from PIL import Image

    if hasattr(image, "savefig"):
        import matplotlib.pyplot as plt

        drawn = io.BytesIO()
        image.savefig(drawn, format="png", dpi=100, bbox_inches="tight")
        plt.close(image)
        image = Image.open(drawn)
    buffer = io.BytesIO()
    # 256 colours look the same and weigh a third.
    image.convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    # Not alt=alt, which the IPython 7 of Colab does not know.
    return NotebookImage(buffer.getvalue(), format="png", metadata={"alt": alt})
