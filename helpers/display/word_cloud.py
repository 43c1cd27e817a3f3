"""A word cloud of labels."""

from PIL.Image import Image
from wordcloud import WordCloud


def label_cloud(labels: list[str], size: tuple[int, int] = (900, 450), seed: int = 0) -> Image:
    """Draw a word cloud of the labels; frequent words are larger.

    Parameters
    ----------
    labels : list of str
        Such as `kinetics_labels()`.
    size : tuple of int
        Width and height in pixels.
    seed : int
        The same seed gives the same picture.

    Returns
    -------
    PIL.Image.Image
        The word cloud, on white.
    """
    width, height = size
    cloud = WordCloud(width=width, height=height, background_color="white", collocations=False, random_state=seed)
    return cloud.generate(" ".join(labels)).to_image()
