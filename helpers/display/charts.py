"""Charts: differences over time, ROC curves, and a word cloud of labels."""

from collections.abc import Mapping, Sequence

import numpy as np
from wordcloud import WordCloud

from ..basics.statistics import pairs_won, require_numbers
from .alternative_text import Picture, chart, require_one_to_three
from .colors import BLUE, GRAY, ORANGE, PALE_ORANGE, WORD_COLORS

TOLERANCE = 1e-4  # smaller differences of logits are rounding errors


def draw_padding(differences: Sequence[float], seconds: Sequence[float]) -> Picture:
    """Draw the difference between two networks over time, on a logarithmic scale, and shade where they differ.

    Parameters
    ----------
    differences, seconds : sequence of float
        Largest difference of a logit, and the center of its prediction in seconds; at least two, at equal distances.

    Raises
    ------
    ValueError
        If the values are not as stated; the message says what is wrong.
    """
    require_numbers(differences, "differences")
    if len(seconds) != len(differences):
        raise ValueError(f"there must be one time for each of the {len(differences)} differences, not {len(seconds)}.")
    if len(seconds) < 2:
        raise ValueError("there must be at least two differences, because a single one has no spacing.")
    figure, axis = chart(8, 3)
    spacing = seconds[1] - seconds[0]
    for second, difference in zip(seconds, differences):
        if difference >= TOLERANCE:
            axis.axvspan(second - spacing / 2, second + spacing / 2, color=PALE_ORANGE, linewidth=0)
    axis.semilogy(seconds, differences, "o-", color=BLUE)
    axis.axhline(TOLERANCE, color=GRAY, linestyle="--")
    axis.annotate("0.0001", (1, TOLERANCE), (4, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center")
    axis.set(xlabel="center of the prediction (seconds)", ylabel="largest difference\nof a logit")
    axis.grid(alpha=0.3)
    same = [second for second, difference in zip(seconds, differences) if difference < TOLERANCE]
    below = f"below 0.0001 from second {same[0]:.1f} to second {same[-1]:.1f}" if same else "nowhere below 0.0001"
    return Picture(
        figure,
        f"Largest difference of a logit over {seconds[-1] + seconds[0]:.1f} seconds, on a logarithmic scale: "
        f"{differences[0]:.0f} at the start, {differences[-1]:.0f} at the end, and {below}.",
    )


def draw_roc(scores: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Picture:
    """Draw ROC curves of detectors of unknown actions.

    Parameters
    ----------
    scores : mapping of str to (numpy.ndarray, numpy.ndarray)
        For one to three detectors, the scores of the known clips (negatives) and of the unknown clips (positives), float `[n]`
        each; a larger score means unknown.

    Raises
    ------
    ValueError
        If the values are not as stated; the message says what is wrong.
    """
    require_one_to_three(scores, "detectors")
    figure, axis = chart(5.5, 5)
    sentences = []
    for (name, (negative, positive)), color, style in zip(scores.items(), (BLUE, ORANGE, GRAY), ("-", "--", "-.")):
        area = pairs_won(negative, positive).mean()
        thresholds = np.sort(np.concatenate([negative, positive, [np.inf]]))[::-1]
        rates = [[100 * (values >= threshold).mean() for threshold in thresholds] for values in (negative, positive)]
        axis.plot(*rates, style, color=color, linewidth=2, label=f"{name} (area {area:.0%})")
        found = (positive > negative.max()).mean()
        sentences.append(f"{name} finds {found:.0%} of the unknown clips without a false alarm, area {area:.0%}")
    axis.plot([0, 100], [0, 100], ":", color=GRAY, label="chance (area 50%)")
    known, unknown = map(len, next(iter(scores.values())))
    axis.set(
        xlabel=f"false positive rate: known clips called unknown (%), n = {known}",
        ylabel=f"true positive rate: unknown clips found (%), n = {unknown}",
        aspect="equal",
    )
    axis.legend(loc="lower right")
    return Picture(figure, f"ROC curves for {known} known and {unknown} unknown clips: " + "; ".join(sentences) + ".")


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
