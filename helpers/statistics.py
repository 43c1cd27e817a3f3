"""Confidence intervals that respect groups."""

from collections.abc import Sequence

import numpy as np


def interval(values: np.ndarray, groups: Sequence[str], rounds: int = 10_000, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean, resampling whole groups.

    Parameters
    ----------
    values : numpy.ndarray
        float `[n]`.
    groups : list of str
        `n` names; values of one group are resampled together, because they are not independent.
    rounds : int
        Number of resampled means.
    seed : int
        Seed of the random number generator.

    Returns
    -------
    (float, float)
        The 2.5th and the 97.5th percentile of the means.

    Notes
    -----
    Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3, with groups as the units.

    >>> interval(np.array([1.0, 1.0, 3.0, 3.0]), ["a", "a", "b", "b"])
    (1.0, 3.0)
    """
    members = [values[[group == name for group in groups]] for name in sorted(set(groups))]
    sums, counts = np.array([m.sum() for m in members]), np.array([len(m) for m in members])
    draws = np.random.default_rng(seed).integers(len(members), size=(rounds, len(members)))
    low, high = np.percentile(sums[draws].sum(axis=1) / counts[draws].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def roc_area(
    negative: np.ndarray,
    positive: np.ndarray,
    negative_groups: Sequence[str],
    positive_groups: Sequence[str],
    rounds: int = 10_000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Return the area under a ROC curve and its 95 % bootstrap interval, resampling whole groups.

    Parameters
    ----------
    negative, positive : numpy.ndarray
        Scores, float `[n]` and `[m]`; a larger score means positive.
    negative_groups, positive_groups : list of str
        `n` and `m` names; scores of one group are resampled together. Negatives and positives are resampled separately.
    rounds, seed : int
        As in `interval`.

    Returns
    -------
    (float, float, float)
        The area, which is the share of pairs whose positive has the larger score (a tie counts half), and its interval.

    Notes
    -----
    The area as a share of pairs: Hanley & McNeil, Radiology 143 (1982).

    >>> roc_area(np.array([0.1, 0.3]), np.array([0.3, 0.9]), ["a", "a"], ["b", "b"])
    (0.875, 0.875, 0.875)
    """
    wins = pairs_won(negative, positive)
    rows, columns = membership(negative_groups), membership(positive_groups)  # [groups, scores]
    by_group = rows @ wins @ columns.T
    random = np.random.default_rng(seed)
    left, right = (random.multinomial(len(m), np.full(len(m), 1 / len(m)), rounds) for m in (rows, columns))
    pairs = (left @ rows.sum(axis=1)) * (right @ columns.sum(axis=1))
    low, high = np.percentile(np.einsum("ri,ij,rj->r", left, by_group, right) / pairs, [2.5, 97.5])
    return float(wins.mean()), float(low), float(high)


def pairs_won(negative: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Compare each negative with each positive: 1 if the positive is larger, 0.5 for a tie, else 0; the mean is the ROC area.

    Parameters
    ----------
    negative, positive : numpy.ndarray
        Scores, float `[n]` and `[m]`.

    Returns
    -------
    numpy.ndarray
        float64 `[n, m]`.

    >>> float(pairs_won(np.array([0.1, 0.4]), np.array([0.4, 0.9])).mean())
    0.875
    """
    return (positive > negative[:, np.newaxis]) + 0.5 * (positive == negative[:, np.newaxis])


def membership(groups: Sequence[str]) -> np.ndarray:
    """Return a matrix, `[groups, values]`, with a 1 where a value belongs to a group."""
    return np.array([[group == name for group in groups] for name in sorted(set(groups))], float)


def running_mean(rows: np.ndarray, width: int) -> np.ndarray:
    """Return the centered moving average of rows.

    Parameters
    ----------
    rows : numpy.ndarray
        Floats, `[N, K]`.
    width : int
        Number of rows to average, at least 1. At both ends there are fewer.

    Returns
    -------
    numpy.ndarray
        float64 `[N, K]`.

    Examples
    --------
    >>> running_mean(np.array([[0.0], [3.0], [6.0]]), 3).ravel()
    array([1.5, 3. , 4.5])
    """
    sums = np.cumsum(np.vstack([np.zeros_like(rows[:1]), rows]), axis=0, dtype=np.float64)
    first = np.maximum(np.arange(len(rows)) - (width - 1) // 2, 0)
    last = np.minimum(np.arange(len(rows)) + width // 2 + 1, len(rows))
    return (sums[last] - sums[first]) / (last - first)[:, np.newaxis]
