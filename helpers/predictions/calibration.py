"""Calibration: whether predictions with a confidence of 80% are correct in 80% of cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..basics.statistics import LEAST_GROUPS, Interval, interval, require_numbers

STUDIES = 1000  # that `errors_if_calibrated` simulates


class Bin(NamedTuple):
    """The predictions in one range of confidence."""

    confidence: float  # their mean
    accuracy: float  # share of correct predictions
    total: int
    interval: Interval | None  # 95% interval of the accuracy; None for fewer than five groups


@dataclass(frozen=True)
class Reliability:
    """Confidence and accuracy in ranges of confidence. Displayed as a table; `draw_reliability` draws a reliability diagram."""

    bins: list[Bin]  # in ascending order of confidence, without empty ones

    @property
    def error(self) -> float:
        """Expected calibration error (ECE): mean of |accuracy - confidence| over the bins, weighted by their sizes."""
        sizes = [one.total for one in self.bins]
        return float(np.average([abs(one.accuracy - one.confidence) for one in self.bins], weights=sizes))

    def __str__(self) -> str:
        lines = [f"{'confidence':>10}{'correct':>12}{'accuracy':>10}   95% interval"]
        for confidence, accuracy, total, of_accuracy in self.bins:
            correct = f"{round(accuracy * total)} of {total}"
            ends = "{:.0%} to {:.0%}".format(*of_accuracy) if of_accuracy else "too few groups"
            lines.append(f"{confidence:>10.0%}{correct:>12}{accuracy:>10.0%}   {ends}")
        return "\n".join([*lines, f"expected calibration error: {self.error:.3f}"])

    __repr__ = __str__


def reliability(
    confidence: np.ndarray | Sequence[float],
    correct: np.ndarray | Sequence[bool],
    groups: Sequence[str],
    bins: int = 5,
) -> Reliability:
    """Compare a classifier's confidence with its accuracy, in bins of equal width.

    Parameters
    ----------
    confidence : numpy.ndarray
        Probability of each top-1 prediction, float `[n]`, in [0, 1].
    correct : numpy.ndarray
        Whether it is correct, bool `[n]`.
    groups : list of str
        `n` names. Values of one group are not independent of each other; groups are.
    bins : int
        Number of bins. With few clips, more bins increase the error.

    Returns
    -------
    Reliability
        `error` is the expected calibration error. It is more than 0 even for a calibrated classifier, because the accuracy of a
        few clips is not exactly their confidence: compare it with `errors_if_calibrated`.

    Raises
    ------
    ValueError
        If there is not one of each for each prediction, if a confidence is not from 0 to 1, or if `bins` is less than 1.

    Notes
    -----
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 2.

    Examples
    --------
    >>> reliability([0.9, 0.9, 0.3, 0.1], [True, False, False, False], "abcd", bins=2)
    confidence     correct  accuracy   95% interval
           20%      0 of 2        0%   too few groups
           90%      1 of 2       50%   too few groups
    expected calibration error: 0.300
    """
    confidence, right, names = require_confidence(confidence), np.asarray(correct), np.array(list(groups), object)
    if right.dtype != bool or not right.shape == names.shape == confidence.shape:
        raise ValueError(
            f"there must be one of True and False and one group for each of the {len(confidence)} predictions, not "
            f"{right.dtype} {list(right.shape)} and {len(names)} groups."
        )
    members = bin_indices(confidence, bins)
    found = []
    for i in np.unique(members):
        chosen = members == i
        enough = len(set(names[chosen])) >= LEAST_GROUPS
        of_accuracy = interval(right[chosen], names[chosen]) if enough else None
        found.append(Bin(float(confidence[chosen].mean()), float(right[chosen].mean()), int(chosen.sum()), of_accuracy))
    return Reliability(found)


def errors_if_calibrated(confidence: np.ndarray | Sequence[float], bins: int = 5) -> np.ndarray:
    """Simulate the expected calibration error of a calibrated classifier with these confidences, float64 `[1000]`.

    In each study, a prediction is correct with the probability of its confidence, independently of the others (Bröcker & Smith,
    "Increasing the Reliability of Reliability Diagrams", Weather and Forecasting 22, 2007). The studies are the same each time.

    >>> bool(errors_if_calibrated([0.5] * 10).mean() > errors_if_calibrated([0.5] * 1000).mean() > 0)
    True
    """
    confidence = require_confidence(confidence)
    correct = np.random.default_rng(0).random((STUDIES, len(confidence))) < confidence
    members = bin_indices(confidence, bins)
    sums = [np.abs((correct[:, members == i] - confidence[members == i]).sum(axis=1)) for i in np.unique(members)]
    return np.sum(sums, axis=0) / len(confidence)


def require_confidence(confidence: np.ndarray | Sequence[float]) -> np.ndarray:
    """Return confidences as float64 `[n]`; raise ValueError if they are not numbers from 0 to 1."""
    values = require_numbers(confidence, "confidences").astype(float)
    if values.min() < 0 or values.max() > 1:
        raise ValueError(f"confidences must be from 0 to 1, not {values.min():.3g} to {values.max():.3g}. Pass probabilities.")
    return values


def bin_indices(confidence: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each confidence; bin i contains those in (i / bins, (i + 1) / bins], and bin 0 also 0."""
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}.")
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
