"""Confidence intervals for grouped data."""

from collections.abc import Sequence

import numpy as np

DRAWS_AT_ONCE = 2**20  # of random groups, which limits the memory


def interval(
    values: np.ndarray | Sequence[float], groups: Sequence[str], rounds: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean, resampling groups of values.

    Parameters
    ----------
    values : numpy.ndarray
        float `[n]`, finite.
    groups : list of str
        `n` names; values of one group are resampled together, because they are not independent.
    rounds, seed : int
        Number of resampled means, and seed of the random number generator.

    Returns
    -------
    (float, float)
        The 2.5th and the 97.5th percentile of the means.

    Raises
    ------
    ValueError
        If a value is not finite, if a group is missing (None or NaN), or if there is not one group for each value.

    Notes
    -----
    Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3, with groups as the units.

    >>> interval(np.array([1.0, 1.0, 3.0, 3.0]), ["a", "a", "b", "b"])
    (1.0, 3.0)
    """
    values = require_numbers(values, "values")
    members = group_indices(groups, len(values))
    sums, counts = np.bincount(members, values), np.bincount(members)
    random, means = np.random.default_rng(seed), np.empty(rounds)
    at_once = max(1, DRAWS_AT_ONCE // len(sums))
    for start in range(0, rounds, at_once):  # the draws are the same as at once
        part = means[start : start + at_once]
        draws = random.integers(len(sums), size=(len(part), len(sums)))
        part[:] = sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def roc_area(
    negative: np.ndarray | Sequence[float],
    positive: np.ndarray | Sequence[float],
    negative_groups: Sequence[str],
    positive_groups: Sequence[str],
    rounds: int = 10_000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Return the area under a ROC curve and its 95 % bootstrap interval, resampling groups of scores.

    Parameters
    ----------
    negative, positive : numpy.ndarray
        Scores, float `[n]` and `[m]`, not NaN; a larger score means positive.
    negative_groups, positive_groups : list of str
        `n` and `m` names, as in `interval`. Negatives and positives are resampled separately.
    rounds, seed : int
        As in `interval`.

    Returns
    -------
    (float, float, float)
        The area, which is the share of pairs whose positive has the larger score (a tie counts half), and its interval.

    Raises
    ------
    ValueError
        If a score is NaN, if a group is missing (None or NaN), or if there is not one group for each score.

    Notes
    -----
    The area as a share of pairs: Hanley & McNeil, Radiology 143 (1982).

    >>> roc_area(np.array([0.1, 0.3]), np.array([0.3, 0.9]), ["a", "a"], ["b", "b"])
    (0.875, 0.875, 0.875)
    """
    wins = pairs_won(negative, positive)
    rows, columns = (group_indices(groups, n) for groups, n in zip((negative_groups, positive_groups), wins.shape))
    by_group = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(by_group, (rows[:, np.newaxis], columns), wins)
    random = np.random.default_rng(seed)
    left, right = (random.multinomial(n, np.full(n, 1 / n), rounds) for n in by_group.shape)
    pairs = (left @ np.bincount(rows)) * (right @ np.bincount(columns))
    low, high = np.percentile((left @ by_group * right).sum(axis=1) / pairs, [2.5, 97.5])
    return float(wins.mean()), float(low), float(high)


def pairs_won(negative: np.ndarray | Sequence[float], positive: np.ndarray | Sequence[float]) -> np.ndarray:
    """Compare each negative `[n]` with each positive `[m]`: 1 if the positive is larger, 0.5 for a tie, else 0; float64 `[n, m]`.

    The mean is the ROC area. Raises ValueError if a score is NaN, or if there are no negatives or no positives.
    """
    negative = require_numbers(negative, "negative scores", infinite=True)
    positive = require_numbers(positive, "positive scores", infinite=True)
    return (positive > negative[:, np.newaxis]) + 0.5 * (positive == negative[:, np.newaxis])


def require_numbers(values: np.ndarray | Sequence[float], what: str, infinite: bool = False) -> np.ndarray:
    """Return values as an array, `[n]`, `n` at least 1; raise ValueError if they are not numbers or not finite.

    `what` names them in messages. With `infinite`, infinite values are accepted, for which a rank is defined but no mean.
    """
    values = np.asarray(values)
    if values.ndim != 1 or not len(values) or values.dtype.kind not in "biuf":
        raise ValueError(f"{what} must be numbers, [n], with n at least 1, not {values.dtype} {list(values.shape)}.")
    unusable = int((np.isnan(values) if infinite else ~np.isfinite(values)).sum())
    if unusable:
        raise ValueError(
            f"{unusable} of {len(values)} {what} are {'NaN' if infinite else 'not finite'}. Find out why, or leave them out."
        )
    return values


def group_indices(groups: Sequence[str], count: int) -> np.ndarray:
    """Return the index of each value's group among the sorted names, int `[count]`.

    Raises ValueError if there is not one group for each value, if one is missing, or if the names cannot be sorted.
    """
    groups = list(groups)
    if len(groups) != count:
        raise ValueError(f"there must be one group for each of the {count} values, not {len(groups)}.")
    missing = sum(name is None or name != name for name in groups)
    if missing:
        raise ValueError(f"{missing} of {count} groups are missing (None or NaN). Name the group of each value.")
    try:
        names = sorted(set(groups))
    except TypeError:
        kinds = ", ".join(sorted({type(name).__name__ for name in groups}))
        raise ValueError(f"all groups must be of one type, such as str, not {kinds}.") from None
    positions = {name: position for position, name in enumerate(names)}
    return np.array([positions[name] for name in groups])


def running_mean(rows: np.ndarray, width: int) -> np.ndarray:
    """Return the centered moving average of `width` rows, float64 `[N, K]`; at both ends, of fewer rows.

    Raises ValueError if a number is not finite, which would change all rows after it, or if `width` is less than 1.

    >>> running_mean(np.array([[0.0], [3.0], [6.0]]), 3).ravel()
    array([1.5, 3. , 4.5])
    """
    if width < 1:
        raise ValueError(f"width must be at least 1 row, not {width}.")
    if not np.isfinite(rows).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(rows))} of {rows.size} numbers are not finite, so they have no mean.")
    sums = np.cumsum(np.vstack([np.zeros_like(rows[:1]), rows]), axis=0, dtype=np.float64)
    first = np.maximum(np.arange(len(rows)) - (width - 1) // 2, 0)
    last = np.minimum(np.arange(len(rows)) + width // 2 + 1, len(rows))
    return (sums[last] - sums[first]) / (last - first)[:, np.newaxis]


def standardize(logits: np.ndarray) -> np.ndarray:
    """Subtract the mean of a clip's logits, `[..., classes]`, and divide by their standard deviation.

    Both depend on how certain the network is; the differences between the logits show what it recognizes.

    >>> standardize(np.array([1.0, 3.0])).tolist(), standardize(np.array([2.0, 2.0])).tolist()
    ([-1.0, 1.0], [0.0, 0.0])
    """
    centered = logits - logits.mean(axis=-1, keepdims=True)
    deviation = centered.std(axis=-1, keepdims=True)
    return centered / np.where(deviation > 0, deviation, 1)
