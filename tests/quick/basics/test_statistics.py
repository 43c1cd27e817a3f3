"""Intervals over groups, compared with known values."""

import numpy as np
import pytest

from helpers.basics.statistics import interval, pairs_won, roc_area, running_mean, shares_won


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


def test_groups_that_are_alike_count_as_their_mean():
    """The t interval of five means, 1 to 5: 3 +- 2.7764 x 0.7071, with the quantile from a table."""
    values = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 4)
    assert list(interval(values, np.repeat(list("abcde"), 4).tolist())) == pytest.approx([1.0368, 4.9632], abs=1e-4)
    assert str(interval(values[::4], "abcde")) == "1.04 to 4.96 (95%, t over the means of 5 groups)"


def test_a_share_stays_between_0_and_1_and_is_that_of_clopper_and_pearson_for_single_clips():
    right = np.arange(20) < 19
    assert list(interval(right, range(20))) == pytest.approx([0.7513, 0.9987], abs=1e-4)  # from their table
    assert list(interval(~right | right, range(20))) == pytest.approx([0.025 ** (1 / 20), 1])


def test_clips_that_are_alike_contain_less_information():
    values = np.repeat([False, True, False, True, True], 4)
    (low, high), (alone_low, alone_high) = (interval(values, groups) for groups in (np.repeat(list("abcde"), 4), range(20)))
    assert low < alone_low and alone_high < high


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
        (lambda: interval([0, 0, 0, 0, -1], "abcde", share=True), "shares must be from 0 to 1, not -1 to 0"),
        (lambda: interval([1, 2, 3, 4], "abcd"), "too few groups for an interval: 4, but at least 5 are needed"),
        (lambda: roc_area([1, 2, 3, 4, 5], [3, 4], "abcde", "ab"), "too few groups for an interval: 2"),
        (lambda: interval([1, 2], [1, "1"]), "all groups must be of one type, such as str, not int, str"),
    ],
)
def test_missing_and_unusable_numbers_and_groups_are_refused(statistic, message):
    with pytest.raises(ValueError, match=message):
        statistic()


def test_lists_and_infinite_scores_have_an_area():
    """Nothing is known about the spread if all pairs are in order: each group counts once."""
    assert roc_area([-INF, 0, 0, 0, 0], [1, 1, 1, 1, 1, INF], "abcde", "abcdef") == (1, pytest.approx(0.025**0.2), 1)


def test_shares_of_pairs_won_need_no_table_of_all_pairs():
    random = np.random.default_rng(0)
    negative, positive = random.integers(0, 9, 50).astype(float), random.integers(3, 12, 70).astype(float)  # with ties
    needed = pairs_won(negative, positive)
    for side, found in enumerate(shares_won(negative, positive)):
        np.testing.assert_allclose(found, needed.mean(axis=1 - side))
