"""Intervals over groups, compared with values that are known."""

import numpy as np
import pytest

from helpers.statistics import interval, roc_area


def test_the_area_is_the_share_of_pairs_that_are_in_order():
    random = np.random.default_rng(0)
    negative, positive = random.normal(0, 1, 20), random.normal(1, 1, 30)
    negative[0] = positive[0]
    area, _, _ = roc_area(negative, positive, [str(i) for i in range(20)], [str(i) for i in range(30)])
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for n in negative for p in positive]
    assert area == pytest.approx(np.mean(pairs))


def test_the_interval_of_an_area_is_that_of_hanley_and_mcneil():
    """For independent scores their formula gives the standard error."""
    random = np.random.default_rng(1)
    negative, positive = random.normal(0, 1, 60), random.normal(1, 1, 80)
    area, low, high = roc_area(negative, positive, [str(i) for i in range(60)], [str(i) for i in range(80)])
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + 79 * (q1 - area**2) + 59 * (q2 - area**2)) / (60 * 80)
    assert low < area < high
    assert high - low == pytest.approx(2 * 1.96 * variance**0.5, rel=0.1)


def test_scores_of_one_group_are_resampled_together():
    """Four copies of each score are as many facts as one: the interval must not become narrower."""
    random = np.random.default_rng(2)
    negative, positive = random.normal(0, 1, 6), random.normal(1, 1, 7)
    groups = [str(i) for i in range(7)]
    once = roc_area(negative, positive, groups[:6], groups)
    four_times = roc_area(negative.repeat(4), positive.repeat(4), np.repeat(groups[:6], 4), np.repeat(groups, 4))
    assert four_times == pytest.approx(once)


def test_the_mean_of_one_group_has_no_width():
    assert interval(np.array([1.0, 3.0]), ["a", "a"]) == (2.0, 2.0)
