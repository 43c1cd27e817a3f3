"""Intervals over groups, compared with known values."""

import numpy as np
import pytest

from helpers.basics import statistics
from helpers.basics.statistics import interval, pairs_won, roc_area, running_mean


def test_the_area_is_the_share_of_pairs_that_are_in_order():
    random = np.random.default_rng(0)
    negative, positive = random.normal(0, 1, 20), random.normal(1, 1, 30)
    negative[0] = positive[0]
    area, _, _ = roc_area(negative, positive, [str(i) for i in range(20)], [str(i) for i in range(30)])
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for n in negative for p in positive]
    assert area == pytest.approx(np.mean(pairs))


def test_the_interval_of_an_area_is_that_of_hanley_and_mcneil():
    """For independent scores, their formula returns the standard error."""
    random = np.random.default_rng(1)
    negative, positive = random.normal(0, 1, 60), random.normal(1, 1, 80)
    area, low, high = roc_area(negative, positive, [str(i) for i in range(60)], [str(i) for i in range(80)])
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + 79 * (q1 - area**2) + 59 * (q2 - area**2)) / (60 * 80)
    assert low < area < high
    assert high - low == pytest.approx(2 * 1.96 * variance**0.5, rel=0.1)


def test_scores_of_one_group_are_resampled_together():
    """Four copies of each score contain no more information than one, so the interval must not become narrower."""
    random = np.random.default_rng(2)
    negative, positive = random.normal(0, 1, 6), random.normal(1, 1, 7)
    groups = [str(i) for i in range(7)]
    once = roc_area(negative, positive, groups[:6], groups)
    four_times = roc_area(negative.repeat(4), positive.repeat(4), np.repeat(groups[:6], 4), np.repeat(groups, 4))
    assert four_times == pytest.approx(once)


def test_the_mean_of_one_group_has_no_width():
    assert interval(np.array([1.0, 3.0]), ["a", "a"]) == (2.0, 2.0)


def test_many_groups_are_drawn_in_parts_with_the_same_result(monkeypatch):
    values, groups = np.random.default_rng(3).normal(size=50), [str(i) for i in range(50)]
    at_once = interval(values, groups)
    monkeypatch.setattr(statistics, "DRAWS_AT_ONCE", 1000)
    assert interval(values, groups) == at_once


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "statistic, message",
    [
        (lambda: interval([0.4, NAN, INF], "abc"), "2 of 3 values are not finite"),
        (lambda: roc_area([0.1, NAN], [0.9], "ab", "c"), "1 of 2 negative scores are NaN"),
        (lambda: pairs_won([0.1], [NAN, NAN, 1]), "2 of 3 positive scores are NaN"),
        (lambda: running_mean(np.array([[1.0, INF], [NAN, 1.0]]), 1), "2 of 4 numbers are not finite"),
        (lambda: running_mean(np.ones((3, 1)), 0), "width must be at least 1 row, not 0"),
        (lambda: interval([], []), r"values must be numbers, \[n\], with n at least 1, not float64 \[0\]"),
        (lambda: interval(np.ones((2, 2)), "ab"), r"not float64 \[2, 2\]"),
        (lambda: interval(["0.1"], "a"), "values must be numbers"),
        (lambda: roc_area([], [0.2], [], "b"), "negative scores must be numbers"),
        (lambda: interval([1, 2, 3], "ab"), "one group for each of the 3 values, not 2"),
        (lambda: roc_area([1, 2], [3], "ab", "cd"), "one group for each of the 1 values, not 2"),
        (lambda: interval([1, 2, 3], ["a", None, NAN]), "2 of 3 groups are missing"),
        (lambda: interval([1, 2], [1, "1"]), "all groups must be of one type, such as str, not int, str"),
    ],
)
def test_missing_and_unusable_numbers_and_groups_are_refused(statistic, message):
    with pytest.raises(ValueError, match=message):
        statistic()


def test_lists_and_infinite_scores_have_an_area():
    assert roc_area([-INF, 0.1], [0.2, INF], ["a", "b"], [1, 2]) == (1, 1, 1)
    assert interval([1, 3], ["a", "a"]) == (2, 2)
