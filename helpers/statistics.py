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
