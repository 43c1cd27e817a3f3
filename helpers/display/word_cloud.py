"""A word cloud of labels."""

from wordcloud import WordCloud

from .alternative_text import Picture
from .colors import WORD_COLORS


def label_cloud(labels: list[str], size: tuple[int, int] = (900, 450), *, words: int = 120) -> Picture:
    """Draw a word cloud of labels, such as `kinetics_labels()`; frequent words are larger, and the alternative text names six.

    Parameters
    ----------
    size : (int, int)
        Width and height in pixels.
    words : int
        Maximum number of words.
    """
    width, height = size
    cloud = WordCloud(
        width=width,
        height=height,
        background_color="white",
        collocations=False,
        max_words=words,
        min_font_size=9,
        color_func=lambda word, random_state, **_: random_state.choice(WORD_COLORS),
        random_state=0,
    ).generate(" ".join(labels))
    largest = ", ".join(list(cloud.words_)[:6])
    return Picture(cloud.to_image(), f"Word cloud of {len(labels)} labels. The largest words are {largest}.")
