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
    from IPython.display import Image

    buffer = io.BytesIO()
    if hasattr(image, "savefig"):
        import matplotlib.pyplot as plt

        image.savefig(buffer, format="png", dpi=100, bbox_inches="tight")
        plt.close(image)
    else:
        image.save(buffer, "PNG", optimize=True)
    return Image(buffer.getvalue(), format="png", alt=alt)
