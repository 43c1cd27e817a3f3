"""The 95% intervals contain the true value in at least 93% of simulated studies; a percentile bootstrap does not."""

import numpy as np
import pytest
import scipy

from helpers.basics.statistics import holm, interval, mcnemar, p_value, roc_area

STUDIES, CLIPS = 1000, 4  # clips of each group
ALIKE = 0.2  # the correlation of two clips of a group
LEAST = 0.93


def differences(groups):
    """Return changes of a probability, `[studies, groups, clips]`; their true mean is 0."""
    random = np.random.default_rng(groups)
    alike, single = random.normal(size=(STUDIES, groups, 1)), random.normal(size=(STUDIES, groups, CLIPS))
    return np.sqrt(ALIKE) * alike + np.sqrt(1 - ALIKE) * single


def right_or_wrong(groups, accuracy):
    """Return which clips are recognized, bool `[studies, groups, clips]`."""
    random = np.random.default_rng(groups)
    of_group = random.beta(*(np.array([accuracy, 1 - accuracy]) * (1 / ALIKE - 1)), size=(STUDIES, groups, 1))
    return random.random((STUDIES, groups, CLIPS)) < of_group


STUDIES_OF = {
    "difference": (differences, 0.0),
    "accuracy 0.8": (lambda groups: right_or_wrong(groups, 0.8), 0.8),
    "accuracy 0.95": (lambda groups: right_or_wrong(groups, 0.95), 0.95),
}


def percentile_bootstrap(values, groups):
    draws = np.random.default_rng(0).multinomial(len(values) // CLIPS, np.full(len(values) // CLIPS, CLIPS / len(values)), 1000)
    return np.percentile(draws @ values.reshape(-1, CLIPS).mean(axis=1) / draws[0].sum(), [2.5, 97.5])


def coverage(method, what, groups):
    """Return in which share of the studies the interval contains the true value."""
    simulate, true = STUDIES_OF[what]
    names = np.repeat(np.arange(groups), CLIPS).tolist()
    bounds = [method(study.ravel(), names) for study in simulate(groups)]
    return np.mean([low <= true <= high for low, high in bounds])


@pytest.mark.parametrize("groups", [5, 11, 20])
@pytest.mark.parametrize("what", STUDIES_OF)
def test_an_interval_contains_the_true_value(what, groups):
    assert coverage(interval, what, groups) >= LEAST


@pytest.mark.parametrize("groups", [5, 8, 20])
@pytest.mark.parametrize("accuracy", [0.8, 0.95])
def test_groups_of_different_sizes_are_covered_too(accuracy, groups):
    """A group has from 1 to 4 clips."""
    random = np.random.default_rng(0)
    covered = []
    for study in right_or_wrong(groups, accuracy)[:500]:
        seen = np.arange(CLIPS) < random.integers(1, CLIPS + 1, (groups, 1))
        low, high = interval(study[seen], np.nonzero(seen)[0].tolist())
        covered.append(low <= accuracy <= high)
    assert np.mean(covered) >= LEAST


@pytest.mark.parametrize("groups", [5, 11, 20])
@pytest.mark.parametrize("accuracy", [0.8, 0.95])
def test_an_interval_of_shares_contains_the_true_share(accuracy, groups):
    shares = right_or_wrong(groups, accuracy).mean(axis=2)
    bounds = [interval(study, range(groups), share=True) for study in shares]
    assert np.mean([low <= accuracy <= high for low, high in bounds]) >= LEAST


@pytest.mark.parametrize("groups", [5, 11])
@pytest.mark.parametrize("what", STUDIES_OF)
def test_a_percentile_bootstrap_would_fail_that_test(what, groups):
    assert coverage(percentile_bootstrap, what, groups) < LEAST


@pytest.mark.parametrize("separation", [0, 1, 2])
def test_the_interval_of_an_area_contains_the_true_area(separation):
    known, unknown = differences(5), differences(6) + separation
    names = [np.repeat(np.arange(groups), CLIPS).tolist() for groups in (5, 6)]
    bounds = [roc_area(a.ravel(), b.ravel(), *names)[1:] for a, b in zip(known, unknown)]
    true = scipy.stats.norm.cdf(separation / np.sqrt(2))
    assert np.mean([low <= true <= high for low, high in bounds]) >= LEAST


def test_a_p_value_is_below_a_twentieth_if_the_interval_excludes_0():
    names = np.repeat(np.arange(11), CLIPS).tolist()
    for study in differences(11)[:200]:
        low, high = interval(study.ravel(), names)
        assert (p_value(study.ravel(), names) < 0.05) == (low > 0 or high < 0)


def test_holm_keeps_false_alarms_among_eight_comparisons_below_a_twentieth():
    chances = np.random.default_rng(0).random((STUDIES, 8))
    assert np.mean([p.min() < 0.05 for p in chances]) > 0.3
    assert np.mean([holm(p).min() < 0.05 for p in chances]) <= 0.06


@pytest.mark.parametrize("first, second, p", [(4, 0, 0.125), (5, 0, 0.0625), (6, 1, 0.125), (1, 1, 1), (0, 0, 1)])
def test_mcnemar_counts_only_the_clips_on_which_two_differ(first, second, p):
    one, other = np.ones(20, bool), np.ones(20, bool)
    other[:first] = one[first : first + second] = False
    assert mcnemar(one, other, list(range(20))) == (first, second, pytest.approx(p))
    assert mcnemar(one, other, ["one"] * 20)[:2] in ((first > second, first < second), (0, 0))  # a group counts once
